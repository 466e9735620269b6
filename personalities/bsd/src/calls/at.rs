//! The flags of the `*at` calls, and what every path call does with them.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::AT_FLAGS;
pub use compat_tables::bsd::flags::at_flags::{
    AT_EACCESS, AT_EMPTY_PATH, AT_REMOVEDIR, AT_RESOLVE_BENEATH, AT_SYMLINK_FOLLOW,
    AT_SYMLINK_NOFOLLOW,
};
use compat_translate::host::linux;

use crate::error::Return;
use crate::lower::{AtFd, FromArg};

/// What every call reads that takes no directory.
pub const CWD: AtFd = AtFd(linux::AT_FDCWD);

/// The flag argument of an `*at` call. The host permutes these bits, and two of them share one there: a handler first
/// says which ones its call has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtFlags(pub u32);

impl FromArg for AtFlags {
    fn from_arg(raw: u64) -> Self {
        Self(raw as u32)
    }
}

impl AtFlags {
    /// No flags.
    pub const NONE: Self = Self(0);

    /// These flags, when `allowed` holds them all.
    ///
    /// # Errors
    /// `EINVAL`.
    pub fn only(self, allowed: u32) -> Return<Self> {
        if self.0 & !allowed == 0 {
            Ok(self)
        } else {
            Err(Errno::EINVAL.into())
        }
    }

    /// Whether `flag` is set.
    pub fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// The host's bits; `AT_RESOLVE_BENEATH` has none.
    pub fn to_host(self) -> u64 {
        AT_FLAGS.to_host(u64::from(self.0)).unwrap_or_default()
    }
}
