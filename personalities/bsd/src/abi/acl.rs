//! `<sys/acl.h>`: access control lists of both forms.

use core::mem::offset_of;

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

/// ACL_MAX_ENTRIES
pub const ACL_MAX_ENTRIES: usize = 254;
/// OLDACL_MAX_ENTRIES
pub const OLDACL_MAX_ENTRIES: usize = 32;

/// `struct acl_entry`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub struct AclEntry {
    pub tag: i32,
    pub id: u32,
    pub perm: u32,
    /// Only in lists for NFSv4.
    pub entry_type: u16,
    pub flags: u16,
}

/// `struct acl`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Acl {
    pub maxcnt: u32,
    pub cnt: u32,
    pub spare: [i32; 4],
    pub entries: [AclEntry; ACL_MAX_ENTRIES],
}

/// `struct oldacl_entry`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct OldaclEntry {
    pub tag: i32,
    pub id: u32,
    pub perm: u16,
    pub pad: u16,
}

/// `struct oldacl`, of before FreeBSD 8.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Oldacl {
    pub cnt: u32,
    pub entries: [OldaclEntry; OLDACL_MAX_ENTRIES],
}

/// ACL_UNDEFINED_ID: the entry speaks of the file's own user or group.
pub const ACL_UNDEFINED_ID: u32 = u32::MAX;

impl Acl {
    /// A list of these entries, as many as have room.
    pub fn of(entries: &[AclEntry]) -> Self {
        let mut acl = Self::new_zeroed();
        acl.maxcnt = ACL_MAX_ENTRIES as u32;
        for (place, entry) in acl.entries.iter_mut().zip(entries) {
            *place = *entry;
            acl.cnt += 1;
        }
        acl
    }
}

impl Oldacl {
    /// The same; `None` when there is no room for all.
    pub fn of(entries: &[AclEntry]) -> Option<Self> {
        let mut acl = Self::new_zeroed();
        for (place, entry) in acl.entries.iter_mut().zip(entries) {
            *place = OldaclEntry {
                tag: entry.tag,
                id: entry.id,
                perm: entry.perm as u16,
                pad: 0,
            };
            acl.cnt += 1;
        }
        (acl.cnt as usize == entries.len()).then_some(acl)
    }
}

impl From<&OldaclEntry> for AclEntry {
    fn from(old: &OldaclEntry) -> Self {
        Self {
            tag: old.tag,
            id: old.id,
            perm: u32::from(old.perm),
            entry_type: 0,
            flags: 0,
        }
    }
}

const _: () = {
    assert!(size_of::<Acl>() == 4088 && offset_of!(Acl, entries) == 24);
    assert!(size_of::<AclEntry>() == 16 && size_of::<OldaclEntry>() == 12);
    assert!(size_of::<Oldacl>() == 388 && offset_of!(Oldacl, entries) == 4);
};
