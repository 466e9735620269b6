//! `<sys/ttycom.h>`: what is NetBSD's own of it.

use alloc::vec::Vec;

/// Commands, by their whole numbers. `60` are those of before 7.0, with shorter names.
pub(crate) mod command {
    pub(crate) const TIOCGLINED: u32 = 0x4020_7442;
    pub(crate) const TIOCSLINED: u32 = 0x8020_7443;
    pub(crate) const TIOCPTMGET: u32 = 0x4808_7446;
    pub(crate) const TIOCPTMGET60: u32 = 0x4028_7446;
    pub(crate) const TIOCGRANTPT: u32 = 0x2000_7447;
    pub(crate) const TIOCPTSNAME: u32 = 0x4808_7448;
    pub(crate) const TIOCPTSNAME60: u32 = 0x4028_7448;
}

/// A pseudo-terminal's ends and the name of the second.
#[derive(Clone)]
pub(crate) struct Names {
    pub(crate) ends: [i32; 2],
    pub(crate) slave: Vec<u8>,
}

/// How long names are in `struct ptmget`.
pub(crate) const PATH_MAX: usize = 1024;
/// The same before 7.0.
pub(crate) const PATH_MAX_60: usize = 16;

impl Names {
    /// `struct ptmget`: the ends, the master's name, the slave's name.
    pub(crate) fn to_ptmget(&self, longest: usize) -> Vec<u8> {
        let mut whole: Vec<u8> = self.ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        for name in [b"/dev/ptmx", self.slave.as_slice()] {
            let end = whole.len() + longest;
            whole.extend(name.iter().take(longest - 1));
            whole.resize(end, 0);
        }
        whole
    }
}
