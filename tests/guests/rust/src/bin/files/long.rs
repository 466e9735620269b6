//! Paths of nearly and of more than MAXPATHLEN, at the end of memory and elsewhere.

use compat_guests::sys::{self, EFAULT, ENAMETOOLONG, call};

use crate::file::{self, AT_FDCWD, FSTATAT, MKDIR, SYMLINK, path};

const UNLINK: u64 = 10;
const CHDIR: u64 = 12;
const ACCESS: u64 = 33;
const READLINK: u64 = 58;
const RENAME: u64 = 128;
const GETCWD: u64 = 326;

const ERANGE: u64 = 34;

/// MAXPATHLEN, with the NUL.
const MOST: usize = 1024;

/// Two pages, of which only the first is there.
struct Edge(u64);

impl Edge {
    fn new() -> Self {
        const READ_WRITE: u64 = 3;
        const PRIVATE_ANONYMOUS: u64 = 0x1002;
        let at = call(
            sys::MMAP,
            [0, 8192, READ_WRITE, PRIVATE_ANONYMOUS, -1i64 as u64, 0],
        )
        .expect("mmap");
        call(sys::MUNMAP, [at + 4096, 4096]).expect("munmap");
        Self(at)
    }

    /// `length` bytes that name the working directory, ending with a NUL `room` bytes before the edge.
    fn path(&self, length: usize, room: u64) -> u64 {
        let start = self.0 + 4096 - room - length as u64 - 1;
        for index in 0..length {
            let byte = if index % 2 == 0 { b'.' } else { b'/' };
            unsafe { (start as *mut u8).add(index).write(byte) };
        }
        unsafe { (start as *mut u8).add(length).write(0) };
        start
    }
}

pub(crate) fn paths() {
    file::write(c"file", b"");
    let edge = Edge::new();
    let mut status = [0u64; 28];
    let status = status.as_mut_ptr() as u64;
    let mut text = [0u8; 2048];
    let text = text.as_mut_ptr() as u64;
    for room in [0, 1, 7, 8, 100] {
        for length in [1, 6, 7, 8, 9, 63, 64, 65, 255, 256, MOST - 1] {
            let long = edge.path(length, room);
            assert_eq!(
                call(sys::OPEN, [long, 0, 0]).map(file::close),
                Ok(()),
                "{length}"
            );
            assert_eq!(
                call(FSTATAT, [AT_FDCWD, long, status, 0]),
                Ok(0),
                "{length}"
            );
            assert_eq!(call(CHDIR, [long]), Ok(0));
        }
        for length in [MOST, MOST + 1, 2000] {
            let long = edge.path(length, room);
            for (number, arguments) in [
                (sys::OPEN, [long, 0, 0, 0]),
                (FSTATAT, [AT_FDCWD, long, status, 0]),
                (CHDIR, [long, 0, 0, 0]),
                (ACCESS, [long, 0, 0, 0]),
                (MKDIR, [long, 0o755, 0, 0]),
                (UNLINK, [long, 0, 0, 0]),
                (RENAME, [path(c"file"), long, 0, 0]),
                (READLINK, [long, text, 2048, 0]),
                (SYMLINK, [path(c"x"), long, 0, 0]),
                (SYMLINK, [long, path(c"y"), 0, 0]),
                (sys::EXECVE, [long, 0, 0, 0]),
            ] {
                let answer = call(number, arguments);
                assert_eq!(answer, Err(ENAMETOOLONG), "call {number}, {length} bytes");
            }
        }
    }
    // Without its NUL it runs into nothing.
    let long = edge.path(40, 0);
    unsafe { ((edge.0 + 4095) as *mut u8).write(b'.') };
    assert_eq!(call(sys::OPEN, [long, 0, 0]), Err(EFAULT));
    assert_eq!(call(FSTATAT, [AT_FDCWD, long, status, 0]), Err(EFAULT));
    // What a link says may be as long as a path.
    let long = edge.path(MOST - 1, 0);
    assert_eq!(call(SYMLINK, [long, path(c"link")]), Ok(0));
    assert_eq!(
        call(READLINK, [path(c"link"), text, 2048]),
        Ok(MOST as u64 - 1)
    );
    // A directory may lie deeper than a path can say.
    let mut name = [b'n'; 201];
    name[200] = 0;
    for _ in 0..7 {
        assert_eq!(call(MKDIR, [name.as_ptr() as u64, 0o755]), Ok(0));
        assert_eq!(call(CHDIR, [name.as_ptr() as u64]), Ok(0));
    }
    assert_eq!(call(GETCWD, [text, 1024]), Err(ERANGE));
    assert_eq!(call(GETCWD, [text, 2048]), Ok(0));
}
