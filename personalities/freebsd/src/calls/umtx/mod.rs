//! `_umtx_op`: the kernel's half of every lock (kern_umtx.c), one file a kind of lock.
//!
//! FreeBSD's kernel keeps queues of its own: a thread joins one, looks at the lock and only then sleeps, and who wakes
//! knows how long the queue is. Here the queues are the host's ([`compat_translate::objects::umtx`]): a thread joins in
//! the moment it sleeps, and only if a word still has a value. Three rules keep wake-ups from getting lost; each file
//! says how its lock follows them.
//!
//! 1. *Who sleeps, sleeps on a word that every wake-up changes first.* A thread between its look and its sleep then
//!    does not fall asleep, but looks again.
//! 2. *The mark that makes others call the kernel (contested, has waiters, blocked) is taken away only by someone who
//!    then wakes every sleeper.* Those woken in vain put the mark back and sleep on. The length of the queue is asked
//!    for, but merely to keep that rare: no answer can be wrong in a way that matters.
//! 3. *After a lock is given away its memory is not touched.* The next owner may have freed it. Waking does not touch
//!    memory.
//!
//! All of it is in guest memory and the host's queues, so it holds between processes as within one. The one exception
//! is [`condition`].

mod ceiling;
mod condition;
mod mutex;
mod old;
mod owner;
mod robust;
mod rwlock;
mod semaphore;
mod shared_condition;
mod shared_page;
mod timeout;
mod wait;
mod word;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{umtx_op::*, umtx_op_layout};
use compat_translate::Cx;

use crate::error::Return;
use mutex::{Mode, Mutex};
use timeout::Timeout;

pub(crate) use old::{freebsd10__umtx_lock, freebsd10__umtx_unlock};
pub(crate) use robust::{umtx_exec, umtx_thread_exit};
pub(crate) use wait::umtx_wake_all;

/// Called in a forked child.
pub(crate) fn umtx_after_fork() {
    wait::after_fork();
    condition::after_fork();
}

pub(crate) fn _umtx_op(
    cx: &mut Cx,
    obj: u64,
    op: i32,
    val: u64,
    uaddr1: u64,
    uaddr2: u64,
) -> Return<i32> {
    if op as u32 & (umtx_op_layout::UMTX_OP__I386 | umtx_op_layout::UMTX_OP__32BIT) != 0 {
        return Err(cx.gap("_umtx_op: 32-bit layouts", Errno::EINVAL.into()));
    }
    let time = || Timeout::read(uaddr1, uaddr2);
    let mutex = Mutex::at(obj);
    match op {
        UMTX_OP_LOCK => old::lock(cx, obj, val, Timeout::read_interval(uaddr2)?),
        UMTX_OP_UNLOCK => old::unlock(obj, val),
        UMTX_OP_WAIT => wait::wait_long(cx, obj, val, time()?),
        UMTX_OP_WAKE => wait::wake(obj, val),
        UMTX_OP_MUTEX_TRYLOCK => mutex.lock(cx, Mode::Try, None),
        UMTX_OP_MUTEX_LOCK => mutex.lock(cx, Mode::Lock, time()?),
        UMTX_OP_MUTEX_UNLOCK => mutex.unlock(cx.thread),
        UMTX_OP_SET_CEILING => ceiling::set(cx, mutex, val as u32, uaddr1),
        UMTX_OP_CV_WAIT => condition::wait(cx, obj, Mutex::at(uaddr1), val, uaddr2),
        UMTX_OP_CV_SIGNAL => condition::signal(obj),
        UMTX_OP_CV_BROADCAST => condition::broadcast(obj),
        UMTX_OP_WAIT_UINT => wait::wait(cx, obj, val as u32, time()?),
        UMTX_OP_RW_RDLOCK => rwlock::read(cx, obj, val, time()?),
        UMTX_OP_RW_WRLOCK => rwlock::write(cx, obj, time()?),
        UMTX_OP_RW_UNLOCK => rwlock::unlock(obj),
        UMTX_OP_WAIT_UINT_PRIVATE => wait::wait_private(cx, obj, val as u32, time()?),
        UMTX_OP_WAKE_PRIVATE => wait::wake_private(obj, val),
        UMTX_OP_MUTEX_WAIT => mutex.lock(cx, Mode::Wait, time()?),
        UMTX_OP_MUTEX_WAKE => mutex.wake(),
        UMTX_OP_SEM_WAIT => semaphore::old_wait(cx, obj, time()?),
        UMTX_OP_SEM_WAKE => semaphore::old_wake(obj),
        UMTX_OP_NWAKE_PRIVATE => wait::wake_many_private(obj, val),
        UMTX_OP_MUTEX_WAKE2 => mutex.repair(val as u32),
        UMTX_OP_SEM2_WAIT => semaphore::wait(cx, obj, uaddr1, uaddr2),
        UMTX_OP_SEM2_WAKE => semaphore::wake(obj),
        UMTX_OP_SHM => return shared_page::shared_page(uaddr1, val as u32),
        UMTX_OP_ROBUST_LISTS => robust::register(cx, val, uaddr1),
        UMTX_OP_GET_MIN_TIMEOUT => timeout::shortest(uaddr1),
        UMTX_OP_SET_MIN_TIMEOUT => timeout::set_shortest(val),
        _ => Err(Errno::EINVAL.into()),
    }?;
    Ok(0)
}
