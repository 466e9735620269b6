//! `vm.proc.map`: what lies where in a process (sysctl_vmproc, fill_vmentries).

use alloc::vec::Vec;

use compat_bsd::calls::path::known_name;
use compat_bsd::calls::stat::statx;
use compat_bsd::processes::{Mapping, mappings};
use compat_tables::netbsd::Errno;
use compat_translate::host::linux;
use zerocopy::FromZeros;

use super::array::{Wish, array};
use crate::abi::file::vtype;
use crate::abi::stat::makedev;
use crate::abi::vmentry::{
    INHERIT_COPY, KVME_FLAG_COW, KVME_FLAG_GROWS_DOWN, KVME_FLAG_PAGEABLE, KVME_PROT_EXEC,
    KVME_PROT_READ, KVME_PROT_WRITE, KVME_TYPE_ANON, KVME_TYPE_VNODE, KinfoVmentry, PATH_MAX,
};
use crate::error::Return;

/// `{process, size}` behind the name; -1 is the caller.
pub(super) fn of(more: &[i32], only_size: bool) -> Return<Vec<u8>> {
    /// Mappings come and go.
    const SLOP: usize = 10;
    let &[pid, size] = more else {
        return Err(Errno::EINVAL.into());
    };
    if size < 1 {
        return Err(Errno::EINVAL.into());
    }
    let pid = if pid == -1 { 0 } else { pid };
    let found: Vec<_> = mappings(pid)
        .map_err(|_| Errno::ESRCH)?
        .iter()
        .map(entry)
        .collect();
    let slop = only_size.then_some(SLOP);
    array(&found, Wish { size, slop })
}

fn entry(mapping: &Mapping) -> KinfoVmentry {
    const ALL: u32 = KVME_PROT_READ | KVME_PROT_WRITE | KVME_PROT_EXEC;
    let stack = if mapping.is_stack {
        KVME_FLAG_GROWS_DOWN
    } else {
        0
    };
    let mut entry = KinfoVmentry {
        start: mapping.start,
        end: mapping.end,
        offset: mapping.offset,
        kind: KVME_TYPE_ANON,
        flags: mapping.has('p', KVME_FLAG_COW) | KVME_FLAG_PAGEABLE | stack,
        count: mapping.resident as u32,
        protection: mapping.has('r', KVME_PROT_READ)
            | mapping.has('w', KVME_PROT_WRITE)
            | mapping.has('x', KVME_PROT_EXEC),
        max_protection: ALL,
        ref_count: 1,
        inheritance: INHERIT_COPY,
        ..KinfoVmentry::new_zeroed()
    };
    if mapping.inode != 0 {
        let (major, minor) = mapping.device;
        entry.kind = KVME_TYPE_VNODE;
        entry.vn_fileid = mapping.inode;
        entry.vn_fsid = makedev(major, minor);
        let path = alloc::format!("{}\0", mapping.path);
        if let Ok(found) = statx(linux::AT_FDCWD as u64, path.as_ptr() as u64, 0)
            && found.stx_ino == mapping.inode
        {
            entry.vn_size = found.stx_size;
            entry.vn_type = vtype(found.stx_mode.into());
            entry.vn_mode = found.stx_mode.into();
        }
        let name = known_name(mapping.path.as_bytes()).unwrap_or_default();
        for (slot, byte) in entry.path.iter_mut().take(PATH_MAX - 1).zip(name) {
            *slot = byte;
        }
    }
    entry
}
