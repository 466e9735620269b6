//! The handlers that `tables/dragonfly/calls.tbl` names: the family's, under the names they have here, and DragonFly's own,
//! one file a family.

mod clock;
mod context;
mod files;
mod io;
mod ioctl;
mod kqueue;
mod lwp;
mod memory;
mod procctl;
mod queue;
mod schedule;
mod signal;
mod sysctl;
mod system;
mod sysv;
mod tls;
mod umtx;
mod varsym;

pub(crate) use clock::*;
pub(crate) use compat_bsd::calls::access::*;
pub(crate) use compat_bsd::calls::attribute::lchown as netbsd_lchown;
pub(crate) use compat_bsd::calls::attribute::*;
pub(crate) use compat_bsd::calls::clock::{
    clock_settime, gettimeofday, nanosleep, setitimer, settimeofday,
};
pub(crate) use compat_bsd::calls::debug::{profil, ptrace};
pub(crate) use compat_bsd::calls::descriptor::{
    close, dup, dup2, freebsd10_pipe as pipe, freebsd12_closefrom as closefrom, getdtablesize,
};
pub(crate) use compat_bsd::calls::discipline::{adjtime, ntp_adjtime};
pub(crate) use compat_bsd::calls::extent::{
    freebsd6_ftruncate as ftruncate, freebsd6_lseek as lseek, freebsd6_truncate as truncate,
    oftruncate, olseek, otruncate,
};
pub(crate) use compat_bsd::calls::fcntl::*;
pub(crate) use compat_bsd::calls::file_flags::*;
pub(crate) use compat_bsd::calls::filetime::*;
pub(crate) use compat_bsd::calls::identifier::uuidgen;
pub(crate) use compat_bsd::calls::ids::*;
pub(crate) use compat_bsd::calls::ids::{
    freebsd14_getgroups as getgroups, freebsd14_setgroups as setgroups,
};
pub(crate) use compat_bsd::calls::kqueue::kqueue;
pub(crate) use compat_bsd::calls::limits::*;
pub(crate) use compat_bsd::calls::login::*;
pub(crate) use compat_bsd::calls::memory::msync as netbsd_msync;
pub(crate) use compat_bsd::calls::memory::{
    r#break, madvise, mincore, minherit, mprotect, msync, munmap,
};
pub(crate) use compat_bsd::calls::message::*;
pub(crate) use compat_bsd::calls::mqueue::mq::{
    mq_close, mq_getattr, mq_open, mq_receive, mq_send, mq_setattr, mq_timedreceive, mq_timedsend,
    mq_unlink,
};
pub(crate) use compat_bsd::calls::name::*;
pub(crate) use compat_bsd::calls::node::*;
pub(crate) use compat_bsd::calls::node::{freebsd11_mknod as mknod, freebsd11_mknodat as mknodat};
pub(crate) use compat_bsd::calls::open::*;
pub(crate) use compat_bsd::calls::path::*;
pub(crate) use compat_bsd::calls::pathconf::*;
pub(crate) use compat_bsd::calls::poll::poll as openbsd_poll;
pub(crate) use compat_bsd::calls::poll::*;
pub(crate) use compat_bsd::calls::process::*;
pub(crate) use compat_bsd::calls::read::*;
pub(crate) use compat_bsd::calls::rfork::rfork;
pub(crate) use compat_bsd::calls::schedule::{
    getpriority, sched_get_priority_max, sched_get_priority_min, sched_getparam,
    sched_getscheduler, sched_setparam, sched_setscheduler, setpriority,
};
pub(crate) use compat_bsd::calls::select::*;
pub(crate) use compat_bsd::calls::sendfile::*;
pub(crate) use compat_bsd::calls::signal::*;
pub(crate) use compat_bsd::calls::socket::*;
pub(crate) use compat_bsd::calls::socket_name::*;
pub(crate) use compat_bsd::calls::sockopt::*;
pub(crate) use compat_bsd::calls::sysv::plain::{shmat, shmget};
pub(crate) use compat_bsd::calls::sysv::{msgget, msgrcv, msgsnd, semget, semop, shmdt};
pub(crate) use compat_bsd::calls::terminal::revoke;
pub(crate) use compat_bsd::calls::wait::*;
pub(crate) use compat_bsd::calls::write::*;
pub(crate) use context::*;
pub(crate) use files::*;
pub(crate) use io::*;
pub(crate) use ioctl::*;
pub(crate) use kqueue::*;
pub(crate) use lwp::*;
pub(crate) use memory::*;
pub(crate) use procctl::*;
pub(crate) use queue::*;
pub(crate) use schedule::*;
pub(crate) use signal::{sigtimedwait, sigwaitinfo};
pub(crate) use sysctl::*;
pub(crate) use system::*;
pub(crate) use sysv::*;
pub(crate) use tls::*;
pub(crate) use umtx::*;
pub(crate) use varsym::*;
