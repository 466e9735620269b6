//! The signals: who sends which to whom, and what their handlers check.
//!
//! Each worker has a queued signal of its own, with a number and a sender in every value: none may be missing, come twice,
//! or overtake another of the same sender. The ordinary ones fall together, so that no more may come than were sent.

use core::arch::asm;
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::probe::Random;
use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, SIGUSR1, SIGUSR2, Set};
use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::text::Bounds;

use crate::calls;

/// How many work.
pub(crate) const WORKERS: usize = 8;
/// With the first thread.
pub(crate) const SENDERS: usize = WORKERS + 1;
/// The queued signal of worker 0, and so on.
const QUEUED: u32 = 70;
/// The timers' own.
const TIMED: u32 = 67;
const TIMED_VALUE: u64 = 0x7117_ed00_0000_0001;
/// No more than this many wait for one worker.
const MOST: u64 = 64;

/// The threads' numbers.
pub(crate) static TIDS: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
/// Queued signals sent to each, and taken by each.
static SENT: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
static TAKEN: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
/// By receiver and sender: the number of the next one, as it will be sent and as it must come.
static NEXT_SENT: [AtomicU64; WORKERS * SENDERS] = [const { AtomicU64::new(0) }; WORKERS * SENDERS];
static NEXT_TAKEN: [AtomicU64; WORKERS * SENDERS] =
    [const { AtomicU64::new(0) }; WORKERS * SENDERS];
/// Ordinary ones, by receiver: sent to it, taken by it. And those of the timers.
static ORDINARY_SENT: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
static ORDINARY_TAKEN: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
static TIMERS: AtomicU64 = AtomicU64::new(0);
/// Where a worker blocks everything, and no handler may run.
static BLOCKED: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];
/// What went wrong first: a handler cannot panic, because it may have interrupted one.
static FAULT: AtomicU64 = AtomicU64::new(0);
static DETAIL: AtomicU64 = AtomicU64::new(0);
static BOUNDS: Shared<Bounds> = Shared::new(Bounds::NONE);

const FAULTS: [&str; 8] = [
    "none",
    "a program counter that is not the program's",
    "a queued signal out of its turn",
    "more ordinary signals than were sent",
    "a handler in spite of the mask",
    "a timer's signal with another value",
    "another thread's signal",
    "not from a sender",
];

fn fault(kind: u64, detail: u64) {
    if FAULT.compare_exchange(0, kind, SeqCst, SeqCst).is_ok() {
        DETAIL.store(detail, SeqCst);
    }
}

/// Fails when a handler found something wrong.
pub(crate) fn all_is_well() {
    let fault = FAULT.load(SeqCst);
    assert_eq!(
        fault,
        0,
        "{} ({:#x})",
        FAULTS[fault as usize],
        DETAIL.load(SeqCst)
    );
}

/// The calling worker's number, which stands where `fs` points.
fn own_number() -> usize {
    let number: u64;
    unsafe { asm!("mov {}, fs:[0]", out(reg) number, options(nostack, readonly)) };
    number as usize
}

/// What every handler begins with. Returns the worker.
fn begin(context: &Context) -> usize {
    if !BOUNDS.load().have(context.machine.rip) {
        fault(1, context.machine.rip);
    }
    let worker = own_number();
    if BLOCKED[worker].load(SeqCst) != 0 {
        fault(4, worker as u64);
    }
    worker
}

/// Leaves no vector register as it was.
fn scramble() {
    unsafe {
        asm!(
            ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
            "pcmpeqd xmm\\n, xmm\\n",
            ".endr",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _, out("xmm6") _,
            out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _, out("xmm12") _,
            out("xmm13") _, out("xmm14") _, out("xmm15") _, options(nostack),
        );
    }
}

extern "C" fn ordinary(_: u32, _: &mut Info, context: &mut Context) {
    let worker = begin(context);
    let taken = ORDINARY_TAKEN[worker].fetch_add(1, SeqCst) + 1;
    if taken > ORDINARY_SENT[worker].load(SeqCst) {
        fault(3, taken);
    }
    scramble();
}

extern "C" fn alarm(_: u32, _: &mut Info, context: &mut Context) {
    begin(context);
    TIMERS.fetch_add(1, SeqCst);
    scramble();
}

extern "C" fn timed(_: u32, info: &mut Info, context: &mut Context) {
    begin(context);
    if info.value != TIMED_VALUE {
        fault(5, info.value);
    }
    TIMERS.fetch_add(1, SeqCst);
    scramble();
}

extern "C" fn queued(signal: u32, info: &mut Info, context: &mut Context) {
    let worker = begin(context);
    if worker != (signal - QUEUED) as usize {
        fault(6, worker as u64);
        return;
    }
    let (sender, number) = ((info.value >> 48) as usize, info.value & 0xffff_ffff_ffff);
    if sender >= SENDERS {
        fault(7, info.value);
        return;
    }
    let expected = NEXT_TAKEN[worker * SENDERS + sender].fetch_add(1, SeqCst);
    if number != expected {
        fault(2, info.value);
    }
    TAKEN[worker].fetch_add(1, SeqCst);
    scramble();
}

/// Whether the calls of a worker are interrupted by nothing but handlers that restart them.
pub(crate) fn restarts(worker: usize) -> bool {
    worker.is_multiple_of(2)
}

/// Installs the handlers. Everything is blocked, for the threads to come as well.
pub(crate) fn prepare() {
    BOUNDS.store(Bounds::find());
    signal::mask(signal::SETMASK, everything());
    signal::handle(SIGUSR1, ordinary, SA_RESTART, Set::EMPTY);
    signal::handle(SIGUSR2, ordinary, 0, Set::EMPTY);
    signal::handle(SIGALRM, alarm, SA_RESTART, Set::EMPTY);
    signal::handle(TIMED, timed, SA_RESTART, Set::EMPTY);
    for worker in 0..WORKERS {
        let flags = if restarts(worker) { SA_RESTART } else { 0 };
        signal::handle(QUEUED + worker as u32, queued, flags, Set::EMPTY);
    }
}

/// All that may come, and nothing else.
pub(crate) fn everything() -> Set {
    let mut set = Set::of(&[SIGUSR1, SIGUSR2, SIGALRM, TIMED]);
    for worker in 0..WORKERS as u32 {
        for (word, own) in set.0.iter_mut().zip(Set::of(&[QUEUED + worker]).0) {
            *word |= own;
        }
    }
    set
}

/// The mask that worker `number` works with: other workers' signals, and those that would end its calls.
pub(crate) fn own_mask(number: usize) -> Set {
    let mut set = everything();
    let mut open = Set::of(&[SIGUSR1, SIGALRM, TIMED, QUEUED + number as u32]);
    if !restarts(number) {
        open.0[0] |= Set::of(&[SIGUSR2]).0[0];
    }
    for (word, open) in set.0.iter_mut().zip(open.0) {
        *word &= !open;
    }
    set
}

/// Begins to work as `number`: from now on it rains.
pub(crate) fn stand_in_the_rain(number: usize) {
    unsafe { asm!("mov fs:[0], {}", in(reg) number as u64, options(nostack)) };
    TIDS[number].store(sys::tid(), SeqCst);
    signal::mask(signal::SETMASK, own_mask(number));
}

/// Runs `body` where nothing may interrupt.
pub(crate) fn undisturbed(number: usize, body: impl FnOnce()) {
    signal::mask(signal::SETMASK, everything());
    BLOCKED[number].store(1, SeqCst);
    body();
    BLOCKED[number].store(0, SeqCst);
    signal::mask(signal::SETMASK, own_mask(number));
}

/// One of every kind, to some worker.
pub(crate) fn send(sender: usize, pid: u64, random: &mut Random) {
    let target = random.below(WORKERS);
    let signal = if restarts(target) || random.below(2) == 0 {
        SIGUSR1
    } else {
        SIGUSR2
    };
    let tid = TIDS[target].load(SeqCst);
    if tid != 0 {
        ORDINARY_SENT[target].fetch_add(1, SeqCst);
        calls::hot(sys::THR_KILL, &[tid, u64::from(signal), 0, 0, 0, 0]).expect("thr_kill");
    }
    let target = random.below(WORKERS);
    // It may have been taken before it is counted as sent.
    let waiting = SENT[target]
        .load(SeqCst)
        .saturating_sub(TAKEN[target].load(SeqCst));
    if waiting > MOST {
        return;
    }
    let next = &NEXT_SENT[target * SENDERS + sender];
    let number = next.load(SeqCst);
    let value = (sender as u64) << 48 | number;
    let args = [pid, u64::from(QUEUED) + target as u64, value, 0, 0, 0];
    match calls::hot(sys::SIGQUEUE, &args) {
        Ok(_) => {
            next.store(number + 1, SeqCst);
            SENT[target].fetch_add(1, SeqCst);
        }
        Err(error) => assert_eq!(error, sys::EAGAIN, "sigqueue"),
    }
}

/// An ordinary one to the worker itself.
pub(crate) fn send_itself(number: usize) {
    ORDINARY_SENT[number].fetch_add(1, SeqCst);
    sys::call(sys::THR_KILL, [sys::tid(), u64::from(SIGUSR1)]).expect("thr_kill");
}

/// How many handlers a worker has run, but for those of the timers.
pub(crate) fn handled(number: usize) -> u64 {
    ORDINARY_TAKEN[number].load(SeqCst) + TAKEN[number].load(SeqCst)
}

/// Lets the last ones come down: all that were sent have come.
pub(crate) fn dry(number: usize) {
    for _ in 0..10_000 {
        if TAKEN[number].load(SeqCst) == SENT[number].load(SeqCst) {
            return;
        }
        sys::sleep_microseconds(1000);
    }
    panic!(
        "worker {number} has taken {} of {} queued signals",
        TAKEN[number].load(SeqCst),
        SENT[number].load(SeqCst)
    );
}

/// SIGALRM by an interval timer, and another signal by a timer with a value.
pub(crate) fn timers(on: bool) {
    const KTIMER_CREATE: u64 = 235;
    const KTIMER_SETTIME: u64 = 237;
    const CLOCK_MONOTONIC: u64 = 4;
    const SIGEV_SIGNAL: u64 = 1;
    const EVERY: u64 = 700_000;
    signal::alarm_every(if on { 500 } else { 0 });
    static TIMER: AtomicU64 = AtomicU64::new(0);
    if on {
        // struct sigevent: how, which signal, value.
        let event = [
            SIGEV_SIGNAL | u64::from(TIMED) << 32,
            TIMED_VALUE,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        let mut made = 0u32;
        let args = [
            CLOCK_MONOTONIC,
            event.as_ptr() as u64,
            (&raw mut made) as u64,
        ];
        sys::call(KTIMER_CREATE, args).expect("ktimer_create");
        TIMER.store(
            u64::from(unsafe { (&raw const made).read_volatile() }),
            SeqCst,
        );
    }
    let every = if on { EVERY } else { 0 };
    let times = [0, every, 0, every];
    sys::call(
        KTIMER_SETTIME,
        [TIMER.load(SeqCst), 0, times.as_ptr() as u64, 0],
    )
    .expect("ktimer_settime");
}

/// How many handlers have run: queued, ordinary, timers'.
pub(crate) fn taken() -> [u64; 3] {
    let sum = |all: &[AtomicU64; WORKERS]| all.iter().map(|one| one.load(SeqCst)).sum();
    [sum(&TAKEN), sum(&ORDINARY_TAKEN), TIMERS.load(SeqCst)]
}
