//! System V IPC and message queues.

use compat_guests::bsd::queues::Queues;
use compat_guests::bsd::sysv::{self, Control};

use crate::DragonFly;

const fn control(call: u64, size: usize, exists: u64, members: [(usize, usize); 2]) -> Control {
    let [count, changed] = members;
    Control {
        call,
        size,
        uid: (8, 4),
        mode: (16, 2),
        exists,
        count,
        changed,
    }
}

pub(crate) fn segments() {
    let exists = 0x800;
    sysv::segments::<DragonFly>(&[control(229, 88, exists, [(32, 8), (72, 8)])]);
}

pub(crate) fn semaphores() {
    let exists = 0o1000;
    sysv::semaphores::<DragonFly>(&[control(220, 112, exists, [(40, 2), (64, 8)])]);
}

pub(crate) fn messages() {
    sysv::messages(&[control(224, 160, 0, [(56, 8), (112, 8)])]);
}

impl Queues for DragonFly {
    const OPEN: u64 = 510;
    const UNLINK: u64 = 512;
    const GETATTR: u64 = 513;
    const SETATTR: u64 = 514;
    const NOTIFY: u64 = 515;
    const SEND: u64 = 516;
    const RECEIVE: u64 = 517;
    const TIMEDSEND: u64 = 518;
    const TIMEDRECEIVE: u64 = 519;
    /// The signal and nothing else.
    const NOTICE: (i32, u64) = (0, 0);

    fn event(signal: u64, value: u64) -> [u64; 4] {
        [1, signal, value, 0]
    }
}
