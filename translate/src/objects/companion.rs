//! A page of shared memory that goes with a place in memory: whoever sees the same memory finds the same page.
//!
//! The host has nothing like it, so a file in `/dev/shm` is the page, and its name says which memory it belongs to: file
//! and offset, or, for private memory, process and address. Guest kernels let the page go when the memory goes. Here a
//! lock on the file stands for that: it belongs to the open file that the guest's mapping holds on to, so it is there as
//! long as anybody has the page mapped, over `fork` and after `close`, and ends with the last of them however that dies.
//! A page without lock whose memory has no name either is nobody's: it is taken away by the next who comes by.

use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use crate::guest;
use crate::host::{self, HostErrno, HostResult, Mapping, linux, nr};

const PAGE: u64 = 4096;
const DIRECTORY: &CStr = c"/dev/shm";
const PREFIX: &str = "compat-companion.";

/// The last bytes of the page, which the users of the page leave alone: a mark, and whether it was dissolved.
const NOTE: u64 = PAGE - 16;
const MARK: u64 = 0x6e6f_696e_6170_6d6f;
const DISSOLVED: u64 = 1;
/// Behind the page stands the path of the memory's file, if it has one.
const PATH: u64 = PAGE;

/// The place in memory that a page goes with.
#[derive(Debug)]
pub struct Place {
    file: CString,
    path: Option<String>,
}

impl Place {
    /// The place that `address` is, for all processes that see the same memory.
    ///
    /// # Errors
    /// `EFAULT` when nothing is mapped there.
    pub fn of(address: u64) -> HostResult<Self> {
        let mapping = host::mapping_at(address)?;
        let name = name_of(&mapping, address);
        let directory = DIRECTORY.to_str().unwrap_or_default();
        let file = CString::new(format!("{directory}/{PREFIX}{name}"));
        Ok(Self {
            file: file.map_err(|_| HostErrno::EINVAL)?,
            path: mapping.path.filter(|_| mapping.shared),
        })
    }

    /// Opens the page; `None` when there is none.
    ///
    /// # Errors
    /// `EACCES` when it is another user's, `EMFILE`, `ENFILE`.
    pub fn find(&self) -> HostResult<Option<i32>> {
        open(&self.file)
    }

    /// Opens the page, and makes it if there is none.
    ///
    /// # Errors
    /// `EACCES` when it is another user's, `EMFILE`, `ENFILE`, `ENOSPC`.
    pub fn find_or_make(&self) -> HostResult<i32> {
        loop {
            if let Some(fd) = open(&self.file)? {
                return Ok(fd);
            }
            match self.make() {
                // Somebody else was faster.
                Err(HostErrno::EEXIST) => {}
                made => {
                    take_away_the_dead();
                    return made;
                }
            }
        }
    }

    /// Nobody may find it before it is ready: it gets its name last.
    fn make(&self) -> HostResult<i32> {
        let flags = u64::from(linux::O_RDWR | linux::O_CLOEXEC | linux::O_TMPFILE);
        // SAFETY: a NUL-terminated path.
        let fd = unsafe { host::call_n(nr::open, [DIRECTORY.as_ptr() as u64, flags, 0o600]) }?;
        self.fill(fd).map(|()| fd as i32).inspect_err(|_| close(fd))
    }

    fn fill(&self, fd: u64) -> HostResult<()> {
        // SAFETY: a descriptor of ours.
        unsafe { host::call_n(nr::ftruncate, [fd, 2 * PAGE]) }?;
        write(fd, &MARK.to_ne_bytes(), NOTE)?;
        write(
            fd,
            self.path.as_deref().unwrap_or_default().as_bytes(),
            PATH,
        )?;
        lock(fd, linux::LOCK_SH)?;
        let own = CString::new(format!("/proc/self/fd/{fd}")).map_err(|_| HostErrno::EINVAL)?;
        let here = i64::from(linux::AT_FDCWD) as u64;
        let follow = u64::from(linux::AT_SYMLINK_FOLLOW);
        let args = [
            here,
            own.as_ptr() as u64,
            here,
            self.file.as_ptr() as u64,
            follow,
        ];
        // SAFETY: NUL-terminated paths.
        unsafe { host::call_n(nr::linkat, args) }.map(drop)
    }

    /// The page's place forgets it; who has it mapped keeps it. Whether there was one.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn dissolve(&self) -> HostResult<bool> {
        let Some(fd) = open(&self.file)? else {
            return Ok(false);
        };
        let fd = fd as u64;
        let _ = write(fd, &DISSOLVED.to_ne_bytes(), NOTE + 8);
        close(fd);
        unlink(&self.file);
        Ok(true)
    }
}

/// Whether the page mapped at `address` belongs to its place still. What is no such page was not dissolved.
///
/// # Errors
/// `EFAULT` when nothing is mapped there.
pub fn is_attached(address: u64) -> HostResult<bool> {
    let note = (address & !(PAGE - 1)).saturating_add(NOTE);
    let mark = guest::load_u64(note)?;
    Ok(mark != MARK || guest::load_u64(note.saturating_add(8))? != DISSOLVED)
}

fn name_of(mapping: &Mapping, address: u64) -> String {
    if mapping.shared {
        let within = address.wrapping_sub(mapping.start);
        let (device, inode) = (&mapping.device, mapping.inode);
        return format!("{device}.{inode}.{:x}", mapping.offset.wrapping_add(within));
    }
    // SAFETY: no pointers.
    let pid = unsafe { host::call_n(nr::getpid, []) }.unwrap_or(0);
    let since = host::process_stat(0).map_or(0, |stat| stat.start);
    format!("{pid}.{since}.{address:x}")
}

/// Opens the page called `file`, locked as one in use; `None` when there is none, or when it is dead.
fn open(file: &CStr) -> HostResult<Option<i32>> {
    loop {
        let flags = u64::from(linux::O_RDWR | linux::O_CLOEXEC | linux::O_NOFOLLOW);
        // SAFETY: a NUL-terminated path.
        let fd = match unsafe { host::call_n(nr::open, [file.as_ptr() as u64, flags, 0]) } {
            Err(HostErrno::ENOENT) => return Ok(None),
            result => result?,
        };
        if take_away_if_dead(file, fd) {
            close(fd);
            return Ok(None);
        }
        // Another may be looking whether it is dead; if it was, the name is gone by now.
        let locked = lock(fd, linux::LOCK_SH | linux::LOCK_NB);
        if locked.is_ok() && has_name(fd) {
            return Ok(Some(fd as i32));
        }
        close(fd);
        // SAFETY: no arguments.
        let _ = unsafe { host::call_n(nr::sched_yield, []) };
    }
}

/// Removes the name of a page that nobody has mapped and whose memory has no name; whether it did.
fn take_away_if_dead(file: &CStr, fd: u64) -> bool {
    if lock(fd, linux::LOCK_EX | linux::LOCK_NB).is_err() {
        return false;
    }
    let dead = !memory_has_a_name(fd) && has_name(fd);
    if dead {
        unlink(file);
    }
    let _ = lock(fd, linux::LOCK_UN);
    dead
}

fn memory_has_a_name(fd: u64) -> bool {
    let mut path = alloc::vec![0u8; PAGE as usize];
    let args = [fd, path.as_mut_ptr() as u64, PAGE, PATH];
    // SAFETY: `path` is valid for writing.
    if unsafe { host::call_n(nr::pread64, args) }.is_err() {
        return true;
    }
    let Ok(path) = CStr::from_bytes_until_nul(&path) else {
        return true;
    };
    // SAFETY: a NUL-terminated path.
    !path.is_empty() && unsafe { host::call_n(nr::access, [path.as_ptr() as u64, 0]) }.is_ok()
}

/// Looks through all pages.
fn take_away_the_dead() {
    for name in host::names_in(DIRECTORY).unwrap_or_default() {
        if !name.starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let directory = DIRECTORY.to_bytes();
        let path: Vec<u8> = [directory, b"/", &name].concat();
        let Ok(path) = CString::new(path) else {
            continue;
        };
        let flags = u64::from(linux::O_RDWR | linux::O_CLOEXEC | linux::O_NOFOLLOW);
        // SAFETY: a NUL-terminated path.
        if let Ok(fd) = unsafe { host::call_n(nr::open, [path.as_ptr() as u64, flags, 0]) } {
            take_away_if_dead(&path, fd);
            close(fd);
        }
    }
}

fn has_name(fd: u64) -> bool {
    // SAFETY: `stat` is plain data, valid for writing.
    unsafe {
        let mut stat: linux::stat = core::mem::zeroed();
        host::call_n(nr::fstat, [fd, (&raw mut stat) as u64]).is_ok() && stat.st_nlink > 0
    }
}

fn lock(fd: u64, how: u32) -> HostResult {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::flock, [fd, u64::from(how)]) }
}

fn write(fd: u64, bytes: &[u8], at: u64) -> HostResult {
    let args = [fd, bytes.as_ptr() as u64, bytes.len() as u64, at];
    // SAFETY: `bytes` is valid for reading.
    unsafe { host::call_n(nr::pwrite64, args) }
}

fn unlink(file: &CStr) {
    // SAFETY: a NUL-terminated path.
    let _ = unsafe { host::call_n(nr::unlink, [file.as_ptr() as u64]) };
}

fn close(fd: u64) {
    // SAFETY: a descriptor made here and not handed out.
    let _ = unsafe { host::call_n(nr::close, [fd]) };
}
