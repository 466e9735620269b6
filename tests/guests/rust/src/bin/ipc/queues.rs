//! POSIX message queues.

use compat_guests::signal::{self, Context, Info, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::child;

const OPEN: u64 = 457;
const SETATTR: u64 = 458;
const RECEIVE: u64 = 459;
const SEND: u64 = 460;
const NOTIFY: u64 = 461;
const UNLINK: u64 = 462;

const O_RDONLY: u64 = 0;
const O_RDWR: u64 = 2;
const O_NONBLOCK: u64 = 4;
const O_CREAT: u64 = 0x200;
const O_EXCL: u64 = 0x800;
const EEXIST: u64 = 17;
const EBUSY: u64 = 16;
const ENOSPC: u64 = 28;
const EAGAIN: u64 = 35;
const EMSGSIZE: u64 = 40;
const ETIMEDOUT: u64 = 60;
const ENAMETOOLONG: u64 = 63;

/// `struct mq_attr`.
type Attributes = [i64; 8];

/// A name of our own: `/compat-` and the process.
fn name() -> [u8; 32] {
    let mut name = [0; 32];
    let mut pid = sys::call(sys::GETPID, []).expect("getpid");
    name[..8].copy_from_slice(b"/compat-");
    for slot in &mut name[8..16] {
        *slot = b'a' + (pid & 0xf) as u8;
        pid >>= 4;
    }
    name
}

fn open(name: &[u8], flags: u64, attributes: Option<&Attributes>) -> sys::Result {
    let at = attributes.map_or(0, |attributes| attributes.as_ptr() as u64);
    sys::call(OPEN, [name.as_ptr() as u64, flags, 0o600, at])
}

fn send(queue: u64, text: &[u8], priority: u64) -> sys::Result {
    let args = [queue, text.as_ptr() as u64, text.len() as u64, priority, 0];
    sys::call(SEND, args)
}

/// First byte and priority.
fn receive(queue: u64, deadline: Option<[i64; 2]>) -> Result<(u8, u32), u64> {
    let (mut text, mut priority) = ([0u8; 64], 0u32);
    let deadline = deadline.as_ref().map_or(0, |time| time.as_ptr() as u64);
    let args = [
        queue,
        text.as_mut_ptr() as u64,
        64,
        (&raw mut priority) as u64,
        deadline,
    ];
    sys::call(RECEIVE, args)?;
    Ok((text[0], priority))
}

pub(crate) fn order() {
    let name = name();
    let wanted: Attributes = [0, 4, 64, 0, 0, 0, 0, 0];
    assert_eq!(open(&name, O_RDWR, None), Err(sys::ENOENT));
    let queue = open(&name, O_RDWR | O_CREAT | O_EXCL, Some(&wanted)).expect("kmq_open");
    assert_eq!(open(&name, O_RDWR | O_CREAT | O_EXCL, None), Err(EEXIST));
    assert_eq!(open(&name, 3, None), Err(sys::EINVAL));
    for (text, priority) in [(b"a", 1), (b"b", 63), (b"c", 1)] {
        assert_eq!(send(queue, text, priority), Ok(0));
    }
    assert_eq!(send(queue, b"d", 64), Err(sys::EINVAL));
    assert_eq!(send(queue, &[0; 65], 0), Err(EMSGSIZE));
    assert_eq!(receive(queue, None), Ok((b'b', 63)));
    assert_eq!(receive(queue, None), Ok((b'a', 1)));
    let mut now: Attributes = [0; 8];
    let at = now.as_mut_ptr() as u64;
    assert_eq!(sys::call(SETATTR, [queue, 0, at]), Ok(0));
    assert_eq!(now, [0, 4, 64, 1, 0, 0, 0, 0]);
    assert_eq!(receive(queue, None), Ok((b'c', 1)));

    assert_eq!(receive(queue, Some([1, 0])), Err(ETIMEDOUT));
    assert_eq!(receive(queue, Some([-1, 0])), Err(ETIMEDOUT));
    assert_eq!(receive(queue, Some([1, -1])), Err(sys::EINVAL));
    // What is no time is looked at only when there is something to wait for.
    assert_eq!(send(queue, b"e", 0), Ok(0));
    assert_eq!(receive(queue, Some([1, -1])), Ok((b'e', 0)));
    now[0] = O_NONBLOCK as i64;
    assert_eq!(sys::call(SETATTR, [queue, at, 0]), Ok(0));
    assert_eq!(receive(queue, None), Err(EAGAIN));
    now[0] = 1;
    assert_eq!(sys::call(SETATTR, [queue, at, 0]), Err(sys::EINVAL));
    assert_eq!(sys::call(SETATTR, [queue, 0, at]), Ok(0));
    assert_eq!(now[0], O_NONBLOCK as i64);

    let other = child::start(|| {
        let queue = open(&name, O_RDWR, None).expect("kmq_open");
        assert_eq!(send(queue, b"from the child", 5), Ok(0));
    });
    child::join(other);
    assert_eq!(receive(queue, None), Ok((b'f', 5)));
    let reader = open(&name, O_RDONLY, None).expect("kmq_open");
    // Allowed, but perhaps not by the host.
    let mut large = name;
    large[9] = b'-';
    match open(
        &large,
        O_RDWR | O_CREAT | O_EXCL,
        Some(&[0, 100, 1024, 0, 0, 0, 0, 0]),
    ) {
        Ok(_) => assert_eq!(sys::call(UNLINK, [large.as_ptr() as u64]), Ok(0)),
        Err(error) => assert_eq!(error, ENOSPC),
    }
    let none = [0, 0, 64, 0, 0, 0, 0, 0];
    let made = open(&large, O_RDWR | O_CREAT | O_EXCL, Some(&none));
    assert_eq!(made, Err(sys::EINVAL));
    assert_eq!(send(reader, b"x", 0), Err(sys::EBADF));
    assert_eq!(sys::call(UNLINK, [name.as_ptr() as u64]), Ok(0));
    assert_eq!(sys::call(UNLINK, [name.as_ptr() as u64]), Err(sys::ENOENT));
    assert_eq!(send(1, b"x", 0), Err(sys::EBADF), "no queue");
}

pub(crate) fn names() {
    for name in [&b"x\0"[..], b"/\0", b"/a/b\0", b"/.\0", b"/..\0", b"\0"] {
        assert_eq!(open(name, O_RDWR, None), Err(sys::EINVAL));
        assert_eq!(sys::call(UNLINK, [name.as_ptr() as u64]), Err(sys::EINVAL));
    }
    let mut long = [b'x'; 300];
    long[0] = b'/';
    long[299] = 0;
    assert_eq!(open(&long, O_RDWR, None), Err(ENAMETOOLONG));
    assert_eq!(sys::call(OPEN, [8, O_RDWR, 0, 0]), Err(sys::EFAULT));
}

static SEEN: Shared<(i32, u64)> = Shared::new((0, 0));

extern "C" fn note(_: u32, info: &mut Info, _: &mut Context) {
    SEEN.store((info.code, info.value));
}

/// A signal when the first message comes.
pub(crate) fn notify() {
    const SI_MESGQ: i32 = 0x10005;
    let name = name();
    let wanted: Attributes = [0, 4, 64, 0, 0, 0, 0, 0];
    let queue = open(&name, O_RDWR | O_CREAT, Some(&wanted)).expect("kmq_open");
    sys::call(UNLINK, [name.as_ptr() as u64]).expect("kmq_unlink");
    signal::handle(SIGUSR1, note, 0, Set::EMPTY);
    // sigev_notify and sigev_signo, then sigev_value.
    let event = |signal: u64| [1 | signal << 32, 0xfeed, 0, 0, 0, 0, 0, 0, 0, 0u64];
    let (right, wrong) = (event(u64::from(SIGUSR1)), event(129));
    let at = right.as_ptr() as u64;
    assert_eq!(sys::call(NOTIFY, [queue, at]), Ok(0));
    assert_eq!(sys::call(NOTIFY, [queue, at]), Err(EBUSY));
    assert_eq!(send(queue, b"x", 0), Ok(0));
    assert_eq!(SEEN.load(), (SI_MESGQ, 0xfeed));
    // Once only, and it can be called off.
    assert_eq!(receive(queue, None), Ok((b'x', 0)));
    assert_eq!(sys::call(NOTIFY, [queue, at]), Ok(0));
    assert_eq!(sys::call(NOTIFY, [queue, 0]), Ok(0));
    SEEN.store((0, 0));
    assert_eq!(send(queue, b"x", 0), Ok(0));
    assert_eq!(SEEN.load(), (0, 0));
    let at = wrong.as_ptr() as u64;
    assert_eq!(sys::call(NOTIFY, [queue, at]), Err(sys::EINVAL));
}

/// At once, when there are messages already.
pub(crate) fn notify_at_once() {
    let name = name();
    let wanted: Attributes = [0, 4, 64, 0, 0, 0, 0, 0];
    let queue = open(&name, O_RDWR | O_CREAT, Some(&wanted)).expect("kmq_open");
    sys::call(UNLINK, [name.as_ptr() as u64]).expect("kmq_unlink");
    signal::handle(SIGUSR1, note, 0, Set::EMPTY);
    assert_eq!(send(queue, b"x", 0), Ok(0));
    // SIGEV_SIGNAL, SIGEV_THREAD_ID.
    for (how, value) in [(1, 0xbeef), (4, 0xfeed)] {
        let mut event = [
            how | u64::from(SIGUSR1) << 32,
            value,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0u64,
        ];
        event[2] = sys::tid();
        let at = core::hint::black_box(&event).as_ptr() as u64;
        assert_eq!(sys::call(NOTIFY, [queue, at]), Ok(0));
        assert_eq!(SEEN.load(), (0x10005, value));
    }
    // That was all: nobody waits for the next one.
    assert_eq!(receive(queue, None), Ok((b'x', 0)));
    SEEN.store((0, 0));
    assert_eq!(send(queue, b"x", 0), Ok(0));
    assert_eq!(SEEN.load(), (0, 0));
}
