//! `procctl` (kern_fork.c): being a reaper is all there is to it.

use compat_bsd::calls::reaper::{descendants, is_reaper, set_reaper};
use compat_bsd::processes::own_pid;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::idtype::P_PID;
use compat_translate::Cx;
use compat_translate::guest::Out;

use crate::abi::unistd::ReaperStatus;
use crate::error::Return;

const PROC_REAP_ACQUIRE: i32 = 1;
const PROC_REAP_RELEASE: i32 = 2;
const PROC_REAP_STATUS: i32 = 3;
const REAPER_STAT_OWNED: u32 = 1;
const REAPER_STAT_REALINIT: u32 = 2;

pub(crate) fn procctl(
    _cx: &mut Cx,
    kind: i32,
    id: i64,
    command: i32,
    data: Out<ReaperStatus>,
) -> Return<()> {
    let own = own_pid();
    if kind != P_PID || id as i32 != own {
        return Err(Errno::EINVAL.into());
    }
    match command {
        PROC_REAP_ACQUIRE if is_reaper()? => Err(Errno::EALREADY.into()),
        PROC_REAP_ACQUIRE => set_reaper(true),
        PROC_REAP_RELEASE if is_reaper()? => set_reaper(false),
        PROC_REAP_RELEASE => Err(Errno::ENOTCONN.into()),
        PROC_REAP_STATUS => {
            let below = descendants(own);
            let child = below.iter().find(|one| one.stat.parent == own);
            let mut status = ReaperStatus {
                head: child.map_or(-1, |one| one.stat.pid),
                ..ReaperStatus::default()
            };
            if is_reaper()? {
                status.flags = REAPER_STAT_OWNED;
                if own == 1 {
                    status.flags |= REAPER_STAT_REALINIT;
                }
                status.refs = below.len() as u32;
            }
            data.write_optional(&status)?;
            Ok(())
        }
        _ => Err(Errno::EINVAL.into()),
    }
}
