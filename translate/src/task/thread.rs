//! The block that `gs` points at: one per guest thread.

use alloc::vec::Vec;
use core::arch::asm;
use core::cell::{Cell, UnsafeCell};
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::answers::{Answer, Answers};
use super::counts::Counts;
use super::errand::Errand;
use super::gate::Gate;
use super::hold::Hold;
use super::presence::Presence;
use super::{Process, counts, segment};
use crate::host::{self, HostResult, nr};
use crate::objects::Recent;
use crate::signal::{AltStack, Held, SigInfo, SigSet, UContext};
use crate::sync::Mutex;
use crate::trap::Family;

/// Bytes mapped for a thread: its stub stack and, at the very top, its block. They share a page, which is all that a
/// short program touches.
pub const MAPPING: usize = 192 * 1024;
/// Bytes of them that are the block.
pub const BLOCK: usize = size_of::<Thread>().next_multiple_of(64);
/// Bytes of a thread's stub stack, which is its host alternate signal stack too.
const STACK_SIZE: usize = MAPPING - BLOCK;

/// How a new thread or process enters guest code.
#[derive(Clone, Copy, Default)]
pub struct Start {
    /// Registers and mask to begin with.
    pub context: UContext,
    /// The new thread's `fs` base; `None` keeps the creator's.
    pub fs_base: Option<u64>,
}

/// State of one guest thread. Lives above its stub stack; `gs` holds its address, so the first two fields have fixed
/// offsets that assembly knows.
#[repr(C)]
pub struct Thread {
    /// gs:0, the block's own address.
    this: *const Thread,
    /// gs:8, the host signal that waits for the guest, or 0. See `signal`.
    pub(crate) pending: AtomicU32,
    /// gs:12, the next call that would sleep is interrupted instead, once. Assembly looks at this word and the one before
    /// at a time.
    pub sleepless: AtomicBool,
    _pad: [u8; 3],
    /// gs:16, where the way in from a patched site keeps the guest's stack pointer for a moment.
    scratch: Cell<u64>,
    /// gs:24, where the stub's stack begins.
    stack_top: Cell<usize>,
    /// What the host returned for a call of the express way that needs the rest of us after all (see `trap::express`).
    pub(crate) express_result: Cell<u64>,
    /// Whether there is such a result.
    pub(crate) express_made: Cell<bool>,
    /// The call in progress may have been interrupted by us rather than by a signal: it starts over.
    pub(crate) disturbed: AtomicBool,
    pub(crate) process: Cell<*const Process>,
    pub(crate) answers: Answers,
    pub(crate) counts: Counts,
    /// Zeroed by the kernel when the thread is gone (CLONE_CHILD_CLEARTID); the block may be used again then.
    alive: AtomicI32,
    /// Host thread id, which is the guest's too.
    pub tid: AtomicI32,
    stack_base: Cell<usize>,
    pub(crate) pending_info: UnsafeCell<SigInfo>,
    /// Signals that the guest blocks and the host does not.
    pub(crate) held: Held,
    /// The call in progress has put the mask that it leaves with into force already.
    pub(crate) mask_installed: Cell<bool>,
    /// Where it last came upon code that was being changed, and how often code had been (see `trap::being_written`).
    pub(crate) stumbled: Cell<(u64, u64)>,
    /// The guest's signal mask, including signals the host has no number for.
    pub mask: Cell<SigSet>,
    /// Mask to put into the next handler's frame in place of `mask` (`sigsuspend`).
    pub saved_mask: Cell<Option<SigSet>>,
    /// The guest's own alternate stack: base, size, enabled.
    pub alternate: Cell<(u64, u64, bool)>,
    /// One-shot wake flag (FreeBSD `thr_wake`), also a futex word.
    pub wake: AtomicU32,
    /// Set when the thread, which waits in line, is called (see `objects::line`); also a futex word.
    pub(crate) called: AtomicU32,
    /// Words for the personality's own use (robust lists and the like).
    pub words: [AtomicU64; 8],
    /// Whether it runs.
    pub presence: Presence,
    pub(crate) start: UnsafeCell<Start>,
    /// Where it waits before it runs guest code.
    pub(crate) gate: Gate,
    /// Whether it is stopped.
    pub(crate) hold: Hold,
    /// It slept when it was roused: the sleep after that one is interrupted as well.
    pub(crate) restless: AtomicBool,
    pub(crate) recent: Recent,
    /// It will end, and is not counted any more (see [`resign`]).
    leaving: AtomicBool,
    /// Its process has gone to its end (see [`super::clone::exit_process`]).
    pub(super) ends: AtomicBool,
    /// It begins where its creator's call ends, by the same way out (see [`crate::trap::leave`]), and not at `start`.
    pub(crate) leaves: Cell<bool>,
    /// It is the first of a process that shares its creator's memory.
    pub(super) newborn: Cell<bool>,
    /// What it does in place of guest code.
    pub(crate) errand: Cell<Option<Errand>>,
    /// What it knows as the parent and as the child of a `fork`.
    pub(crate) family: Family,
}

// SAFETY: other threads touch the atomics only; the cells belong to the thread itself, or to its creator before it runs.
unsafe impl Sync for Thread {}
// SAFETY: as above.
unsafe impl Send for Thread {}

impl Thread {
    /// The process this thread belongs to.
    pub fn process(&self) -> &'static Process {
        // SAFETY: set when the block was made; processes are never freed while a thread of theirs lives.
        unsafe { &*self.process.get() }
    }

    /// Where the stub's stack starts, growing down.
    pub fn stack_top(&self) -> usize {
        self.stack_top.get()
    }

    /// The host alternate stack to register.
    pub fn host_alternate(&self) -> AltStack {
        AltStack {
            base: self.stack_base.get() as u64,
            flags: 0,
            pad: 0,
            size: STACK_SIZE as u64,
        }
    }

    pub(crate) fn alive_word(&self) -> *mut i32 {
        self.alive.as_ptr()
    }

    /// Notes the calling host thread as the one the block belongs to: the first thread of a process.
    pub fn adopt(&self) {
        // The kernel clears the word when the thread ends, as it does for the threads we start.
        // SAFETY: the word lives in a block that is never unmapped.
        let tid = unsafe { host::call_n(nr::set_tid_address, [self.alive.as_ptr() as u64]) };
        self.tid
            .store(tid.unwrap_or_default() as i32, Ordering::Release);
    }

    /// The same in a forked child, where the kernel has put the new id into the block's `alive` word.
    pub(super) fn adopt_in_child(&self) {
        self.tid
            .store(self.alive.load(Ordering::Relaxed), Ordering::Release);
    }

    /// Points this CPU thread's `gs` at the block.
    ///
    /// # Errors
    /// None in practice; `arch_prctl` accepts any canonical address.
    pub fn attach_gs(&self) -> HostResult<()> {
        segment::set_gs_base(core::ptr::from_ref(self) as u64)
    }

    /// The answer to `which`: kept by the thread, or got from `ask`, the host's.
    ///
    /// # Errors
    /// Those of `ask`.
    pub fn answer(&self, which: Answer, ask: impl FnOnce() -> HostResult) -> HostResult {
        self.answers.get(which, ask)
    }

    /// Whether a guest signal waits to be delivered.
    pub fn signal_waiting(&self) -> bool {
        self.pending.load(Ordering::Relaxed) != 0
    }
}

/// The calling thread's block.
pub fn current() -> &'static Thread {
    let this: *const Thread;
    // SAFETY: every thread that runs stub code has had `attach_gs` called; gs:0 is the block's address. Blocks are
    // recycled, never unmapped.
    unsafe {
        asm!("mov {}, gs:[0]", out(reg) this, options(nostack, readonly, preserves_flags));
        &*this
    }
}

struct Blocks(Vec<*const Thread>);
// SAFETY: the pointers are to mappings that are never unmapped.
unsafe impl Send for Blocks {}

static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks(Vec::new()));

/// Whether two threads have ever run at the same time in this image, the one of a `vfork` not counted: it runs while its
/// creator waits.
static CONCURRENT: AtomicBool = AtomicBool::new(false);

/// To be called before a thread is made that runs beside others.
pub(crate) fn become_many() {
    CONCURRENT.store(true, Ordering::Relaxed);
}

/// Whether `thread`, the calling one, is the only one in this memory: nobody holds a lock then. Writes nothing.
pub(crate) fn is_alone(thread: &Thread) -> bool {
    if CONCURRENT.load(Ordering::Relaxed) {
        return false;
    }
    // SAFETY: whoever else is there waits for the end of a `vfork`: nobody changes the list.
    let blocks = unsafe { &*BLOCKS.data_ptr() };
    let is_dead = |block: *const Thread| {
        // SAFETY: see `Blocks`.
        unsafe { &*block }.alive.load(Ordering::Relaxed) == 0
    };
    let mut others = blocks
        .0
        .iter()
        .filter(|&&block| !core::ptr::eq(block, thread));
    others.all(|&block| is_dead(block))
}

/// A block with a stub stack, fresh or left by a thread that ended. `alive` is set, so it is not handed out twice.
///
/// # Errors
/// `ENOMEM` when the host has no memory to map.
pub fn new_thread(process: &'static Process) -> HostResult<&'static Thread> {
    let mut blocks = BLOCKS.lock();
    let free = blocks.0.iter().copied().find(|&block| {
        // SAFETY: see `Blocks`.
        unsafe { &*block }
            .alive
            .compare_exchange(0, -1, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    });
    let (block, stack_base) = match free {
        // SAFETY: as above; the thread that used it is gone, so nobody else reads the cell.
        Some(block) => (block.cast_mut(), unsafe { &*block }.stack_base.get()),
        None => {
            let base = host::own::map_stack(MAPPING as u64)? as usize;
            let block = (base + STACK_SIZE) as *mut Thread;
            blocks.0.push(block);
            (block, base)
        }
    };
    // SAFETY: the block is ours alone: fresh, or claimed above by setting `alive`.
    unsafe {
        if free.is_some() {
            counts::keep(&(*block).counts);
            (*block).recent.forget();
        }
        block.write(Thread {
            this: block,
            pending: AtomicU32::new(0),
            sleepless: AtomicBool::new(false),
            _pad: [0; 3],
            scratch: Cell::new(0),
            stack_top: Cell::new(stack_base + STACK_SIZE),
            express_result: Cell::new(0),
            express_made: Cell::new(false),
            disturbed: AtomicBool::new(false),
            process: Cell::new(process),
            answers: Answers::unknown(),
            counts: Counts::default(),
            alive: AtomicI32::new(-1),
            tid: AtomicI32::new(0),
            stack_base: Cell::new(stack_base),
            pending_info: UnsafeCell::new(SigInfo::default()),
            held: Held::new(),
            mask_installed: Cell::new(false),
            stumbled: Cell::new((0, 0)),
            mask: Cell::new(SigSet::EMPTY),
            saved_mask: Cell::new(None),
            alternate: Cell::new((0, 0, false)),
            wake: AtomicU32::new(0),
            called: AtomicU32::new(0),
            words: [const { AtomicU64::new(0) }; 8],
            presence: Presence::new(),
            start: UnsafeCell::new(Start::default()),
            gate: Gate::new(),
            hold: Hold::new(),
            restless: AtomicBool::new(false),
            recent: Recent::default(),
            leaving: AtomicBool::new(false),
            ends: AtomicBool::new(false),
            leaves: Cell::new(false),
            newborn: Cell::new(false),
            errand: Cell::new(None),
            family: Family::default(),
        });
        Ok(&*block)
    }
}

/// Gives a block back that no thread ever ran on, or whose process is another now.
pub(crate) fn release(thread: &Thread) {
    thread.alive.store(0, Ordering::Release);
}

const _: () = {
    // Known to assembly.
    assert!(core::mem::offset_of!(Thread, pending) == 8);
    assert!(core::mem::offset_of!(Thread, scratch) == 16);
    assert!(core::mem::offset_of!(Thread, sleepless) == 12);
    assert!(core::mem::offset_of!(Thread, stack_top) == 24);
};

/// Calls `visit` for every live thread of this process image until it returns `false`.
pub fn with_all_threads(mut visit: impl FnMut(&Thread) -> bool) {
    let blocks = BLOCKS.lock();
    for &block in &blocks.0 {
        // SAFETY: see `Blocks`.
        let thread = unsafe { &*block };
        if thread.alive.load(Ordering::Acquire) != 0 && !visit(thread) {
            return;
        }
    }
}

/// Calls `visit` for every block of this process image, in use or not.
pub(super) fn with_all_blocks(mut visit: impl FnMut(&Thread)) {
    let blocks = BLOCKS.lock();
    for &block in &blocks.0 {
        // SAFETY: see `Blocks`.
        visit(unsafe { &*block });
    }
}

/// The same in a forked child, which has one thread.
pub(super) fn with_all_blocks_of_child(visit: impl FnMut(&Thread)) {
    // SAFETY: nobody else runs, and the list was held still while the process was copied.
    let blocks = unsafe { &*BLOCKS.data_ptr() };
    // SAFETY: see `Blocks`.
    let blocks = blocks.0.iter().map(|&block| unsafe { &*block });
    blocks.for_each(visit);
}

/// Notes that `thread` is about to end, unless all others of its process are about to as well: then says no.
pub(crate) fn resign(thread: &Thread) -> bool {
    let blocks = BLOCKS.lock();
    let others_stay = blocks.0.iter().any(|&other| {
        // SAFETY: see `Blocks`.
        let found = unsafe { &*other };
        !core::ptr::eq(other, thread)
            && found.alive.load(Ordering::Acquire) != 0
            && core::ptr::eq(found.process.get(), thread.process.get())
            && !found.leaving.load(Ordering::Relaxed)
    });
    if others_stay {
        thread.leaving.store(true, Ordering::Relaxed);
    }
    others_stay
}

/// In a forked child only the calling thread lives on.
pub(crate) fn forget_others(survivor: &Thread) {
    CONCURRENT.store(false, Ordering::Relaxed);
    let blocks = BLOCKS.lock();
    for &block in &blocks.0 {
        if !core::ptr::eq(block, survivor) {
            // SAFETY: see `Blocks`.
            unsafe { &*block }.alive.store(0, Ordering::Release);
        }
    }
}

/// Holds the list of blocks still while the process is copied.
pub(crate) fn lock_blocks() -> impl Sized {
    BLOCKS.lock()
}
