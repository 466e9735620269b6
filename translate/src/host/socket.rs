//! Questions about a socket that have one integer as their answer, and the host's names for them.

pub use linux_raw_sys::net as raw;

use super::{HostResult, call_n, nr};

/// Asks for an option whose value is an `int`.
///
/// # Errors
/// As `getsockopt`: `EBADF`, `ENOTSOCK`, `ENOPROTOOPT`.
pub fn option(fd: u64, level: u32, name: u32) -> HostResult<i32> {
    let mut value = 0i32;
    let mut size = size_of::<i32>() as u32;
    // SAFETY: a valid int and its size.
    unsafe {
        call_n(
            nr::getsockopt,
            [
                fd,
                u64::from(level),
                u64::from(name),
                (&raw mut value) as u64,
                (&raw mut size) as u64,
            ],
        )
    }?;
    Ok(value)
}

/// Sets an option whose value is an `int`.
///
/// # Errors
/// As `setsockopt`.
pub fn set_option(fd: u64, level: u32, name: u32, value: i32) -> HostResult<()> {
    set_option_bytes(fd, level, name, &value.to_ne_bytes())
}

/// Asks for an option with any value; how many bytes of `into` the host filled.
///
/// # Errors
/// As `getsockopt`.
pub fn option_bytes(fd: u64, level: u32, name: u32, into: &mut [u8]) -> HostResult<usize> {
    let mut size = into.len() as u32;
    // SAFETY: a valid buffer and its size.
    unsafe {
        call_n(
            nr::getsockopt,
            [
                fd,
                u64::from(level),
                u64::from(name),
                into.as_mut_ptr() as u64,
                (&raw mut size) as u64,
            ],
        )
    }?;
    Ok((size as usize).min(into.len()))
}

/// Sets an option with any value.
///
/// # Errors
/// As `setsockopt`.
pub fn set_option_bytes(fd: u64, level: u32, name: u32, value: &[u8]) -> HostResult<()> {
    // SAFETY: a valid buffer and its size.
    unsafe {
        call_n(
            nr::setsockopt,
            [
                fd,
                u64::from(level),
                u64::from(name),
                value.as_ptr() as u64,
                value.len() as u64,
            ],
        )
    }
    .map(drop)
}

/// The family the socket was made for (`AF_*`).
///
/// # Errors
/// `EBADF`; `ENOTSOCK`.
pub fn domain(fd: u64) -> HostResult<u32> {
    option(fd, raw::SOL_SOCKET, raw::SO_DOMAIN).map(|domain| domain as u32)
}

/// The socket's type (`SOCK_*`).
///
/// # Errors
/// `EBADF`; `ENOTSOCK`.
pub fn kind(fd: u64) -> HostResult<u32> {
    option(fd, raw::SOL_SOCKET, raw::SO_TYPE).map(|kind| kind as u32)
}
