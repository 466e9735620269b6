//! Making requests (aio_aqueue).

use alloc::vec::Vec;
use core::sync::atomic::{AtomicI64, Ordering};

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::lio_opcode::{LIO_NOP, LIO_READ, LIO_WRITE};
use compat_tables::bsd::flags::open_flags::{O_DSYNC, O_SYNC};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use super::file::{File, kind_of, must_be_open};
use super::job::{self, Action, Job};
use super::notice::Notice;
use crate::abi::aio::{Aiocb, AiocbOld, PRIVATE};
use crate::error::Return;
use crate::lower::Fd;
use crate::system::errno_number;

/// What the caller asks for: one operation, or the one that the control block names (lio_listio).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Named,
    Action(Action),
    /// `buf` is a vector.
    Vectored(Action),
}

/// Which structure the control block is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Today,
    Old,
}

const STATUS: u64 = PRIVATE;
const ERROR: u64 = PRIVATE + 8;
const NUMBER: u64 = PRIVATE + 16;

/// Stores into the kernel's part of a control block. Whether that can be written shows elsewhere.
pub fn store(block: u64, status: i64, error: i64) {
    let _ = guest::store_u64(block.wrapping_add(STATUS), status as u64);
    let _ = guest::store_u64(block.wrapping_add(ERROR), error as u64);
}

/// Status and error in a control block.
pub fn stored(block: u64) -> (i64, i64) {
    // fuword's answer for what cannot be read.
    let load = |at| guest::load_u64(block.wrapping_add(at)).map_or(-1, |word| word as i64);
    (load(STATUS), load(ERROR))
}

/// Makes the request that `block` describes, on its own or as one of a list whose end is to be told by a notice.
pub fn queue(
    cx: &mut Cx,
    block: u64,
    asked: Asked,
    layout: Layout,
    list: Option<Notice>,
) -> Return<()> {
    store(block, -1, 0);
    let _ = guest::store_u64(block.wrapping_add(NUMBER), u64::MAX);
    let result = start(cx, block, asked, layout, list);
    if let Err(error) = result {
        let _ = guest::store_u64(block.wrapping_add(ERROR), u64::from(errno_number(error.0)));
    }
    result
}

fn start(
    cx: &mut Cx,
    block: u64,
    asked: Asked,
    layout: Layout,
    list: Option<Notice>,
) -> Return<()> {
    if job::with(|jobs| jobs.len()) >= job::LIMIT {
        return Err(Errno::EAGAIN.into());
    }
    let control = match layout {
        Layout::Today => guest::read::<Aiocb>(block)?,
        Layout::Old => guest::read::<AiocbOld>(block)?.modern()?,
    };
    let buffers = match asked {
        Asked::Vectored(_) => vector(control.buf, control.nbytes)?,
        _ if i64::try_from(control.nbytes).is_err() => return Err(Errno::EINVAL.into()),
        _ => alloc::vec![[control.buf, control.nbytes]],
    };
    let notice = Notice::of(cx, &control.sigevent, false, block)?;
    let list = list.unwrap_or(Notice::None);
    let action = match asked {
        Asked::Action(action) | Asked::Vectored(action) => Some(action),
        Asked::Named => match control.opcode {
            LIO_NOP => None,
            LIO_READ => Some(Action::Read),
            LIO_WRITE => Some(Action::Write),
            _ => return Err(Errno::EINVAL.into()),
        },
    };
    let kind = if action == Some(Action::Lock) {
        File::Plain
    } else {
        let fd = Fd(control.fildes).checked(cx)?;
        must_be_open(fd, action)?;
        let kind = kind_of(fd)?;
        let moves = matches!(action, Some(Action::Read | Action::Write));
        if moves && control.offset < 0 && !matches!(kind, File::Device(_)) {
            return Err(Errno::EINVAL.into());
        }
        kind
    };
    number(block)?;
    let Some(action) = action else {
        return Ok(());
    };
    let mut job = Job {
        block,
        fd: control.fildes,
        kind,
        action,
        buffers,
        offset: control.offset,
        moved: 0,
        knotes: [notice.knote(), list.knote()],
        outcome: None,
    };
    let syncs = matches!(action, Action::Sync | Action::DataSync);
    match kind {
        File::Plain => job.outcome = Some(job.on_file()),
        _ if syncs => return Err(Errno::EINVAL.into()),
        File::Socket(_) => {
            begin(cx, &mut job, [notice, list] == [Notice::None; 2])?;
        }
        // vfs.aio.enable_unsafe is off.
        File::Device(_) | File::Other(_) => return Err(Errno::EOPNOTSUPP.into()),
    }
    let _ = guest::store_u64(
        block.wrapping_add(ERROR),
        u64::from(errno_number(Errno::EINPROGRESS)),
    );
    let outcome = job.outcome;
    job::with(|jobs| jobs.push(job));
    if let Some(outcome) = outcome {
        job::announce();
        notice.give(cx, outcome.err().map_or(0, |error| error as i64));
    }
    Ok(())
}

/// Tries a request for a socket, unless an earlier one for the same direction waits.
fn begin(cx: &mut Cx, job: &mut Job, may_wait: bool) -> Return<()> {
    job::progress();
    let behind = job::with(|jobs| {
        jobs.iter().any(|other| {
            other.outcome.is_none() && (other.fd, other.action) == (job.fd, job.action)
        })
    });
    if !behind {
        job.outcome = job.proceed();
    }
    if job.outcome.is_none() && !may_wait {
        let what = "aio: notice of a socket that is not ready";
        return Err(cx.gap(what, Errno::EOPNOTSUPP.into()));
    }
    Ok(())
}

/// Gives the request a number, as a sign that it was taken.
fn number(block: u64) -> Return<()> {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    guest::store_u64(block.wrapping_add(NUMBER), number as u64).map_err(|_| Errno::EINVAL)?;
    Ok(())
}

/// copyinuio.
fn vector(address: u64, count: u64) -> Return<Vec<[u64; 2]>> {
    const UIO_MAXIOV: usize = 1024;
    let buffers = In::<[u64; 2]>::new(address).read_array(count as usize, UIO_MAXIOV)?;
    let total = buffers
        .iter()
        .try_fold(0i64, |all, [_, length]| all.checked_add_unsigned(*length));
    if total.is_none() {
        return Err(Errno::EINVAL.into());
    }
    Ok(buffers)
}

pub fn aio_read(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Read), Layout::Today, None)
}

pub fn aio_write(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Write), Layout::Today, None)
}

pub fn aio_readv(cx: &mut Cx, block: u64) -> Return<()> {
    queue(
        cx,
        block,
        Asked::Vectored(Action::Read),
        Layout::Today,
        None,
    )
}

pub fn aio_writev(cx: &mut Cx, block: u64) -> Return<()> {
    queue(
        cx,
        block,
        Asked::Vectored(Action::Write),
        Layout::Today,
        None,
    )
}

pub fn freebsd6_aio_read(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Read), Layout::Old, None)
}

pub fn freebsd6_aio_write(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Write), Layout::Old, None)
}

pub fn aio_fsync(cx: &mut Cx, operation: i32, block: u64) -> Return<()> {
    let action = match operation as u32 {
        O_SYNC => Action::Sync,
        O_DSYNC => Action::DataSync,
        _ => return Err(Errno::EINVAL.into()),
    };
    queue(cx, block, Asked::Action(action), Layout::Today, None)
}

pub fn aio_mlock(cx: &mut Cx, block: u64) -> Return<()> {
    queue(cx, block, Asked::Action(Action::Lock), Layout::Today, None)
}
