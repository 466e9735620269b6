//! Semaphore sets (sysv_sem.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{SEM_CMD, sem_cmd};
use compat_translate::Cx;
use compat_translate::guest::{self, In, InOut};
use compat_translate::host::ipc::Semaphores;
use compat_translate::host::{self, nr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{IPC_RMID, IPC_SET, IPC_STAT};
use crate::abi::ipc::SemidDs;
use crate::error::Return;

pub fn semget(_cx: &mut Cx, key: i32, count: i32, flags: i32) -> Return<i32> {
    // SAFETY: no pointers.
    let id = unsafe { host::call_n(nr::semget, [key as u64, count as u64, flags as u64]) }?;
    Ok(id as i32)
}

/// A signal always ends it (sys_semop).
pub fn semop(cx: &mut Cx, id: i32, operations: u64, count: u64) -> Return<()> {
    semtimedop(cx, id, operations, count, 0)
}

/// The same with a limit, `EAGAIN` when it is reached.
pub fn semtimedop(cx: &mut Cx, id: i32, operations: u64, count: u64, limit: u64) -> Return<()> {
    cx.never_restart = true;
    if count == 0 {
        // Nothing is done at once; the host calls it invalid.
        return exists(id);
    }
    let args = [id as u64, operations, count, limit, 0, 0];
    // SAFETY: `struct sembuf` and `struct timespec` are the host's; the kernel checks the guest's addresses.
    unsafe { cx.host(nr::semtimedop, args) }?;
    Ok(())
}

fn exists(id: i32) -> Return<()> {
    let mut about = Semaphores::default();
    let args = [id as u64, 0, IPC_STAT as u64, (&raw mut about) as u64];
    // SAFETY: a valid semid64_ds.
    unsafe { host::call_n(nr::semctl, args) }?;
    Ok(())
}

/// semctl with a system's own layout of the structure. `argument` is the address of a union of a number, an array and a structure.
pub fn semctl_as<T>(id: i32, number: i32, command: i32, argument: In<u64>) -> Return<i32>
where
    T: FromBytes + IntoBytes + Immutable + From<SemidDs>,
    SemidDs: From<T>,
{
    use sem_cmd::{GETALL, GETNCNT, GETPID, GETVAL, GETZCNT, SEM_STAT, SETALL, SETVAL};
    let on_host = SEM_CMD.to_host(i64::from(command)).ok_or(Errno::EINVAL)?;
    let host = |argument: u64| {
        let args = [id as u64, number as u64, on_host as u64, argument];
        // SAFETY: a structure of ours below, or a guest address that the kernel checks.
        unsafe { host::call_n(nr::semctl, args) }
    };
    let mut about = Semaphores::default();
    let value = match command {
        IPC_STAT | SEM_STAT => {
            let buffer = InOut::<T>::new(argument.read()?);
            let value = host((&raw mut about) as u64)?;
            buffer.write(&T::from(<SemidDs as From<&Semaphores>>::from(&about)))?;
            value
        }
        IPC_SET => {
            let wanted: T = guest::read(argument.read()?)?;
            about.perm = SemidDs::from(wanted).perm.to_host();
            host((&raw mut about) as u64)?
        }
        // The union's number is its low half.
        SETVAL => host(u64::from(argument.read()? as u32))?,
        GETALL | SETALL => host(argument.read()?)?,
        IPC_RMID | GETNCNT | GETPID | GETVAL | GETZCNT => host(0)?,
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(value as i32)
}

pub fn __semctl(
    _cx: &mut Cx,
    id: i32,
    number: i32,
    command: i32,
    argument: In<u64>,
) -> Return<i32> {
    semctl_as::<SemidDs>(id, number, command, argument)
}
