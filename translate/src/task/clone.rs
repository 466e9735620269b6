//! New threads and processes.

use alloc::boxed::Box;
use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, Ordering};

use super::errand::{Errand, Work};
use super::thread::{become_many, forget_others, is_alone, lock_blocks, release, resign};
use super::{Process, Start, Thread, counts, follow, gaps, new_thread};
use crate::cx::Cx;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::{signal, trap};

const CLONE_VM: u64 = 0x100;
const CLONE_FS: u64 = 0x200;
const CLONE_FILES: u64 = 0x400;
const CLONE_SIGHAND: u64 = 0x800;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_VFORK: u64 = 0x4000;
const CLONE_THREAD: u64 = 0x1_0000;
const CLONE_SYSVSEM: u64 = 0x4_0000;
const CLONE_SETTLS: u64 = 0x8_0000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;
const SIGCHLD: u8 = 17;

// clone(flags, stack, parent_tid, child_tid, tls) whose child calls compat_child(thread) on its own stack. The child
// runs with every signal blocked and dispatch off until it has its block, its alternate stack and its trap armed.
global_asm!(
    ".globl compat_clone", ".hidden compat_clone",
    "compat_clone:",
    // rdi = flags, rsi = stack top, rdx = parent tid, rcx = child tid, r8 = tls, r9 = thread
    "mov r10, rcx",
    "mov eax, 56",
    "syscall",
    "test rax, rax",
    "jz 2f",
    "ret",
    "2:",
    "xor ebp, ebp",
    "mov rdi, r9",
    "call {child}",
    "ud2",
    child = sym compat_child,
);

#[allow(
    improper_ctypes,
    reason = "the routine only carries the pointer over to the child"
)]
unsafe extern "C" {
    fn compat_clone(
        flags: u64,
        stack: u64,
        ptid: *mut i32,
        ctid: *mut i32,
        tls: u64,
        thread: *const Thread,
    ) -> u64;
}

unsafe extern "C" fn compat_child(thread: *const Thread) -> ! {
    // SAFETY: the creator passed a block that is this thread's alone from now on.
    let thread = unsafe { &*thread };
    thread.tid.store(host_tid(), Ordering::Release);
    if thread.attach_gs().is_err() || signal::attach_stack(thread).is_err() || trap::arm().is_err()
    {
        host::write_stderr(b"compat: a new thread could not be set up by the host kernel\n");
        host::exit_group(125);
    }
    if thread.newborn.get() {
        follow::born();
    }
    if thread.leaves.get() {
        // SAFETY: the creator prepared the way out and left its part of the stack alone.
        unsafe { trap::leave(thread) }
    }
    // SAFETY: the creator filled `start` in before the clone.
    let start = unsafe { &*thread.start.get() };
    if let Some(errand) = thread.errand.take() {
        errand.run(thread, start);
    }
    if !thread.gate.pass() {
        exit_thread();
    }
    thread.hold.obey();
    // SAFETY: a context for guest code, prepared by the personality.
    unsafe { signal::resume(&start.context, thread) }
}

fn host_tid() -> i32 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::gettid, []) }.unwrap_or_default() as i32
}

/// Starts a thread of the calling process at `start`. Before it runs any guest code, `announce` is called with its id;
/// when that fails, the new thread ends unseen.
///
/// # Errors
/// `EAGAIN`, `ENOMEM` from the host; those of `announce`.
pub fn spawn<E: From<HostErrno>>(
    cx: &mut Cx,
    start: Start,
    announce: impl FnOnce(i32) -> Result<(), E>,
) -> Result<i32, E> {
    if !cx.process().settings.no_patch {
        trap::can_tell_others();
    }
    let thread = new_thread(cx.process())?;
    thread.mask.set(cx.thread.mask.get());
    let mut flags =
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    flags |= CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;
    if start.fs_base.is_some() {
        flags |= CLONE_SETTLS;
    }
    let fs_base = start.fs_base.unwrap_or(0);
    // SAFETY: nobody reads `start` before the clone below.
    unsafe { *thread.start.get() = start };
    thread.gate.close();
    become_many();
    let blocked = signal::block_all();
    let (ptid, ctid) = (thread.tid.as_ptr(), thread.alive_word());
    // SAFETY: the block and its stack belong to the child; the asm routine keeps to the C convention.
    let raw = unsafe {
        compat_clone(
            flags,
            thread.stack_top() as u64 - 64,
            ptid,
            ctid,
            fs_base,
            thread,
        )
    };
    let made = host::result(raw).inspect_err(|_| release(thread));
    let announced = made.map_err(E::from).and_then(|tid| {
        let announced = announce(tid as i32);
        if announced.is_err() {
            resign(thread);
        }
        thread.gate.open(announced.is_ok());
        announced.map(|()| tid as i32)
    });
    signal::restore_mask(blocked);
    announced
}

/// What a new process shares with its creator and how its end is told.
#[derive(Clone, Copy)]
pub struct Birth {
    /// One descriptor table for both, instead of a copy.
    pub share_files: bool,
    /// One working directory, root and mask of new files' permissions for both.
    pub share_directory: bool,
    /// The host signal that the creator gets when the child ends; 0 for none.
    pub exit_signal: u8,
    /// With shared memory: the creator sleeps until the child has run another program or ended.
    pub creator_waits: bool,
    /// Handlers of the creator become the default action, so that none of them runs in the child.
    pub drop_handlers: bool,
}

impl Default for Birth {
    fn default() -> Self {
        Self {
            share_files: false,
            share_directory: false,
            exit_signal: SIGCHLD,
            creator_waits: true,
            drop_handlers: false,
        }
    }
}

/// Whether this table of descriptors has ever been shared with another process. Copies of the process go on saying so.
static SHARED_FILES: AtomicBool = AtomicBool::new(false);

/// Whether nobody but the threads of the calling process sees its descriptors.
pub(crate) fn has_own_files() -> bool {
    !SHARED_FILES.load(Ordering::Relaxed)
}

impl Birth {
    fn flags(self) -> u64 {
        let files = if self.share_files {
            SHARED_FILES.store(true, Ordering::Relaxed);
            CLONE_FILES
        } else {
            0
        };
        let directory = if self.share_directory { CLONE_FS } else { 0 };
        files | directory | u64::from(self.exit_signal)
    }
}

/// A copy of the calling process: in the parent the child's pid, in the child 0.
///
/// With `pidfd`, a process descriptor is stored there as well (close-on-exec, as the host makes it).
///
/// # Errors
/// `EAGAIN`, `ENOMEM` from the host; `EINTR` when a signal came first and the call has to be made again.
pub fn fork(cx: &mut Cx, birth: Birth, pidfd: Option<&mut i32>) -> HostResult<i32> {
    trap::before_fork(cx.thread);
    let (extra, slot) = match pidfd {
        Some(slot) => (CLONE_PIDFD, core::ptr::from_mut(slot) as u64),
        None => (0, 0),
    };
    // In the child's copy of the block, the kernel notes who it is, and that the word is cleared at its end.
    let flags = birth.flags() | extra | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    let request = [flags, 0, slot, cx.thread.alive_word() as u64, 0, 0];
    if is_alone(cx.thread) {
        fork_alone(cx, birth, request)
    } else {
        fork_among_others(cx, birth, request)
    }
}

/// Without other threads nobody holds a lock. What parent and child write to from here on is little more than the stub
/// stack, because every page costs both of them a copy.
fn fork_alone(cx: &mut Cx, birth: Birth, request: [u64; 6]) -> HostResult<i32> {
    // Signals stay open. None waits when the kernel begins, as it will not begin past one itself; one that comes later is
    // noted in the process that it was sent to.
    let parent = followed();
    // SAFETY: without CLONE_VM the child has its own copy of everything, including this stack.
    let pid = unsafe { cx.host_at_once(nr::clone, request) }? as i32;
    if pid == 0 {
        become_child(cx, birth, parent);
    } else if let Some(parent) = parent {
        follow::tell_of_child(parent, pid);
    }
    Ok(pid)
}

fn fork_among_others(cx: &mut Cx, birth: Birth, request: [u64; 6]) -> HostResult<i32> {
    let process = cx.process();
    let parent = followed();
    let blocked = signal::block_all();
    let pid = {
        // Nobody may hold one of these in the child, where the holder does not exist.
        // Their holders allocate, so the heap comes last. Other locks a dead holder leaves behind count as free in the
        // child (see `sync`); what they guard must survive that.
        let _changes = super::everywhere::lock_changes();
        let _objects = process.objects.lock_for_fork();
        let _actions = process.actions.lock();
        let _blocks = lock_blocks();
        let _sites = trap::lock();
        let _heap = crate::heap::ARENA.lock();
        // SAFETY: as above.
        unsafe { host::call(nr::clone, request) }
    };
    let pid = match pid {
        Ok(pid) => pid as i32,
        Err(error) => {
            signal::restore_mask(blocked);
            return Err(error);
        }
    };
    if pid == 0 {
        // What waited for the parent is the parent's alone.
        cx.thread.pending.store(0, Ordering::Release);
        crate::sync::forget_holders();
        forget_others(cx.thread);
        become_child(cx, birth, parent);
    } else if let Some(parent) = parent {
        follow::tell_of_child(parent, pid);
    }
    signal::restore_mask(blocked);
    Ok(pid)
}

/// The calling process, if somebody is to be told of its children.
fn followed() -> Option<i32> {
    // SAFETY: no arguments.
    follow::any().then(|| unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default() as i32)
}

/// What the child is to know, and what of its parent's it is to forget. Little is written to that need not be.
fn become_child(cx: &mut Cx, birth: Birth, followed: Option<i32>) {
    cx.thread.adopt_in_child();
    cx.thread.held.clear();
    // Dispatch is off in a new task.
    if trap::arm().is_err() {
        host::write_stderr(
            b"compat: system call interception could not be armed in a child process\n",
        );
        host::exit_group(125);
    }
    cx.thread.answers.forget_process();
    if let Some(parent) = followed {
        follow::inherit(parent);
    }
    trap::after_fork(cx.thread);
    gaps::clear();
    counts::clear();
    // In a table that is shared, what a child does not inherit is the creator's still.
    if !birth.share_files {
        cx.process().objects.after_fork();
    }
    if let Some(personality) = crate::attached() {
        (personality.after_fork)(cx);
    }
}

/// A child that shares the caller's memory.
///
/// `start` is where the child begins. It runs on a stub stack and in a [`Process`] of its own.
///
/// # Errors
/// `EAGAIN`, `ENOMEM` from the host.
pub fn share_memory(cx: &mut Cx, birth: Birth, start: Start) -> HostResult<i32> {
    share_memory_with(cx, birth, start, None)
}

/// The same, but the child runs `work` instead of guest code, and ends with the status it returns unless it has gone on to
/// another image. Meanwhile the caller sleeps.
///
/// # Errors
/// `EAGAIN`, `ENOMEM` from the host.
pub fn send_child(cx: &mut Cx, mut birth: Birth, work: Work<'_>) -> HostResult<i32> {
    birth.creator_waits = true;
    let start = Start {
        context: *cx.frame,
        fs_base: None,
    };
    share_memory_with(cx, birth, start, Some(Errand::new(work)))
}

fn share_memory_with(
    cx: &mut Cx,
    birth: Birth,
    start: Start,
    errand: Option<Errand>,
) -> HostResult<i32> {
    let made = cx.process().for_vfork();
    if birth.drop_handlers {
        made.actions.lock().drop_handlers();
    }
    let process: &'static Process = Box::leak(made);
    let thread = new_thread(process)?;
    thread.newborn.set(true);
    thread.mask.set(cx.thread.mask.get());
    thread.alternate.set(cx.thread.alternate.get());
    if errand.is_none() {
        thread
            .leaves
            .set(trap::leave_as_well(cx.frame, thread, &start.context));
    }
    thread.errand.set(errand);
    // Room for the way out, or for nothing.
    let kept = match thread.leaves.get() {
        true => trap::ENTERED.next_multiple_of(64),
        false => 64,
    };
    // SAFETY: nobody reads `start` before the clone below.
    unsafe { *thread.start.get() = start };
    let (how, ctid) = if birth.creator_waits {
        (CLONE_VFORK, core::ptr::null_mut())
    } else {
        become_many();
        (CLONE_CHILD_CLEARTID, thread.alive_word())
    };
    let blocked = signal::block_all();
    // SAFETY: the child gets the new block's stack; guest memory is meant to be shared.
    let raw = unsafe {
        compat_clone(
            CLONE_VM | how | birth.flags(),
            (thread.stack_top() - kept) as u64,
            core::ptr::null_mut(),
            ctid,
            0,
            thread,
        )
    };
    let made = host::result(raw);
    if birth.creator_waits
        && thread.ends.load(Ordering::Acquire)
        && let Ok(pid) = made
    {
        await_end(pid);
    }
    if birth.creator_waits
        && let Ok(pid) = made
    {
        follow::forget(pid as i32);
    }
    signal::restore_mask(blocked);
    if birth.creator_waits || made.is_err() {
        release(thread);
        // SAFETY: leaked above; the child that used it has gone on to another image or has ended.
        drop(unsafe { Box::from_raw(core::ptr::from_ref(process).cast_mut()) });
    }
    made.map(|pid| pid as i32)
}

/// Waits until the child is one that can be waited for: the host lets the creator go on a moment before, and libc's
/// `posix_spawn` looks only once.
fn await_end(pid: u64) {
    const P_PID: u64 = 1;
    /// WEXITED, WNOWAIT, __WALL.
    const ENDED: u64 = 0x4 | 0x100_0000 | 0x4000_0000;
    // Messages of ours interrupt even now. Where nobody is to wait for children, there is none any more.
    // SAFETY: no pointers.
    while unsafe { host::call_n(nr::waitid, [P_PID, pid, 0, ENDED, 0]) } == Err(HostErrno::EINTR) {}
}

/// Ends the calling process.
pub fn exit_process(thread: &Thread, status: i32) -> ! {
    thread.ends.store(true, Ordering::Release);
    follow::ending(status);
    host::exit_group(status)
}

/// Ends the calling thread, if another one of the process goes on; returns if none does. See [`exit_thread`].
pub fn exit_unless_last(thread: &Thread) {
    if resign(thread) {
        exit_thread();
    }
}

/// Ends the calling thread only. Its stub stack is free for another once the kernel has cleared its `alive` word.
pub fn exit_thread() -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { host::call_n(nr::exit, [0]) };
    }
}

/// How many threads the calling process has, by the host's account of live blocks.
pub fn thread_count(process: &Process) -> usize {
    let mut count = 0;
    super::with_all_threads(|thread| {
        count += usize::from(core::ptr::eq(thread.process(), process));
        true
    });
    count
}
