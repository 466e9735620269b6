//! Kernel objects that Linux lacks, in neutral terms: no guest's numbers or layouts here.

/// The objects of one process.
#[derive(Default)]
pub struct Objects {}

impl Objects {
    /// Whether descriptor `fd` is one of ours, which the guest must not see.
    pub fn hides(&self, fd: i32) -> bool {
        let _ = fd;
        false
    }

    /// Called in a forked child: drops what a child does not inherit.
    pub fn after_fork(&self) {}
}
