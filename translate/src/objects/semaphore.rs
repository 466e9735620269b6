//! Counting semaphores behind descriptors: a page of shared memory with a futex in it.
//!
//! The descriptor is the guest's own, inherited and closed like any file. Every operation maps the page anew: these
//! semaphores are what programs used before they had futexes, and a cache would have to know when descriptors close.
//! The page is touched as guest memory is: whoever has the descriptor can cut the file off.

use alloc::ffi::CString;
use alloc::format;

use crate::cx::Cx;
use crate::guest;
use crate::host::{self, HostErrno, HostResult, Timespec, nr};

const PAGE: u64 = 4096;
/// The highest count.
pub const MAX: u32 = i32::MAX as u32;

const MAGIC: u32 = 0x6d65_736b;
const ANONYMOUS: u32 = 1;
/// In place of the count: destroyed.
const DEAD: u32 = u32::MAX;

/// The page's words: magic, flags, count. Who waits, the host knows: a count of waiters would count the killed for ever.
mod word {
    pub(super) const FLAGS: u64 = 4;
    pub(super) const VALUE: u64 = 8;
}

mod linux {
    pub(super) const O_RDWR: u64 = 2;
    pub(super) const O_CLOEXEC: u64 = 0o200_0000;
    pub(super) const O_NOFOLLOW: u64 = 0o40_0000;
    pub(super) const O_TMPFILE: u64 = 0o2020_0000;
    pub(super) const AT_FDCWD: u64 = -100i64 as u64;
    pub(super) const AT_SYMLINK_FOLLOW: u64 = 0x400;
    pub(super) const MFD_CLOEXEC: u64 = 1;
    pub(super) const FUTEX_WAKE: u64 = 1;
    pub(super) const FUTEX_CMP_REQUEUE: u64 = 4;
    /// FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME: the deadline is a time of day.
    pub(super) const FUTEX_WAIT_UNTIL: u64 = 9 | 256;
    pub(super) const FUTEX_ANY: u64 = 0xffff_ffff;
}

/// Where named ones live.
const DIRECTORY: &core::ffi::CStr = c"/dev/shm";

fn path(name: &[u8]) -> HostResult<CString> {
    let mut text = format!("{}/ksem.", DIRECTORY.to_str().unwrap_or_default()).into_bytes();
    for &byte in name {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            text.push(byte);
        } else {
            text.extend_from_slice(format!("%{byte:02x}").as_bytes());
        }
    }
    CString::new(text).map_err(|_| HostErrno::EINVAL)
}

/// Makes the file behind `fd` a semaphore.
fn fill(fd: u64, flags: u32, value: u32) -> HostResult<()> {
    let bytes = [MAGIC, flags, value];
    // SAFETY: `bytes` is valid for reading.
    unsafe {
        host::call_n(nr::ftruncate, [fd, PAGE])?;
        host::call_n(
            nr::pwrite64,
            [fd, bytes.as_ptr() as u64, size_of_val(&bytes) as u64, 0],
        )
    }
    .map(drop)
}

fn close(fd: u64) {
    // SAFETY: a descriptor made here and not handed out.
    let _ = unsafe { host::call_n(nr::close, [fd]) };
}

/// A semaphore that only the process and its children know.
///
/// # Errors
/// `EMFILE`, `ENFILE`, `ENOMEM`.
pub fn create(value: u32) -> HostResult<i32> {
    let name = c"ksem";
    // SAFETY: a NUL-terminated name.
    let fd = unsafe { host::call_n(nr::memfd_create, [name.as_ptr() as u64, linux::MFD_CLOEXEC]) }?;
    fill(fd, ANONYMOUS, value).inspect_err(|_| close(fd))?;
    Ok(fd as i32)
}

/// How [`open`] treats a name that does, or does not, exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    /// It must exist.
    Existing,
    /// It may.
    Any,
    /// It must not.
    New,
}

/// The semaphore called `name`. A new one gets `mode`, less the umask, and starts at `value`.
///
/// # Errors
/// `ENOENT`, `EEXIST`, `EACCES`, and as [`create`].
pub fn open(name: &[u8], how: Open, mode: u32, value: u32) -> HostResult<i32> {
    let path = path(name)?;
    loop {
        if how != Open::New {
            let flags = linux::O_RDWR | linux::O_CLOEXEC | linux::O_NOFOLLOW;
            // SAFETY: a NUL-terminated path.
            match unsafe { host::call_n(nr::open, [path.as_ptr() as u64, flags, 0]) } {
                Err(HostErrno::ENOENT) if how == Open::Any => {}
                result => return result.map(|fd| fd as i32),
            }
        }
        match make(&path, mode, value) {
            // Somebody else was faster.
            Err(HostErrno::EEXIST) if how == Open::Any => {}
            result => return result,
        }
    }
}

/// Nobody may find it before it is ready: it gets its name last.
fn make(path: &CString, mode: u32, value: u32) -> HostResult<i32> {
    let flags = linux::O_RDWR | linux::O_CLOEXEC | linux::O_TMPFILE;
    let mode = u64::from(mode & 0o777);
    // SAFETY: a NUL-terminated path.
    let fd = unsafe { host::call_n(nr::open, [DIRECTORY.as_ptr() as u64, flags, mode]) }?;
    let named = fill(fd, 0, value).and_then(|()| {
        let own = CString::new(format!("/proc/self/fd/{fd}")).map_err(|_| HostErrno::EINVAL)?;
        let args = [
            linux::AT_FDCWD,
            own.as_ptr() as u64,
            linux::AT_FDCWD,
            path.as_ptr() as u64,
            linux::AT_SYMLINK_FOLLOW,
        ];
        // SAFETY: NUL-terminated paths.
        unsafe { host::call_n(nr::linkat, args) }
    });
    match named {
        Ok(_) => Ok(fd as i32),
        Err(error) => {
            close(fd);
            Err(error)
        }
    }
}

/// Takes a name away; who has the semaphore open keeps it.
///
/// # Errors
/// `ENOENT`, `EACCES`, `EPERM`.
pub fn unlink(name: &[u8]) -> HostResult<()> {
    let path = path(name)?;
    // SAFETY: a NUL-terminated path.
    unsafe { host::call_n(nr::unlink, [path.as_ptr() as u64]) }.map(drop)
}

/// A semaphore while an operation lasts.
pub struct Semaphore {
    at: u64,
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        // SAFETY: the mapping made by `of`.
        let _ = unsafe { host::call_n(nr::munmap, [self.at, PAGE]) };
    }
}

impl Semaphore {
    /// The semaphore that descriptor `fd` is.
    ///
    /// # Errors
    /// `EINVAL` when it is none, or was destroyed.
    pub fn of(fd: u64) -> HostResult<Self> {
        const SHARED: u64 = 1;
        let mut first = [0u32; 3];
        let length = size_of_val(&first) as u64;
        // SAFETY: `first` is valid for writing. A pipe or socket fails here, so that nothing is read from it.
        let read = unsafe { host::call_n(nr::pread64, [fd, first.as_mut_ptr() as u64, length, 0]) };
        if read != Ok(length) || first[0] != MAGIC {
            return Err(HostErrno::EINVAL);
        }
        // SAFETY: asks for fresh memory only.
        let at = unsafe { host::call(nr::mmap, [0, PAGE, 3, SHARED, fd, 0]) };
        let found = Self {
            at: at.map_err(|_| HostErrno::EINVAL)?,
        };
        found.value()?;
        Ok(found)
    }

    fn load(&self, word: u64) -> HostResult<u32> {
        guest::load_u32(self.at + word)
    }

    /// Replaces the count by what `new` makes of it, unless that is nothing.
    fn update(&self, new: impl Fn(u32) -> Option<u32>) -> HostResult<bool> {
        let mut current = self.value()?;
        loop {
            let Some(wanted) = new(current) else {
                return Ok(false);
            };
            let found = guest::compare_exchange_u32(self.at + word::VALUE, current, wanted)?;
            if found == current {
                return Ok(true);
            }
            current = alive(found)?;
        }
    }

    /// Whether it was made without a name.
    ///
    /// # Errors
    /// `EFAULT` here and below when the file was cut off.
    pub fn is_anonymous(&self) -> HostResult<bool> {
        Ok(self.load(word::FLAGS)? & ANONYMOUS != 0)
    }

    /// The count.
    ///
    /// # Errors
    /// `EINVAL` here and below when it was destroyed meanwhile; `EFAULT`.
    pub fn value(&self) -> HostResult<u32> {
        alive(self.load(word::VALUE)?)
    }

    /// Adds one and wakes a waiter.
    ///
    /// # Errors
    /// `EOVERFLOW` at [`MAX`].
    pub fn post(&self) -> HostResult<()> {
        if !self.update(|value| (value < MAX).then(|| value + 1))? {
            return Err(HostErrno::EOVERFLOW);
        }
        self.wake(1)
    }

    fn wake(&self, count: u64) -> HostResult<()> {
        let futex = self.at + word::VALUE;
        // SAFETY: no memory is written.
        unsafe { host::call_n(nr::futex, [futex, linux::FUTEX_WAKE, count]) }.map(drop)
    }

    /// Takes one if there is one; returns whether there was.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn try_take(&self) -> HostResult<bool> {
        self.update(|value| value.checked_sub(1))
    }

    /// Takes one, waiting for it until the time of day `deadline` at most.
    ///
    /// # Errors
    /// `ETIMEDOUT`; `EINTR`.
    pub fn take(&self, cx: &mut Cx, deadline: Option<Timespec>) -> HostResult<()> {
        let deadline_at = deadline
            .as_ref()
            .map_or(0, |deadline| core::ptr::from_ref(deadline) as u64);
        let args = [
            self.at + word::VALUE,
            linux::FUTEX_WAIT_UNTIL,
            0,
            deadline_at,
            0,
            linux::FUTEX_ANY,
        ];
        while !self.try_take()? {
            // SAFETY: a valid timespec or none.
            match unsafe { cx.host(nr::futex, args) } {
                Ok(_) | Err(HostErrno::EAGAIN) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes it unusable for whoever else has it.
    ///
    /// # Errors
    /// `EBUSY` while somebody waits.
    pub fn destroy(&self) -> HostResult<()> {
        let futex = self.at + word::VALUE;
        let all = i32::MAX as u64;
        // From where they wait to where they wait, for the sake of their number: there is none to ask for it.
        let args = [futex, linux::FUTEX_CMP_REQUEUE, 0, all, futex, 0];
        // SAFETY: no memory is written.
        if unsafe { host::call(nr::futex, args) }.is_ok_and(|waiters| waiters != 0) {
            return Err(HostErrno::EBUSY);
        }
        self.update(|_| Some(DEAD))?;
        // Whoever is about to wait finds another count than 0, and whoever does since then is woken.
        self.wake(all)
    }
}

fn alive(value: u32) -> HostResult<u32> {
    match value {
        DEAD => Err(HostErrno::EINVAL),
        value => Ok(value),
    }
}
