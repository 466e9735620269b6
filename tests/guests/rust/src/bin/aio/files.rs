//! Requests for files.

use compat_guests::sys;

use crate::control::{Block, LISTIO, READ, RETURN, WRITE, next, suspend};

const OLD_READ: u64 = 318;
const FSYNC: u64 = 465;
const MLOCK: u64 = 543;
const WRITEV: u64 = 578;
const READV: u64 = 579;
const O_RDWR: u64 = 2;
const O_SYNC: u64 = 0x80;
const EOPNOTSUPP: u64 = 45;
const EIO: u64 = 5;

/// A file without a name.
fn file() -> u64 {
    const SHM_ANON: u64 = 1;
    sys::call(sys::SHM_OPEN2, [SHM_ANON, O_RDWR, 0o600, 0x2, 0]).expect("shm_open2")
}

pub(crate) fn read_and_write() {
    let fd = file();
    let text = b"asynchronous";
    let mut write = Block::new(fd, 100, text.as_ptr(), text.len());
    assert_eq!(write.call(WRITE), Ok(0));
    assert!(write.private[2] > 0, "a request has a number");
    assert_eq!(suspend(&[write.at()], None), Ok(0));
    assert_eq!(write.error(), 0);
    assert_eq!(write.call(RETURN), Ok(12));
    assert_eq!(write.private[..2], [12, 0]);
    assert_eq!(write.call(RETURN), Err(sys::EINVAL), "once only");
    assert_eq!(write.error(), sys::EINVAL);

    let mut found = [0u8; 32];
    let mut read = Block::new(fd, 102, found.as_mut_ptr(), 32);
    assert_eq!(read.call(READ), Ok(0));
    let (block, result) = next(None);
    assert_eq!((block, result), (read.at(), Ok(10)));
    assert_eq!(&found[..10], b"ynchronous");

    let mut sync = Block::new(fd, 0, core::ptr::null(), 0);
    assert_eq!(sys::call(FSYNC, [O_SYNC, sync.at()]), Ok(0));
    assert_eq!(sync.call(RETURN), Ok(0));
    assert_eq!(sys::call(FSYNC, [1, sync.at()]), Err(sys::EINVAL));
    let mut lock = Block::new(u64::MAX, 0, found.as_ptr(), 32);
    assert_eq!(lock.call(MLOCK), Ok(0));
    assert_eq!(lock.call(RETURN), Ok(0));

    // An error of the transfer itself is the result's.
    let mut bad = Block::new(fd, 100, core::ptr::without_provenance(8), 8);
    assert_eq!(bad.call(READ), Ok(0));
    assert_eq!(bad.error(), sys::EFAULT);
    assert_eq!(bad.call(RETURN), Err(sys::EFAULT));
    assert_eq!(bad.private[..2], [-1, sys::EFAULT as i64]);
}

pub(crate) fn vectors() {
    let fd = file();
    let parts = [(b"one ".as_ptr(), 4usize), (b"two".as_ptr(), 3)];
    let mut write = Block::new(fd, 0, parts.as_ptr().cast(), parts.len());
    assert_eq!(write.call(WRITEV), Ok(0));
    assert_eq!(write.call(RETURN), Ok(7));
    let (mut first, mut second) = ([0u8; 2], [0u8; 8]);
    let parts = [(first.as_mut_ptr(), 2usize), (second.as_mut_ptr(), 8)];
    let mut read = Block::new(fd, 0, parts.as_ptr().cast(), parts.len());
    assert_eq!(read.call(READV), Ok(0));
    assert_eq!(read.call(RETURN), Ok(7));
    assert_eq!((&first, &second[..5]), (b"on", &b"e two"[..]));
    read.length = 1025;
    assert_eq!(read.call(READV), Err(sys::EINVAL));
}

/// The notice stood before the opcode, and the kernel's part where it is now.
pub(crate) fn old_blocks() {
    let fd = file();
    sys::call(sys::WRITE, [fd, b"old".as_ptr() as u64, 3]).expect("write");
    let mut found = [0u8; 8];
    let buffer = found.as_mut_ptr() as u64;
    let block = |notify| [fd, 0, buffer, 8, notify, 0, 0, 0, 0, 0];
    let (mut right, mut wrong) = (block(0), block(4));
    let at = core::hint::black_box(right.as_mut_ptr()) as u64;
    assert_eq!(sys::call(OLD_READ, [at]), Ok(0));
    assert_eq!(sys::call(RETURN, [at]), Ok(3));
    assert_eq!(&found[..3], b"old");
    let at = core::hint::black_box(wrong.as_mut_ptr()) as u64;
    assert_eq!(sys::call(OLD_READ, [at]), Err(sys::EINVAL));
}

pub(crate) fn refused() {
    let fd = file();
    let mut found = [0u8; 8];
    let mut ask = |fd: u64, offset: i64, notify: [i32; 2]| {
        let mut block = Block::new(fd, offset, found.as_mut_ptr(), 8);
        block.notify = notify;
        let result = block.call(READ);
        if let Err(error) = result {
            // aio_error knows the reason of a refusal.
            assert_eq!(block.error(), error);
            assert_eq!(block.call(RETURN), Err(sys::EINVAL));
        }
        result
    };
    assert_eq!(ask(99, 0, [0, 0]), Err(sys::EBADF));
    assert_eq!(ask(fd, -1, [0, 0]), Err(sys::EINVAL));
    assert_eq!(ask(fd, 0, [7, 0]), Err(sys::EINVAL));
    assert_eq!(ask(fd, 0, [1, 0]), Err(sys::EINVAL), "no signal");
    let mut ends = [0u32; 2];
    sys::call(sys::PIPE2, [ends.as_mut_ptr() as u64, 0]).expect("pipe2");
    let [reader, writer] = ends.map(u64::from);
    assert_eq!(ask(reader, 0, [0, 0]), Err(EOPNOTSUPP));
    assert_eq!(ask(writer, 0, [0, 0]), Err(sys::EBADF));
    assert_eq!(sys::call(READ, [8]), Err(sys::EFAULT));
}

pub(crate) fn list() {
    let fd = file();
    let text = b"abcdef";
    let mut found = [0u8; 6];
    let mut write = Block::new(fd, 0, text.as_ptr(), 6);
    write.opcode = 1;
    let mut read = Block::new(fd, 0, found.as_mut_ptr(), 6);
    read.opcode = 2;
    let mut nothing = Block::new(fd, 0, text.as_ptr(), 6);
    let blocks = [write.at(), 0, read.at(), nothing.at()];
    let at = blocks.as_ptr() as u64;
    assert_eq!(sys::call(LISTIO, [1, at, 4, 0]), Ok(0));
    assert_eq!(write.call(RETURN), Ok(6));
    assert_eq!(read.call(RETURN), Ok(6));
    assert_eq!(&found, text);
    assert_eq!(nothing.call(RETURN), Err(sys::EINVAL));
    // One that cannot be made spoils the answer, not the others.
    read.opcode = 9;
    assert_eq!(sys::call(LISTIO, [0, at, 3, 0]), Err(EIO));
    assert_eq!(write.call(RETURN), Ok(6));
    assert_eq!(read.error(), sys::EINVAL);
    assert_eq!(sys::call(LISTIO, [2, at, 3, 0]), Err(sys::EINVAL));
    assert_eq!(sys::call(LISTIO, [0, at, 257, 0]), Err(sys::EINVAL));
}
