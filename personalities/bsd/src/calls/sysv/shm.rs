//! Shared memory (sysv_shm.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::shmat_flags::{SHM_RDONLY, SHM_RND};
use compat_translate::Cx;
use compat_translate::guest::InOut;
use compat_translate::host::ipc::SharedMemory;
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::task::overlaps_stub;
use compat_translate::trap;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{IPC_RMID, IPC_SET, IPC_STAT};
use crate::abi::ipc::{IpcPerm, ShmidDs, ShmidDsOld};
use crate::error::Return;

const PAGE: u64 = 4096;

/// FreeBSD rounds a segment's size to pages, and shows it that way.
pub fn shmget(_cx: &mut Cx, key: i32, size: u64, flags: i32) -> Return<i32> {
    let size = size.checked_next_multiple_of(PAGE).ok_or(Errno::EINVAL)?;
    // SAFETY: no pointers.
    let id = unsafe { host::call_n(nr::shmget, [key as u64, size, flags as u64]) }?;
    Ok(id as i32)
}

pub fn shmat(_cx: &mut Cx, id: i32, address: u64, flags: i32) -> Return<u64> {
    const LINUX_SHM_RDONLY: u64 = 0o10000;
    const LINUX_SHM_REMAP: u64 = 0o40000;
    /// FreeBSD tests for any of its bits, so that each of the two replaces what lies there (kern_shmat_locked).
    const SHM_REMAP: u32 = SHM_RDONLY | SHM_RND;
    let has = |bits: u32| flags as u32 & bits != 0;
    let address = if has(SHM_RND) {
        address & !(PAGE - 1)
    } else {
        address
    };
    let mut wanted = 0;
    if has(SHM_RDONLY) {
        wanted |= LINUX_SHM_RDONLY;
    }
    if has(SHM_REMAP) && address != 0 {
        let size = stat(id).map_or(0, |found| found.size);
        if overlaps_stub(address, size) {
            return Err(Errno::ENOMEM.into());
        }
        trap::forget_text(address, size);
        wanted |= LINUX_SHM_REMAP;
    }
    let unaligned = address % PAGE != 0;
    // SAFETY: without SHM_REMAP nothing is replaced; with it, the guest replaces its own memory.
    match unsafe { host::call_n(nr::shmat, [id as u64, address, wanted]) } {
        // The host says the same of an occupied place and of a bad identifier.
        Err(HostErrno::EINVAL) if address != 0 && !unaligned && stat(id).is_ok() => {
            Err(Errno::ENOMEM.into())
        }
        result => Ok(result?),
    }
}

pub fn shmdt(_cx: &mut Cx, address: u64) -> Return<()> {
    // SAFETY: the guest's own attachment; the host refuses what is none.
    unsafe { host::call_n(nr::shmdt, [address]) }?;
    Ok(())
}

fn stat(id: i32) -> Result<SharedMemory, HostErrno> {
    control(id, IPC_STAT, SharedMemory::default())
}

fn control(id: i32, command: i32, mut about: SharedMemory) -> Result<SharedMemory, HostErrno> {
    let args = [id as u64, command as u64, (&raw mut about) as u64];
    // SAFETY: a valid shmid64_ds.
    unsafe { host::call_n(nr::shmctl, args) }?;
    Ok(about)
}

/// shmctl with either layout.
fn shmctl_as<T>(
    id: i32,
    command: i32,
    buffer: InOut<T>,
    perm: fn(T) -> IpcPerm,
    show: fn(ShmidDs) -> T,
) -> Return<i32>
where
    T: FromBytes + IntoBytes + Immutable,
{
    match command {
        IPC_STAT => buffer.write(&show(ShmidDs::from(&stat(id)?)))?,
        IPC_SET => {
            let wanted = SharedMemory {
                perm: perm(buffer.read()?).to_host(),
                ..SharedMemory::default()
            };
            control(id, IPC_SET, wanted)?;
        }
        IPC_RMID => {
            control(id, IPC_RMID, SharedMemory::default())?;
        }
        // Locking, and what exists for FreeBSD's own Linux emulation only.
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}

pub fn shmctl(_cx: &mut Cx, id: i32, command: i32, buffer: InOut<ShmidDs>) -> Return<i32> {
    shmctl_as(id, command, buffer, |ds| ds.perm, |ds| ds)
}

pub fn freebsd7_shmctl(
    _cx: &mut Cx,
    id: i32,
    command: i32,
    buffer: InOut<ShmidDsOld>,
) -> Return<i32> {
    shmctl_as(id, command, buffer, |ds| ds.perm.into(), ShmidDsOld::from)
}
