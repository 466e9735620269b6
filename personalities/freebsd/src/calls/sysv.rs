//! System V IPC as before FreeBSD 8, and all calls of a kind through one number (sysv_msg.c, sysv_sem.c, sysv_shm.c).

#![expect(non_snake_case, reason = "handlers have the names of syscalls.master")]

use compat_bsd::calls::sysv::{
    msgctl_as, msgget, msgrcv, msgsnd, semctl_as, semget, semop, shmctl_as,
};
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut};

use crate::abi::ipc7::{MsqidDsOld, SemidDsOld, ShmidDsOld};
use crate::error::Return;

pub(crate) fn freebsd7_msgctl(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<MsqidDsOld>,
) -> Return<()> {
    msgctl_as(id, command, buffer)
}

pub(crate) fn freebsd7___semctl(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl_as::<SemidDsOld>(id, number, command, argument)
}

pub(crate) fn freebsd7_shmctl(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<ShmidDsOld>,
) -> Return<i32> {
    shmctl_as(id, command, buffer)
}

/// sys_msgsys.
pub(crate) fn msgsys(
    cx: &mut Cx,
    which: i32,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
) -> Return<u64> {
    match which {
        0 => freebsd7_msgctl(cx, a as i32, b as i32, InOut::new(c)).map(|()| 0),
        1 => msgget(cx, a as i32, b as i32).map(|id| id as u64),
        2 => msgsnd(cx, a as i32, b, c, d as i32).map(|()| 0),
        3 => msgrcv(cx, a as i32, b, c, d as i64, e as i32),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// sys_semsys.
pub(crate) fn semsys(cx: &mut Cx, which: i32, a: u64, b: u64, c: u64, d: u64) -> Return<i32> {
    match which {
        0 => freebsd7___semctl(cx, a as i32, b as i32, c as i32, In::new(d)),
        1 => semget(cx, a as i32, b as i32, c as i32),
        2 => semop(cx, a as i32, b, c).map(|()| 0),
        _ => Err(Errno::EINVAL.into()),
    }
}
