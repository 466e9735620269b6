//! Network interfaces, of which every machine has the loopback one.

use compat_guests::sys::{self, EINVAL, EPERM, call};

use crate::net::{AF_INET, DGRAM, EADDRNOTAVAIL, local, socket};

const IOCTL: u64 = 54;
const ENXIO: u64 = 6;
const ENOTTY: u64 = 25;

const SIOCGIFCONF: u64 = 0xc010_6924;
const SIOCGIFFLAGS: u64 = 0xc020_6911;
const SIOCSIFFLAGS: u64 = 0x8020_6910;
const SIOCGIFMTU: u64 = 0xc020_6933;
const SIOCGIFINDEX: u64 = 0xc020_6920;
const SIOCGIFADDR: u64 = 0xc020_6921;
const SIOCGIFNETMASK: u64 = 0xc020_6925;
const SIOCGIFBRDADDR: u64 = 0xc020_6923;
const SIOCGIFMEDIA: u64 = 0xc030_6938;
const SIOCGIFGROUP: u64 = 0xc028_6988;
const SIOCGIFAFLAG_IN6: u64 = 0xc120_6949;

/// The list of interfaces: bytes, and how many of them.
fn list(fd: u64, text: &mut [u8]) -> usize {
    let mut request = [text.len() as u64, text.as_mut_ptr() as u64];
    call(IOCTL, [fd, SIOCGIFCONF, request.as_mut_ptr() as u64]).expect("SIOCGIFCONF");
    unsafe { (&raw const request[0]).read_volatile() as u32 as usize }
}

/// Asks with the name in front; the 16 bytes behind it.
fn ask(fd: u64, command: u64, name: &[u8; 16]) -> Result<[u8; 16], u64> {
    let mut request = [0u8; 288];
    request[..16].copy_from_slice(name);
    call(IOCTL, [fd, command, request.as_mut_ptr() as u64])?;
    Ok(core::array::from_fn(|index| unsafe {
        (&raw const request[16 + index]).read_volatile()
    }))
}

fn number(bytes: [u8; 16]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

pub(crate) fn interfaces() {
    const IFF_LOOPBACK: u32 = 8;
    const AF_LINK: u8 = 18;
    let fd = socket(AF_INET, DGRAM);
    let mut text = [0u8; 8192];
    let length = list(fd, &mut text);
    // Entries have a name and an address whose first byte is its length, 16 at least.
    let (mut at, mut loopback, mut is_link) = (0, None, true);
    while at < length {
        let name: [u8; 16] = text[at..at + 16].try_into().unwrap();
        let size = usize::from(text[at + 16]).max(16);
        let flags = number(ask(fd, SIOCGIFFLAGS, &name).expect("flags"));
        if loopback.is_none() && flags & IFF_LOOPBACK != 0 {
            loopback = Some(name);
            is_link = text[at + 17] == AF_LINK;
        }
        at += 16 + size;
    }
    assert_eq!(at, length);
    assert!(is_link, "an interface begins with itself");
    let name = loopback.expect("a loopback interface");
    assert!(number(ask(fd, SIOCGIFMTU, &name).unwrap()) >= 1500);
    assert!(number(ask(fd, SIOCGIFINDEX, &name).unwrap()) > 0);
    assert_eq!(ask(fd, SIOCGIFADDR, &name), Ok(local(0)));
    let mask = ask(fd, SIOCGIFNETMASK, &name).unwrap();
    assert_eq!(mask[4..8], [255, 0, 0, 0]);
    assert_eq!(ask(fd, SIOCGIFBRDADDR, &name), Err(EINVAL));
    assert_eq!(ask(fd, SIOCGIFMEDIA, &name), Err(EINVAL));
    assert_eq!(ask(fd, SIOCGIFAFLAG_IN6, &name), Err(EADDRNOTAVAIL));
    // Two groups, whose names are 16 bytes each.
    assert_eq!(number(ask(fd, SIOCGIFGROUP, &name).unwrap()), 32);
    // A command of a driver that is not there.
    assert_eq!(ask(fd, 0xc020_69f6, &name), Err(EINVAL));
    assert_eq!(ask(fd, SIOCSIFFLAGS, &name), Err(EPERM));
    assert_eq!(
        ask(fd, SIOCGIFFLAGS, b"nothing\0\0\0\0\0\0\0\0\0"),
        Err(ENXIO)
    );
    // A list with room for less than one entry is empty.
    assert_eq!(list(fd, &mut text[..31]), 0);
    let (from, _) = sys::pipe();
    assert_eq!(ask(from, SIOCGIFFLAGS, &name), Err(ENOTTY));
}
