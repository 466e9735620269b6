//! Kernel objects that Linux lacks, in neutral terms: no guest's numbers or layouts here.

use alloc::vec::Vec;

/// The objects of one process.
#[derive(Default)]
pub struct Objects {}

impl Objects {
    /// Whether descriptor `fd` is one of ours, which the guest must not see.
    pub fn hides(&self, fd: i32) -> bool {
        let _ = fd;
        false
    }

    /// The descriptors that [`Objects::hides`], in ascending order.
    pub fn hidden(&self) -> Vec<i32> {
        Vec::new()
    }

    /// Called before the guest's descriptor `fd` is closed or replaced; it need not be open.
    pub fn closing(&self, fd: i32) {
        let _ = fd;
    }

    /// [`Objects::closing`] for every descriptor from `first` to `last`, both included.
    pub fn closing_range(&self, first: u32, last: u32) {
        let _ = (first, last);
    }

    /// Called in a forked child: drops what a child does not inherit.
    pub fn after_fork(&self) {}
}
