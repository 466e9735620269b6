//! Many requests at once (kern_lio_listio).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::In;

use super::finish::wait;
use super::job;
use super::notice::Notice;
use super::submit::{Asked, Layout, queue};
use crate::abi::aio::SigeventOld;
use crate::abi::time::Sigevent;
use crate::error::Return;

const LIO_NOWAIT: i32 = 0;
const LIO_WAIT: i32 = 1;

pub fn lio_listio(
    cx: &mut Cx,
    mode: i32,
    blocks: In<u64>,
    count: i32,
    event: In<Sigevent>,
) -> Return<()> {
    let event = if mode == LIO_NOWAIT {
        event.read_optional()?
    } else {
        None
    };
    listio(cx, mode, (blocks, count), event, Layout::Today)
}

pub fn freebsd6_lio_listio(
    cx: &mut Cx,
    mode: i32,
    blocks: In<u64>,
    count: i32,
    event: In<SigeventOld>,
) -> Return<()> {
    let event = if mode == LIO_NOWAIT {
        event
            .read_optional()?
            .map(SigeventOld::modern)
            .transpose()?
    } else {
        None
    };
    listio(cx, mode, (blocks, count), event, Layout::Old)
}

fn listio(
    cx: &mut Cx,
    mode: i32,
    (blocks, count): (In<u64>, i32),
    event: Option<Sigevent>,
    layout: Layout,
) -> Return<()> {
    let count = usize::try_from(count)
        .ok()
        .filter(|&count| count <= job::LIMIT && matches!(mode, LIO_NOWAIT | LIO_WAIT))
        .ok_or(Errno::EINVAL)?;
    let blocks_at = blocks.address();
    let blocks = blocks.read_array(count, job::LIMIT)?;
    let notice = match event {
        Some(event) => Notice::of(cx, &event, true, blocks_at)?,
        None => Notice::None,
    };
    let (mut full, mut failed) = (false, false);
    for &block in blocks.iter().filter(|&&block| block != 0) {
        match queue(cx, block, Asked::Named, layout, Some(notice)) {
            Ok(()) => {}
            Err(error) if error.0 == Errno::EAGAIN => full = true,
            Err(_) => failed = true,
        }
    }
    let waited = if mode == LIO_WAIT {
        cx.never_restart = true;
        wait(cx, None, || {
            let waits = job::with(|jobs| {
                jobs.iter()
                    .any(|job| job.outcome.is_none() && blocks.contains(&job.block))
            });
            (!waits).then_some(())
        })
    } else {
        notice.give(cx, 0);
        Ok(())
    };
    if failed {
        Err(Errno::EIO.into())
    } else if full {
        Err(Errno::EAGAIN.into())
    } else {
        waited
    }
}
