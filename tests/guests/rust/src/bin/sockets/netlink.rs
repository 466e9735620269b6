//! Netlink: what there is of the network, asked for and told in FreeBSD's words.

use compat_guests::sys::{self, EINVAL, call};

use crate::net::{self, ENOPROTOOPT, EPROTONOSUPPORT};

const AF_NETLINK: u64 = 38;
const RAW: u64 = 3;
const ROUTE: u64 = 0;
const SOL_NETLINK: u64 = 270;
const EOPNOTSUPP: u64 = 45;
const ENODEV: u32 = 19;

const ERROR: u16 = 2;
const DONE: u16 = 3;
const NEWLINK: u16 = 16;
const GETLINK: u16 = 18;
const NEWADDR: u16 = 20;
const GETADDR: u16 = 22;
const NEWROUTE: u16 = 24;
const GETROUTE: u16 = 26;
const REQUEST: u16 = 1;
const DUMP: u16 = 0x301;

const ROOM: usize = 32 << 10;

struct Netlink {
    fd: u64,
    answer: [u8; ROOM],
    length: usize,
}

impl Netlink {
    fn ask(&self, kind: u16, flags: u16, body: &[u8]) -> sys::Result {
        let mut message = [0u8; 128];
        let length = 16 + body.len();
        message[..4].copy_from_slice(&(length as u32).to_le_bytes());
        message[4..6].copy_from_slice(&kind.to_le_bytes());
        message[6..8].copy_from_slice(&flags.to_le_bytes());
        message[8] = 77;
        message[16..length].copy_from_slice(body);
        call(
            133,
            [self.fd, message.as_ptr() as u64, length as u64, 0, 0, 0],
        )
    }

    /// Receives a block of messages; the sender is the kernel.
    fn hear(&mut self) {
        let mut sender = [0xffu8; 16];
        let mut sender_length = 16u32;
        let args = [
            self.fd,
            self.answer.as_mut_ptr() as u64,
            ROOM as u64,
            0,
            sender.as_mut_ptr() as u64,
            (&raw mut sender_length) as u64,
        ];
        self.length = call(29, args).expect("recvfrom") as usize;
        let sender = unsafe { (&raw const sender).read_volatile() };
        assert_eq!(
            (sender_length, &sender[..8]),
            (12, &[12, 38, 0, 0, 0, 0, 0, 0][..])
        );
    }

    /// Calls `visit` with type and body of each message that has come.
    fn each(&self, mut visit: impl FnMut(u16, &[u8])) {
        let mut rest = &self.answer[..self.length];
        while !rest.is_empty() {
            let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
            assert_eq!(rest[8], 77, "the question's number");
            visit(u16::from_le_bytes([rest[4], rest[5]]), &rest[16..length]);
            rest = &rest[length.next_multiple_of(4)..];
        }
    }

    /// The same for all that is told in answer to a question.
    fn all(&mut self, kind: u16, body: &[u8], mut visit: impl FnMut(u16, &[u8])) {
        self.ask(kind, DUMP, body).expect("a question");
        let mut done = false;
        while !done {
            self.hear();
            self.each(|kind, body| match kind {
                DONE => done = true,
                kind => visit(kind, body),
            });
        }
    }
}

/// An attribute behind `fixed` bytes.
fn attribute(body: &[u8], fixed: usize, wanted: u16) -> Option<&[u8]> {
    let mut rest = &body[fixed..];
    while rest.len() >= 4 {
        let length = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
        if u16::from_le_bytes([rest[2], rest[3]]) == wanted {
            return Some(&rest[4..length]);
        }
        rest = &rest[length.next_multiple_of(4).min(rest.len())..];
    }
    None
}

fn word(body: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(body[at..at + 4].try_into().unwrap())
}

pub(crate) fn netlink() {
    assert_eq!(call(97, [AF_NETLINK, RAW, 5]), Err(EPROTONOSUPPORT));
    let fd = call(97, [AF_NETLINK, RAW, ROUTE]).expect("socket");
    let option =
        |name, value: u32| call(105, [fd, SOL_NETLINK, name, (&raw const value) as u64, 4]);
    assert_eq!(option(11, 1), Ok(0), "NETLINK_EXT_ACK");
    assert_eq!(option(6, 1), Err(ENOPROTOOPT));
    let own = [12u8, 38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(net::bind(fd, &own[..8]), Err(EINVAL));
    assert_eq!(net::bind(fd, &own), Ok(0));
    let mut name = [0u8; 16];
    assert_eq!(net::name(32, fd, &mut name), Ok(12));
    assert_eq!(name[..2], [12, 38]);
    let mut netlink = Netlink {
        fd,
        answer: [0; ROOM],
        length: 0,
    };

    // The loopback interface: IFT_LOOP, IFF_LOOPBACK, a name and no address.
    let mut loopback = 0;
    netlink.all(GETLINK, &[0; 16], |kind, body| {
        assert_eq!(kind, NEWLINK);
        if word(body, 8) & 8 != 0 {
            loopback = word(body, 4);
            assert_eq!(body[..4], [0, 0, 24, 0]);
            assert_eq!(attribute(body, 16, 3).expect("a name").last(), Some(&0));
            assert_eq!(attribute(body, 16, 1), None);
            assert_eq!(attribute(body, 16, 23).expect("counts").len(), 192);
        }
    });
    assert_ne!(loopback, 0);

    // Its addresses, by a question that names nothing and asks for no dump either.
    netlink.ask(GETADDR, REQUEST, &[0; 8]).expect("a question");
    let (mut found, mut done) = (false, false);
    while !done {
        netlink.hear();
        netlink.each(|kind, body| {
            done |= kind == DONE;
            if kind == NEWADDR && body[..2] == [2, 8] && word(body, 4) == loopback {
                found = true;
                for kind in [1, 2] {
                    assert_eq!(attribute(body, 8, kind), Some(&[127, 0, 0, 1][..]));
                }
            }
            assert!(
                kind == DONE || matches!(body[0], 2 | 28),
                "family {}",
                body[0]
            );
        });
    }
    assert!(found);

    // The way to it: RTF_UP, RTF_HOST, RTF_LOCAL.
    let mut question = [0u8; 20];
    question[0] = 2;
    question[12..].copy_from_slice(&[8, 0, 1, 0, 127, 0, 0, 1]);
    netlink
        .ask(GETROUTE, REQUEST, &question)
        .expect("a question");
    netlink.hear();
    netlink.each(|kind, body| {
        assert_eq!(
            (kind, &body[..2], body[4], body[7]),
            (NEWROUTE, &[2, 32][..], 0, 1)
        );
        assert_eq!(attribute(body, 12, 1), Some(&[127, 0, 0, 1][..]));
        assert_eq!(
            word(attribute(body, 12, 14).expect("flags"), 0) & 0x20_0005,
            0x20_0005
        );
        assert_eq!(
            word(attribute(body, 12, 4).expect("an interface"), 0),
            loopback
        );
    });

    // Errors are FreeBSD's, and positive.
    let mut question = [0u8; 16];
    question[4..8].copy_from_slice(&9_999_999u32.to_le_bytes());
    netlink
        .ask(GETLINK, REQUEST, &question)
        .expect("a question");
    netlink.hear();
    netlink.each(|kind, body| assert_eq!((kind, word(body, 0)), (ERROR, ENODEV)));

    // Nobody changes anything.
    assert_eq!(netlink.ask(NEWADDR, REQUEST, &[0; 8]), Err(EOPNOTSUPP));
    net::close(fd);
}
