//! Pseudo-terminals and what `ioctl` does with them.

use core::ffi::CStr;

use compat_guests::sys::{self, EBADF, EINVAL, call};

use crate::file::{self, O_RDWR, open};

const IOCTL: u64 = 54;
const POSIX_OPENPT: u64 = 504;
const O_NOCTTY: u64 = 0x8000;
const ENOTTY: u64 = 25;

const TIOCPTMASTER: u64 = 0x2000_741c;
const TIOCGPTN: u64 = 0x4004_740f;
const FIODGNAME: u64 = 0x8010_6678;
const TIOCGETA: u64 = 0x402c_7413;
const TIOCSETA: u64 = 0x802c_7414;
const TIOCSETAW: u64 = 0x802c_7415;
const TIOCSETAF: u64 = 0x802c_7416;
const TIOCGWINSZ: u64 = 0x4008_7468;
const TIOCSWINSZ: u64 = 0x8008_7467;
const FIONREAD: u64 = 0x4004_667f;
const TIOCFLUSH: u64 = 0x8004_7410;
const TIOCDRAIN: u64 = 0x2000_745e;
const TIOCSTOP: u64 = 0x2000_746f;
const TIOCSTART: u64 = 0x2000_746e;
const TIOCGETD: u64 = 0x4004_741a;
const TIOCSETD: u64 = 0x8004_741b;
const FIODTYPE: u64 = 0x4004_667a;
const FIONBIO: u64 = 0x8004_667e;
const FIOCLEX: u64 = 0x2000_6601;
const FIONCLEX: u64 = 0x2000_6602;

fn control<T>(fd: u64, command: u64, data: &mut T) -> sys::Result {
    call(IOCTL, [fd, command, core::ptr::from_mut(data) as u64])
}

/// The name of the terminal below `/dev`.
fn name(fd: u64, room: u64) -> Result<[u8; 32], u64> {
    let mut text = [0; 32];
    text[..5].copy_from_slice(b"/dev/");
    let mut request = [room, text.as_mut_ptr() as u64 + 5];
    control(fd, FIODGNAME, &mut request)?;
    Ok(text)
}

/// Both ends of a new terminal.
fn both() -> (u64, u64) {
    let master = call(POSIX_OPENPT, [O_RDWR | O_NOCTTY]).expect("posix_openpt");
    let text = name(master, 27).expect("a name");
    let slave = open(
        CStr::from_bytes_until_nul(&text).unwrap(),
        O_RDWR | O_NOCTTY,
        0,
    );
    (master, slave.expect("no lock on it"))
}

/// `struct termios`: input, output, control and local modes, characters, speeds.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Termios {
    modes: [u32; 4],
    characters: [u8; 20],
    speeds: [u32; 2],
}

fn modes_of(fd: u64) -> Termios {
    let mut termios = Termios {
        modes: [0xa5a5_a5a5; 4],
        characters: [0xa5; 20],
        speeds: [0; 2],
    };
    assert_eq!(control(fd, TIOCGETA, &mut termios), Ok(0));
    termios
}

pub(crate) fn pair() {
    let (master, slave) = both();
    assert_eq!(call(IOCTL, [master, TIOCPTMASTER]), Ok(0));
    assert_eq!(call(IOCTL, [slave, TIOCPTMASTER]), Err(EINVAL));
    let mut number = 0u32;
    assert_eq!(control(master, TIOCGPTN, &mut number), Ok(0));
    assert_eq!(name(master, 3), Err(EINVAL));
    assert_eq!(name(slave, 27), name(master, 27));
    assert_eq!(call(sys::WRITE, [slave, c"up".as_ptr() as u64, 2]), Ok(2));
    assert_eq!(file::read::<4>(master), (*b"up\0\0", 2));
    assert_eq!(call(POSIX_OPENPT, [0x4]), Err(EINVAL));
}

pub(crate) fn modes() {
    const ICRNL: u32 = 0x100;
    const ICANON: u32 = 0x100;
    const ISIG: u32 = 0x80;
    const ECHO: u32 = 0x8;
    const VEOL: usize = 1;
    const VINTR: usize = 8;
    const VMIN: usize = 16;
    const VTIME: usize = 17;
    let (master, slave) = both();
    let fresh = modes_of(slave);
    assert_eq!(fresh.modes[0] & ICRNL, ICRNL);
    assert_eq!(
        fresh.modes[3] & (ICANON | ISIG | ECHO),
        ICANON | ISIG | ECHO
    );
    assert_eq!((fresh.characters[VINTR], fresh.characters[VEOL]), (3, 0xff));
    assert_eq!(fresh.speeds, [38400; 2]);
    // Setting what was got changes nothing.
    for command in [TIOCSETA, TIOCSETAW, TIOCSETAF] {
        assert_eq!(control(slave, command, &mut { fresh }), Ok(0));
        assert_eq!(modes_of(slave), fresh);
    }
    let mut raw = fresh;
    raw.modes[0] = 0;
    raw.modes[3] &= !(ICANON | ISIG | ECHO);
    raw.characters[VINTR] = 0xff;
    (raw.characters[VMIN], raw.characters[VTIME]) = (0, 1);
    raw.speeds = [9600; 2];
    assert_eq!(control(slave, TIOCSETA, &mut { raw }), Ok(0));
    assert_eq!(modes_of(slave), raw);
    assert_eq!(
        call(sys::WRITE, [master, c"\r\x03".as_ptr() as u64, 2]),
        Ok(2)
    );
    assert_eq!(file::read::<4>(slave), (*b"\r\x03\0\0", 2));
    // Nothing comes, and a tenth of a second is waited.
    assert_eq!(file::read::<4>(slave).1, 0);
}

pub(crate) fn controls() {
    let (master, slave) = both();
    let mut size = [24u16, 80, 1, 2];
    assert_eq!(control(master, TIOCSWINSZ, &mut size), Ok(0));
    size = [0; 4];
    assert_eq!(control(slave, TIOCGWINSZ, &mut size), Ok(0));
    assert_eq!(size, [24, 80, 1, 2]);
    let mut number = 77u32;
    assert_eq!(control(slave, TIOCGETD, &mut number), Ok(0));
    assert_eq!((number, control(slave, TIOCSETD, &mut 0u32)), (0, Ok(0)));
    assert_eq!(control(slave, TIOCSETD, &mut 3u32), Err(EINVAL));
    assert_eq!(control(slave, FIODTYPE, &mut number), Ok(0));
    assert_eq!(number, 4);
    assert_eq!(
        call(sys::WRITE, [master, c"line\n".as_ptr() as u64, 5]),
        Ok(5)
    );
    // The host hands it over a moment later.
    while control(slave, FIONREAD, &mut number) == Ok(0) && number == 0 {
        sys::sleep_microseconds(1000);
    }
    assert_eq!(number, 5);
    assert_eq!(control(slave, TIOCFLUSH, &mut 1u32), Ok(0));
    assert_eq!(control(slave, FIONREAD, &mut number), Ok(0));
    assert_eq!(number, 0);
    for command in [TIOCSTOP, TIOCSTART, TIOCDRAIN] {
        assert_eq!(call(IOCTL, [slave, command]), Ok(0));
    }
    // Commands of every descriptor.
    const FCNTL: u64 = 92;
    for (command, flag) in [(FIOCLEX, 1), (FIONCLEX, 0)] {
        assert_eq!(call(IOCTL, [slave, command]), Ok(0));
        assert_eq!(call(FCNTL, [slave, 1]), Ok(flag));
    }
    assert_eq!(control(slave, FIONBIO, &mut 1u32), Ok(0));
    assert_eq!(call(FCNTL, [slave, 3]), Ok(O_RDWR | 0x4));
    // What is no terminal says so.
    file::write(c"plain", b"123");
    let plain = open(c"plain", O_RDWR, 0).unwrap();
    for command in [
        TIOCGETA,
        TIOCGWINSZ,
        TIOCGETD,
        TIOCPTMASTER,
        FIODTYPE,
        FIODGNAME,
        0x2000_7a7a,
    ] {
        let mut room = [0u64; 8];
        assert_eq!(
            control(plain, command, &mut room),
            Err(ENOTTY),
            "{command:#x}"
        );
        assert_eq!(control(777, command, &mut room), Err(EBADF), "{command:#x}");
    }
    assert_eq!(control(plain, FIONREAD, &mut number), Ok(0));
    assert_eq!(number, 3);
}
