//! `kern.proc.vmmap`: what lies where in a process (kern_proc_vmmap_out).

use alloc::string::String;
use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_translate::host::process_file;
use compat_translate::task::overlaps_stub;
use zerocopy::{FromZeros, IntoBytes};

use super::process::named;
use crate::abi::filedesc::VREG;
use crate::abi::stat::dev_to_guest;
use crate::abi::user::{
    KVME_FLAG_COW, KVME_FLAG_GROWS_DOWN, KVME_PROT_EXEC, KVME_PROT_READ, KVME_PROT_WRITE,
    KVME_TYPE_DEFAULT, KVME_TYPE_VNODE, KinfoVmentry, packed,
};
use crate::error::Return;

/// Every mapping of process `pid`, 0 for the caller. The host's own and the stub's are left out.
pub(super) fn of(pid: i32) -> Return<Vec<u8>> {
    const WHOLE: usize = 16 << 20;
    let text = process_file(pid, "smaps", WHOLE).map_err(|_| Errno::ESRCH)?;
    let text = String::from_utf8_lossy(&text);
    let mut out = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut resident = [0; 2];
        // Behind each mapping's line come its sizes: those have a colon before the first blank.
        while let Some(size) = lines.next_if(|next| is_size(next)) {
            count(size, &mut resident);
        }
        out.extend(entry(line, resident).unwrap_or_default());
    }
    Ok(out)
}

fn is_size(line: &str) -> bool {
    line.split_whitespace()
        .next()
        .is_some_and(|word| word.ends_with(':'))
}

/// Adds a line `Rss:  12 kB` to the pages that are resident, and to those that no other process shares.
fn count(line: &str, [all, private]: &mut [i32; 2]) {
    let mut words = line.split_whitespace();
    let (name, size) = (words.next(), words.next());
    let pages = size.and_then(|size| size.parse::<i32>().ok()).unwrap_or(0) / 4;
    match name {
        Some("Rss:") => *all += pages,
        Some("Private_Clean:" | "Private_Dirty:") => *private += pages,
        _ => {}
    }
}

/// A line: range, permissions, offset, device, inode, path.
fn entry(line: &str, [resident, private_resident]: [i32; 2]) -> Option<Vec<u8>> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
    let permissions = words.next()?;
    let offset = hex(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let inode = words.next()?.parse::<u64>().ok()?;
    let path = line
        .find('/')
        .and_then(|at| line.get(at..))
        .unwrap_or_default();
    let hosts = ["[vdso]", "[vvar", "[vsyscall]"];
    // The image lies at the same place in every process that compat runs; no other has anything there.
    if hosts.iter().any(|name| line.contains(name)) || overlaps_stub(start, end - start) {
        return None;
    }
    let has = |letter: char, flag: i32| {
        if permissions.contains(letter) {
            flag
        } else {
            0
        }
    };
    let mut entry = KinfoVmentry {
        kind: if inode == 0 {
            KVME_TYPE_DEFAULT
        } else {
            KVME_TYPE_VNODE
        },
        start,
        end,
        offset,
        protection: has('r', KVME_PROT_READ) | has('w', KVME_PROT_WRITE) | has('x', KVME_PROT_EXEC),
        flags: has('p', KVME_FLAG_COW),
        ref_count: 1,
        resident,
        private_resident,
        ..KinfoVmentry::new_zeroed()
    };
    if line.ends_with("[stack]") {
        entry.flags |= KVME_FLAG_GROWS_DOWN;
    }
    if inode != 0 {
        entry.vn_fileid = inode;
        entry.vn_type = VREG;
        entry.vn_fsid = dev_to_guest(hex(major)? as u32, hex(minor)? as u32);
    }
    Some(packed(entry.as_bytes(), &named(path.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn a_file_with_spaces_in_its_name() {
        let line = "7f0000001000-7f0000003000 r-xp 00001000 08:01 77                   /tmp/a b";
        let made = entry(line, [2, 1]).unwrap();
        assert_eq!(made.len() % 8, 0);
        assert_eq!(made.get(..4).unwrap(), (made.len() as u32).to_le_bytes());
        assert_eq!(made.get(8..16).unwrap(), 0x7f00_0000_1000u64.to_le_bytes());
        assert_eq!(made.get(136..145).unwrap(), b"/tmp/a b\0");
    }

    #[test]
    fn the_hosts_own_pages_are_not_shown() {
        let line =
            "7ffd3a7f2000-7ffd3a7f4000 r-xp 00000000 00:00 0                          [vdso]";
        assert!(entry(line, [0, 0]).is_none());
    }
}
