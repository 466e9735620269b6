//! FreeBSD's file flags (`chflags(1)`), which Linux has no place for: they are kept in an extended attribute.

use compat_tables::bsd::FILE_FLAGS_ATTRIBUTE as ATTRIBUTE;
use compat_tables::bsd::flags::file_flags::{
    SF_APPEND, SF_ARCHIVED, SF_IMMUTABLE, SF_NOUNLINK, UF_APPEND, UF_ARCHIVE, UF_HIDDEN,
    UF_IMMUTABLE, UF_NODUMP, UF_NOUNLINK, UF_OFFLINE, UF_OPAQUE, UF_READONLY, UF_REPARSE,
    UF_SPARSE, UF_SYSTEM,
};
use rustix::fd::AsFd;
use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

/// The names that archives use (`strtofflags`).
const NAMES: &[(&str, u32)] = &[
    ("arch", SF_ARCHIVED),
    ("archived", SF_ARCHIVED),
    ("hidden", UF_HIDDEN),
    ("nodump", UF_NODUMP),
    ("offline", UF_OFFLINE),
    ("opaque", UF_OPAQUE),
    ("rdonly", UF_READONLY),
    ("readonly", UF_READONLY),
    ("reparse", UF_REPARSE),
    ("sappend", SF_APPEND),
    ("sappnd", SF_APPEND),
    ("schange", SF_IMMUTABLE),
    ("schg", SF_IMMUTABLE),
    ("simmutable", SF_IMMUTABLE),
    ("sparse", UF_SPARSE),
    ("sunlink", SF_NOUNLINK),
    ("sunlnk", SF_NOUNLINK),
    ("system", UF_SYSTEM),
    ("uappend", UF_APPEND),
    ("uappnd", UF_APPEND),
    ("uarch", UF_ARCHIVE),
    ("uarchive", UF_ARCHIVE),
    ("uchange", UF_IMMUTABLE),
    ("uchg", UF_IMMUTABLE),
    ("uhidden", UF_HIDDEN),
    ("uimmutable", UF_IMMUTABLE),
    ("uoffline", UF_OFFLINE),
    ("urdonly", UF_READONLY),
    ("ureparse", UF_REPARSE),
    ("usparse", UF_SPARSE),
    ("usystem", UF_SYSTEM),
    ("uunlink", UF_NOUNLINK),
    ("uunlnk", UF_NOUNLINK),
];

/// The flags in a list such as `schg,uarch`. Names that FreeBSD does not have count for nothing.
pub(crate) fn parse(list: &[u8]) -> u32 {
    let names = list.split(|&byte| byte == b',' || byte == b' ');
    let flag = |name: &[u8]| NAMES.iter().find(|(known, _)| known.as_bytes() == name);
    names
        .filter_map(flag)
        .fold(0, |flags, &(_, flag)| flags | flag)
}

/// The flags kept with an open file or directory.
pub(crate) fn get(file: impl AsFd) -> u32 {
    let mut value = [0; 4];
    match fgetxattr(file, ATTRIBUTE, &mut value) {
        Ok(4) => u32::from_le_bytes(value),
        _ => 0,
    }
}

/// Keeps the flags with an open file or directory, which must be writable.
pub(crate) fn set(file: impl AsFd, flags: u32) -> Result<(), Errno> {
    if flags == get(&file) {
        Ok(())
    } else if flags == 0 {
        fremovexattr(file, ATTRIBUTE)
    } else {
        fsetxattr(file, ATTRIBUTE, &flags.to_le_bytes(), XattrFlags::empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        assert_eq!(parse(b"schg,uarch"), 0x20800);
        assert_eq!(parse(b"nodump"), 1);
        assert_eq!(parse(b"unheard-of,sunlnk"), 0x10_0000);
        assert_eq!(parse(b""), 0);
    }
}
