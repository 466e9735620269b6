//! Signals as 4.3BSD had them: masks of one word.

use compat_guests::signal::{self, Context, Info, SIGUSR1, SIGUSR2, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

const OSIGACTION: u64 = 46;
const OSIGPROCMASK: u64 = 48;
const OSIGPENDING: u64 = 52;
const OSIGVEC: u64 = 108;
const OSIGBLOCK: u64 = 109;
const OSIGSETMASK: u64 = 110;
const OSIGSUSPEND: u64 = 111;
const OSIGSTACK: u64 = 112;
const OKILLPG: u64 = 146;

const fn bit(signal: u32) -> u64 {
    1 << (signal - 1)
}

static COUNT: Shared<u64> = Shared::new(0);
static STACK_POINTER: Shared<u64> = Shared::new(0);

extern "C" fn count(_: u32, _: &mut Info, _: &mut Context) {
    COUNT.store(COUNT.load() + 1);
    let here = 0u64;
    STACK_POINTER.store(&raw const here as u64);
}

/// `struct osigaction`, `struct sigvec`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Old {
    handler: u64,
    mask: u32,
    flags: u32,
}

fn change(call: u64, signal: u32, new: Option<Old>) -> Result<Old, u64> {
    let mut old = Old::default();
    let at = new
        .as_ref()
        .map_or(0, |new| core::ptr::from_ref(new) as u64);
    sys::call(call, [u64::from(signal), at, (&raw mut old) as u64])?;
    Ok(old)
}

pub(crate) fn mask_by_value() {
    signal::handle(SIGUSR1, count, 0, Set::EMPTY);
    // A signal outside the word keeps its state.
    signal::mask(signal::BLOCK, Set::of(&[65]));
    assert_eq!(sys::call(OSIGSETMASK, [bit(SIGUSR2)]), Ok(0));
    assert_eq!(sys::call(OSIGBLOCK, [bit(SIGUSR1)]), Ok(bit(SIGUSR2)));
    signal::raise(SIGUSR1);
    assert_eq!(COUNT.load(), 0);
    assert_eq!(sys::call(OSIGPENDING, []), Ok(bit(SIGUSR1)));
    let both = bit(SIGUSR1) | bit(SIGUSR2);
    assert_eq!(
        sys::call(OSIGPROCMASK, [signal::UNBLOCK, bit(SIGUSR1)]),
        Ok(both)
    );
    assert_eq!(COUNT.load(), 1);
    // SIGKILL and SIGSTOP cannot be blocked.
    assert_eq!(
        sys::call(OSIGSETMASK, [u64::from(u32::MAX)]),
        Ok(bit(SIGUSR2))
    );
    let all = u64::from(u32::MAX) & !bit(9) & !bit(17);
    assert_eq!(sys::call(OSIGSETMASK, [0]), Ok(all));
    assert_eq!(
        signal::mask(signal::BLOCK, Set::EMPTY),
        Set::of(&[65]),
        "what the word does not reach"
    );
    assert_eq!(sys::call(OSIGPROCMASK, [9, 0]), Err(sys::EINVAL));
}

pub(crate) fn action_and_vector() {
    let new = Old {
        handler: 0x1234,
        mask: bit(SIGUSR2) as u32,
        flags: signal::SA_RESTART,
    };
    // What nobody has set does not interrupt.
    assert_eq!(
        change(OSIGACTION, SIGUSR1, Some(new)).expect("osigaction"),
        Old {
            flags: signal::SA_RESTART,
            ..Old::default()
        }
    );
    // The same bit says the opposite.
    let vector = change(OSIGVEC, SIGUSR1, None).expect("osigvec");
    assert_eq!(vector, Old { flags: 0, ..new });
    let interrupting = Old {
        flags: signal::SA_RESTART,
        ..new
    };
    change(OSIGVEC, SIGUSR1, Some(interrupting)).expect("osigvec");
    assert_eq!(
        change(OSIGACTION, SIGUSR1, None).expect("osigaction").flags,
        0
    );
    let today = signal::current(SIGUSR1);
    assert_eq!((today.handler, today.mask), (0x1234, Set::of(&[SIGUSR2])));
    for signal in [0, 32, 65] {
        assert_eq!(
            change(OSIGACTION, signal, None),
            Err(sys::EINVAL),
            "{signal}"
        );
    }
    assert_eq!(change(OSIGACTION, 9, Some(new)), Err(sys::EINVAL));
}

pub(crate) fn suspend() {
    signal::handle(SIGUSR1, count, 0, Set::EMPTY);
    sys::call(OSIGSETMASK, [bit(SIGUSR1)]).expect("osigsetmask");
    signal::raise(SIGUSR1);
    assert_eq!(sys::call(OSIGSUSPEND, [0]), Err(sys::EINTR));
    assert_eq!(COUNT.load(), 1);
    assert_eq!(
        sys::call(OSIGBLOCK, [0]),
        Ok(bit(SIGUSR1)),
        "the mask is back"
    );
}

static STACK: Shared<[u64; 4096]> = Shared::new([0; 4096]);

pub(crate) fn stack() {
    let top = STACK.get() as u64 + size_of::<[u64; 4096]>() as u64;
    let new = [top, 0];
    let mut old = [1u64; 2];
    sys::call(OSIGSTACK, [new.as_ptr() as u64, 0]).expect("osigstack");
    signal::handle(SIGUSR1, count, signal::SA_ONSTACK, Set::EMPTY);
    signal::raise(SIGUSR1);
    let at = STACK_POINTER.load();
    assert!((STACK.get() as u64..top).contains(&at), "{at:#x}");
    sys::call(OSIGSTACK, [0, old.as_mut_ptr() as u64]).expect("osigstack");
    assert_eq!(old, [top, 0]);
}

pub(crate) fn killpg() {
    // A group of our own, so that nobody else gets it; a session leader has one already.
    let _ = sys::call(SETPGID, [0, 0]);
    signal::handle(SIGUSR1, count, 0, Set::EMPTY);
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    sys::call(OKILLPG, [0, u64::from(SIGUSR1)]).expect("okillpg");
    sys::call(OKILLPG, [pid, u64::from(SIGUSR1)]).expect("okillpg");
    assert_eq!(COUNT.load(), 2);
    assert_eq!(sys::call(OKILLPG, [pid, 129]), Err(sys::EINVAL));
    assert_eq!(sys::call(OKILLPG, [u64::from(u32::MAX), 0]), Err(3));
}

const SETPGID: u64 = 82;
