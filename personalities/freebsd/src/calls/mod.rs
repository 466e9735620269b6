//! The handlers that `tables/freebsd/calls.tbl` names: the family's, and FreeBSD's own, one file a family.

mod bsd43;
mod cpuset;
mod debug;
mod directory;
mod eventfd;
mod fcntl;
mod inotify;
mod interface;
mod ioctl;
mod mounts;
mod procctl;
mod procdesc;
mod reaper;
mod signal;
mod stat;
mod sysarch;
mod sysctl;
mod system;
mod sysv;
mod thread;
mod umtx;

use compat_bsd::calls::{
    access, acl, aio, at, attribute, clock, descriptor, device, discipline, extent, file_flags,
    filetime, identifier, ids, kqueue, limits, login, memory, message, mqueue, name, node, open,
    path, pathconf, place, poll, process, read, rfork, schedule, select, semaphore, sendfile, shm,
    socket, socket_name, sockopt, terminal, timer, wait, write, xattr,
};
use compat_translate::Cx;

pub(crate) use access::*;
pub(crate) use acl::*;
pub(crate) use aio::*;
pub(crate) use attribute::*;
pub(crate) use bsd43::*;
pub(crate) use clock::*;
pub(crate) use compat_bsd::calls::debug::{profil, ptrace};
pub(crate) use compat_bsd::calls::fcntl::flock;
pub(crate) use compat_bsd::calls::signal::*;
pub(crate) use compat_bsd::calls::sysv::*;
pub(crate) use cpuset::*;
pub(crate) use debug::*;
pub(crate) use descriptor::*;
pub(crate) use directory::*;
pub(crate) use discipline::*;
pub(crate) use eventfd::*;
pub(crate) use extent::*;
pub(crate) use fcntl::fcntl;
pub(crate) use file_flags::*;
pub(crate) use filetime::*;
pub(crate) use identifier::*;
pub(crate) use ids::*;
pub(crate) use inotify::*;
pub(crate) use ioctl::*;
pub(crate) use kqueue::*;
pub(crate) use limits::*;
pub(crate) use login::*;
pub(crate) use memory::set_break as r#break;
pub(crate) use memory::*;
pub(crate) use message::*;
pub(crate) use mounts::*;
pub(crate) use mqueue::kmq::*;
pub(crate) use name::*;
pub(crate) use node::*;
pub(crate) use open::*;
pub(crate) use path::*;
pub(crate) use pathconf::*;
pub(crate) use poll::*;
pub(crate) use procctl::*;
pub(crate) use procdesc::*;
pub(crate) use process::*;
pub(crate) use read::*;
pub(crate) use rfork::*;
pub(crate) use schedule::*;
pub(crate) use select::*;
pub(crate) use semaphore::*;
pub(crate) use sendfile::*;
pub(crate) use shm::*;
pub(crate) use signal::sigqueue;
pub(crate) use signal::*;
pub(crate) use socket::*;
pub(crate) use socket_name::*;
pub(crate) use sockopt::*;
pub(crate) use stat::*;
pub(crate) use sysarch::*;
pub(crate) use sysctl::*;
pub(crate) use system::*;
pub(crate) use sysv::*;
pub(crate) use terminal::*;
pub(crate) use thread::*;
pub(crate) use timer::*;
pub(crate) use umtx::*;
pub(crate) use wait::*;
pub(crate) use write::*;
pub(crate) use xattr::*;

/// See [`compat_translate::Personality::after_fork`].
pub(crate) fn after_fork(cx: &mut Cx) {
    crate::tls::forget(cx.thread);
    umtx_after_fork();
    aio::after_fork();
}
