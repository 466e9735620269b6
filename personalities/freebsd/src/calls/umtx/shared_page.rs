//! `UMTX_OP_SHM`: the page that the thread library keeps a process-shared lock in (umtx_shm).
//!
//! The guest's `pthread_mutex_t` in shared memory is only where the page is found by; see
//! [`compat_translate::objects::companion`].

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::umtx_shm::{
    UMTX_SHM_ALIVE, UMTX_SHM_CREAT, UMTX_SHM_DESTROY, UMTX_SHM_LOOKUP,
};
use compat_translate::objects::companion::{Place, is_attached};

use crate::error::Return;

/// The descriptor of the page that goes with `address`, where one is asked for.
pub(super) fn shared_page(address: u64, flags: u32) -> Return<i32> {
    match flags {
        UMTX_SHM_CREAT => Ok(Place::of(address)?.find_or_make()?),
        UMTX_SHM_LOOKUP => Ok(Place::of(address)?.find()?.ok_or(Errno::ESRCH)?),
        UMTX_SHM_DESTROY if Place::of(address)?.dissolve()? => Ok(0),
        UMTX_SHM_DESTROY => Err(Errno::ESRCH.into()),
        // umtx_shm_alive: ENOTTY for a page that was taken from its place.
        UMTX_SHM_ALIVE if is_attached(address)? => Ok(0),
        UMTX_SHM_ALIVE => Err(Errno::ENOTTY.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}
