//! Pipes and sockets that are made to raise no SIGPIPE (O_NOSIGPIPE, SOCK_NOSIGPIPE).

use compat_bsd::calls::write::set_raises_no_signal;
use compat_bsd::calls::{descriptor, socket};
use compat_tables::netbsd::flags::{pipe_flags, sock_type};
use compat_translate::Cx;
use compat_translate::guest::{self, Out};

use crate::error::Return;
use crate::lower::Fd;

/// The flags as the program gave them, in the argument of that index: the family has none for this.
fn asks(cx: &Cx, index: usize, flag: u32) -> bool {
    cx.args
        .get(index)
        .is_some_and(|&given| given as u32 & flag != 0)
}

/// Marks descriptors that have just been made.
fn mark(fds: &[i32]) -> Return<()> {
    for &fd in fds {
        set_raises_no_signal(fd as u64, true)?;
    }
    Ok(())
}

pub(crate) fn pipe2(cx: &mut Cx, fildes: Out<[i32; 2]>, flags: u32) -> Return<()> {
    descriptor::pipe2(cx, fildes, flags)?;
    match asks(cx, 1, pipe_flags::O_NOSIGPIPE) {
        true => mark(&guest::read::<[i32; 2]>(fildes.address())?),
        false => Ok(()),
    }
}

pub(crate) fn __socket30(cx: &mut Cx, family: i32, kind: i32, protocol: i32) -> Return<Fd> {
    let fd = socket::socket(cx, family, kind, protocol)?;
    if asks(cx, 1, sock_type::SOCK_NOSIGPIPE) {
        mark(&[fd.0])?;
    }
    Ok(fd)
}

pub(crate) fn socketpair(
    cx: &mut Cx,
    family: i32,
    kind: i32,
    protocol: i32,
    pair: u64,
) -> Return<()> {
    socket::socketpair(cx, family, kind, protocol, pair)?;
    match asks(cx, 1, sock_type::SOCK_NOSIGPIPE) {
        true => mark(&guest::read::<[i32; 2]>(pair)?),
        false => Ok(()),
    }
}

/// What [`super::paccept`] made.
pub(super) fn accepted(cx: &Cx, fd: Fd) -> Return<Fd> {
    const FLAGS: usize = 4;
    if asks(cx, FLAGS, sock_type::SOCK_NOSIGPIPE) {
        mark(&[fd.0])?;
    }
    Ok(fd)
}
