//! Both ends of a terminal, and what is done to them all the time.

use core::ffi::CStr;

use compat_guests::sys::{self, call};

pub(crate) const IOCTL: u64 = 54;
pub(crate) const POSIX_OPENPT: u64 = 504;
pub(crate) const O_RDWR: u64 = 2;
pub(crate) const O_NOCTTY: u64 = 0x8000;
pub(crate) const ENOTTY: u64 = 25;

const FIODGNAME: u64 = 0x8010_6678;

pub(crate) fn control<T>(fd: u64, command: u64, data: &mut T) -> sys::Result {
    call(IOCTL, [fd, command, core::ptr::from_mut(data) as u64])
}

pub(crate) fn open(name: &[u8], flags: u64) -> sys::Result {
    let name = CStr::from_bytes_until_nul(name).expect("a name that ends");
    call(sys::OPEN, [name.as_ptr() as u64, flags, 0])
}

/// The name of the terminal below `/dev`, in a text that starts with that.
pub(crate) fn name(fd: u64, room: u64) -> Result<[u8; 32], u64> {
    let mut text = [0; 32];
    text[..5].copy_from_slice(b"/dev/");
    let mut request = [room, text.as_mut_ptr() as u64 + 5];
    control(fd, FIODGNAME, &mut request)?;
    Ok(text)
}

/// Both ends of a new terminal.
pub(crate) fn both() -> (u64, u64) {
    let master = call(POSIX_OPENPT, [O_RDWR | O_NOCTTY]).expect("posix_openpt");
    let text = name(master, 27).expect("a name");
    let slave = open(&text, O_RDWR | O_NOCTTY);
    (master, slave.expect("no lock on it"))
}

pub(crate) fn write(fd: u64, text: &[u8]) {
    let written = call(sys::WRITE, [fd, text.as_ptr() as u64, text.len() as u64]);
    assert_eq!(written, Ok(text.len() as u64));
}

/// The beginning of what can be read from `fd`, and how long it is.
pub(crate) fn read<const N: usize>(fd: u64) -> ([u8; N], usize) {
    let mut buffer = [0; N];
    let length = call(sys::READ, [fd, buffer.as_mut_ptr() as u64, N as u64]).expect("read");
    (buffer, length as usize)
}

/// Reads from `fd` until `wanted` has come.
pub(crate) fn read_until(fd: u64, wanted: &[u8]) {
    let (mut text, mut used) = ([0; 1024], 0);
    while !text[..used]
        .windows(wanted.len())
        .any(|part| part == wanted)
    {
        let rest = &mut text[used..];
        let got = call(sys::READ, [fd, rest.as_mut_ptr() as u64, rest.len() as u64]);
        used += got.expect("read") as usize;
    }
}
