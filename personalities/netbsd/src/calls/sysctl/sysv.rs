//! `kern.ipc.sysvipc_info`: all message queues, sets of semaphores and segments of shared memory (sysctl_kern_sysvipc).
//!
//! It gives out arrays, and an object's identifier is its place there with the sequence number in the upper half, so the
//! host's identifiers are cut in these two halves.

use alloc::vec::Vec;

use compat_bsd::calls::sysv::table::{slots, table};
use compat_tables::bsd::Errno;
use compat_translate::guest;
use compat_translate::host::ipc::{self, IpcPerm};
use zerocopy::IntoBytes;

use crate::abi::sysvipc::{
    Msginfo, MsqidInfo, PermInfo, SEM_ALLOC, SHMSEG_ALLOCATED, SHMSEG_REMOVED, SemidInfo, Seminfo,
    ShmidInfo, Shminfo,
};
use crate::error::Return;

/// In steps, so that one more object seldom changes the length, which is asked for first.
const STEP: usize = 64;

/// The limits of a kind of objects, and all of these; only the limits to who has room for no more.
pub(super) fn info(which: &[i32], (old, old_len): (u64, u64)) -> Return<Vec<u8>> {
    const MSG: i32 = 4;
    const SEM: i32 = 5;
    const SHM: i32 = 6;
    let (limits, rows) = match which {
        [MSG] => queues(),
        [SEM] => semaphores(),
        [SHM] => segments(),
        _ => return Err(Errno::EINVAL.into()),
    };
    if old != 0 && guest::load_u64(old_len)? <= limits.len() as u64 {
        return Ok(limits);
    }
    Ok([limits, rows].concat())
}

fn queues() -> (Vec<u8>, Vec<u8>) {
    let found = ipc::message_queues();
    let limits = Msginfo {
        msgmax: 16_384,
        msgmni: slots(&found, STEP) as i32,
        msgmnb: 2048,
        msgtql: 40,
        msgssz: 8,
        msgseg: 2048,
    };
    let rows = table(&found, STEP, |id, host| MsqidInfo {
        perm: perm(id, &host.perm, 0),
        qnum: host.qnum,
        qbytes: host.qbytes,
        cbytes: host.cbytes,
        lspid: host.lspid,
        lrpid: host.lrpid,
        stime: host.stime,
        rtime: host.rtime,
        ctime: host.ctime,
        pad: [0; 2],
    });
    (limits.as_bytes().to_vec(), rows)
}

fn semaphores() -> (Vec<u8>, Vec<u8>) {
    let found = ipc::semaphore_sets();
    let limits = Seminfo {
        semmap: 30,
        semmni: slots(&found, STEP) as i32,
        semmns: 60,
        semmnu: 30,
        semmsl: 60,
        semopm: 100,
        semume: 10,
        semusz: 136,
        semvmx: 32_767,
        semaem: 16_384,
    };
    let rows = table(&found, STEP, |id, host| SemidInfo {
        perm: perm(id, &host.perm, SEM_ALLOC),
        nsems: host.count as i16,
        pad: [0; 3],
        otime: host.otime,
        ctime: host.ctime,
    });
    (limits.as_bytes().to_vec(), rows)
}

fn segments() -> (Vec<u8>, Vec<u8>) {
    let found = ipc::memory_segments();
    let limits = Shminfo {
        shmmax: 1 << 40,
        shmmin: 1,
        shmmni: slots(&found, STEP) as u32,
        shmseg: 128,
        shmall: 1 << 28,
    };
    let rows = table(&found, STEP, |id, host| {
        let removed = match host.perm.mode & IpcPerm::SHM_DEST {
            0 => 0,
            _ => SHMSEG_REMOVED,
        };
        ShmidInfo {
            perm: perm(id, &host.perm, SHMSEG_ALLOCATED | removed),
            segsz: host.size,
            lpid: host.lpid,
            cpid: host.cpid,
            atime: host.atime,
            dtime: host.dtime,
            ctime: host.ctime,
            nattch: host.nattch as u32,
            pad: 0,
        }
    });
    (limits.as_bytes().to_vec(), rows)
}

fn perm(id: i32, host: &IpcPerm, marks: u32) -> PermInfo {
    const ACCESSPERMS: u32 = 0o777;
    PermInfo {
        key: i64::from(host.key),
        uid: host.uid,
        gid: host.gid,
        cuid: host.cuid,
        cgid: host.cgid,
        mode: host.mode & ACCESSPERMS | marks,
        seq: (id >> 16) as u16,
        pad: 0,
    }
}
