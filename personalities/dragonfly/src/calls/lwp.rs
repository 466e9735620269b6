//! Threads (kern_exit.c, kern_fork.c, kern_sig.c: the `lwp_` calls and `extexit`). A thread's number is the host's.

use core::sync::atomic::Ordering;

use compat_bsd::calls::process;
use compat_bsd::calls::signal::send_to_thread;
use compat_tables::bsd::Errno;
use compat_translate::guest::{self, In, Out, Path};
use compat_translate::host::{self, nr};
use compat_translate::signal::{self, Regs};
use compat_translate::task::{Start, clone};
use compat_translate::{Cx, Outcome};

use crate::abi::unistd::LwpParams;
use crate::error::{Error, Return};

pub(crate) fn lwp_gettid(cx: &mut Cx) -> Return<i32> {
    Ok(cx.thread.tid.load(Ordering::Relaxed))
}

/// lwp_create1, cpu_prepare_lwp: a function with one argument, on a stack that holds a null return address. The `fs` base
/// is the creator's.
pub(crate) fn lwp_create(cx: &mut Cx, params: In<LwpParams>) -> Return<()> {
    let params = params.read()?;
    let rsp = params.stack.wrapping_sub(8);
    guest::store_u64(rsp, 0)?;
    let mut context = *cx.frame;
    context.regs = Regs {
        rdi: params.arg,
        rsp,
        rip: params.func,
        ..cx.frame.regs
    };
    context.fpstate = 0;
    context.flags &= !1;
    let start = Start {
        context,
        fs_base: Some(compat_translate::task::fs_base()),
    };
    clone::spawn(cx, start, |tid| {
        for address in params.tids {
            Out::<i32>::new(address).write_optional(&tid)?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(())
}

/// With a set of CPUs, which is advice.
pub(crate) fn lwp_create2(cx: &mut Cx, params: In<LwpParams>, _mask: u64) -> Return<()> {
    lwp_create(cx, params)
}

/// -1 as process is the caller's own, and as thread all of them.
pub(crate) fn lwp_kill(cx: &mut Cx, pid: i32, tid: i32, signal: i32) -> Return<()> {
    if pid < -1 || tid < -1 {
        return Err(Errno::EINVAL.into());
    }
    let process = if pid == -1 {
        // SAFETY: no arguments.
        unsafe { host::call_n(nr::getpid, []) }? as i32
    } else {
        pid
    };
    if tid == -1 {
        return compat_bsd::calls::signal::kill(cx, process, signal);
    }
    send_to_thread(cx, process, i64::from(tid), signal)
}

/// What [`extexit`] does first, and who ends (`<sys/unistd.h>`).
const EXTEXIT_SETINT: i32 = 1;
const EXTEXIT_LWP: i32 = 1 << 16;

/// sys_extexit: ends the thread or the process, having stored a word. The last thread to go takes the process along.
pub(crate) fn extexit(cx: &mut Cx, how: i32, status: i32, address: u64) -> Return<Outcome> {
    let blocked = (how & !0xffff == EXTEXIT_LWP).then(|| signal::retire(cx.thread));
    match how & 0xffff {
        0 => {}
        EXTEXIT_SETINT => guest::write(address, &status).inspect_err(|_| {
            if let Some(blocked) = blocked {
                signal::restore_mask(blocked);
            }
        })?,
        _ => return Err(Errno::EINVAL.into()),
    }
    match how & !0xffff {
        0 => process::exit(cx, status),
        EXTEXIT_LWP => {
            clone::exit_unless_last(cx.thread);
            process::exit(cx, status)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// As much of the name as the host keeps (LPMAP_MAXTHREADTITLE is 1024).
pub(crate) fn lwp_setname(_cx: &mut Cx, tid: i32, name: Path) -> Return<()> {
    let name = name.copy()?;
    host::name_thread(tid, &name).map_err(|_| Errno::ESRCH)?;
    Ok(())
}

pub(crate) fn lwp_getname(_cx: &mut Cx, tid: i32, buffer: Out<u8>, room: usize) -> Return<()> {
    let mut name = host::thread_name(tid).map_err(|_| Errno::ESRCH)?;
    name.truncate(room.saturating_sub(1));
    name.push(0);
    if room != 0 {
        guest::write_bytes(buffer.address(), &name)?;
    }
    Ok(())
}
