//! Which kinds of file systems there are, and where pages are swapped to (vfs_init.c, swap_pager.c).

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::vfs_flags::{
    VFCF_LOOPBACK, VFCF_NETWORK, VFCF_READONLY, VFCF_SYNTHETIC,
};
use compat_translate::guest;
use compat_translate::host::{linux, read_file};
use zerocopy::{FromZeros, IntoBytes};

use super::Request;
use crate::abi::stat::dev_to_guest;
use crate::abi::statfs::name;
use crate::abi::vfs::{NODEV, XSWDEV_VERSION, XSWDEV_VERSION_11, Xswdev, Xswdev11, Xvfsconf};
use crate::calls::at::CWD;
use crate::error::Return;
use compat_bsd::calls::mounts::{is_remote, kind_name, mounts};
use compat_bsd::calls::stat::statx;
use compat_bsd::machine;

/// `vfs.conflist`: the host's kinds by FreeBSD's names, so that whatever `statfs` says is among them.
pub(super) fn kinds() -> Return<Vec<u8>> {
    let mounts = mounts()?;
    let known = read_file(c"/proc/filesystems", 64 * 1024).unwrap_or_default();
    let known = machine::lines(&known).filter_map(|line| line.split_whitespace().last());
    let mounted = mounts.iter().map(|mount| &mount.kind[..]);
    let mut answer: Vec<Xvfsconf> = Vec::new();
    for kind in known.map(str::as_bytes).chain(mounted) {
        let called = name(kind_name(kind));
        if answer.iter().any(|seen| seen.name == called) {
            continue;
        }
        let uses = mounts
            .iter()
            .filter(|mount| name(kind_name(&mount.kind)) == called);
        answer.push(Xvfsconf {
            name: called,
            typenum: answer.len() as i32 + 1,
            refcount: uses.count() as i32,
            flags: flags(kind_name(kind)) | if is_remote(kind) { VFCF_NETWORK } else { 0 },
            ..Xvfsconf::new_zeroed()
        });
    }
    Ok(answer.as_bytes().to_vec())
}

fn flags(kind: &[u8]) -> u32 {
    match kind {
        b"cd9660" | b"squashfs" | b"erofs" => VFCF_READONLY,
        b"unionfs" => VFCF_LOOPBACK,
        b"procfs" | b"devfs" | b"sysfs" | b"cgroup" | b"cgroup2" | b"autofs" | b"mqueue" => {
            VFCF_SYNTHETIC
        }
        _ => 0,
    }
}

/// `vm.swap_info.N`: the `N`th place for swapped pages (sysctl_vm_swap_info).
///
/// # Errors
/// `ENOENT` behind the last one.
pub(super) fn swap(more: &[i32], request: Request) -> Return<Vec<u8>> {
    let [which] = *more else {
        return Err(Errno::EINVAL.into());
    };
    let which = usize::try_from(which).map_err(|_| Errno::ENOENT)?;
    let text = read_file(c"/proc/swaps", 64 * 1024)?;
    let line = machine::lines(&text)
        .skip(1)
        .nth(which)
        .ok_or(Errno::ENOENT)?;
    // Name, type, size and use in units of 1024 bytes, priority.
    let mut words = line.split_whitespace();
    let device = words.next().map_or(NODEV, device);
    let mut pages = || words.nth(1).map_or(0, |size| machine::number(size) / 4) as i32;
    let nblks = pages();
    let used = words.next().map_or(0, |size| machine::number(size) / 4) as i32;
    // The size of the buffer tells which structure is meant.
    let room = match request.old_len {
        0 => 0,
        at => guest::load_u64(at)?,
    };
    if room == size_of::<Xswdev11>() as u64 {
        let found = Xswdev11 {
            version: XSWDEV_VERSION_11,
            dev: device as u32,
            flags: 0,
            nblks,
            used,
        };
        return Ok(found.as_bytes().to_vec());
    }
    let found = Xswdev {
        version: XSWDEV_VERSION,
        dev: device,
        nblks,
        used,
        ..Xswdev::new_zeroed()
    };
    Ok(found.as_bytes().to_vec())
}

/// How many such places there are.
pub(super) fn swap_devices() -> Return<i64> {
    let text = read_file(c"/proc/swaps", 64 * 1024)?;
    Ok(machine::lines(&text).skip(1).count() as i64)
}

/// The device number of a file of the host.
fn device(path: &str) -> u64 {
    let path = alloc::format!("{path}\0");
    match statx(CWD.0 as u64, path.as_ptr() as u64, 0) {
        Ok(found) if u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFBLK => {
            dev_to_guest(found.stx_rdev_major, found.stx_rdev_minor)
        }
        _ => NODEV,
    }
}
