//! System V IPC, in NetBSD's layouts of all times (sysv_msg.c, sysv_sem.c, sysv_shm.c, and those of sys/compat/common).

use compat_bsd::calls::sysv::{msgctl_as, semctl_as, shmctl_as};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::sem_cmd::SETALL;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::abi::ipc::{MsqidDs, SemidDs, ShmidDs};
use crate::abi::ipc_old::{MsqidDs13, MsqidDs14, SemidDs13, SemidDs14, ShmidDs13, ShmidDs14};
use crate::error::Return;

/// NetBSD has no commands beyond the common ones.
fn semctl<T>(id: i32, number: i32, command: i32, argument: In<u64>) -> Return<i32>
where
    T: FromBytes + IntoBytes + Immutable + From<compat_bsd::abi::ipc::SemidDs>,
    compat_bsd::abi::ipc::SemidDs: From<T>,
{
    if command > SETALL {
        return Err(Errno::EINVAL.into());
    }
    semctl_as::<T>(id, number, command, argument)
}

pub(crate) fn ____semctl50(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl::<SemidDs>(id, number, command, argument)
}

pub(crate) fn compat_50_____semctl13(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl::<SemidDs13>(id, number, command, argument)
}

pub(crate) fn compat_14___semctl(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl::<SemidDs14>(id, number, command, argument)
}

pub(crate) fn __msgctl50(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<MsqidDs>,
) -> Return<()> {
    msgctl_as(id, command, buffer)
}

pub(crate) fn compat_50___msgctl13(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<MsqidDs13>,
) -> Return<()> {
    msgctl_as(id, command, buffer)
}

pub(crate) fn compat_14_msgctl(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<MsqidDs14>,
) -> Return<()> {
    msgctl_as(id, command, buffer)
}

pub(crate) fn __shmctl50(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<ShmidDs>,
) -> Return<i32> {
    shmctl_as(id, command, buffer)
}

pub(crate) fn compat_50___shmctl13(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<ShmidDs13>,
) -> Return<i32> {
    shmctl_as(id, command, buffer)
}

pub(crate) fn compat_14_shmctl(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<ShmidDs14>,
) -> Return<i32> {
    shmctl_as(id, command, buffer)
}

/// Was meant to hold all semaphores still, and never did anything (sys_semconfig).
pub(crate) fn semconfig(_cx: &mut Cx, _flag: i32) -> Return<()> {
    Ok(())
}
