//! POSIX message queues as NetBSD made them.

use super::signals::{self, SIGUSR1, Signals};
use super::system::Waits;
use crate::sys::{self, call};

const O_RDONLY: u64 = 0;
const O_RDWR: u64 = 2;
const O_NONBLOCK: u64 = 4;
const O_CREAT: u64 = 0x200;
const O_EXCL: u64 = 0x800;
const EEXIST: u64 = 17;
const EBUSY: u64 = 16;
const EMSGSIZE: u64 = 40;

/// A system's numbers and its `struct sigevent`.
pub trait Queues: Waits + Signals {
    /// Call number.
    const OPEN: u64;
    /// Call number.
    const UNLINK: u64;
    /// Call number.
    const GETATTR: u64;
    /// Call number.
    const SETATTR: u64;
    /// Call number.
    const NOTIFY: u64;
    /// Call number.
    const SEND: u64;
    /// Call number.
    const RECEIVE: u64;
    /// Call number.
    const TIMEDSEND: u64;
    /// Call number.
    const TIMEDRECEIVE: u64;
    /// Code and value that a notice of value `VALUE` arrives with.
    const NOTICE: (i32, u64);

    /// Notice by a signal with a value.
    fn event(signal: u64, value: u64) -> [u64; 4];
}

/// The value a notice is asked for with.
pub const VALUE: u64 = 0xfeed;

type Attributes = [i64; 4];

/// A name of our own: `/compat-` and the process.
fn name() -> [u8; 32] {
    let mut name = [0; 32];
    let mut pid = sys::pid();
    name[..8].copy_from_slice(b"/compat-");
    for slot in &mut name[8..16] {
        *slot = b'a' + (pid & 0xf) as u8;
        pid >>= 4;
    }
    name
}

fn open<S: Queues>(name: &[u8], flags: u64, attributes: Option<&Attributes>) -> sys::Result {
    let at = attributes.map_or(0, |attributes| attributes.as_ptr() as u64);
    call(S::OPEN, [name.as_ptr() as u64, flags, 0o600, at])
}

fn send<S: Queues>(queue: u64, text: &[u8], priority: u64) -> sys::Result {
    let args = [queue, text.as_ptr() as u64, text.len() as u64, priority];
    call(S::SEND, args)
}

/// First byte and priority.
fn receive<S: Queues>(queue: u64, deadline: Option<[i64; 2]>) -> Result<(u8, u32), u64> {
    let (mut text, mut priority) = ([0u8; 64], 0u32);
    let (at, priority_at) = (text.as_mut_ptr() as u64, (&raw mut priority) as u64);
    let length = match &deadline {
        Some(time) => call(
            S::TIMEDRECEIVE,
            [queue, at, 64, priority_at, time.as_ptr() as u64],
        ),
        None => call(S::RECEIVE, [queue, at, 64, priority_at]),
    }?;
    assert!(length > 0);
    let text = unsafe { (&raw const text).read_volatile() };
    Ok((text[0], unsafe { (&raw const priority).read_volatile() }))
}

/// Messages in their order, limits and deadlines.
pub fn order<S: Queues>() {
    let name = name();
    let wanted: Attributes = [0, 4, 64, 0];
    assert_eq!(open::<S>(&name, O_RDWR, None), Err(sys::ENOENT));
    let queue = open::<S>(&name, O_RDWR | O_CREAT | O_EXCL, Some(&wanted)).expect("mq_open");
    assert_eq!(
        open::<S>(&name, O_RDWR | O_CREAT | O_EXCL, None),
        Err(EEXIST)
    );
    for (text, priority) in [(b"a", 1), (b"b", 31), (b"c", 1)] {
        assert_eq!(send::<S>(queue, text, priority), Ok(0));
    }
    assert_eq!(send::<S>(queue, b"d", 32), Err(sys::EINVAL), "MQ_PRIO_MAX");
    assert_eq!(send::<S>(queue, &[0; 65], 0), Err(EMSGSIZE));
    assert_eq!(send::<S>(queue, &[], 0), Err(EMSGSIZE), "an empty message");
    assert_eq!(receive::<S>(queue, None), Ok((b'b', 31)));
    // A structure of four words and no more.
    let mut now = [-1i64; 8];
    let at = now.as_mut_ptr() as u64;
    assert_eq!(call(S::GETATTR, [queue, at]), Ok(0));
    assert_eq!(now, [0, 4, 64, 2, -1, -1, -1, -1]);
    assert_eq!(receive::<S>(queue, None), Ok((b'a', 1)));
    assert_eq!(receive::<S>(queue, Some([1 << 40, 0])), Ok((b'c', 1)));

    assert_eq!(receive::<S>(queue, Some([1, 0])), Err(sys::ETIMEDOUT));
    assert_eq!(receive::<S>(queue, Some([1, -1])), Err(sys::EINVAL));
    // Flags but O_NONBLOCK are not looked at.
    now[0] = O_NONBLOCK as i64 | 1;
    assert_eq!(call(S::SETATTR, [queue, at, 0]), Ok(0));
    assert_eq!(receive::<S>(queue, None), Err(sys::EAGAIN));
    for _ in 0..4 {
        assert_eq!(send::<S>(queue, b"e", 0), Ok(0));
    }
    assert_eq!(send::<S>(queue, b"e", 0), Err(sys::EAGAIN));
    now[0] = 0;
    let before = [0i64; 4];
    assert_eq!(call(S::SETATTR, [queue, at, before.as_ptr() as u64]), Ok(0));
    let before = unsafe { (&raw const before).read_volatile() };
    assert_eq!(before, [O_NONBLOCK as i64, 4, 64, 4]);
    let past = [1i64, 0];
    let args = [queue, b"e".as_ptr() as u64, 1, 0, past.as_ptr() as u64];
    assert_eq!(call(S::TIMEDSEND, args), Err(sys::ETIMEDOUT));
    assert_eq!(call(S::SETATTR, [queue, 0, 0]), Err(sys::EFAULT));

    S::child(|| {
        let queue = open::<S>(&name, O_RDWR, None).expect("mq_open");
        assert_eq!(receive::<S>(queue, None), Ok((b'e', 0)));
        assert_eq!(send::<S>(queue, b"from the child", 5), Ok(0));
    });
    assert_eq!(receive::<S>(queue, None), Ok((b'f', 5)));
    let reader = open::<S>(&name, O_RDONLY, None).expect("mq_open");
    assert_eq!(send::<S>(reader, b"x", 0), Err(sys::EBADF));
    assert_eq!(call(S::UNLINK, [name.as_ptr() as u64]), Ok(0));
    assert_eq!(call(S::UNLINK, [name.as_ptr() as u64]), Err(sys::ENOENT));
    assert_eq!(send::<S>(1, b"x", 0), Err(sys::EBADF), "no queue");
    // What nobody says is usual; a name needs no slash.
    let queue = open::<S>(&name[1..], O_RDWR | O_CREAT, None).expect("mq_open");
    assert_eq!(call(S::GETATTR, [queue, at]), Ok(0));
    assert!(now[1] >= 10 && now[2] >= 992, "{now:?}");
    assert_eq!(call(S::UNLINK, [name.as_ptr() as u64 + 1]), Ok(0));
    assert_eq!(open::<S>(b"\0", O_RDWR | O_CREAT, None), Err(sys::EINVAL));
}

/// A signal when the first message comes.
pub fn notify<S: Queues>() {
    let name = name();
    let wanted: Attributes = [0, 4, 64, 0];
    let queue = open::<S>(&name, O_RDWR | O_CREAT, Some(&wanted)).expect("mq_open");
    assert_eq!(call(S::UNLINK, [name.as_ptr() as u64]), Ok(0));
    S::count(SIGUSR1);
    let (right, wrong) = (S::event(SIGUSR1, VALUE), S::event(S::BEYOND, 0));
    let at = right.as_ptr() as u64;
    assert_eq!(call(S::NOTIFY, [queue, at]), Ok(0));
    assert_eq!(call(S::NOTIFY, [queue, at]), Err(EBUSY));
    assert_eq!(send::<S>(queue, b"x", 0), Ok(0));
    let told = signals::info();
    assert_eq!((told.code, told.value), S::NOTICE);
    // Once only, and it can be called off.
    let seen = signals::seen();
    assert_eq!(receive::<S>(queue, None), Ok((b'x', 0)));
    assert_eq!(call(S::NOTIFY, [queue, at]), Ok(0));
    assert_eq!(call(S::NOTIFY, [queue, 0]), Ok(0));
    assert_eq!(send::<S>(queue, b"x", 0), Ok(0));
    assert_eq!(signals::seen(), seen);
    assert_eq!(
        call(S::NOTIFY, [queue, wrong.as_ptr() as u64]),
        Err(sys::EINVAL)
    );
}
