//! Access control lists (vfs_acl.c, ufs_acl.c): POSIX.1e ones, which the host keeps in extended attributes of the same
//! tags and permissions.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::acl_tag::{
    ACL_GROUP, ACL_GROUP_OBJ, ACL_MASK, ACL_OTHER, ACL_USER, ACL_USER_OBJ,
};
use compat_tables::bsd::flags::acl_type::{
    ACL_TYPE_ACCESS, ACL_TYPE_ACCESS_OLD, ACL_TYPE_DEFAULT, ACL_TYPE_DEFAULT_OLD,
};
use compat_translate::Cx;
use compat_translate::guest::{self, Path};
use compat_translate::host::{self, HostErrno, linux, nr};
use compat_translate::paths::{Located, Look};

use super::at::CWD;
use super::place::located;
use super::stat::{statx, statx_fd};
use crate::abi::acl::{ACL_MAX_ENTRIES, ACL_UNDEFINED_ID, Acl, AclEntry, Oldacl};
use crate::error::Return;
use crate::lower::Fd;

/// `POSIX_ACL_XATTR_VERSION`, in front of the host's entries of eight bytes: tag, permissions, user or group.
const VERSION: u32 = 2;
const ENTRY: usize = 8;
const PERMISSIONS: u32 = 0o7;

/// A file, and how the host's calls name it.
enum File {
    Open(u64),
    Named(Located, Look),
}

/// Which of a file's lists is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Who may do what with the file.
    Access,
    /// What new files in the directory begin with.
    Default,
}

impl Kind {
    /// The kind, and whether the structure is the old one.
    ///
    /// # Errors
    /// `EINVAL` for lists of NFSv4, which a file system with these lists refuses too (ufs_getacl).
    fn of(number: i32) -> Return<(Self, bool)> {
        match number {
            ACL_TYPE_ACCESS => Ok((Self::Access, false)),
            ACL_TYPE_DEFAULT => Ok((Self::Default, false)),
            ACL_TYPE_ACCESS_OLD => Ok((Self::Access, true)),
            ACL_TYPE_DEFAULT_OLD => Ok((Self::Default, true)),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    fn attribute(self) -> u64 {
        let name = match self {
            Self::Access => c"system.posix_acl_access",
            Self::Default => c"system.posix_acl_default",
        };
        name.as_ptr() as u64
    }
}

impl File {
    fn named(cx: &Cx, path: Path, look: Look) -> Return<Self> {
        Ok(Self::Named(located(cx, CWD, path, look)?, look))
    }

    fn found(&self) -> Return<linux::statx> {
        Ok(match self {
            Self::Open(fd) => statx_fd(*fd)?,
            Self::Named(place, look) => {
                let flags = if look.follow {
                    0
                } else {
                    u64::from(linux::AT_SYMLINK_NOFOLLOW)
                };
                statx(place.at, place.path(), flags)?
            }
        })
    }

    /// Makes one of three calls with the file and `more`, for an open file, a path, and a path whose link is meant.
    fn ask(&self, calls: [u64; 3], more: [u64; 4]) -> host::HostResult {
        let [on_fd, on_path, on_link] = calls;
        let (call, file) = match self {
            Self::Open(fd) => (on_fd, *fd),
            Self::Named(place, look) if look.follow => (on_path, place.path()),
            Self::Named(place, _) => (on_link, place.path()),
        };
        let [a, b, c, d] = more;
        // SAFETY: the kernel checks the guest's path; the rest is ours and as long as it is said to be.
        unsafe { host::call_n(call, [file, a, b, c, d]) }
    }

    fn list(&self, kind: Kind) -> Return<Vec<AclEntry>> {
        const CALLS: [u64; 3] = [nr::fgetxattr, nr::getxattr, nr::lgetxattr];
        let found = self.found()?;
        let mode = u32::from(found.stx_mode);
        let is_directory = mode & linux::S_IFMT == linux::S_IFDIR;
        if kind == Kind::Default && !is_directory {
            return Err(Errno::EINVAL.into());
        }
        let mut value = alloc::vec![0; 4 + ENTRY * ACL_MAX_ENTRIES];
        let request = [
            kind.attribute(),
            value.as_mut_ptr() as u64,
            value.len() as u64,
            0,
        ];
        match self.ask(CALLS, request) {
            Ok(length) => {
                value.truncate(length as usize);
                Ok(from_host(&value))
            }
            Err(HostErrno::ENODATA) if kind == Kind::Access => Ok(from_mode(mode)),
            // A link has what its mode says; the host's have no attributes of the kind.
            Err(HostErrno::EOPNOTSUPP)
                if kind == Kind::Access && mode & linux::S_IFMT == linux::S_IFLNK =>
            {
                Ok(from_mode(mode))
            }
            Err(HostErrno::ENODATA) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn set(&self, kind: Kind, entries: &[AclEntry]) -> Return<()> {
        const CALLS: [u64; 3] = [nr::fsetxattr, nr::setxattr, nr::lsetxattr];
        if kind == Kind::Default && entries.is_empty() {
            return self.delete(kind);
        }
        let value = to_host(entries)?;
        let request = [
            kind.attribute(),
            value.as_ptr() as u64,
            value.len() as u64,
            0,
        ];
        self.ask(CALLS, request)?;
        Ok(())
    }

    fn delete(&self, kind: Kind) -> Return<()> {
        const CALLS: [u64; 3] = [nr::fremovexattr, nr::removexattr, nr::lremovexattr];
        let found = self.found()?;
        let is_directory = u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFDIR;
        // The other list always exists: it is the mode (ufs_setacl_posix1e).
        if kind == Kind::Access || !is_directory {
            return Err(Errno::EINVAL.into());
        }
        match self.ask(CALLS, [kind.attribute(), 0, 0, 0]) {
            Ok(_) | Err(HostErrno::ENODATA) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the host keeps such lists for the file at the host's `path`.
pub fn has_lists(path: u64) -> bool {
    let name = Kind::Access.attribute();
    // SAFETY: the kernel checks the guest's path; only the size is asked for.
    let size = unsafe { host::call_n(nr::getxattr, [path, name, 0, 0]) };
    matches!(size, Ok(_) | Err(HostErrno::ENODATA))
}

fn entry(tag: i32, id: u32, perm: u32) -> AclEntry {
    AclEntry {
        tag,
        id,
        perm: perm & PERMISSIONS,
        entry_type: 0,
        flags: 0,
    }
}

/// The list that says no more than a mode.
fn from_mode(mode: u32) -> Vec<AclEntry> {
    let classes = [(ACL_USER_OBJ, 6), (ACL_GROUP_OBJ, 3), (ACL_OTHER, 0)];
    classes
        .iter()
        .map(|&(tag, shift)| entry(tag, ACL_UNDEFINED_ID, mode >> shift))
        .collect()
}

fn from_host(value: &[u8]) -> Vec<AclEntry> {
    let entries = value.get(4..).unwrap_or_default().chunks_exact(ENTRY);
    entries
        .filter_map(|bytes| match *bytes {
            [a, b, c, d, e, f, g, h] => {
                let tag = i32::from(u16::from_le_bytes([a, b]));
                let perm = u32::from(u16::from_le_bytes([c, d]));
                let id = match tag {
                    ACL_USER | ACL_GROUP => u32::from_le_bytes([e, f, g, h]),
                    _ => ACL_UNDEFINED_ID,
                };
                Some(entry(tag, id, perm))
            }
            _ => None,
        })
        .collect()
}

/// The host's form, which wants the entries in the order of their tags.
fn to_host(entries: &[AclEntry]) -> Return<Vec<u8>> {
    checked(entries)?;
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| (entry.tag, entry.id));
    let mut value = VERSION.to_le_bytes().to_vec();
    for entry in sorted {
        value.extend((entry.tag as u16).to_le_bytes());
        value.extend((entry.perm as u16).to_le_bytes());
        value.extend(entry.id.to_le_bytes());
    }
    Ok(value)
}

/// acl_posix1e_check: one entry each for the three classes, and a mask where there is more.
fn checked(entries: &[AclEntry]) -> Return<()> {
    let count = |tag: i32| entries.iter().filter(|entry| entry.tag == tag).count();
    let named = count(ACL_USER) + count(ACL_GROUP);
    let classes = [ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER];
    let known = classes.iter().map(|&tag| count(tag)).sum::<usize>() + named + count(ACL_MASK);
    let good = classes.iter().all(|&tag| count(tag) == 1)
        && count(ACL_MASK) <= 1
        && (named == 0 || count(ACL_MASK) == 1)
        && known == entries.len()
        && entries.iter().all(|entry| entry.perm & !PERMISSIONS == 0);
    if good {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// The entries at `from` (acl_copyin).
fn copied_in(old: bool, from: u64) -> Return<Vec<AclEntry>> {
    if old {
        let acl: Oldacl = guest::read(from)?;
        let entries = acl.entries.get(..acl.cnt as usize);
        let entries = entries.ok_or(Errno::EINVAL)?;
        return Ok(entries.iter().map(AclEntry::from).collect());
    }
    let acl: Acl = guest::read(from)?;
    if acl.maxcnt != ACL_MAX_ENTRIES as u32 {
        return Err(Errno::EINVAL.into());
    }
    let entries = acl.entries.get(..acl.cnt as usize);
    Ok(entries.ok_or(Errno::EINVAL)?.to_vec())
}

/// Writes the entries to `to`, where the caller has said how much room there is (acl_copyout).
fn copied_out(old: bool, to: u64, entries: &[AclEntry]) -> Return<()> {
    if old {
        let acl = Oldacl::of(entries).ok_or(Errno::EINVAL)?;
        return Ok(guest::write(to, &acl)?);
    }
    if guest::read::<u32>(to)? != ACL_MAX_ENTRIES as u32 {
        return Err(Errno::EINVAL.into());
    }
    Ok(guest::write(to, &Acl::of(entries))?)
}

fn get(file: &File, kind: i32, aclp: u64) -> Return<()> {
    let (kind, old) = Kind::of(kind)?;
    copied_out(old, aclp, &file.list(kind)?)
}

fn set(file: &File, kind: i32, aclp: u64) -> Return<()> {
    let (kind, old) = Kind::of(kind)?;
    file.set(kind, &copied_in(old, aclp)?)
}

fn delete(file: &File, kind: i32) -> Return<()> {
    file.delete(Kind::of(kind)?.0)
}

fn check(file: &File, kind: i32, aclp: u64) -> Return<()> {
    let (kind, old) = Kind::of(kind)?;
    file.list(kind)?;
    checked(&copied_in(old, aclp)?)
}

macro_rules! calls {
    ($($act:ident($($rest:ident: $kind:ty),*): $on_path:ident $on_link:ident $on_fd:ident, $change:expr;)*) => {
        $(
            pub fn $on_path(cx: &mut Cx, path: Path $(, $rest: $kind)*) -> Return<()> {
                let look = if $change { Look::FOLLOW.change() } else { Look::FOLLOW };
                $act(&File::named(cx, path, look)? $(, $rest)*)
            }

            pub fn $on_link(cx: &mut Cx, path: Path $(, $rest: $kind)*) -> Return<()> {
                let look = if $change { Look::LINK.change() } else { Look::LINK };
                $act(&File::named(cx, path, look)? $(, $rest)*)
            }

            pub fn $on_fd(cx: &mut Cx, fd: Fd $(, $rest: $kind)*) -> Return<()> {
                $act(&File::Open(fd.checked(cx)?) $(, $rest)*)
            }
        )*
    };
}

calls! {
    get(kind: i32, aclp: u64): __acl_get_file __acl_get_link __acl_get_fd, false;
    set(kind: i32, aclp: u64): __acl_set_file __acl_set_link __acl_set_fd, true;
    delete(kind: i32): __acl_delete_file __acl_delete_link __acl_delete_fd, true;
    check(kind: i32, aclp: u64): __acl_aclcheck_file __acl_aclcheck_link __acl_aclcheck_fd, false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_the_hosts_form() {
        let list = [
            entry(ACL_USER_OBJ, ACL_UNDEFINED_ID, 6),
            entry(ACL_GROUP_OBJ, ACL_UNDEFINED_ID, 4),
            entry(ACL_MASK, ACL_UNDEFINED_ID, 4),
            entry(ACL_OTHER, ACL_UNDEFINED_ID, 0),
            entry(ACL_USER, 17, 5),
        ];
        let mut back = from_host(&to_host(&list).unwrap());
        back.sort_by_key(|entry| list.iter().position(|first| first == entry));
        assert_eq!(back, list);
    }

    #[test]
    fn a_list_needs_its_classes_and_a_mask() {
        let mode = from_mode(0o640);
        assert!(checked(&mode).is_ok());
        let named = [&mode[..], &[entry(ACL_USER, 1, 7)]].concat();
        assert!(checked(&named).is_err());
        let masked = [&named[..], &[entry(ACL_MASK, ACL_UNDEFINED_ID, 7)]].concat();
        assert!(checked(&masked).is_ok());
        assert!(
            checked(&mode[..2]).is_err() && checked(&[&mode[..], &mode[..1]].concat()).is_err()
        );
    }
}
