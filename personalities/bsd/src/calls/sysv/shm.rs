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
use crate::abi::ipc::ShmidDs;
use crate::error::Return;

const PAGE: u64 = 4096;
const LINUX_SHM_RDONLY: u64 = 0o10000;
const LINUX_SHM_REMAP: u64 = 0o40000;
const IPC_PRIVATE: i32 = 0;
const IPC_CREAT: i32 = 0o1000;
const IPC_EXCL: i32 = 0o2000;

/// FreeBSD rounds a new segment's size to pages, and shows it that way; those of others have the size that they have.
pub fn shmget(_cx: &mut Cx, key: i32, size: u64, flags: i32) -> Return<i32> {
    let whole = size.checked_next_multiple_of(PAGE).ok_or(Errno::EINVAL)?;
    let exists = key != IPC_PRIVATE && flags & (IPC_CREAT | IPC_EXCL) != IPC_CREAT | IPC_EXCL;
    let found = match exists {
        true => get(key, size, flags & !IPC_CREAT),
        false => Err(HostErrno::ENOENT),
    };
    match found {
        Err(HostErrno::ENOENT) => Ok(get(key, whole, flags)?),
        found => Ok(found?),
    }
}

fn get(key: i32, size: u64, flags: i32) -> Result<i32, HostErrno> {
    // The host has further flags (SHM_HUGETLB).
    let flags = flags & (0o777 | IPC_CREAT | IPC_EXCL);
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::shmget, [key as u64, size, flags as u64]) }.map(|id| id as i32)
}

pub fn shmat(_cx: &mut Cx, id: i32, address: u64, flags: i32) -> Return<u64> {
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
        wanted |= LINUX_SHM_REMAP;
    }
    attach(id, address, wanted)
}

/// Attaches a segment, with the host's flags.
fn attach(id: i32, address: u64, wanted: u64) -> Return<u64> {
    let unaligned = !address.is_multiple_of(PAGE);
    if address != 0 {
        let size = stat(id).map_or(0, |found| found.size);
        if overlaps_stub(address, size) {
            return Err(Errno::ENOMEM.into());
        }
        if wanted & LINUX_SHM_REMAP != 0 {
            trap::forget_text(address, size);
        }
    }
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

/// shmctl with a system's own layout of the structure.
pub fn shmctl_as<T>(id: i32, command: i32, buffer: InOut<T>) -> Return<i32>
where
    T: FromBytes + IntoBytes + Immutable + From<ShmidDs>,
    ShmidDs: From<T>,
{
    match command {
        IPC_STAT => {
            let found = stat(id)?;
            buffer.write(&T::from(<ShmidDs as From<&SharedMemory>>::from(&found)))?;
        }
        IPC_SET => {
            let wanted = SharedMemory {
                perm: ShmidDs::from(buffer.read()?).perm.to_host(),
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
    shmctl_as(id, command, buffer)
}

/// As NetBSD and DragonFly have them.
pub mod plain {
    use super::{Cx, Errno, LINUX_SHM_RDONLY, PAGE, Return, SHM_RDONLY, SHM_RND, attach, get};

    /// The size is kept to the byte (shmget_allocate_segment).
    pub fn shmget(_cx: &mut Cx, key: i32, size: u64, flags: i32) -> Return<i32> {
        Ok(get(key, size, flags)?)
    }

    /// Nothing is ever replaced (sys_shmat).
    pub fn shmat(_cx: &mut Cx, id: i32, address: u64, flags: i32) -> Return<u64> {
        let has = |bits: u32| flags as u32 & bits != 0;
        let wanted = if has(SHM_RDONLY) { LINUX_SHM_RDONLY } else { 0 };
        match address {
            0 => attach(id, 0, wanted),
            _ if has(SHM_RND) => attach(id, address & !(PAGE - 1), wanted),
            _ if address.is_multiple_of(PAGE) => attach(id, address, wanted),
            _ => Err(Errno::EINVAL.into()),
        }
    }
}
