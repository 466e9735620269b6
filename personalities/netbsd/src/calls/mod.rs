//! The handlers that `tables/netbsd/calls.tbl` names: the family's, under the names they have here, and NetBSD's own, one
//! file a family.

#![expect(
    non_snake_case,
    reason = "handlers have the names of syscalls.master, underscores and all"
)]

mod aio;
mod before_5;
mod bsd43;
mod clone;
mod context;
mod directory;
mod epoll;
mod fcntl;
mod files;
mod futex;
mod ioctl;
mod kqueue;
mod lwp;
mod memory;
mod messages;
mod mounts;
mod option;
mod queue;
mod quiet;
mod schedule;
mod semaphore;
mod signal;
mod spawn;
mod sysctl;
mod system;
mod sysv;
mod terminal;
mod time;
mod wait;
mod xattr;

use compat_translate::Cx;

pub(crate) use aio::{
    __aio_suspend50, aio_cancel, aio_error, aio_fsync, aio_read, aio_return, aio_write,
    compat_50_aio_suspend, lio_listio,
};
pub(crate) use before_5::*;
pub(crate) use bsd43::*;
pub(crate) use clone::__clone;
pub(crate) use compat_bsd::calls::access::*;
pub(crate) use compat_bsd::calls::acl::*;
pub(crate) use compat_bsd::calls::attribute::fchown as __posix_fchown;
pub(crate) use compat_bsd::calls::attribute::*;
pub(crate) use compat_bsd::calls::clock::{
    clock_nanosleep, gettimeofday as __gettimeofday50, nanosleep as __nanosleep50,
};
pub(crate) use compat_bsd::calls::debug::{profil, ptrace};
pub(crate) use compat_bsd::calls::descriptor::{
    close, dup, dup2, freebsd10_pipe as pipe, getdtablesize as compat_43_getdtablesize,
};
pub(crate) use compat_bsd::calls::discipline::{ntp_adjtime, ntp_gettime as __ntp_gettime50};
pub(crate) use compat_bsd::calls::extent::{
    freebsd6_ftruncate as ftruncate, freebsd6_lseek as lseek, freebsd6_pread as pread,
    freebsd6_pwrite as pwrite, freebsd6_truncate as truncate,
};
pub(crate) use compat_bsd::calls::fcntl::flock;
pub(crate) use compat_bsd::calls::file_flags::{chflags, fchflags, lchflags};
pub(crate) use compat_bsd::calls::identifier::uuidgen;
pub(crate) use compat_bsd::calls::ids::{
    getegid, geteuid, getgid, getgroups, getpid, getuid, issetugid, setegid, seteuid, setgid,
    setgroups, setregid, setreuid, setuid,
};
pub(crate) use compat_bsd::calls::kqueue::kqueue;
pub(crate) use compat_bsd::calls::limits::{getrlimit, setrlimit};
pub(crate) use compat_bsd::calls::memory::{r#break, madvise, minherit, mprotect, munmap};
pub(crate) use compat_bsd::calls::message::{recvfrom, recvmsg, sendmsg, sendto};
pub(crate) use compat_bsd::calls::mqueue::mq::{
    mq_close, mq_getattr, mq_open, mq_receive, mq_send, mq_setattr,
    mq_timedreceive as __mq_timedreceive50, mq_timedsend as __mq_timedsend50, mq_unlink,
};
pub(crate) use compat_bsd::calls::name::{
    link, linkat, mkdir, mkdirat, readlink, readlinkat, rename, rename as __posix_rename, renameat,
    rmdir, symlink, symlinkat, undelete, unlink, unlinkat,
};
pub(crate) use compat_bsd::calls::node::{mkfifo, mkfifoat};
pub(crate) use compat_bsd::calls::open::openat;
pub(crate) use compat_bsd::calls::path::{chdir, chroot, fchroot};
pub(crate) use compat_bsd::calls::pathconf::{fpathconf, lpathconf, pathconf};
pub(crate) use compat_bsd::calls::poll::{poll, ppoll as __pollts50};
pub(crate) use compat_bsd::calls::process::{
    execve, exit, fexecve, fork, vfork, vfork as __vfork14,
};
pub(crate) use compat_bsd::calls::read::{read, readv};
pub(crate) use compat_bsd::calls::schedule::{getpriority, setpriority};
pub(crate) use compat_bsd::calls::select::pselect as __pselect50;
pub(crate) use compat_bsd::calls::signal::{
    kill, sigaltstack as __sigaltstack14, sigpending as __sigpending14,
    sigprocmask as __sigprocmask14, sigsuspend as __sigsuspend14,
};
pub(crate) use compat_bsd::calls::socket::{
    accept, bind, connect, listen, shutdown, socket as compat_30_socket,
};
pub(crate) use compat_bsd::calls::socket_name::{getpeername, getsockname};
pub(crate) use compat_bsd::calls::sysv::plain::{shmat, shmget};
pub(crate) use compat_bsd::calls::sysv::{
    msgget, msgrcv, msgsnd, semget, semop, semtimedop, shmdt,
};
pub(crate) use compat_bsd::calls::terminal::revoke;
pub(crate) use compat_bsd::calls::write::{write, writev};
pub(crate) use compat_bsd::calls::xattr::{
    extattr_delete_fd, extattr_delete_file, extattr_delete_link, extattr_get_fd, extattr_get_file,
    extattr_get_link, extattr_list_fd, extattr_list_file, extattr_list_link, extattr_set_fd,
    extattr_set_file, extattr_set_link,
};
pub(crate) use context::*;
pub(crate) use directory::*;
pub(crate) use epoll::*;
pub(crate) use fcntl::*;
pub(crate) use files::*;
pub(crate) use futex::*;
pub(crate) use ioctl::*;
pub(crate) use kqueue::*;
pub(crate) use lwp::*;
pub(crate) use memory::*;
pub(crate) use messages::*;
pub(crate) use mounts::*;
pub(crate) use option::getsockopt as getsockopt2;
pub(crate) use option::*;
pub(crate) use queue::*;
pub(crate) use quiet::{__socket30, pipe2, socketpair};
pub(crate) use schedule::*;
pub(crate) use semaphore::*;
pub(crate) use signal::*;
pub(crate) use spawn::posix_spawn;
pub(crate) use sysctl::*;
pub(crate) use system::*;
pub(crate) use sysv::*;
pub(crate) use terminal::open;
pub(crate) use time::*;
pub(crate) use wait::*;
pub(crate) use xattr::*;

/// See [`compat_translate::Personality::after_fork`].
pub(crate) fn after_fork(_cx: &mut Cx) {
    lwp::after_fork();
    aio::after_fork();
}
