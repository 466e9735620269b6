//! Asynchronous input and output, whose state stands in the control block.

use compat_guests::bsd::files::{file, path};
use compat_guests::bsd::signals::{self, SIGUSR1, Signals};
use compat_guests::bsd::system::Waits;
use compat_guests::bsd::{System, pipe};
use compat_guests::sys::{self, call};

use crate::NetBsd;

const CANCEL: u64 = 399;
const ERROR: u64 = 400;
const FSYNC: u64 = 401;
const READ: u64 = 402;
const RETURN: u64 = 403;
const WRITE: u64 = 405;
const LISTIO: u64 = 406;
const SUSPEND: u64 = 438;
const SUSPEND_50: u64 = 404;

const EINPROGRESS: u64 = 36;
const EIO: u64 = 5;
const ECANCELED: u64 = 87;

/// `struct aiocb`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Block {
    offset: i64,
    buffer: u64,
    length: u64,
    fd: u32,
    operation: u32,
    priority: u64,
    /// `struct sigevent`.
    event: [u64; 4],
    private: [u64; 2],
}

const _: () = assert!(size_of::<Block>() == 88);

fn block(fd: u64, buffer: &mut [u8], offset: i64) -> Block {
    Block {
        offset,
        buffer: buffer.as_mut_ptr() as u64,
        length: buffer.len() as u64,
        fd: fd as u32,
        operation: 0,
        priority: 0,
        event: [0; 4],
        private: [0; 2],
    }
}

fn at(block: &mut Block) -> u64 {
    (&raw mut *block) as u64
}

fn ask(number: u64, block: &mut Block) -> sys::Result {
    call(number, [at(block)])
}

/// Its end, waited for with a limit that is far away.
fn ended(block: &mut Block) -> sys::Result {
    let (list, limit) = ([0, at(block)], [1000u64, 0]);
    let args = [list.as_ptr() as u64, 2, limit.as_ptr() as u64];
    assert_eq!(call(SUSPEND, args), Ok(0), "aio_suspend");
    let error = ask(ERROR, block).expect("aio_error");
    let value = ask(RETURN, block).expect("aio_return");
    assert_eq!(ask(RETURN, block), Err(sys::EINVAL), "once only");
    if error == 0 {
        Ok(value)
    } else {
        assert_eq!(value, u64::MAX);
        Err(error)
    }
}

pub(crate) fn files() {
    let fd = file(c"asynchronous", b"");
    let (mut text, mut room) = (*b"some text", [0u8; 16]);
    let mut write = block(fd, &mut text, 3);
    assert_eq!(
        ask(ERROR, &mut write),
        Err(sys::EINVAL),
        "nobody asked for anything yet"
    );
    assert_eq!(ask(WRITE, &mut write), Ok(0));
    assert_eq!(ended(&mut write), Ok(9));
    // What was asked for is now what was done.
    assert_eq!((write.length, write.offset), (9, 12));
    let mut read = block(fd, &mut room, 5);
    assert_eq!(ask(READ, &mut read), Ok(0));
    assert_eq!(ended(&mut read), Ok(7));
    assert_eq!(
        unsafe { (&raw const room).read_volatile() }[..8],
        *b"me text\0"
    );
    let mut sync = block(fd, &mut room, 0);
    assert_eq!(call(FSYNC, [0x80, at(&mut sync)]), Ok(0));
    assert_eq!(ended(&mut sync), Ok(0));
    assert_eq!(call(FSYNC, [1, at(&mut sync)]), Err(sys::EINVAL));
    // Errors show in the block, but for what the block itself gets wrong.
    let reader = call(sys::OPEN, [path(c"asynchronous"), 0]).expect("open");
    for (fd, offset, error) in [
        (reader, 0, sys::EBADF),
        (1000, 0, sys::EBADF),
        (fd, -1, sys::EINVAL),
    ] {
        let mut wrong = block(fd, &mut room, offset);
        assert_eq!(ask(WRITE, &mut wrong), Ok(0));
        assert_eq!(ended(&mut wrong), Err(error), "{fd}");
    }
    let mut wrong = block(fd, &mut room, 0);
    wrong.buffer = 0;
    assert_eq!(ask(READ, &mut wrong), Err(sys::EINVAL));
    wrong = block(fd, &mut room, 0);
    wrong.event[0] = 4;
    assert_eq!(ask(READ, &mut wrong), Err(sys::EINVAL));
    assert_eq!(call(READ, [8]), Err(sys::EFAULT));
    assert_eq!(call(CANCEL, [fd, 0]), Ok(3), "AIO_ALLDONE");
    assert_eq!(call(CANCEL, [1000, 0]), Err(sys::EBADF));
}

pub(crate) fn pipes() {
    let (from, to) = pipe();
    let mut room = [0u8; 16];
    let mut read = block(from, &mut room, 0);
    assert_eq!(ask(READ, &mut read), Ok(0));
    assert_eq!(ask(ERROR, &mut read), Ok(EINPROGRESS));
    assert_eq!(ask(RETURN, &mut read), Err(sys::EINVAL));
    assert_eq!(ask(READ, &mut read), Err(sys::EINVAL), "it is under way");
    let list = [at(&mut read)];
    let suspend =
        |number, limit: [u64; 2]| call(number, [list.as_ptr() as u64, 1, limit.as_ptr() as u64]);
    assert_eq!(suspend(SUSPEND, [0, 1_000_000]), Err(sys::EAGAIN));
    assert_eq!(
        suspend(SUSPEND_50, [0xffff_ffff_0000_0000, 1_000_000]),
        Err(sys::EAGAIN)
    );
    let writer = NetBsd::start(|| {
        NetBsd::pause(10_000);
        assert_eq!(call(sys::WRITE, [to, b"piped".as_ptr() as u64, 5]), Ok(5));
    });
    assert_eq!(ended(&mut read), Ok(5));
    assert_eq!(
        unsafe { (&raw const room).read_volatile() }[..6],
        *b"piped\0"
    );
    assert_eq!(NetBsd::ended(0), (writer, 0));
    // One that waits is called off; more than the pipe holds is written as it empties.
    read = block(from, &mut room, 0);
    assert_eq!(ask(READ, &mut read), Ok(0));
    assert_eq!(
        call(CANCEL, [to, at(&mut read)]),
        Err(sys::EBADF),
        "of another descriptor"
    );
    assert_eq!(call(CANCEL, [from, 0]), Ok(1), "AIO_CANCELED");
    assert_eq!(ask(ERROR, &mut read), Ok(ECANCELED));
    let big = unsafe {
        let memory = compat_guests::bsd::map(1 << 18) as *mut u8;
        core::slice::from_raw_parts_mut(memory, 1 << 18)
    };
    let mut write = block(to, big, 0);
    assert_eq!(ask(WRITE, &mut write), Ok(0));
    assert_eq!(ask(ERROR, &mut write), Ok(EINPROGRESS));
    let mut left = 1u64 << 18;
    while left > 0 {
        let got = call(sys::READ, [from, compat_guests::bsd::map(1 << 16), 1 << 16]).expect("read");
        left -= got;
        let _ = ask(ERROR, &mut write);
    }
    assert_eq!(ended(&mut write), Ok(1 << 18));
}

pub(crate) fn lists() {
    const OPERATION_WRITE: u32 = 1;
    const OPERATION_READ: u32 = 2;
    let fd = file(c"listed-io", b"0123456789");
    let (mut first, mut second, mut text) = ([0u8; 2], [0u8; 2], *b"xy");
    let mut blocks = [
        block(fd, &mut first, 1),
        block(fd, &mut second, 5),
        block(fd, &mut text, 8),
    ];
    for (block, operation) in
        blocks
            .iter_mut()
            .zip([OPERATION_READ, OPERATION_READ, OPERATION_WRITE])
    {
        block.operation = operation;
    }
    let list = blocks.each_mut().map(at);
    assert_eq!(
        call(LISTIO, [1, list.as_ptr() as u64, 3, 0]),
        Ok(0),
        "LIO_WAIT"
    );
    for block in &mut blocks {
        assert_eq!(ended(block), Ok(2));
    }
    let read = unsafe {
        (
            (&raw const first).read_volatile(),
            (&raw const second).read_volatile(),
        )
    };
    assert_eq!(read, (*b"12", *b"56"));
    // A signal for each, and one for all.
    NetBsd::count(SIGUSR1);
    for block in &mut blocks {
        block.length = 2;
        block.offset = 0;
        block.event = [1 | SIGUSR1 << 32, 0xfeed, 0, 0];
    }
    let event = [1 | SIGUSR1 << 32, 0xbeef, 0, 0u64];
    assert_eq!(
        call(LISTIO, [0, list.as_ptr() as u64, 3, event.as_ptr() as u64]),
        Ok(0)
    );
    while signals::seen() == 0 {
        NetBsd::pause(1000);
    }
    assert_eq!(signals::info().code, -3, "SI_ASYNCIO");
    unsafe { (&raw mut blocks[1].operation).write_volatile(9) };
    assert_eq!(call(LISTIO, [1, list.as_ptr() as u64, 3, 0]), Err(EIO));
    // The end of those that could be made is told all the same.
    for block in &mut blocks {
        unsafe { (&raw mut block.event).write_volatile([0; 4]) };
    }
    let before = signals::seen();
    assert_eq!(
        call(LISTIO, [0, list.as_ptr() as u64, 3, event.as_ptr() as u64]),
        Err(EIO)
    );
    while signals::seen() == before {
        NetBsd::pause(1000);
    }
    assert_eq!(
        call(LISTIO, [1, list.as_ptr() as u64, 0, 0]),
        Err(sys::EINVAL)
    );
    assert_eq!(
        call(LISTIO, [2, list.as_ptr() as u64, 1, 0]),
        Err(sys::EINVAL)
    );
}
