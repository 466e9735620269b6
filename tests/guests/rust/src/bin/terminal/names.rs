//! What devices are called.

use compat_guests::sys::{self, EINVAL, ENOENT, call};

use crate::pair::{O_RDWR, both, name, open};

const FSTAT: u64 = 551;
const SYSCTLBYNAME: u64 = 570;

/// `st_rdev` of a descriptor.
fn device(fd: u64) -> u64 {
    let mut status = [0u64; 28];
    call(FSTAT, [fd, status.as_mut_ptr() as u64]).expect("fstat");
    unsafe { (&raw const status[5]).read_volatile() }
}

/// `kern.devname` of a number, which is given as a new value would be.
fn devname(device: &[u8]) -> Result<[u8; 32], u64> {
    let mut text = [0; 32];
    text[..5].copy_from_slice(b"/dev/");
    let mut room = 27u64;
    let question = b"kern.devname";
    call(
        SYSCTLBYNAME,
        [
            question.as_ptr() as u64,
            question.len() as u64,
            text.as_mut_ptr() as u64 + 5,
            (&raw mut room) as u64,
            device.as_ptr() as u64,
            device.len() as u64,
        ],
    )?;
    Ok(text)
}

pub(crate) fn devices() {
    let (master, slave) = both();
    let terminal = name(slave, 27).expect("a name");
    assert_eq!(terminal[..9], *b"/dev/pts/");
    assert_eq!(name(master, 27), Ok(terminal));
    // By its number, in the width of today and of before FreeBSD 12.
    let number = device(slave).to_le_bytes();
    assert_eq!(devname(&number), Ok(terminal));
    assert_eq!(devname(&number[..4]), Ok(terminal));
    let null = open(b"/dev/null\0", O_RDWR).expect("/dev/null");
    let called = name(null, 27).expect("a name");
    assert_eq!(called[..10], *b"/dev/null\0");
    assert_eq!(devname(&device(null).to_le_bytes()), Ok(called));
    assert_eq!(devname(&[0xff; 8]), Err(EINVAL));
    assert_eq!(devname(&number[..2]), Err(EINVAL));
    assert_eq!(devname(&0xff00u64.to_le_bytes()), Err(ENOENT));
    call(sys::CLOSE, [null]).expect("close");
}
