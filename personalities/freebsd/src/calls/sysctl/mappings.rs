//! `kern.proc.vmmap`: what lies where in a process (kern_proc_vmmap_out).

use alloc::vec::Vec;

use compat_bsd::processes::{Mapping, mappings};
use compat_tables::freebsd::Errno;
use zerocopy::{FromZeros, IntoBytes};

use super::process::named;
use crate::abi::filedesc::VREG;
use crate::abi::stat::dev_to_guest;
use crate::abi::user::{
    KVME_FLAG_COW, KVME_FLAG_GROWS_DOWN, KVME_PROT_EXEC, KVME_PROT_READ, KVME_PROT_WRITE,
    KVME_TYPE_DEFAULT, KVME_TYPE_VNODE, KinfoVmentry, packed,
};
use crate::error::Return;

/// Every mapping of process `pid`, 0 for the caller.
pub(super) fn of(pid: i32) -> Return<Vec<u8>> {
    let found = mappings(pid).map_err(|_| Errno::ESRCH)?;
    Ok(found.iter().flat_map(entry).collect())
}

fn entry(mapping: &Mapping) -> Vec<u8> {
    let has = |letter: char, flag: i32| mapping.has(letter, flag as u32) as i32;
    let mut entry = KinfoVmentry {
        kind: if mapping.inode == 0 {
            KVME_TYPE_DEFAULT
        } else {
            KVME_TYPE_VNODE
        },
        start: mapping.start,
        end: mapping.end,
        offset: mapping.offset,
        protection: has('r', KVME_PROT_READ) | has('w', KVME_PROT_WRITE) | has('x', KVME_PROT_EXEC),
        flags: has('p', KVME_FLAG_COW),
        ref_count: 1,
        resident: mapping.resident,
        private_resident: mapping.private_resident,
        ..KinfoVmentry::new_zeroed()
    };
    if mapping.is_stack {
        entry.flags |= KVME_FLAG_GROWS_DOWN;
    }
    if mapping.inode != 0 {
        let (major, minor) = mapping.device;
        entry.vn_fileid = mapping.inode;
        entry.vn_type = VREG;
        entry.vn_fsid = dev_to_guest(major, minor);
    }
    packed(entry.as_bytes(), &named(mapping.path.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Mapping, entry};

    #[test]
    fn a_mapping_of_a_file() {
        let made = entry(&Mapping {
            start: 0x7f00_0000_1000,
            end: 0x7f00_0000_3000,
            inode: 77,
            path: "/tmp/a b".into(),
            ..Mapping::default()
        });
        assert_eq!(made.len() % 8, 0);
        assert_eq!(made.get(..4).unwrap(), (made.len() as u32).to_le_bytes());
        assert_eq!(made.get(8..16).unwrap(), 0x7f00_0000_1000u64.to_le_bytes());
        assert_eq!(made.get(136..145).unwrap(), b"/tmp/a b\0");
    }
}
