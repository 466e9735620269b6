//! How handlers fail.

use compat_tables::bsd::Errno;
use compat_translate::host::HostErrno;

/// An error on its way to the guest; its number there is looked up last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error(pub Errno);

/// What a handler returns.
pub type Return<T> = Result<T, Error>;

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self(errno)
    }
}

impl From<HostErrno> for Error {
    fn from(errno: HostErrno) -> Self {
        Self(Errno::from_host(errno.0))
    }
}
