//! Mounted file systems (kern_statfs, kern_getfsstat).

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::getfsstat_mode::{MNT_NOWAIT, MNT_WAIT};
use compat_tables::bsd::flags::mount_flags::{
    MNT_LOCAL, MNT_NOATIME, MNT_NOEXEC, MNT_NOSUID, MNT_NOSYMFOLLOW, MNT_RDONLY, MNT_ROOTFS,
    MNT_SYNCHRONOUS,
};
use compat_translate::Cx;
use compat_translate::guest::{Out, Path};
use compat_translate::host::{self, HostResult, linux, nr};
use compat_translate::paths::Look;
use zerocopy::{Immutable, IntoBytes};

use super::at::CWD;
use super::place::located;
use super::stat::{mount_of, statx_fd};
use crate::abi::statfs::{STATFS_VERSION, Statfs, name};
use crate::error::Return;
use crate::lower::Fd;

/// One line of the host's `mountinfo`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    id: u64,
    on: Vec<u8>,
    /// The host's name for its kind of file system.
    pub kind: Vec<u8>,
    from: Vec<u8>,
}

impl Mount {
    /// The fields: id, parent, device, root, mount point, options, optional ones, `-`, type, source, options.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b' ');
        let id = core::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let on = unescaped(fields.nth(3)?);
        let mut after = fields.skip_while(|field| *field != b"-").skip(1);
        Some(Self {
            id,
            on,
            kind: unescaped(after.next()?),
            from: unescaped(after.next()?),
        })
    }
}

/// Blanks and backslashes stand there as three octal digits.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let digits = tail
            .get(..3)
            .and_then(|three| core::str::from_utf8(three).ok());
        let byte = digits
            .filter(|_| *first == b'\\')
            .and_then(|three| u8::from_str_radix(three, 8).ok());
        text.push(byte.unwrap_or(*first));
        rest = match byte {
            Some(_) => tail.get(3..).unwrap_or_default(),
            None => tail,
        };
    }
    text
}

pub fn mounts() -> HostResult<Vec<Mount>> {
    let text = host::read_file(c"/proc/self/mountinfo", 4 << 20)?;
    let lines = text.split(|&byte| byte == b'\n');
    Ok(lines.filter_map(Mount::parse).collect())
}

/// FreeBSD's name for a kind of file system that both systems have.
pub fn kind_name(kind: &[u8]) -> &[u8] {
    match kind {
        b"ext2" | b"ext3" | b"ext4" => b"ext2fs",
        b"devtmpfs" | b"devpts" => b"devfs",
        b"proc" => b"procfs",
        b"vfat" | b"exfat" => b"msdosfs",
        b"iso9660" => b"cd9660",
        b"nfs4" => b"nfs",
        b"overlay" => b"unionfs",
        b"9p" => b"p9fs",
        b"cifs" | b"smb3" => b"smbfs",
        _ if kind.starts_with(b"fuse") => b"fusefs",
        _ => kind,
    }
}

/// Whether files come from another machine.
pub fn is_remote(kind: &[u8]) -> bool {
    matches!(
        kind,
        b"nfs" | b"nfs4" | b"cifs" | b"smb3" | b"9p" | b"ceph" | b"afs"
    )
}

fn flags_to_guest(host_flags: u64, mount: Option<&Mount>) -> u64 {
    /// The host's `ST_` bits (`<linux/statfs.h>`).
    const BITS: [(u64, u32); 6] = [
        (0x1, MNT_RDONLY),
        (0x2, MNT_NOSUID),
        (0x8, MNT_NOEXEC),
        (0x10, MNT_SYNCHRONOUS),
        (0x400, MNT_NOATIME),
        (0x2000, MNT_NOSYMFOLLOW),
    ];
    let mut flags = 0;
    for (host_bit, bit) in BITS {
        if host_flags & host_bit != 0 {
            flags |= bit;
        }
    }
    if mount.is_none_or(|mount| !is_remote(&mount.kind)) {
        flags |= MNT_LOCAL;
    }
    if mount.is_some_and(|mount| mount.on == b"/") {
        flags |= MNT_ROOTFS;
    }
    u64::from(flags)
}

/// The host's `statfs` or `fstatfs` of what `argument` names.
pub fn host_statfs(call: u64, argument: u64) -> HostResult<linux::statfs64> {
    let mut found = MaybeUninit::<linux::statfs64>::zeroed();
    // SAFETY: the kernel checks a path of the guest's and fills the structure.
    unsafe { host::call_n(call, [argument, found.as_mut_ptr() as u64]) }?;
    // SAFETY: plain numbers, all of them set.
    Ok(unsafe { found.assume_init() })
}

fn to_guest(found: &linux::statfs64, mount: Option<&Mount>) -> Statfs {
    let [kind, from, on] = mount.map_or([&[][..]; 3], |mount| {
        [kind_name(&mount.kind), &mount.from, &mount.on]
    });
    // Blocks are counted in fragments; a host that names no fragment means blocks.
    let bsize = match found.f_frsize {
        0 => found.f_bsize,
        size => size,
    };
    Statfs {
        version: STATFS_VERSION,
        kind: found.f_type as u32,
        flags: flags_to_guest(found.f_flags as u64, mount),
        bsize: bsize as u64,
        iosize: found.f_bsize as u64,
        blocks: found.f_blocks,
        bfree: found.f_bfree,
        bavail: found.f_bavail as i64,
        files: found.f_files,
        ffree: found.f_ffree as i64,
        transfers: [0; 4],
        spare: [0; 10],
        namemax: found.f_namelen as u32,
        owner: 0,
        fsid: found.f_fsid.val,
        charspare: [0; 80],
        fstypename: name(kind),
        mntfromname: name(from),
        mntonname: name(on),
    }
}

fn of(found: &linux::statfs64, mount_id: u64) -> Return<Statfs> {
    let mounts = mounts()?;
    let mount = mounts.iter().find(|mount| mount.id == mount_id);
    Ok(to_guest(found, mount))
}

fn of_path(cx: &Cx, path: Path) -> Return<Statfs> {
    let place = located(cx, CWD, path, Look::FOLLOW)?;
    let found = host_statfs(nr::statfs, place.path())?;
    of(&found, mount_of(place.at, place.path(), 0)?)
}

fn of_fd(cx: &Cx, fd: Fd) -> Return<Statfs> {
    let fd = fd.checked(cx)?;
    let kind = u32::from(statx_fd(fd)?.stx_mode) & linux::S_IFMT;
    if kind == linux::S_IFSOCK {
        return Err(Errno::EINVAL.into());
    }
    let found = host_statfs(nr::fstatfs, fd)?;
    let empty_path = u64::from(linux::AT_EMPTY_PATH);
    of(&found, mount_of(fd, c"".as_ptr() as u64, empty_path)?)
}

/// `statfs` for any layout that is made from [`Statfs`].
pub fn statfs<T>(cx: &mut Cx, path: Path, buf: Out<T>) -> Return<()>
where
    T: for<'a> From<&'a Statfs> + IntoBytes + Immutable,
{
    Ok(buf.write(&(&of_path(cx, path)?).into())?)
}

/// `fstatfs` for any layout.
pub fn fstatfs<T>(cx: &mut Cx, fd: Fd, buf: Out<T>) -> Return<()>
where
    T: for<'a> From<&'a Statfs> + IntoBytes + Immutable,
{
    Ok(buf.write(&(&of_fd(cx, fd)?).into())?)
}

/// `getfsstat` for any layout: all of them, as many as `bufsize` bytes hold; only their number without a buffer.
pub fn getfsstat<T>(_cx: &mut Cx, buf: Out<T>, bufsize: i64, mode: i32) -> Return<i32>
where
    T: for<'a> From<&'a Statfs> + IntoBytes + Immutable,
{
    let bufsize = usize::try_from(bufsize).map_err(|_| Errno::EINVAL)?;
    if !matches!(mode, MNT_WAIT | MNT_NOWAIT) {
        return Err(Errno::EINVAL.into());
    }
    let mounts = mounts()?;
    let mut visible = mounts.iter().filter_map(|mount| {
        let mut path = mount.on.clone();
        path.push(0);
        let found = host_statfs(nr::statfs, path.as_ptr() as u64).ok()?;
        Some(to_guest(&found, Some(mount)))
    });
    if buf.is_null() || bufsize == 0 {
        return Ok(visible.count() as i32);
    }
    let mut written = 0;
    for found in visible.by_ref().take(bufsize / size_of::<T>()) {
        buf.at(written).write(&T::from(&found))?;
        written += 1;
    }
    Ok(written as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mountinfo_line_is_read() {
        let line = b"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw";
        let mount = Mount::parse(line).unwrap();
        assert_eq!((mount.id, &mount.on[..]), (36, &b"/mnt 2"[..]));
        assert_eq!(
            (&mount.kind[..], &mount.from[..]),
            (&b"ext3"[..], &b"/dev/root"[..])
        );
        assert_eq!(kind_name(&mount.kind), b"ext2fs");
        // Without optional fields.
        let line = b"21 1 0:20 / /proc rw - proc proc rw";
        assert_eq!(Mount::parse(line).unwrap().kind, b"proc");
        assert_eq!(Mount::parse(b"21 1 0:20 / /proc rw"), None);
    }

    #[test]
    fn flags_are_freebsds() {
        let root = Mount {
            id: 1,
            on: b"/".to_vec(),
            kind: b"ext4".to_vec(),
            from: b"/dev/vda".to_vec(),
        };
        let flags = flags_to_guest(0x1 | 0x2 | 0x20 | 0x400, Some(&root));
        let expected = MNT_RDONLY | MNT_NOSUID | MNT_NOATIME | MNT_LOCAL | MNT_ROOTFS;
        assert_eq!(flags, u64::from(expected));
        let remote = Mount {
            on: b"/mnt".to_vec(),
            kind: b"nfs4".to_vec(),
            ..root
        };
        assert_eq!(flags_to_guest(0, Some(&remote)), 0);
    }
}
