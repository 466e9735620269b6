//! What one end of a terminal or a pipe sees of the other.

use compat_guests::sys::{self, call};

use crate::modes::{TIOCSETA, modes_of};
use crate::pair::{ENOTTY, both, control, read, read_until, write};

const POLL: u64 = 209;
const POLLIN: u16 = 0x1;
const POLLOUT: u16 = 0x4;
const POLLRDNORM: u16 = 0x40;
const POLLHUP: u16 = 0x10;

/// What `poll` finds at once or within ten seconds.
fn poll(fd: u64, events: u16) -> u16 {
    let mut entry = [fd as u32, u32::from(events)];
    let found = call(POLL, [entry.as_mut_ptr() as u64, 1, 10_000]);
    assert_eq!(found, Ok(1));
    (unsafe { (&raw const entry[1]).read_volatile() } >> 16) as u16
}

pub(crate) fn of_a_pair() {
    let (master, slave) = both();
    assert_eq!(poll(master, POLLIN | POLLOUT), POLLOUT);
    write(slave, b"last");
    call(sys::CLOSE, [slave]).expect("close");
    assert_eq!(read::<8>(master), (*b"last\0\0\0\0", 4));
    // An end of file, not an error.
    assert_eq!(poll(master, POLLIN), POLLIN | POLLHUP);
    assert_eq!(
        poll(master, POLLIN | POLLRDNORM),
        POLLIN | POLLRDNORM | POLLHUP
    );
    assert_eq!(read::<8>(master).1, 0);
    let mut buffer = [0u8; 4];
    let iovec = [buffer.as_mut_ptr() as u64, 4];
    assert_eq!(call(120, [master, iovec.as_ptr() as u64, 1]), Ok(0));
}

pub(crate) fn of_a_pipe() {
    let (from, to) = sys::pipe();
    write(to, b"x");
    assert_eq!(poll(from, POLLIN), POLLIN);
    read::<1>(from);
    call(sys::CLOSE, [to]).expect("close");
    assert_eq!(poll(from, POLLIN), POLLIN | POLLHUP);
}

/// Packet mode: a byte of news before what is written.
pub(crate) fn packets() {
    const TIOCPKT: u64 = 0x8004_7470;
    const TIOCFLUSH: u64 = 0x8004_7410;
    const FLUSHWRITE: u8 = 0x2;
    let (master, slave) = both();
    assert_eq!(control(master, TIOCPKT, &mut 1u32), Ok(0));
    assert_eq!(control(slave, TIOCPKT, &mut 1u32), Err(ENOTTY));
    write(slave, b"data");
    assert_eq!(read::<8>(master), (*b"\0data\0\0\0", 5));
    assert_eq!(control(slave, TIOCFLUSH, &mut 2u32), Ok(0));
    let (news, length) = read::<8>(master);
    assert_eq!((news[0] & FLUSHWRITE, length), (FLUSHWRITE, 1));
}

/// TIOCEXT: who holds the master edits the lines.
pub(crate) fn outside_editing() {
    const TIOCEXT: u64 = 0x8004_7460;
    const EXTPROC: u32 = 0x800;
    let (master, slave) = both();
    assert_eq!(control(slave, TIOCEXT, &mut 1u32), Err(ENOTTY));
    assert_eq!(control(master, TIOCEXT, &mut 1u32), Ok(0));
    assert_eq!(modes_of(slave).modes[3] & EXTPROC, EXTPROC);
    assert_eq!(control(master, TIOCEXT, &mut 0u32), Ok(0));
    assert_eq!(modes_of(slave).modes[3] & EXTPROC, 0);
    // The master may set modes as well.
    let mut quiet = modes_of(master);
    quiet.modes[3] &= !0x8;
    assert_eq!(control(master, TIOCSETA, &mut quiet), Ok(0));
    assert_eq!(modes_of(slave), quiet);
    write(master, b"unseen\n");
    write(slave, b"seen");
    read_until(master, b"seen");
}
