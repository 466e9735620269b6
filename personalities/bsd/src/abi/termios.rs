//! `<sys/_termios.h>`: terminal modes.

use compat_tables::FlagSet;
use compat_tables::bsd::flags::{
    C_CC, C_CFLAG, C_IFLAG, C_LFLAG, C_OFLAG, c_cc, c_cflag, c_lflag, c_oflag,
};
use compat_translate::host::linux;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct termios`. Speeds are bits a second.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, PartialEq, Eq, Debug)]
pub struct Termios {
    pub iflag: u32,
    pub oflag: u32,
    pub cflag: u32,
    pub lflag: u32,
    pub cc: [u8; 20],
    pub ispeed: u32,
    pub ospeed: u32,
}

const _: () = assert!(size_of::<Termios>() == 44);

/// What disables a special character: here, and on the host.
const VDISABLE: u8 = 0xff;
const HOST_VDISABLE: u8 = 0;

/// Where the host keeps the input speed's code in `c_cflag`.
const INPUT_SHIFT: u32 = linux::IBSHIFT;

/// The host's codes for usual speeds. Any other is `BOTHER`, told by the numbers alone.
const SPEEDS: [(u32, u32); 20] = [
    (50, linux::B50),
    (75, linux::B75),
    (110, linux::B110),
    (134, linux::B134),
    (150, linux::B150),
    (200, linux::B200),
    (300, linux::B300),
    (600, linux::B600),
    (1200, linux::B1200),
    (1800, linux::B1800),
    (2400, linux::B2400),
    (4800, linux::B4800),
    (9600, linux::B9600),
    (19200, linux::B19200),
    (38400, linux::B38400),
    (57600, linux::B57600),
    (115_200, linux::B115200),
    (230_400, linux::B230400),
    (460_800, linux::B460800),
    (921_600, linux::B921600),
];

fn speed_code(rate: u32) -> u32 {
    match SPEEDS.iter().find(|(known, _)| *known == rate) {
        Some((_, code)) => *code,
        None if rate == 0 => linux::B0,
        None => linux::BOTHER,
    }
}

/// Whether this entry of `c_cc` counts bytes or time.
fn is_count(index: i32) -> bool {
    matches!(index, c_cc::VMIN | c_cc::VTIME)
}

impl Termios {
    /// From the host's.
    pub fn from_host(found: &linux::termios2) -> Self {
        let mut cc = [VDISABLE; 20];
        for (index, slot) in cc.iter_mut().enumerate() {
            let place = C_CC.to_host(index as i64);
            let byte = place.and_then(|place| found.c_cc.get(place as usize));
            match byte.copied() {
                Some(HOST_VDISABLE) if !is_count(index as i32) => {}
                Some(byte) => *slot = byte,
                None => {}
            }
        }
        let ospeed = found.c_ospeed;
        Self {
            iflag: C_IFLAG.to_guest(u64::from(found.c_iflag)) as u32,
            oflag: C_OFLAG.to_guest(u64::from(found.c_oflag)) as u32,
            cflag: C_CFLAG.to_guest(u64::from(found.c_cflag)) as u32,
            lflag: C_LFLAG.to_guest(u64::from(found.c_lflag)) as u32,
            cc,
            ispeed: if found.c_ispeed == 0 {
                ospeed
            } else {
                found.c_ispeed
            },
            ospeed,
        }
    }

    /// The host's, where `current` has what FreeBSD has not: the line discipline and a few old conversions.
    pub fn to_host(self, current: &linux::termios2) -> linux::termios2 {
        let mut c_cc = current.c_cc;
        for (index, &byte) in self.cc.iter().enumerate() {
            let place = C_CC.to_host(index as i64);
            if let Some(slot) = place.and_then(|place| c_cc.get_mut(place as usize)) {
                *slot = if byte == VDISABLE && !is_count(index as i32) {
                    HOST_VDISABLE
                } else {
                    byte
                };
            }
        }
        let mut wanted = linux::termios2 {
            c_iflag: bits(&C_IFLAG, self.iflag, current.c_iflag),
            c_oflag: bits(&C_OFLAG, self.oflag, current.c_oflag),
            c_lflag: bits(&C_LFLAG, self.lflag, current.c_lflag),
            c_cc,
            ..*current
        };
        if self.cflag & c_cflag::CIGNORE == 0 {
            self.set_line(&mut wanted);
        }
        wanted
    }

    /// What `c_cflag` and the speeds say, all of which CIGNORE leaves as it is.
    fn set_line(&self, wanted: &mut linux::termios2) {
        // A zero input speed means the output's.
        let ispeed = if self.ispeed == 0 {
            self.ospeed
        } else {
            self.ispeed
        };
        let input = if ispeed == self.ospeed {
            0
        } else {
            speed_code(ispeed) << INPUT_SHIFT
        };
        let speeds = linux::CBAUD | linux::CBAUD << INPUT_SHIFT;
        wanted.c_cflag =
            bits(&C_CFLAG, self.cflag, wanted.c_cflag & !speeds) | speed_code(self.ospeed) | input;
        wanted.c_ispeed = ispeed;
        wanted.c_ospeed = self.ospeed;
    }

    /// What these modes ask for, did not ask for `before`, and no terminal of the host does. The characters are kept all
    /// the same, the flags are not.
    pub fn beyond_host(&self, before: &Self) -> impl Iterator<Item = &'static str> {
        let cc = |modes: &Self, index: i32| modes.cc.get(index as usize).copied();
        let character = |index: i32| {
            let wanted = cc(self, index);
            wanted != Some(VDISABLE) && wanted != cc(before, index)
        };
        let flow = self.cflag & c_cflag::CRTSCTS;
        let line =
            c_cflag::CDTR_IFLOW | c_cflag::CDSR_OFLOW | c_cflag::CCAR_OFLOW | c_cflag::CNO_RTSDTR;
        [
            (character(c_cc::VSTATUS), "termios: VSTATUS (SIGINFO)"),
            (character(c_cc::VERASE2), "termios: VERASE2"),
            (self.lflag & c_lflag::ALTWERASE != 0, "termios: ALTWERASE"),
            (self.oflag & c_oflag::ONOEOT != 0, "termios: ONOEOT"),
            (
                self.cflag & line != 0 || flow != 0 && flow != c_cflag::CRTSCTS,
                "termios: flow control by other lines than RTS and CTS together",
            ),
        ]
        .into_iter()
        .filter_map(|(asked, what)| asked.then_some(what))
    }
}

/// The host's bits for the guest's, and those of `current` that have no meaning on FreeBSD.
fn bits(set: &FlagSet, guest: u32, current: u32) -> u32 {
    // All of these sets drop what they do not know.
    let to_host = |guest: u64| set.to_host(guest).unwrap_or_default() as u32;
    to_host(u64::from(guest)) | current & !to_host(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use compat_tables::bsd::flags::{c_cflag, c_iflag, c_lflag, c_oflag};

    /// A fresh host terminal at 38400 bits a second.
    fn host() -> linux::termios2 {
        let mut c_cc = [0; 19];
        let usual = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];
        c_cc[..17].copy_from_slice(&usual);
        linux::termios2 {
            c_iflag: 0x500,
            c_oflag: 0x5,
            c_cflag: 0xbf,
            c_lflag: 0x8a3b,
            c_line: 0,
            c_cc,
            c_ispeed: 38400,
            c_ospeed: 38400,
        }
    }

    #[test]
    fn a_fresh_terminal_looks_like_one() {
        let termios = Termios::from_host(&host());
        assert_eq!(termios.iflag, c_iflag::ICRNL | c_iflag::IXON);
        assert_eq!(termios.oflag, c_oflag::OPOST | c_oflag::ONLCR);
        assert_eq!(termios.cflag, c_cflag::CS8 | c_cflag::CREAD);
        let local = c_lflag::ISIG
            | c_lflag::ICANON
            | c_lflag::IEXTEN
            | c_lflag::ECHO
            | c_lflag::ECHOE
            | c_lflag::ECHOK
            | c_lflag::ECHOCTL
            | c_lflag::ECHOKE;
        assert_eq!(termios.lflag, local);
        let at = |index: i32| termios.cc[index as usize];
        assert_eq!((at(c_cc::VINTR), at(c_cc::VEOF), at(c_cc::VMIN)), (3, 4, 1));
        assert_eq!(
            (at(c_cc::VTIME), at(c_cc::VEOL), at(c_cc::VSTATUS)),
            (0, 255, 255)
        );
        assert_eq!((termios.ispeed, termios.ospeed), (38400, 38400));
    }

    #[test]
    fn modes_survive_both_ways() {
        let termios = Termios::from_host(&host());
        let back = termios.to_host(&host());
        assert_eq!(Termios::from_host(&back), termios);
        assert_eq!(back.c_cflag, host().c_cflag);
        assert_eq!(back.c_lflag, host().c_lflag);
        assert_eq!(back.c_cc, host().c_cc);
        let odd = Termios {
            ospeed: 12345,
            ispeed: 0,
            ..termios
        }
        .to_host(&host());
        assert_eq!(odd.c_cflag & linux::CBAUD, linux::BOTHER);
        assert_eq!((odd.c_ispeed, odd.c_ospeed), (12345, 12345));
    }

    #[test]
    fn what_only_one_side_has_is_kept() {
        let (olcuc, xcase, cmspar) = (0x2, 0x4, 0x4000_0000);
        let mut current = host();
        current.c_oflag |= olcuc;
        current.c_lflag |= xcase;
        current.c_cflag |= cmspar;
        let mut wanted = Termios::from_host(&current);
        assert_eq!(wanted.to_host(&current).c_oflag, current.c_oflag);
        assert_eq!(wanted.to_host(&current).c_lflag, current.c_lflag);
        assert_eq!(wanted.to_host(&current).c_cflag, current.c_cflag);
        for (index, byte) in [(c_cc::VSTATUS, 20), (c_cc::VERASE2, 8), (c_cc::VDSUSP, 25)] {
            wanted.cc[index as usize] = byte;
        }
        assert_eq!(Termios::from_host(&wanted.to_host(&current)), wanted);
    }

    #[test]
    fn the_line_can_be_left_alone() {
        let wanted = Termios {
            cflag: c_cflag::CIGNORE | c_cflag::PARENB,
            ospeed: 300,
            lflag: 0,
            ..Termios::from_host(&host())
        }
        .to_host(&host());
        assert_eq!(
            (wanted.c_cflag, wanted.c_ospeed),
            (host().c_cflag, host().c_ospeed)
        );
        assert_eq!(wanted.c_lflag, 0);
    }

    #[test]
    fn what_no_terminal_here_does_is_named_once() {
        let before = Termios::from_host(&host());
        assert_eq!(before.beyond_host(&before).count(), 0);
        let mut wanted = before;
        wanted.cc[c_cc::VSTATUS as usize] = 20;
        wanted.lflag |= c_lflag::ALTWERASE;
        assert_eq!(wanted.beyond_host(&before).count(), 2);
        assert_eq!(wanted.beyond_host(&wanted).count(), 1);
    }
}
