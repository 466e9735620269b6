//! Threads (kern_thr.c).

use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use compat_bsd::threads::{self, own_id};
use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{rtprio_type, thr_flags};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out, Path};
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::objects::umtx::{ANY, End, Queue, Scope, Until};
use compat_translate::signal::{self, Regs};
use compat_translate::task::{Start, Thread, clone};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::ids;
use super::schedule::{RTP_PRIO_MAX, Rtprio, set_rtprio};
use crate::abi::signal::{MC_HASBASES, Ucontext};
use crate::abi::time::{GuestTimespec, is_proper, timespec};
use crate::context;
use crate::error::{Error, Return};
use crate::tls;

/// `struct thr_param`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes)]
pub(crate) struct ThrParam {
    start: u64,
    arg: u64,
    stack_base: u64,
    stack_size: u64,
    tls_base: u64,
    tls_size: u64,
    child_tid: u64,
    parent_tid: u64,
    flags: u32,
    pad: u32,
    rtp: u64,
    spare: [u64; 3],
}

const _: () = assert!(size_of::<ThrParam>() == 104);

pub(crate) fn thr_self(cx: &mut Cx, id: Out<i64>) -> Return<()> {
    id.write(&i64::from(own_id(cx)))?;
    Ok(())
}

pub(crate) fn thr_new(cx: &mut Cx, param: In<ThrParam>, size: i32) -> Return<()> {
    let size = usize::try_from(size)
        .ok()
        .filter(|&size| size <= size_of::<ThrParam>())
        .ok_or(Errno::EINVAL)?;
    let mut found = ThrParam::new_zeroed();
    // A shorter structure is an older one: what it lacks is zero.
    guest::read_bytes(
        param.address(),
        found.as_mut_bytes().get_mut(..size).unwrap_or_default(),
    )?;
    let priority = In::<Rtprio>::new(found.rtp).read_optional()?;
    if let Some(priority) = priority {
        check_priority(priority)?;
    }
    let start = start_of(cx, &found)?;
    // THR_SUSPENDED threads run at once too, on all kernels since FreeBSD 6.
    let known = thr_flags::THR_SUSPENDED | thr_flags::THR_SYSTEM_SCOPE | thr_flags::THR_C_RUNTIME;
    if found.flags & !known != 0 {
        return Err(Errno::EINVAL.into());
    }
    let process = cx.process();
    create(cx, start, |tid| {
        if found.flags & thr_flags::THR_C_RUNTIME != 0 {
            threads::with_thread_of(process, tid, |thread| tls::set(thread, found.tls_base))?;
        }
        for address in [found.child_tid, found.parent_tid] {
            Out::<i64>::new(address).write_optional(&i64::from(tid))?;
        }
        match priority {
            Some([kind, level]) if i32::from(kind) != rtprio_type::RTP_PRIO_NORMAL => {
                set_rtprio(tid, i32::from(kind), i32::from(level))
            }
            _ => Ok(()),
        }
    })
}

/// thread_create: not every type will do here.
fn check_priority([kind, level]: Rtprio) -> Return<()> {
    match i32::from(kind) {
        rtprio_type::RTP_PRIO_REALTIME | rtprio_type::RTP_PRIO_FIFO => {
            ids::require_root()?;
            if i32::from(level) > RTP_PRIO_MAX {
                return Err(Errno::EINVAL.into());
            }
            Ok(())
        }
        rtprio_type::RTP_PRIO_NORMAL => Ok(()),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn create(cx: &mut Cx, start: Start, announce: impl FnOnce(i32) -> Return<()>) -> Return<()> {
    match clone::spawn(cx, start, announce) {
        Ok(_) => Ok(()),
        // The limit on threads has a number of its own (kern_thr_alloc).
        Err(Error(Errno::EAGAIN)) => Err(Errno::EPROCLIM.into()),
        Err(error) => Err(error),
    }
}

/// The new thread's registers (cpu_set_upcall, cpu_set_user_tls).
fn start_of(cx: &Cx, param: &ThrParam) -> Return<Start> {
    // The stack holds a zero return address, 8 below a multiple of 16.
    let rsp = (param.stack_base.wrapping_add(param.stack_size) & !15).wrapping_sub(8);
    guest::store_u64(rsp, 0)?;
    let regs = Regs {
        rdi: param.arg,
        rsp,
        rip: param.start,
        rbp: 0,
        ..cx.frame.regs
    };
    Ok(fresh(cx, regs, Some(param.tls_base)))
}

/// A thread that starts with `regs` and an FPU in its initial state.
fn fresh(cx: &Cx, regs: Regs, fs_base: Option<u64>) -> Start {
    let mut context = *cx.frame;
    context.regs = regs;
    context.fpstate = 0;
    context.flags &= !1;
    Start { context, fs_base }
}

/// The form of FreeBSD 5: registers instead of a function. The mask in the context is not looked at.
pub(crate) fn thr_create(
    cx: &mut Cx,
    context: In<Ucontext>,
    id: Out<i64>,
    _flags: i32,
) -> Return<()> {
    let machine = context.read()?.mcontext;
    if machine.len != size_of_val(&machine) as u64 {
        return Err(Errno::EINVAL.into());
    }
    let mut regs = context::registers(&machine);
    let changeable = context::CHANGEABLE_FLAGS;
    regs.rflags = regs.rflags & changeable | cx.frame.regs.rflags & !changeable;
    let fs_base = (machine.flags & MC_HASBASES != 0).then_some(machine.fsbase);
    let start = fresh(cx, regs, fs_base);
    create(cx, start, |tid| Ok(id.write_optional(&i64::from(tid))?))
}

pub(crate) fn thr_exit(cx: &mut Cx, state: Out<i64>) -> Return<()> {
    let blocked = signal::retire(cx.thread);
    super::umtx_thread_exit(cx);
    if !state.is_null() {
        let _ = state.write(&1);
        super::umtx_wake_all(state.address());
    }
    clone::exit_unless_last(cx.thread);
    signal::restore_mask(blocked);
    // The last thread does not end this way; its caller goes on to exit(2).
    Ok(())
}

/// [`threads::with_thread`] by a number of 64 bits.
fn with_thread(cx: &Cx, id: i64, act: impl FnOnce(&Thread)) -> Return<()> {
    threads::with_thread(cx, i32::try_from(id).map_err(|_| Errno::ESRCH)?, act)
}

pub(crate) fn thr_set_name(cx: &mut Cx, id: i64, name: Path) -> Return<()> {
    /// MAXCOMLEN; what is longer is cut.
    const MOST: usize = 19;
    let mut text = if name.0 == 0 {
        Vec::new()
    } else {
        match guest::read_string(name.0, MOST + 1) {
            Err(HostErrno::ENAMETOOLONG) => {
                let mut text = alloc::vec![0; MOST];
                guest::read_bytes(name.0, &mut text)?;
                text
            }
            text => text?,
        }
    };
    with_thread(cx, id, |_| ())?;
    // The host keeps 15 characters of it.
    text.truncate(15);
    host::name_thread(id as i32, &text)?;
    Ok(())
}

pub(crate) fn thr_wake(cx: &mut Cx, id: i64) -> Return<()> {
    if id == i64::from(own_id(cx)) {
        // The thread library, when it is cancelled just before a call (TDP_WAKEUP).
        cx.thread.sleepless.store(true, Ordering::Relaxed);
        return Ok(());
    }
    with_thread(cx, id, |thread| {
        thread.wake.store(1, Ordering::Release);
        // FUTEX_WAKE | FUTEX_PRIVATE_FLAG.
        // SAFETY: the word lives in a block that is never unmapped.
        let _ = unsafe { host::call_n(nr::futex, [thread.wake.as_ptr() as u64, 129, 1]) };
    })
}

/// Sleeps until [`thr_wake`], which may have come before.
pub(crate) fn thr_suspend(cx: &mut Cx, timeout: In<GuestTimespec>) -> Return<()> {
    let timeout = timeout.read_optional()?;
    cx.never_restart = timeout.is_some();
    let until = match timeout {
        Some(time @ [sec, _]) if sec < 0 || !is_proper(time) => return Err(Errno::EINVAL.into()),
        Some(time) => Some(Until::from_now(timespec(time).as_nanos())?),
        None => None,
    };
    let thread = cx.thread;
    if thread.sleepless.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    let queue = Queue::new(thread.wake.as_ptr() as u64, Scope::Process);
    loop {
        if thread.wake.swap(0, Ordering::AcqRel) != 0 {
            return Ok(());
        }
        match queue.sleep(cx, 0, ANY, until.as_ref())? {
            End::Woken | End::Changed => {}
            // A wake-up that came at the same time is for this sleep, not for the next.
            End::TimedOut if thread.wake.swap(0, Ordering::AcqRel) == 0 => {
                return Err(Errno::ETIMEDOUT.into());
            }
            End::Interrupted if thread.wake.swap(0, Ordering::AcqRel) == 0 => {
                return Err(Errno::EINTR.into());
            }
            End::TimedOut | End::Interrupted => return Ok(()),
        }
    }
}
