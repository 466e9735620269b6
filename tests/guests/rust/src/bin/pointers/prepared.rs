//! What the calls need to get as far as their pointers.

use compat_guests::start::Shared;
use compat_guests::sys;

/// Descriptors and good addresses.
#[derive(Clone, Copy, Default)]
pub(crate) struct Prepared {
    pub(crate) file: u64,
    pub(crate) directory: u64,
    pub(crate) pipe: u64,
    pub(crate) socket: u64,
    pub(crate) unbound: u64,
    pub(crate) kqueue: u64,
    pub(crate) zero: u64,
    pub(crate) number: u64,
    pub(crate) buffer: u64,
}

static ZERO: Shared<[u64; 128]> = Shared::new([0; 128]);
static NUMBER: Shared<u64> = Shared::new(64);

const SOCKETPAIR: u64 = 135;
const SOCKET: u64 = 97;
const KQUEUE: u64 = 362;
const KEVENT: u64 = 560;
const SYMLINK: u64 = 57;

pub(crate) fn prepare() -> Prepared {
    let name = c"./pointed".as_ptr() as u64;
    let file = sys::call(sys::OPEN, [name, 0x202, 0o644]).expect("open");
    sys::call(sys::WRITE, [file, c"some text".as_ptr() as u64, 9]).expect("write");
    let _ = sys::call(
        SYMLINK,
        [c"there".as_ptr() as u64, c"./link".as_ptr() as u64],
    );
    let (pipe, end) = sys::pipe();
    sys::call(sys::WRITE, [end, c"some text".as_ptr() as u64, 9]).expect("write");
    let pair = [0u32; 2];
    sys::call(SOCKETPAIR, [1, 1, 0, pair.as_ptr() as u64]).expect("socketpair");
    let [one, other] = unsafe { (&raw const pair).read_volatile() }.map(u64::from);
    sys::call(sys::WRITE, [other, c"some text".as_ptr() as u64, 9]).expect("write");
    let kqueue = sys::call(KQUEUE, []).expect("kqueue");
    // EVFILT_READ, EV_ADD: it has fired from the start.
    let change = [pipe, 0x1_ffff, 0, 0, 0, 0, 0, 0];
    sys::call(KEVENT, [kqueue, change.as_ptr() as u64, 1, 0, 0, 0]).expect("kevent");
    Prepared {
        file,
        directory: sys::call(sys::OPEN, [c".".as_ptr() as u64, 0, 0]).expect("open"),
        pipe,
        socket: one,
        unbound: sys::call(SOCKET, [2, 1, 0]).expect("socket"),
        kqueue,
        zero: ZERO.get() as u64,
        number: NUMBER.get() as u64,
        buffer: sys::map(65536, 3),
    }
}
