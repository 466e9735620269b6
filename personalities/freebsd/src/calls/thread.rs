//! Threads (kern_thr.c).

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out, Path};
use compat_translate::host::{self, nr};
use compat_translate::signal::Regs;
use compat_translate::task::{self, Start, clone};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use crate::error::Return;

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
    flags: i32,
    pad: u32,
    rtp: u64,
    spare: [u64; 3],
}

const _: () = assert!(size_of::<ThrParam>() == 104);

pub(crate) fn thr_self(cx: &mut Cx, id: Out<i64>) -> Return<()> {
    id.write(&i64::from(
        cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed),
    ))?;
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
    for address in [found.child_tid, found.parent_tid]
        .into_iter()
        .filter(|&address| address != 0)
    {
        guest::store_u64(address, 0)?;
    }
    let tid = clone::spawn(cx, start_of(cx, &found)?)?;
    if found.parent_tid != 0 {
        guest::store_u64(found.parent_tid, tid as u64)?;
    }
    Ok(())
}

/// The new thread's registers (cpu_set_upcall, cpu_set_user_tls).
fn start_of(cx: &Cx, param: &ThrParam) -> Return<Start> {
    // The stack holds a zero return address, 8 below a multiple of 16.
    let rsp = (param.stack_base.wrapping_add(param.stack_size) & !15).wrapping_sub(8);
    guest::store_u64(rsp, 0)?;
    let mut context = *cx.frame;
    context.regs = Regs {
        rdi: param.arg,
        rsp,
        rip: param.start,
        rbp: 0,
        ..cx.frame.regs
    };
    // A new thread's FPU is in its initial state.
    context.fpstate = 0;
    context.flags &= !1;
    Ok(Start {
        context,
        fs_base: Some(param.tls_base),
        tid_at: [param.child_tid, 0],
    })
}

pub(crate) fn thr_exit(cx: &mut Cx, state: Out<i64>) -> Return<()> {
    if clone::thread_count(cx.process()) == 1 {
        // The last thread does not end this way; its caller goes on to exit(2).
        return Ok(());
    }
    super::umtx_thread_exit(cx);
    if !state.is_null() {
        let _ = state.write(&1);
        super::umtx_wake_all(state.address());
    }
    clone::exit_thread()
}

pub(crate) fn thr_set_name(cx: &mut Cx, id: i64, name: Path) -> Return<()> {
    let text = if name.0 == 0 {
        alloc::vec::Vec::new()
    } else {
        guest::read_string(name.0, 20)?
    };
    let own = cx.thread.tid.load(core::sync::atomic::Ordering::Relaxed);
    // The host keeps 15 characters of it, and lets a thread name only itself by prctl.
    let mut short = [0u8; 16];
    for (slot, byte) in short.iter_mut().take(15).zip(text) {
        *slot = byte;
    }
    if id == i64::from(own) || id == 0 {
        const PR_SET_NAME: u64 = 15;
        // SAFETY: a NUL-terminated name of at most 16 bytes.
        unsafe { host::call_n(nr::prctl, [PR_SET_NAME, short.as_ptr() as u64]) }?;
    }
    Ok(())
}

pub(crate) fn thr_wake(cx: &mut Cx, id: i64) -> Return<()> {
    use core::sync::atomic::Ordering;
    if id == i64::from(cx.thread.tid.load(Ordering::Relaxed)) {
        cx.thread.wake.store(1, Ordering::Release);
        return Ok(());
    }
    let mut found = false;
    task::with_all_threads(|thread| {
        if i64::from(thread.tid.load(Ordering::Relaxed)) == id {
            found = true;
            thread.wake.store(1, Ordering::Release);
            // FUTEX_WAKE | FUTEX_PRIVATE_FLAG.
            // SAFETY: the word lives in a block that is never unmapped.
            let _ = unsafe { host::call_n(nr::futex, [thread.wake.as_ptr() as u64, 129, 1]) };
        }
        !found
    });
    if found {
        Ok(())
    } else {
        Err(Errno::ESRCH.into())
    }
}

pub(crate) fn thr_suspend(cx: &mut Cx, timeout: In<[i64; 2]>) -> Return<()> {
    use core::sync::atomic::Ordering;
    cx.never_restart = true;
    let timeout = timeout.read_optional()?;
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |timeout| core::ptr::from_ref(timeout) as u64);
    loop {
        if cx.thread.wake.swap(0, Ordering::AcqRel) != 0 {
            return Ok(());
        }
        let word = cx.thread.wake.as_ptr() as u64;
        // FUTEX_WAIT | FUTEX_PRIVATE_FLAG.
        // SAFETY: our own word and a copied timespec.
        match unsafe { cx.host(nr::futex, [word, 128, 0, timeout_at, 0, 0]) } {
            Ok(_) | Err(host::HostErrno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

const AMD64_GET_FSBASE: i32 = 128;
const AMD64_SET_FSBASE: i32 = 129;
const AMD64_GET_GSBASE: i32 = 130;
const AMD64_SET_GSBASE: i32 = 131;

pub(crate) fn sysarch(cx: &mut Cx, operation: i32, parameters: u64) -> Return<()> {
    match operation {
        AMD64_GET_FSBASE => guest::store_u64(parameters, task::fs_base())?,
        AMD64_SET_FSBASE => {
            let base = guest::load_u64(parameters)?;
            // User addresses only (sysarch in sys_machdep.c).
            if base >= 0x8000_0000_0000 {
                return Err(Errno::EINVAL.into());
            }
            task::set_fs_base(base);
        }
        // `gs` is the stub's: a guest that wants a base of its own there cannot be served, and is told so.
        AMD64_GET_GSBASE => guest::store_u64(parameters, 0)?,
        AMD64_SET_GSBASE => return Err(cx.gap("sysarch: AMD64_SET_GSBASE", Errno::EINVAL.into())),
        _ => {
            return Err(cx.gap(
                "sysarch: operation other than the segment bases",
                Errno::EINVAL.into(),
            ));
        }
    }
    Ok(())
}
