//! The guest's memory: addresses that nobody has vouched for.
//!
//! [`In`], [`Out`] and [`InOut`] are addresses with a type. Nothing here dereferences one directly: every access goes
//! through routines whose faults the signal handler turns into `EFAULT`. Copy once, then check the copy: the guest can
//! change its memory at any time.

mod fault;

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::host::{HostErrno, HostResult};

pub(crate) use fault::landing;
pub use fault::{
    compare_exchange_u32, compare_exchange_u64, load_u32, load_u64, store_u32, store_u64,
};

/// Copies `into.len()` bytes from guest address `from`.
///
/// # Errors
/// `EFAULT` when any byte is unreadable; `into` may be partly written then.
pub fn read_bytes(from: u64, into: &mut [u8]) -> HostResult<()> {
    // SAFETY: `into` is valid for writing; a fault on `from` ends the copy early.
    let left = unsafe { fault::copy(into.as_mut_ptr(), from as *const u8, into.len()) };
    if left == 0 {
        Ok(())
    } else {
        Err(HostErrno::EFAULT)
    }
}

/// Copies as much of `into` as is readable at `from`; returns how many bytes arrived.
pub fn read_some(from: u64, into: &mut [u8]) -> usize {
    // SAFETY: as in `read_bytes`.
    into.len() - unsafe { fault::copy(into.as_mut_ptr(), from as *const u8, into.len()) }
}

/// Copies `bytes` to guest address `to`.
///
/// # Errors
/// `EFAULT` when any byte is unwritable; part of it may have been written then.
pub fn write_bytes(to: u64, bytes: &[u8]) -> HostResult<()> {
    // SAFETY: `bytes` is valid for reading; a fault on `to` ends the copy early.
    let left = unsafe { fault::copy(to as *mut u8, bytes.as_ptr(), bytes.len()) };
    if left == 0 {
        Ok(())
    } else {
        Err(HostErrno::EFAULT)
    }
}

/// Reads one plain value at `from`.
///
/// # Errors
/// `EFAULT`.
pub fn read<T: FromBytes>(from: u64) -> HostResult<T> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: the destination is valid for `size_of::<T>()` bytes.
    let left = unsafe { fault::copy(value.as_mut_ptr().cast(), from as *const u8, size_of::<T>()) };
    if left != 0 {
        return Err(HostErrno::EFAULT);
    }
    // SAFETY: every byte was written and any bytes make a `T` (FromBytes).
    Ok(unsafe { value.assume_init() })
}

/// Writes one plain value to `to`.
///
/// # Errors
/// `EFAULT`.
pub fn write<T: IntoBytes + Immutable>(to: u64, value: &T) -> HostResult<()> {
    write_bytes(to, value.as_bytes())
}

/// Copies a NUL-terminated string at `from`, without the NUL.
///
/// # Errors
/// `EFAULT` when it runs into unreadable memory; `ENAMETOOLONG` when no NUL comes within `limit` bytes.
pub fn read_string(from: u64, limit: usize) -> HostResult<Vec<u8>> {
    let mut text = alloc::vec![0; fault::length(from, limit)?];
    read_bytes(from, &mut text)?;
    // Another thread may have written there meanwhile.
    if let Some(end) = text.iter().position(|&byte| byte == 0) {
        text.truncate(end);
    }
    Ok(text)
}

/// Copies a NULL-terminated vector of string pointers, as `execve` takes, with at most `limit` bytes of text in all.
///
/// # Errors
/// `EFAULT`; `E2BIG` beyond `limit`.
pub fn read_strings(mut from: u64, limit: usize) -> HostResult<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    let mut total = 0;
    loop {
        let pointer = load_u64(from)?;
        if pointer == 0 {
            return Ok(strings);
        }
        let text = read_string(pointer, limit - total).map_err(|error| {
            if error == HostErrno::ENAMETOOLONG {
                HostErrno::E2BIG
            } else {
                error
            }
        })?;
        total += text.len() + 9;
        if total >= limit {
            return Err(HostErrno::E2BIG);
        }
        strings.push(text);
        from = from.wrapping_add(8);
    }
}

macro_rules! pointer {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T>(u64, PhantomData<T>);
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self { *self }
        }
        impl<T> Copy for $name<T> {}
        impl<T> $name<T> {
            /// The pointer at `address`; any value is allowed.
            pub const fn new(address: u64) -> Self { Self(address, PhantomData) }
            /// The guest address.
            pub const fn address(self) -> u64 { self.0 }
            /// Whether this is the null pointer, which most calls read as "not wanted".
            pub const fn is_null(self) -> bool { self.0 == 0 }
            /// The pointer to the element `index` further on.
            pub const fn at(self, index: usize) -> Self {
                Self(self.0.wrapping_add((index as u64).wrapping_mul(size_of::<T>() as u64)), PhantomData)
            }
        }
    };
}

pointer!(
    /// The address of a `T` that the call reads.
    In
);
pointer!(
    /// The address of a `T` that the call writes.
    Out
);
pointer!(
    /// The address of a `T` that the call reads and writes.
    InOut
);

impl<T: FromBytes> In<T> {
    /// The value.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn read(self) -> HostResult<T> {
        read(self.0)
    }

    /// The value, or `None` for the null pointer.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn read_optional(self) -> HostResult<Option<T>> {
        if self.is_null() {
            Ok(None)
        } else {
            self.read().map(Some)
        }
    }

    /// `count` values in a row, at most `limit` of them.
    ///
    /// # Errors
    /// `EFAULT`; `EINVAL` when `count` exceeds `limit`.
    pub fn read_array(self, count: usize, limit: usize) -> HostResult<Vec<T>> {
        if count > limit {
            return Err(HostErrno::EINVAL);
        }
        (0..count).map(|index| self.at(index).read()).collect()
    }
}

impl<T: IntoBytes + Immutable> Out<T> {
    /// Stores `value`.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn write(self, value: &T) -> HostResult<()> {
        write(self.0, value)
    }

    /// Stores `value` unless this is the null pointer.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn write_optional(self, value: &T) -> HostResult<()> {
        if self.is_null() {
            Ok(())
        } else {
            self.write(value)
        }
    }
}

impl<T: FromBytes + IntoBytes + Immutable> InOut<T> {
    /// The value.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn read(self) -> HostResult<T> {
        read(self.0)
    }

    /// Stores `value`.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn write(self, value: &T) -> HostResult<()> {
        write(self.0, value)
    }
}

/// The bytes that a path may have, its NUL included, in every system whose programs run here (MAXPATHLEN). The host's own paths
/// may be four times as long.
pub const PATH_MAX: usize = 1024;

/// The address of a path, not copied yet.
#[derive(Clone, Copy)]
pub struct Path(pub u64);

impl Path {
    /// The path's bytes, without the NUL.
    ///
    /// # Errors
    /// `EFAULT`; `ENAMETOOLONG` beyond [`PATH_MAX`].
    pub fn copy(self) -> HostResult<Vec<u8>> {
        read_string(self.0, PATH_MAX)
    }

    /// Finds out what [`Path::copy`] would say against it.
    ///
    /// # Errors
    /// The same.
    #[inline(always)]
    pub fn fits(self) -> HostResult<()> {
        fault::length(self.0, PATH_MAX).map(drop)
    }
}
