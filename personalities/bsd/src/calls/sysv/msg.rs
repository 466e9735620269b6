//! Message queues (sysv_msg.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::InOut;
use compat_translate::host::ipc::MessageQueue;
use compat_translate::host::{self, HostErrno, nr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{IPC_RMID, IPC_SET, IPC_STAT};
use crate::abi::ipc::MsqidDs;
use crate::error::Return;

pub fn msgget(_cx: &mut Cx, key: i32, flags: i32) -> Return<i32> {
    // SAFETY: no pointers.
    let id = unsafe { host::call_n(nr::msgget, [key as u64, flags as u64]) }?;
    Ok(id as i32)
}

/// A signal always ends it (kern_msgsnd).
pub fn msgsnd(cx: &mut Cx, id: i32, message: u64, size: u64, flags: i32) -> Return<()> {
    cx.never_restart = true;
    let args = [id as u64, message, size, flags as u64, 0, 0];
    // SAFETY: `struct msgbuf` is the host's; the kernel checks the guest's address.
    unsafe { cx.host(nr::msgsnd, args) }?;
    Ok(())
}

/// A signal always ends it (kern_msgrcv).
pub fn msgrcv(cx: &mut Cx, id: i32, message: u64, size: u64, kind: i64, flags: i32) -> Return<u64> {
    // The host has further flags (MSG_EXCEPT, MSG_COPY).
    const FLAGS: i32 = 0x800 | 0x1000;
    cx.never_restart = true;
    let args = [
        id as u64,
        message,
        size,
        kind as u64,
        (flags & FLAGS) as u64,
        0,
    ];
    // SAFETY: as above.
    Ok(unsafe { cx.host(nr::msgrcv, args) }?)
}

fn control(id: i32, command: i32, mut about: MessageQueue) -> Result<MessageQueue, HostErrno> {
    let args = [id as u64, command as u64, (&raw mut about) as u64];
    // SAFETY: a valid msqid64_ds.
    unsafe { host::call_n(nr::msgctl, args) }?;
    Ok(about)
}

/// msgctl with a system's own layout of the structure.
pub fn msgctl_as<T>(id: i32, command: i32, buffer: InOut<T>) -> Return<()>
where
    T: FromBytes + IntoBytes + Immutable + From<MsqidDs>,
    MsqidDs: From<T>,
{
    match command {
        IPC_STAT => {
            let found = control(id, IPC_STAT, MessageQueue::default())?;
            buffer.write(&T::from(<MsqidDs as From<&MessageQueue>>::from(&found)))?;
        }
        IPC_SET => {
            let MsqidDs { perm, qbytes, .. } = buffer.read()?.into();
            if qbytes == 0 {
                return Err(Errno::EINVAL.into());
            }
            let wanted = MessageQueue {
                perm: perm.to_host(),
                qbytes,
                ..MessageQueue::default()
            };
            control(id, IPC_SET, wanted)?;
        }
        IPC_RMID => {
            control(id, IPC_RMID, MessageQueue::default())?;
        }
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(())
}

pub fn msgctl(_cx: &mut Cx, id: i32, command: i32, buffer: InOut<MsqidDs>) -> Return<()> {
    msgctl_as(id, command, buffer)
}
