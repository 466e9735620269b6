//! Message queues of System V.

use compat_guests::signal::{self, Context, Info, SIGALRM, Set};
use compat_guests::sys;

use crate::child;

const MSGSYS: u64 = 170;
const OLD_MSGCTL: u64 = 224;
const MSGGET: u64 = 225;
const MSGSND: u64 = 226;
const MSGRCV: u64 = 227;
const MSGCTL: u64 = 511;

const RMID: u64 = 0;
const SET: u64 = 1;
const STAT: u64 = 2;
const NOWAIT: u64 = 0x800;
const NOERROR: u64 = 0x1000;
const E2BIG: u64 = 7;
const ENOMSG: u64 = 83;
const EIDRM: u64 = 82;

/// `struct msgbuf`.
#[repr(C)]
struct Message {
    kind: i64,
    text: [u8; 16],
}

fn make() -> u64 {
    sys::call(MSGGET, [0, 0o600]).expect("msgget")
}

fn send(id: u64, kind: i64, text: &[u8]) -> sys::Result {
    let mut message = Message {
        kind,
        text: [0; 16],
    };
    message.text[..text.len()].copy_from_slice(text);
    let args = [id, (&raw const message) as u64, text.len() as u64, 0];
    sys::call(MSGSND, args)
}

/// The message's type and first byte.
fn receive(id: u64, kind: i64, flags: u64) -> Result<(i64, u8), u64> {
    let mut message = Message {
        kind: 0,
        text: [0; 16],
    };
    let args = [id, (&raw mut message) as u64, 4, kind as u64, flags];
    sys::call(MSGRCV, args)?;
    Ok((message.kind, message.text[0]))
}

pub(crate) fn order() {
    let id = make();
    for (kind, text) in [(3, b"a"), (1, b"b"), (2, b"c"), (3, b"d")] {
        assert_eq!(send(id, kind, text), Ok(0));
    }
    assert_eq!(receive(id, -2, 0), Ok((1, b'b')), "the lowest up to two");
    assert_eq!(receive(id, 3, 0), Ok((3, b'a')));
    assert_eq!(receive(id, 0, 0), Ok((2, b'c')), "the first");
    assert_eq!(receive(id, 5, NOWAIT), Err(ENOMSG));
    assert_eq!(receive(id, 3, 0), Ok((3, b'd')));
    assert_eq!(send(id, 0, b"x"), Err(sys::EINVAL));
    assert_eq!(send(id, 1, b"longer"), Ok(0));
    assert_eq!(receive(id, 0, 0), Err(E2BIG));
    assert_eq!(receive(id, 0, NOERROR), Ok((1, b'l')));

    signal::handle(SIGALRM, nothing, signal::SA_RESTART, Set::EMPTY);
    signal::alarm_once(20_000);
    assert_eq!(receive(id, 0, 0), Err(sys::EINTR));
    let waits = child::start(|| assert_eq!(receive(id, 0, 0), Err(EIDRM)));
    child::pause(20);
    assert_eq!(sys::call(MSGCTL, [id, RMID, 0]), Ok(0));
    child::join(waits);
    assert_eq!(send(id, 1, b"x"), Err(sys::EINVAL));
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

/// `struct msqid_ds`.
#[repr(C)]
#[derive(Default)]
struct Queue {
    cuid: u32,
    cgid: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    seq: u16,
    key: i64,
    first: u64,
    last: u64,
    bytes: u64,
    messages: u64,
    room: u64,
    sender: i32,
    receiver: i32,
    stime: i64,
    rtime: i64,
    ctime: i64,
}

const _: () = assert!(size_of::<Queue>() == 104);

pub(crate) fn control() {
    let id = make();
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    assert_eq!(send(id, 1, b"four"), Ok(0));
    let mut found = Queue::default();
    let at = &raw mut found as u64;
    assert_eq!(sys::call(MSGCTL, [id, STAT, at]), Ok(0));
    assert_eq!((found.messages, found.bytes), (1, 4));
    assert_eq!((found.sender as u64, found.receiver), (pid, 0));
    assert_eq!((found.mode, found.first, found.last), (0o600, 0, 0));
    assert!(found.room > 4 && found.stime > 0 && found.rtime == 0);
    found.mode = 0o640;
    found.room = 1000;
    assert_eq!(sys::call(MSGCTL, [id, SET, at]), Ok(0));
    found.room = 0;
    assert_eq!(sys::call(MSGCTL, [id, SET, at]), Err(sys::EINVAL));
    assert_eq!(sys::call(MSGCTL, [id, STAT, at]), Ok(0));
    assert_eq!((found.mode, found.room), (0o640, 1000));
    assert_eq!(sys::call(MSGCTL, [id, 3, at]), Err(sys::EINVAL));

    // The layout of old: messages at 48, sender at 64.
    let mut old = [0u64; 19];
    let to = old.as_mut_ptr() as u64;
    assert_eq!(sys::call(OLD_MSGCTL, [id, STAT, to]), Ok(0));
    assert_eq!((old[6], old[8]), (1, pid));
    // And all calls through one.
    let mut message = Message {
        kind: 0,
        text: [0; 16],
    };
    let args = [3, id, (&raw mut message) as u64, 16, 0, NOWAIT];
    assert_eq!(sys::call(MSGSYS, args), Ok(4));
    assert_eq!(&message.text[..4], b"four");
    assert_eq!(sys::call(MSGSYS, [0, id, RMID, 0]), Ok(0));
}
