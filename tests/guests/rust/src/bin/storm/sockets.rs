//! One worker asks, another one serves: connections by TCP and by name, streams of known bytes, and an answer.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys;

use crate::Worker;
use crate::pipes::byte;

const CONNECT: u64 = 98;
const ACCEPT: u64 = 30;
const SENDTO: u64 = 133;
const RECVFROM: u64 = 29;
const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;
const STREAM: u64 = 1;
const EALREADY: u64 = 37;
const EISCONN: u64 = 56;
const EINPROGRESS: u64 = 36;
const MSG_WAITALL: u64 = 0x40;
const ROOM: usize = 4000;

/// The listening sockets, and the port of the first.
static LISTENERS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static PORT: AtomicU64 = AtomicU64::new(0);

const NAME: &[u8; 8] = b"./storm\0";

fn by_name() -> [u8; 10] {
    let mut address = [0; 10];
    address[..2].copy_from_slice(&[10, AF_UNIX as u8]);
    address[2..].copy_from_slice(NAME);
    address
}

fn by_port() -> [u8; 16] {
    let [.., high, low] = PORT.load(SeqCst).to_be_bytes();
    [
        16,
        AF_INET as u8,
        high,
        low,
        127,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]
}

pub(crate) fn prepare() {
    const SOCKET: u64 = 97;
    const BIND: u64 = 104;
    const LISTEN: u64 = 106;
    const GETSOCKNAME: u64 = 32;
    let _ = sys::call(10, [NAME.as_ptr() as u64]);
    for (family, listener) in [AF_INET, AF_UNIX].into_iter().zip(&LISTENERS) {
        let socket = sys::call(SOCKET, [family, STREAM, 0]).expect("socket");
        let bound = if family == AF_INET {
            sys::call(BIND, [socket, by_port().as_ptr() as u64, 16])
        } else {
            sys::call(BIND, [socket, by_name().as_ptr() as u64, 10])
        };
        bound.expect("bind");
        sys::call(LISTEN, [socket, 5]).expect("listen");
        listener.store(socket, SeqCst);
    }
    let mut address = [0u8; 16];
    let mut length = 16u32;
    let args = [
        LISTENERS[0].load(SeqCst),
        address.as_mut_ptr() as u64,
        (&raw mut length) as u64,
    ];
    sys::call(GETSOCKNAME, args).expect("getsockname");
    let address = unsafe { (&raw const address).read_volatile() };
    PORT.store(
        u64::from(u16::from_be_bytes([address[2], address[3]])),
        SeqCst,
    );
}

/// Sends `bytes`, all of them.
fn send(worker: &mut Worker, socket: u64, bytes: &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let args = [socket, rest.as_ptr() as u64, rest.len() as u64, 0, 0, 0];
        match worker.insist("sendto", SENDTO, args) {
            Ok(count) => at += count as usize,
            Err(error) => panic!("sendto: {error}"),
        }
    }
}

/// Receives as much as `bytes` has room for.
fn receive(worker: &mut Worker, socket: u64, bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let flags = if worker.random.below(2) == 0 {
            MSG_WAITALL
        } else {
            0
        };
        let rest = &mut bytes[at..];
        let args = [
            socket,
            rest.as_mut_ptr() as u64,
            rest.len() as u64,
            flags,
            0,
            0,
        ];
        match worker.insist("recvfrom", RECVFROM, args) {
            Ok(0) => panic!("the connection ended after {at} of {} bytes", bytes.len()),
            Ok(count) => at += count as usize,
            Err(error) => panic!("recvfrom: {error}"),
        }
    }
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(17, |sum: u64, &byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    })
}

/// How long the message of round `round` is; none for the last.
const LAST: u64 = u64::MAX;

pub(crate) fn serves(worker: &mut Worker) {
    for round in 0u64.. {
        let _ = worker.goes_on();
        let listener = LISTENERS[(round % 2) as usize].load(SeqCst);
        let socket = worker
            .insist("accept", ACCEPT, [listener, 0, 0, 0, 0, 0])
            .expect("accept");
        let mut head = [0u8; 8];
        receive(worker, socket, &mut head);
        let length = u64::from_le_bytes(head);
        if length == LAST {
            sys::call(sys::CLOSE, [socket]).expect("close");
            return;
        }
        let mut bytes = [0u8; ROOM];
        receive(worker, socket, &mut bytes[..length as usize]);
        for (index, &found) in bytes[..length as usize].iter().enumerate() {
            assert_eq!(
                found,
                byte(round + index as u64),
                "round {round}, byte {index}"
            );
        }
        send(
            worker,
            socket,
            &sum(&bytes[..length as usize]).to_le_bytes(),
        );
        sys::call(sys::CLOSE, [socket]).expect("close");
    }
}

/// connect(2): one that a signal ended goes on by itself.
fn connect(worker: &mut Worker, socket: u64, address: &[u8]) {
    let args = [
        socket,
        address.as_ptr() as u64,
        address.len() as u64,
        0,
        0,
        0,
    ];
    loop {
        match worker.sleep(CONNECT, args) {
            Ok(_) | Err(EISCONN) => return,
            Err(sys::EINTR | EALREADY | EINPROGRESS) => {
                let _ = sys::call(sys::SCHED_YIELD, []);
            }
            Err(error) => panic!("connect: {error}"),
        }
    }
}

pub(crate) fn asks(worker: &mut Worker) {
    for round in 0u64.. {
        let goes_on = worker.goes_on();
        let family = if round % 2 == 0 { AF_INET } else { AF_UNIX };
        let socket = sys::call(97, [family, STREAM, 0]).expect("socket");
        if family == AF_INET {
            connect(worker, socket, &by_port());
        } else {
            connect(worker, socket, &by_name());
        }
        let length = worker.random.below(ROOM);
        let head = if goes_on { length as u64 } else { LAST };
        send(worker, socket, &head.to_le_bytes());
        if !goes_on {
            sys::call(sys::CLOSE, [socket]).expect("close");
            return;
        }
        let bytes: [u8; ROOM] = core::array::from_fn(|index| byte(round + index as u64));
        send(worker, socket, &bytes[..length]);
        let mut answer = [0u8; 8];
        receive(worker, socket, &mut answer);
        assert_eq!(
            u64::from_le_bytes(answer),
            sum(&bytes[..length]),
            "round {round}"
        );
        sys::call(sys::CLOSE, [socket]).expect("close");
    }
}
