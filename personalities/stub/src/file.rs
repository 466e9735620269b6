//! A program file, read through the host.

use compat_loader::{ReadAt, ReadError};
use compat_translate::host::{self, HostErrno, HostResult, nr};

/// An open file; closed when dropped.
pub(crate) struct File {
    fd: u64,
    size: u64,
    /// Permissions and type, owner, group.
    mode: u16,
    owner: [u32; 2],
}

const AT_FDCWD: u64 = -100i64 as u64;
const AT_EMPTY_PATH: u64 = 0x1000;
/// With `O_NONBLOCK`, so that a FIFO in place of a program does not block.
const O_CLOEXEC_NONBLOCK: u64 = 0o2000000 | 0o4000;
const STATX_TYPE_MODE_UID_GID_SIZE: u64 = 0x21b;
const S_ISUID: u16 = 0o4000;
const S_ISGID: u16 = 0o2000;
const S_IFMT: u16 = 0o170000;
const S_IFREG: u16 = 0o100000;

impl File {
    /// Opens a file that the process may execute.
    ///
    /// # Errors
    /// As `execve`: `ENOENT`, `EACCES` (no execute permission, not a regular file), ...
    pub(crate) fn open_executable(path: &[u8]) -> HostResult<Self> {
        let mut text = path.to_vec();
        text.push(0);
        // SAFETY: a NUL-terminated path.
        let fd = unsafe {
            host::call_n(
                nr::openat,
                [AT_FDCWD, text.as_ptr() as u64, O_CLOEXEC_NONBLOCK, 0],
            )
        }?;
        let mut file = Self {
            fd,
            size: 0,
            mode: 0,
            owner: [0; 2],
        };
        // struct statx: stx_uid is a u32 at 20, stx_gid one at 24, stx_mode a u16 at 28, stx_size a u64 at 40.
        let mut found = [0u64; 32];
        let empty = [0u8];
        let args = [
            fd,
            empty.as_ptr() as u64,
            AT_EMPTY_PATH,
            STATX_TYPE_MODE_UID_GID_SIZE,
            found.as_mut_ptr() as u64,
        ];
        // SAFETY: a valid path and a buffer of 256 bytes.
        unsafe { host::call_n(nr::statx, args) }?;
        let [_, _, owner, group_and_mode, _, size, ..] = found;
        file.mode = (group_and_mode >> 32) as u16;
        file.owner = [(owner >> 32) as u32, group_and_mode as u32];
        file.size = size;
        if file.mode & S_IFMT != S_IFREG {
            return Err(HostErrno::EACCES);
        }
        // X_OK with the effective ids (AT_EACCESS), on the file that is open.
        // SAFETY: a valid empty path.
        unsafe {
            host::call_n(
                nr::faccessat2,
                [fd, empty.as_ptr() as u64, 1, AT_EMPTY_PATH | 0x200],
            )
        }?;
        Ok(file)
    }

    /// Whether the file's own kernel would run it as another user or group.
    pub(crate) fn changes_identity(&self) -> bool {
        let [user, group] = self.owner;
        let differs = |bit: u16, number: u64, id: u32| {
            // SAFETY: no arguments.
            self.mode & bit != 0 && unsafe { host::call_n(number, []) } != Ok(u64::from(id))
        };
        differs(S_ISUID, nr::geteuid, user) || differs(S_ISGID, nr::getegid, group)
    }

    /// The descriptor.
    pub(crate) fn fd(&self) -> u64 {
        self.fd
    }

    /// The absolute path the host knows the file by.
    pub(crate) fn path(&self) -> Option<alloc::vec::Vec<u8>> {
        host::name_of(self.fd).ok()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: our own descriptor.
        let _ = unsafe { host::call_n(nr::close, [self.fd]) };
    }
}

impl ReadAt for File {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let args = [self.fd, into.as_mut_ptr() as u64, into.len() as u64, offset];
        // SAFETY: `into` is valid for its length.
        match unsafe { host::call_n(nr::pread64, args) } {
            Ok(count) => Ok(count as usize),
            Err(error) => Err(ReadError(i32::from(error.0))),
        }
    }

    fn size(&self) -> u64 {
        self.size
    }
}
