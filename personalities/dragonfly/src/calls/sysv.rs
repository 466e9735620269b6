//! System V IPC, in DragonFly's layouts (sysv_msg.c, sysv_sem.c, sysv_shm.c).

use compat_bsd::calls::sysv::{msgctl_as, semctl_as, shmctl_as};
use compat_translate::Cx;
use compat_translate::guest::{In, InOut};

use crate::abi::ipc::{MsqidDs, SemidDs, ShmidDs};
use crate::error::Return;

pub(crate) fn __semctl(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl_as::<SemidDs>(id, number, command, argument)
}

pub(crate) fn msgctl(_cx: &mut Cx, id: i32, command: i32, buffer: InOut<MsqidDs>) -> Return<()> {
    msgctl_as(id, command, buffer)
}

pub(crate) fn shmctl(_cx: &mut Cx, id: i32, command: i32, buffer: InOut<ShmidDs>) -> Return<i32> {
    shmctl_as(id, command, buffer)
}
