//! File systems and their limits.

use core::ffi::CStr;

use compat_guests::sys::{EINVAL, ENOENT, call};

use crate::file::{O_RDONLY, open, path};

const GETFSSTAT_4: u64 = 18;
const STATFS_4: u64 = 157;
const FSTATFS_4: u64 = 158;
const PATHCONF: u64 = 191;
const FPATHCONF: u64 = 192;
const GETFSSTAT_11: u64 = 395;
const STATFS_11: u64 = 396;
const FSTATFS_11: u64 = 397;
const LPATHCONF: u64 = 513;
const STATFS: u64 = 555;
const FSTATFS: u64 = 556;
const GETFSSTAT: u64 = 557;

const MNT_LOCAL: u64 = 0x1000;
const MNT_ROOTFS: u64 = 0x4000;

fn word(bytes: &[u8], offset: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[offset..offset + 8]);
    u64::from_le_bytes(word)
}

fn text(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(bytes).expect("the text ends")
}

pub(crate) fn layouts() {
    let root = open(c"/", O_RDONLY, 0).unwrap();
    let mut now = [0xa5u8; 2352];
    let at = now.as_mut_ptr() as u64;
    for done in [call(FSTATFS, [root, at]), call(STATFS, [path(c"/"), at])] {
        assert_eq!(done, Ok(0));
        assert_eq!(word(&now, 0) as u32, 0x2014_0518);
        assert_eq!(word(&now, 8) & MNT_ROOTFS, MNT_ROOTFS);
        assert!(word(&now, 16).is_power_of_two() && word(&now, 24).is_power_of_two());
        assert_eq!(word(&now, 184) as u32, 255);
        assert_eq!(text(&now[1320..]), c"/");
        assert!(!text(&now[280..296]).is_empty() && !text(&now[296..1320]).is_empty());
        assert_eq!(word(&now, 2344), 0xa5a5_a5a5_a5a5_a5a5);
    }
    let mut old = [0xa5u8; 480];
    let at = old.as_mut_ptr() as u64;
    for done in [
        call(FSTATFS_11, [root, at]),
        call(STATFS_11, [path(c"/"), at]),
    ] {
        assert_eq!(done, Ok(0));
        assert_eq!(word(&old, 0) as u32, 0x2003_0518);
        assert_eq!(
            (word(&old, 16), word(&old, 32)),
            (word(&now, 16), word(&now, 32))
        );
        assert_eq!(
            (text(&old[280..]), text(&old[384..])),
            (text(&now[280..]), c"/")
        );
        assert_eq!(word(&old, 472), 0xa5a5_a5a5_a5a5_a5a5);
    }
    for done in [
        call(FSTATFS_4, [root, at]),
        call(STATFS_4, [path(c"/"), at]),
    ] {
        assert_eq!(done, Ok(0));
        assert_eq!(
            (word(&old, 8), word(&old, 24)),
            (word(&now, 16), word(&now, 32))
        );
        assert_eq!(
            (text(&old[104..]), text(&old[120..])),
            (text(&now[280..]), c"/")
        );
    }
    assert_eq!(
        call(STATFS, [path(c"/proc"), now.as_mut_ptr() as u64]),
        Ok(0)
    );
    assert_eq!(
        (text(&now[280..]), text(&now[1320..])),
        (c"procfs", c"/proc")
    );
    assert_eq!(word(&now, 8) & MNT_LOCAL, MNT_LOCAL);
    assert_eq!(call(STATFS, [path(c"/no such place"), at]), Err(ENOENT));
}

pub(crate) fn list() {
    static mut ALL: [u8; 64 * 2344] = [0; 64 * 2344];
    let (at, room) = ((&raw mut ALL) as u64, 64 * 2344);
    for (number, size) in [(GETFSSTAT, 2344), (GETFSSTAT_11, 472), (GETFSSTAT_4, 304)] {
        let count = call(number, [0, 0, 2]).expect("a count");
        assert!(count >= 2);
        assert_eq!(call(number, [at, room, 1]), Ok(count.min(room / size)));
        assert_eq!(call(number, [at, 2 * size + 1, 2]), Ok(2));
        assert_eq!(call(number, [at, room, 4]), Err(EINVAL));
        assert_eq!(call(number, [at, u64::MAX, 1]), Err(EINVAL));
    }
}

pub(crate) fn limits() {
    let root = open(c"/", O_RDONLY, 0).unwrap();
    const NAME_MAX: u64 = 4;
    const PATH_MAX: u64 = 5;
    const PIPE_BUF: u64 = 6;
    const NO_TRUNC: u64 = 8;
    const VDISABLE: u64 = 9;
    const ACL_EXTENDED: u64 = 59;
    for (name, value) in [
        (NAME_MAX, Ok(255)),
        (PATH_MAX, Ok(1024)),
        (PIPE_BUF, Ok(512)),
        (NO_TRUNC, Ok(1)),
        (VDISABLE, Err(EINVAL)),
        (0, Err(EINVAL)),
        (99, Err(EINVAL)),
    ] {
        assert_eq!(call(PATHCONF, [path(c"/"), name]), value, "{name}");
        assert_eq!(call(LPATHCONF, [path(c"/"), name]), value, "{name}");
        assert_eq!(call(FPATHCONF, [root, name]), value, "{name}");
    }
    // Some of the host's file systems have access control lists.
    let lists = call(PATHCONF, [path(c"/"), ACL_EXTENDED]);
    assert!(matches!(lists, Ok(0 | 1)), "{lists:?}");
    assert_eq!(call(FPATHCONF, [root, ACL_EXTENDED]), lists);
    let (read, _) = compat_guests::sys::pipe();
    assert_eq!(call(FPATHCONF, [read, PIPE_BUF]), Ok(512));
    assert_eq!(
        call(PATHCONF, [path(c"/no such place"), NAME_MAX]),
        Err(ENOENT)
    );
}
