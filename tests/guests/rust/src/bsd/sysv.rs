//! System V IPC, whose structures differ in every system and release.

use super::system::Waits;
use crate::sys::{self, call};

const SEMGET: u64 = 221;
const SEMOP: u64 = 222;
const MSGGET: u64 = 225;
const MSGSND: u64 = 226;
const MSGRCV: u64 = 227;
const SHMAT: u64 = 228;
const SHMDT: u64 = 230;
const SHMGET: u64 = 231;

const RMID: u64 = 0;
const SET: u64 = 1;
const STAT: u64 = 2;
const GETNCNT: u64 = 3;
const GETPID: u64 = 4;
const GETVAL: u64 = 5;
const GETALL: u64 = 6;
const SETVAL: u64 = 8;
const SETALL: u64 = 9;

const EEXIST: u64 = 17;
const EFBIG: u64 = 27;
const ERANGE: u64 = 34;
const EIDRM: u64 = 82;
const ENOMSG: u64 = 83;
const NOWAIT: u64 = 0x800;
const RDONLY: u64 = 0x1000;
const RND: u64 = 0x2000;

/// Where a member stands, and its bytes.
pub type Member = (usize, usize);

/// A control call and its structure.
pub struct Control {
    /// Call number.
    pub call: u64,
    /// The structure's bytes.
    pub size: usize,
    /// The owner.
    pub uid: Member,
    /// The permissions.
    pub mode: Member,
    /// What is shown beside them: that it exists.
    pub exists: u64,
    /// Bytes of a segment, semaphores of a set, messages in a queue.
    pub count: Member,
    /// When it was changed.
    pub changed: Member,
}

const ROOM: usize = 192;
const FILL: u8 = 0xa5;

/// A structure, and what lies behind it.
struct Shown([u8; ROOM]);

impl Shown {
    fn value(&self, (at, size): Member) -> u64 {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.0[at..at + size]);
        u64::from_le_bytes(bytes)
    }

    fn put(&mut self, (at, size): Member, value: u64) {
        self.0[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }
}

/// Asks with one of the three calls; `semctl` takes the address of a union.
type Ask = fn(&Control, u64, u64, &mut Shown) -> sys::Result;

fn plainly(control: &Control, id: u64, command: u64, shown: &mut Shown) -> sys::Result {
    call(control.call, [id, command, shown.0.as_mut_ptr() as u64])
}

fn as_union(control: &Control, id: u64, command: u64, shown: &mut Shown) -> sys::Result {
    semctl(control, id, 0, command, shown.0.as_mut_ptr() as u64)
}

/// What all three tell alike, and that the owner may change the permissions.
fn told(controls: &[Control], ask: Ask, id: u64, count: u64) {
    let user = call(sys::GETUID, []).expect("getuid");
    for (index, control) in controls.iter().enumerate() {
        let mut shown = Shown([FILL; ROOM]);
        assert_eq!(
            ask(control, id, STAT, &mut shown),
            Ok(0),
            "{}",
            control.call
        );
        let beyond = &shown.0[control.size..];
        assert!(beyond.iter().all(|&byte| byte == FILL), "{}", control.size);
        let all = u64::MAX >> (64 - 8 * control.uid.1);
        assert_eq!(shown.value(control.uid), user & all);
        let before = if index == 0 { 0o640 } else { 0o600 };
        assert_eq!(shown.value(control.mode), before | control.exists);
        assert_eq!(shown.value(control.count), count, "{}", control.call);
        assert!(shown.value(control.changed) > 1_500_000_000);
        shown.put(control.mode, 0o7600);
        assert_eq!(ask(control, id, SET, &mut shown), Ok(0));
        assert_eq!(ask(control, id, 99, &mut shown), Err(sys::EINVAL));
    }
}

/// `shmget` and the rest.
pub fn segments<S: Waits>(controls: &[Control]) {
    let key = 0x5eed_0000 | (sys::pid() & 0xffff);
    assert_eq!(call(SHMGET, [key, 5000, 0]), Err(sys::ENOENT));
    let id = call(SHMGET, [key, 5000, 0x200 | 0o640]).expect("shmget");
    // Sizes are to the byte.
    assert_eq!(call(SHMGET, [key, 5000, 0]), Ok(id));
    assert_eq!(call(SHMGET, [key, 5001, 0]), Err(sys::EINVAL));
    assert_eq!(call(SHMGET, [key, 1, 0x200 | 0x400]), Err(EEXIST));
    told(controls, plainly, id, 5000);
    assert_eq!(call(controls[0].call, [id, STAT, 8]), Err(sys::EFAULT));

    let memory = call(SHMAT, [id, 0, 0]).expect("shmat");
    let word = memory as *mut u32;
    unsafe { word.write_volatile(1) };
    S::child(|| {
        let again = call(SHMAT, [id, 0, 0]).expect("shmat");
        assert_ne!(again, memory);
        unsafe { (again as *mut u32).write_volatile(word.read_volatile() + 1) };
    });
    assert_eq!(unsafe { word.read_volatile() }, 2);
    // Where something lies, nothing is put; not even with the flags that replace it on FreeBSD.
    let room = super::map(4 * 4096);
    for flags in [0, RDONLY, RND] {
        assert_eq!(
            call(SHMAT, [id, room, flags]),
            Err(sys::ENOMEM),
            "{flags:#x}"
        );
    }
    assert_eq!(call(sys::MUNMAP, [room, 2 * 4096]), Ok(0));
    assert_eq!(call(SHMAT, [id, room + 8, 0]), Err(sys::EINVAL));
    assert_eq!(call(SHMAT, [id, room + 8, RND]), Ok(room));
    assert_eq!(unsafe { (room as *const u32).read_volatile() }, 2);
    assert_eq!(call(SHMDT, [room]), Ok(0));
    assert_eq!(call(SHMDT, [room]), Err(sys::EINVAL));
    assert_eq!(call(controls[0].call, [id, RMID, 0]), Ok(0));
    assert_eq!(
        unsafe { word.read_volatile() },
        2,
        "removed, and still there"
    );
    assert_eq!(call(SHMDT, [memory]), Ok(0));
    assert_eq!(call(controls[0].call, [id, RMID, 0]), Err(sys::EINVAL));
}

/// `struct sembuf`.
#[repr(C)]
struct Operation {
    number: u16,
    change: i16,
    flags: i16,
}

fn operate(id: u64, operations: &[(u16, i16, i16)]) -> sys::Result {
    let mut list = [const {
        Operation {
            number: 0,
            change: 0,
            flags: 0,
        }
    }; 4];
    for (slot, &(number, change, flags)) in list.iter_mut().zip(operations) {
        *slot = Operation {
            number,
            change,
            flags,
        };
    }
    call(SEMOP, [id, list.as_ptr() as u64, operations.len() as u64])
}

fn semctl(control: &Control, id: u64, number: u64, command: u64, argument: u64) -> sys::Result {
    let argument = &raw const argument as u64;
    call(control.call, [id, number, command, argument])
}

/// `semget` and the rest.
pub fn semaphores<S: Waits>(controls: &[Control]) {
    let id = call(SEMGET, [0, 2, 0o640]).expect("semget");
    told(controls, as_union, id, 2);
    let control = |number, command, argument| semctl(&controls[0], id, number, command, argument);
    let mut values = [5u16, 6];
    assert_eq!(control(0, SETALL, values.as_ptr() as u64), Ok(0));
    values.fill(0);
    assert_eq!(control(0, GETALL, values.as_mut_ptr() as u64), Ok(0));
    assert_eq!(values, [5, 6]);
    assert_eq!(control(0, SETVAL, 40_000), Err(ERANGE));
    assert_eq!(
        control(0, SETVAL, 0xffff_ffff_0000_0001),
        Ok(0),
        "half the union"
    );
    assert_eq!(control(0, GETVAL, 0), Ok(1));
    assert_eq!(control(2, GETVAL, 0), Err(sys::EINVAL));
    assert_eq!(call(controls[0].call, [id, 0, GETALL, 8]), Err(sys::EFAULT));
    // All or nothing.
    assert_eq!(
        operate(id, &[(1, -1, 0), (0, -2, NOWAIT as i16)]),
        Err(sys::EAGAIN)
    );
    assert_eq!(control(1, GETVAL, 0), Ok(6));
    assert_eq!(operate(id, &[(2, 1, 0)]), Err(EFBIG));
    assert_eq!(operate(id, &[(1, 32_767, 0)]), Err(ERANGE));
    assert_eq!(operate(id, &[(0, -1, 0), (1, 1, 0)]), Ok(0));
    assert_eq!(control(1, GETVAL, 0), Ok(7));
    assert_eq!(control(1, GETPID, 0), Ok(sys::pid()));
    // One waits, another lets it go; then the set's end wakes it.
    for ends in [false, true] {
        let waits = S::start(|| {
            let expected = if ends { Err(EIDRM) } else { Ok(0) };
            assert_eq!(operate(id, &[(0, -1, 0)]), expected);
        });
        while control(0, GETNCNT, 0) != Ok(1) {
            S::pause(1000);
        }
        if ends {
            assert_eq!(control(0, RMID, 0), Ok(0));
        } else {
            assert_eq!(operate(id, &[(0, 1, 0)]), Ok(0));
        }
        assert_eq!(S::ended(0), (waits, 0));
    }
    assert_eq!(operate(id, &[(0, 1, 0)]), Err(sys::EINVAL));
}

/// `struct msgbuf`.
#[repr(C)]
struct Message {
    kind: i64,
    text: [u8; 16],
}

fn send(id: u64, kind: i64, text: &[u8]) -> sys::Result {
    let mut message = Message {
        kind,
        text: [0; 16],
    };
    message.text[..text.len()].copy_from_slice(text);
    call(
        MSGSND,
        [id, (&raw const message) as u64, text.len() as u64, 0],
    )
}

/// The message's type and first byte.
fn receive(id: u64, kind: i64, flags: u64) -> Result<(i64, u8), u64> {
    let mut message = Message {
        kind: 0,
        text: [0; 16],
    };
    let at = (&raw mut message) as u64;
    call(MSGRCV, [id, at, 4, kind as u64, flags])?;
    let message = unsafe { (&raw const message).read_volatile() };
    Ok((message.kind, message.text[0]))
}

/// `msgget` and the rest.
pub fn messages(controls: &[Control]) {
    let id = call(MSGGET, [0, 0o640]).expect("msgget");
    for (kind, text) in [(3, b"a"), (1, b"b"), (2, b"c")] {
        assert_eq!(send(id, kind, text), Ok(0));
    }
    told(controls, plainly, id, 3);
    assert_eq!(receive(id, -2, 0), Ok((1, b'b')), "the lowest up to two");
    assert_eq!(receive(id, 3, 0), Ok((3, b'a')));
    assert_eq!(receive(id, 5, NOWAIT), Err(ENOMSG));
    assert_eq!(receive(id, 0, 0), Ok((2, b'c')));
    assert_eq!(send(id, 0, b"x"), Err(sys::EINVAL));
    assert_eq!(send(id, 1, b"longer"), Ok(0));
    assert_eq!(receive(id, 0, 0), Err(sys::E2BIG));
    assert_eq!(receive(id, 0, 0x1000), Ok((1, b'l')), "MSG_NOERROR");
    assert_eq!(call(controls[0].call, [id, STAT, 8]), Err(sys::EFAULT));
    assert_eq!(call(controls[0].call, [id, RMID, 0]), Ok(0));
    assert_eq!(send(id, 1, b"x"), Err(sys::EINVAL));
}
