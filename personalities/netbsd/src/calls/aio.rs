//! Asynchronous input and output (sys_aio.c), done at once.
//!
//! All that is known of a request stands in the program's control block, which the kernel's thread for them updates; and
//! what is wrong with a request shows there as well. So a request for a file is finished when its making returns. One for
//! a socket, a pipe or a terminal that is not ready waits, and is tried again whenever somebody asks about requests.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use compat_bsd::abi::time::{GuestTimespec, timespec};
use compat_bsd::calls::aio::file::{File, kind_of, must_be_open};
use compat_bsd::calls::aio::job::{self, Action, Job, Outcome};
use compat_bsd::calls::aio::notice::Notice;
use compat_bsd::calls::aio::wait;
use compat_bsd::errno_number;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::aio_cancel_result::{AIO_ALLDONE, AIO_CANCELED, AIO_NOTCANCELED};
use compat_tables::bsd::flags::lio_opcode::{LIO_NOP, LIO_READ, LIO_WRITE};
use compat_tables::netbsd::flags::open_flags::{O_DSYNC, O_SYNC};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use super::before_5::{address, widened};
use crate::abi::aio::{Aiocb, JOB_DONE, JOB_NONE, JOB_WIP};
use crate::abi::signal::{SIGEV_SA, Sigevent};
use crate::abi::time::Timespec50;
use crate::error::{Error, Return};
use crate::lower::Fd;

/// AIO_LISTIO_MAX
const LISTIO_MAX: usize = 512;

/// Whether this process ever made a request (p_aio).
static USED: AtomicBool = AtomicBool::new(false);

/// What to do when requests have ended: any way of notice but none is a signal (aio_sendsig).
fn notice(event: &Sigevent) -> Return<Notice> {
    /// _NSIG
    const NSIG: i32 = 64;
    if !(0..NSIG).contains(&event.signo) || !(0..=SIGEV_SA).contains(&event.notify) {
        return Err(Errno::EINVAL.into());
    }
    if event.signo == 0 || event.notify == 0 {
        return Ok(Notice::None);
    }
    let signal = compat_tables::netbsd::signal::to_host(event.signo as u8).ok_or(Errno::EINVAL)?;
    Ok(Notice::Signal {
        signal,
        thread: None,
        value: event.value,
    })
}

/// What is asked for: by the call, or by the control block (lio_listio).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Named,
    Action(Action),
}

/// aio_enqueue_job. Of a list, a notice is to be given when all have ended.
fn queue(cx: &mut Cx, block: u64, asked: Asked, list_tells: bool) -> Return<()> {
    let mut control: Aiocb = guest::read(block)?;
    let notice = notice(&control.sigevent)?;
    let named = |opcode| match opcode {
        LIO_READ => Ok(Some(Action::Read)),
        LIO_WRITE => Ok(Some(Action::Write)),
        LIO_NOP => Ok(None),
        _ => Err(Errno::EINVAL),
    };
    let action = match asked {
        Asked::Action(action) => Some(action),
        Asked::Named => named(control.opcode)?,
    };
    let moves =
        matches!(asked, Asked::Named) || matches!(action, Some(Action::Read | Action::Write));
    if moves && (control.buf == 0 || i64::try_from(control.nbytes).is_err()) {
        return Err(Errno::EINVAL.into());
    }
    let Some(action) = action else {
        return Ok(());
    };
    if job::with(|jobs| jobs.len()) >= job::LIMIT {
        return Err(Errno::EAGAIN.into());
    }
    if job::with(|jobs| jobs.iter().any(|job| job.block == block)) {
        // It is under way.
        return Err(Errno::EINVAL.into());
    }
    USED.store(true, Ordering::Relaxed);
    control.state = JOB_WIP;
    control.errno = i32::from(errno_number(Errno::EINPROGRESS));
    control.retval = -1;
    guest::write(block, &control)?;
    let mut job = Job {
        block,
        fd: control.fildes,
        kind: File::Plain,
        action,
        buffers: alloc::vec![[control.buf, control.nbytes]],
        offset: control.offset,
        moved: 0,
        knotes: [None; 2],
        outcome: None,
    };
    begin(cx, &mut job);
    if job.outcome.is_none() && (notice != Notice::None || list_tells) {
        control.state = JOB_NONE;
        guest::write(block, &control)?;
        let what = "aio: notice of a descriptor that is not ready";
        return Err(cx.gap(what, Errno::EAGAIN.into()));
    }
    match job.outcome {
        Some(outcome) => {
            conclude(block, outcome);
            notice.give(cx, 0);
        }
        None => job::with(|jobs| jobs.push(job)),
    }
    Ok(())
}

/// aio_process, as far as it goes now.
fn begin(cx: &Cx, job: &mut Job) {
    let checked = || -> Return<File> {
        let fd = Fd(job.fd).checked(cx)?;
        let syncs = job.action == Action::DataSync;
        must_be_open(fd, Some(if syncs { Action::Write } else { job.action }))?;
        let kind = kind_of(fd)?;
        if syncs && kind != File::Plain {
            return Err(Errno::EINVAL.into());
        }
        Ok(kind)
    };
    job.kind = match checked() {
        Ok(kind) => kind,
        Err(Error(error)) => {
            job.outcome = Some(Err(error));
            return;
        }
    };
    if job.kind == File::Plain {
        job.outcome = Some(job.on_file());
        return;
    }
    job::progress();
    let behind = job::with(|jobs| {
        jobs.iter().any(|other| {
            other.outcome.is_none() && (other.fd, other.action) == (job.fd, job.action)
        })
    });
    if !behind {
        job.outcome = job.proceed();
    }
}

/// Stores in its control block how a request ended. What was asked for becomes what was done (aio_worker).
fn conclude(block: u64, outcome: Outcome) {
    let Ok(mut control) = guest::read::<Aiocb>(block) else {
        return;
    };
    control.state = JOB_DONE;
    (control.errno, control.retval) = match outcome {
        Ok(count) => (0, count as i64),
        Err(error) => (i32::from(errno_number(error)), -1),
    };
    if let Ok(count) = outcome
        && control.buf != 0
    {
        control.nbytes = count;
        control.offset = control.offset.wrapping_add_unsigned(count);
    }
    let _ = guest::write(block, &control);
}

/// Tries what waits, and stores what has ended.
fn settle() {
    job::progress();
    let ended: Vec<(u64, Outcome)> = job::with(|jobs| {
        let ended = jobs
            .iter()
            .filter_map(|job| Some((job.block, job.outcome?)))
            .collect();
        jobs.retain(|job| job.outcome.is_none());
        ended
    });
    for (block, outcome) in ended {
        conclude(block, outcome);
    }
}

/// The control block of a process that has made requests.
fn asked_about(block: u64) -> Return<Aiocb> {
    if !USED.load(Ordering::Relaxed) {
        return Err(Errno::EINVAL.into());
    }
    settle();
    Ok(guest::read(block)?)
}

pub(crate) fn aio_read(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Read), false)
}

pub(crate) fn aio_write(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Write), false)
}

/// Either way only the data is waited for (sys_aio_fsync).
pub(crate) fn aio_fsync(cx: &mut Cx, operation: i32, block: u64) -> Return<()> {
    if !matches!(operation as u32, O_SYNC | O_DSYNC) {
        return Err(Errno::EINVAL.into());
    }
    queue(cx, block, Asked::Action(Action::DataSync), false)
}

/// The error number is the value.
pub(crate) fn aio_error(_cx: &mut Cx, block: u64) -> Return<i32> {
    let control = asked_about(block)?;
    if control.state == JOB_NONE {
        return Err(Errno::EINVAL.into());
    }
    Ok(control.errno)
}

/// Of a request that failed, -1 and nothing more.
pub(crate) fn aio_return(_cx: &mut Cx, block: u64) -> Return<i64> {
    let mut control = asked_about(block)?;
    if control.state != JOB_DONE {
        return Err(Errno::EINVAL.into());
    }
    let value = control.retval;
    (control.state, control.errno, control.retval) = (JOB_NONE, 0, -1);
    guest::write(block, &control)?;
    Ok(value)
}

pub(crate) fn aio_cancel(cx: &mut Cx, fd: Fd, block: u64) -> Return<i32> {
    kind_of(fd.checked(cx)?)?;
    if !USED.load(Ordering::Relaxed) {
        return Ok(AIO_NOTCANCELED);
    }
    settle();
    let meant = |job: &Job| match block {
        0 => job.fd == fd.0,
        block => job.block == block,
    };
    if job::with(|jobs| jobs.iter().any(|job| meant(job) && job.fd != fd.0)) {
        return Err(Errno::EBADF.into());
    }
    let cancelled = job::with(|jobs| {
        let mut cancelled = 0;
        for job in jobs.iter_mut().filter(|job| meant(job)) {
            job.outcome = Some(Err(Errno::ECANCELED));
            cancelled += 1;
        }
        cancelled
    });
    if cancelled == 0 {
        return Ok(AIO_ALLDONE);
    }
    settle();
    job::announce();
    Ok(AIO_CANCELED)
}

/// Whether the control block says that its request has ended.
fn is_done(block: u64) -> bool {
    guest::read::<Aiocb>(block).is_ok_and(|control| control.state == JOB_DONE)
}

pub(crate) fn __aio_suspend50(
    cx: &mut Cx,
    blocks: In<u64>,
    count: i32,
    limit: In<GuestTimespec>,
) -> Return<()> {
    let count = usize::try_from(count)
        .ok()
        .filter(|count| (1..=LISTIO_MAX).contains(count))
        .ok_or(Errno::EAGAIN)?;
    let limit = limit.read_optional()?.map(timespec);
    let blocks = blocks.read_array(count, LISTIO_MAX)?;
    // A limit of nothing is over before anything is looked at (aio_suspend1).
    let over = limit.is_some_and(|limit| limit.as_nanos() <= 0);
    if over || !USED.load(Ordering::Relaxed) {
        return Err(Errno::EAGAIN.into());
    }
    cx.never_restart = true;
    wait(cx, limit, || {
        settle();
        let mut meant = blocks.iter().filter(|&&block| block != 0);
        meant.any(|&block| is_done(block)).then_some(())
    })
}

pub(crate) fn compat_50_aio_suspend(
    cx: &mut Cx,
    blocks: In<u64>,
    count: i32,
    limit: In<Timespec50>,
) -> Return<()> {
    let limit = widened(limit)?;
    __aio_suspend50(cx, blocks, count, In::new(address(limit.as_ref())))
}

pub(crate) fn lio_listio(
    cx: &mut Cx,
    mode: i32,
    blocks: In<u64>,
    count: i32,
    event: In<Sigevent>,
) -> Return<()> {
    const LIO_NOWAIT: i32 = 0;
    const LIO_WAIT: i32 = 1;
    let count = usize::try_from(count)
        .ok()
        .filter(|count| (1..=LISTIO_MAX).contains(count))
        .ok_or(Errno::EINVAL)?;
    let told = match mode {
        LIO_WAIT => Notice::None,
        LIO_NOWAIT => match event.read_optional()? {
            Some(event) => notice(&event)?,
            None => Notice::None,
        },
        _ => return Err(Errno::EINVAL.into()),
    };
    let blocks = blocks.read_array(count, LISTIO_MAX)?;
    let mut failed = false;
    for &block in &blocks {
        failed |= queue(cx, block, Asked::Named, told != Notice::None).is_err();
    }
    // Those that did not fail are done, which is told in any case.
    told.give(cx, 0);
    if failed {
        return Err(Errno::EIO.into());
    }
    if mode == LIO_WAIT {
        cx.never_restart = true;
        return wait(cx, None, || {
            settle();
            let waits = job::with(|jobs| jobs.iter().any(|job| blocks.contains(&job.block)));
            (!waits).then_some(())
        });
    }
    Ok(())
}

/// A forked child has made none.
pub(super) fn after_fork() {
    // A page that is only read is not copied.
    if USED.load(Ordering::Relaxed) {
        USED.store(false, Ordering::Relaxed);
    }
    compat_bsd::calls::aio::after_fork();
}
