//! What the machine is called, by calls that sysctl replaced.

use compat_guests::sys;

const OGETKERNINFO: u64 = 63;
const OGETHOSTNAME: u64 = 87;
const OGETHOSTID: u64 = 142;
const OQUOTA: u64 = 149;
const GETDOMAINNAME: u64 = 162;
const UNAME: u64 = 164;
const SYSCTL: u64 = 202;

const ENOMEM: u64 = 12;
const EOPNOTSUPP: u64 = 45;
const ENOSYS: u64 = 78;

fn sysctl(name: [i32; 2], into: &mut [u8]) -> usize {
    let mut size = into.len();
    let args = [
        name.as_ptr() as u64,
        2,
        into.as_mut_ptr() as u64,
        (&raw mut size) as u64,
        0,
        0,
    ];
    sys::call(SYSCTL, args).expect("sysctl");
    size
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|&byte| byte == 0);
    &field[..end.expect("the text ends")]
}

pub(crate) fn host() {
    let mut wanted = [0u8; 256];
    let size = sysctl([1, 10], &mut wanted);
    let mut found = [0xffu8; 256];
    sys::call(OGETHOSTNAME, [found.as_mut_ptr() as u64, 256]).expect("ogethostname");
    assert_eq!(found[..size], wanted[..size]);
    assert_eq!(
        sys::call(OGETHOSTNAME, [found.as_mut_ptr() as u64, 1]),
        Err(ENOMEM)
    );
    assert_eq!(sys::call(OGETHOSTNAME, [8, 256]), Err(sys::EFAULT));
    sys::call(GETDOMAINNAME, [found.as_mut_ptr() as u64, 256]).expect("getdomainname");
    text(&found);
    let mut id = [0u8; 8];
    sysctl([1, 11], &mut id);
    assert_eq!(sys::call(OGETHOSTID, []), Ok(u64::from_le_bytes(id)));
    assert_eq!(sys::call(OQUOTA, []), Err(ENOSYS));
}

pub(crate) fn uname() {
    let mut name = [0xffu8; 160];
    sys::call(UNAME, [name.as_mut_ptr() as u64]).expect("uname");
    let mut release = [0u8; 32];
    sysctl([1, 2], &mut release);
    assert_eq!(text(&name[..32]), b"FreeBSD");
    assert_eq!(text(&name[64..96]), text(&release));
    assert_eq!(text(&name[128..160]), b"amd64");
}

pub(crate) fn getkerninfo() {
    let mut clock = [0u8; 20];
    sysctl([1, 12], &mut clock);
    let (mut found, mut size) = ([0u8; 20], 20u64);
    let args = [6 << 8, found.as_mut_ptr() as u64, (&raw mut size) as u64, 0];
    assert_eq!(sys::call(OGETKERNINFO, args), Ok(20));
    assert_eq!((found, size), (clock, 20));
    assert_eq!(sys::call(OGETKERNINFO, [101 << 8]), Err(EOPNOTSUPP));
}
