//! What the BSDs share: errors by name, the signals all of them have, and the flags as handlers know them.

include!(concat!(env!("OUT_DIR"), "/bsd.rs"));

/// The extended attribute that keeps what of a file's flags (`chflags`) the host has no equal for: four bytes, least
/// significant first. Unpacking a root writes it, and programs in a root see and change it.
pub const FILE_FLAGS_ATTRIBUTE: &core::ffi::CStr = c"user.freebsd.flags";

impl Errno {
    /// The error for a host's; `EIO` for one nobody knows.
    pub fn from_host(host: u16) -> Errno {
        ERRNO_FROM_HOST
            .get(usize::from(host))
            .copied()
            .unwrap_or(Errno::EIO)
    }

    /// The host's number of the same error, if it has one.
    pub fn to_host(self) -> Option<u16> {
        ERRNO_TO_HOST
            .get(usize::from(self.number()))
            .copied()
            .filter(|host| *host != 0)
    }

    /// The number that handlers know it by; what a guest sees is its system's `errno_number`.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The symbolic name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl core::fmt::Display for Errno {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.pad(self.message())
    }
}

impl Signal {
    /// The guest's number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The symbolic name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
