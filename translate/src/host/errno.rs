//! The host's error numbers.

use linux_raw_sys::errno as raw;

/// An error of a Linux system call: the positive number, as in `<asm/errno.h>`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostErrno(pub u16);

macro_rules! named {
    ($($name:ident),* $(,)?) => {
        #[allow(missing_docs, reason = "named as the host's header names them")]
        impl HostErrno { $(pub const $name: Self = Self(raw::$name as u16);)* }
    };
}

named!(
    EPERM,
    ENOENT,
    ESRCH,
    EINTR,
    EIO,
    ENXIO,
    E2BIG,
    ENOEXEC,
    EBADF,
    ECHILD,
    EAGAIN,
    ENOMEM,
    EACCES,
    EFAULT,
    EBUSY,
    EEXIST,
    EXDEV,
    ENODEV,
    ENOTDIR,
    EISDIR,
    EINVAL,
    ENFILE,
    EMFILE,
    ENOTTY,
    ETXTBSY,
    EFBIG,
    ENOSPC,
    ESPIPE,
    EROFS,
    EMLINK,
    EPIPE,
    EDOM,
    ERANGE,
    EDEADLK,
    ENAMETOOLONG,
    ENOLCK,
    ENOSYS,
    ENOTEMPTY,
    ELOOP,
    ENODATA,
    ETIME,
    EOVERFLOW,
    ENOTSOCK,
    EMSGSIZE,
    EPROTOTYPE,
    ENOPROTOOPT,
    EPROTONOSUPPORT,
    EOPNOTSUPP,
    EAFNOSUPPORT,
    EADDRINUSE,
    EADDRNOTAVAIL,
    ENETDOWN,
    ENETUNREACH,
    ECONNABORTED,
    ECONNRESET,
    ENOBUFS,
    EISCONN,
    ENOTCONN,
    ETIMEDOUT,
    ECONNREFUSED,
    EHOSTUNREACH,
    EALREADY,
    EINPROGRESS,
    ECANCELED,
    EOWNERDEAD,
    ENOTRECOVERABLE,
);

/// The result of a host call.
pub type HostResult<T = u64> = Result<T, HostErrno>;
