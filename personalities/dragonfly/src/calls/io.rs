//! Input and output with flags and a place of their own: the `ext` calls (sys_extpread, sys_extaccept).

use compat_bsd::calls::descriptor::pipe_pair;
use compat_bsd::calls::{read, socket, write};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::PIPE_FLAGS;
use compat_tables::dragonfly::flags::io_flags::O_FNONBLOCKING;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out};
use compat_translate::host::nr;

use crate::error::{Error, Return};
use crate::lower::Fd;

/// Goes on from where the descriptor stands.
const HERE: i64 = -1;

/// What differs from the descriptor's own flags for one call cannot be had from the host.
fn check(cx: &mut Cx, flags: u32) -> Return<()> {
    if flags & O_FNONBLOCKING != 0 {
        let error = Error(Errno::EOPNOTSUPP);
        return Err(cx.gap("O_FNONBLOCKING for one call", error));
    }
    Ok(())
}

pub(crate) fn extpread(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    nbyte: u64,
    flags: u32,
    offset: i64,
) -> Return<u64> {
    check(cx, flags)?;
    if offset == HERE {
        return read::read(cx, fd, buf.address(), nbyte);
    }
    at_offset(cx, nr::pread64, fd, [buf.address(), nbyte], offset)
}

pub(crate) fn extpwrite(
    cx: &mut Cx,
    fd: Fd,
    buf: In<u8>,
    nbyte: u64,
    flags: u32,
    offset: i64,
) -> Return<u64> {
    check(cx, flags)?;
    if offset == HERE {
        return write::write(cx, fd, buf.address(), nbyte);
    }
    at_offset(cx, nr::pwrite64, fd, [buf.address(), nbyte], offset)
}

pub(crate) fn extpreadv(
    cx: &mut Cx,
    fd: Fd,
    vector: u64,
    count: u32,
    flags: u32,
    offset: i64,
) -> Return<u64> {
    check(cx, flags)?;
    if offset == HERE {
        return read::readv(cx, fd, vector, count);
    }
    at_offset(cx, nr::preadv, fd, [vector, u64::from(count)], offset)
}

pub(crate) fn extpwritev(
    cx: &mut Cx,
    fd: Fd,
    vector: u64,
    count: u32,
    flags: u32,
    offset: i64,
) -> Return<u64> {
    check(cx, flags)?;
    if offset == HERE {
        return write::writev(cx, fd, vector, count);
    }
    at_offset(cx, nr::pwritev, fd, [vector, u64::from(count)], offset)
}

fn at_offset(cx: &mut Cx, call: u64, fd: Fd, [at, count]: [u64; 2], offset: i64) -> Return<u64> {
    let request = [fd.checked(cx)?, at, count, offset as u64, 0, 0];
    // SAFETY: the kernel checks the guest's buffers.
    Ok(unsafe { cx.host(call, request) }?)
}

pub(crate) fn extaccept(cx: &mut Cx, s: Fd, flags: u32, name: u64, len: InOut<u32>) -> Return<Fd> {
    check(cx, flags)?;
    socket::accept(cx, s, name, len)
}

pub(crate) fn extconnect(cx: &mut Cx, s: Fd, flags: u32, name: u64, len: u32) -> Return<()> {
    check(cx, flags)?;
    socket::connect(cx, s, name, len)
}

/// Both ends are returned, as by `pipe`: it is libc that stores them in the array (kern_pipe).
pub(crate) fn pipe2(_cx: &mut Cx, _fildes: u64, flags: u32) -> Return<(u32, u32)> {
    let flags = PIPE_FLAGS
        .to_host(u64::from(flags))
        .map_err(|_| Errno::EINVAL)?;
    let [read, write] = pipe_pair(flags)?;
    Ok((read as u32, write as u32))
}
