//! Modes of terminals and what else `ioctl` does with them.

use compat_guests::sys::{self, EBADF, EINVAL, call};

use crate::pair::{ENOTTY, IOCTL, O_RDWR, POSIX_OPENPT, both, control, name, open, read, write};

const TIOCPTMASTER: u64 = 0x2000_741c;
const TIOCGPTN: u64 = 0x4004_740f;
const O_CREAT: u64 = 0x200;
const O_TRUNC: u64 = 0x400;
const LSEEK: u64 = 478;
const FIODGNAME: u64 = 0x8010_6678;
const TIOCGETA: u64 = 0x402c_7413;
pub(crate) const TIOCSETA: u64 = 0x802c_7414;
const TIOCSETAW: u64 = 0x802c_7415;
const TIOCSETAF: u64 = 0x802c_7416;
const TIOCGWINSZ: u64 = 0x4008_7468;
pub(crate) const TIOCSWINSZ: u64 = 0x8008_7467;
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

/// `struct termios`: input, output, control and local modes, characters, speeds.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Termios {
    pub(crate) modes: [u32; 4],
    pub(crate) characters: [u8; 20],
    speeds: [u32; 2],
}

pub(crate) fn modes_of(fd: u64) -> Termios {
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
    assert_eq!(call(IOCTL, [slave, TIOCPTMASTER]), Err(ENOTTY));
    let mut number = 0u32;
    assert_eq!(control(master, TIOCGPTN, &mut number), Ok(0));
    assert_eq!(name(master, 3), Err(EINVAL));
    assert_eq!(name(slave, 27), name(master, 27));
    write(slave, b"up");
    assert_eq!(read::<4>(master), (*b"up\0\0", 2));
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
    write(master, b"\r\x03");
    assert_eq!(read::<4>(slave), (*b"\r\x03\0\0", 2));
    // Nothing comes, and a tenth of a second is waited.
    assert_eq!(read::<4>(slave).1, 0);
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
    write(master, b"line\n");
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
    let plain = open(b"plain\0", O_RDWR | O_CREAT | O_TRUNC).unwrap();
    write(plain, b"123");
    assert_eq!(call(LSEEK, [plain, 0, 0]), Ok(0));
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

/// What the host's terminals do not do is remembered all the same.
pub(crate) fn kept() {
    const VERASE2: usize = 7;
    const VDSUSP: usize = 11;
    const VSTATUS: usize = 18;
    let (_master, slave) = both();
    let mut wanted = modes_of(slave);
    for index in [VERASE2, VDSUSP, VSTATUS] {
        assert_eq!(wanted.characters[index], 0xff, "not on a fresh terminal");
    }
    wanted.characters[VERASE2] = 8;
    wanted.characters[VDSUSP] = 25;
    wanted.characters[VSTATUS] = 20;
    assert_eq!(control(slave, TIOCSETA, &mut { wanted }), Ok(0));
    assert_eq!(modes_of(slave), wanted);
    // An unknown bit is no error, and gone (tty_generic_ioctl).
    let mut unknown = wanted;
    unknown.modes[1] |= 0x8000_0000;
    assert_eq!(control(slave, TIOCSETA, &mut unknown), Ok(0));
    assert_eq!(modes_of(slave), wanted);
    // No input speed is the output's.
    wanted.speeds = [0, 12345];
    assert_eq!(control(slave, TIOCSETA, &mut { wanted }), Ok(0));
    assert_eq!(modes_of(slave).speeds, [12345; 2]);
}

pub(crate) fn line_left_alone() {
    const CIGNORE: u32 = 0x1;
    const PARENB: u32 = 0x1000;
    const ECHO: u32 = 0x8;
    let (_master, slave) = both();
    let fresh = modes_of(slave);
    let mut wanted = fresh;
    wanted.modes[2] |= CIGNORE | PARENB;
    wanted.modes[3] &= !ECHO;
    wanted.speeds = [300; 2];
    assert_eq!(control(slave, TIOCSETA, &mut wanted), Ok(0));
    let mut expected = fresh;
    expected.modes[3] &= !ECHO;
    assert_eq!(modes_of(slave), expected);
}

/// A terminal without a modem takes everything and shows one line.
pub(crate) fn modem() {
    const TIOCMGET: u64 = 0x4004_746a;
    const TIOCMBIS: u64 = 0x8004_746c;
    const TIOCMSET: u64 = 0x8004_746d;
    const TIOCSDTR: u64 = 0x2000_7479;
    const TIOCCDTR: u64 = 0x2000_7478;
    const TIOCGDRAINWAIT: u64 = 0x4004_7456;
    const TIOCMGDTRWAIT: u64 = 0x4004_745a;
    let (_master, slave) = both();
    let mut number = 77u32;
    assert_eq!(control(slave, TIOCMGET, &mut number), Ok(0));
    assert_eq!(number, 1);
    for command in [TIOCMBIS, TIOCMSET] {
        assert_eq!(control(slave, command, &mut 6u32), Ok(0));
    }
    for command in [TIOCSDTR, TIOCCDTR] {
        assert_eq!(call(IOCTL, [slave, command]), Ok(0));
    }
    assert_eq!(control(slave, TIOCGDRAINWAIT, &mut number), Ok(0));
    assert_eq!(number, 300);
    assert_eq!(control(slave, TIOCMGDTRWAIT, &mut number), Err(ENOTTY));
}
