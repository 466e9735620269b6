//! The bell: how a kqueue becomes readable for a reason that epoll does not see.
//!
//! One eventfd that is always readable serves all kqueues of a process. A kqueue rings by arming its own epoll entry
//! for it, once: epoll reports that to one thread, or to whoever polls the kqueue, and disarms it again.

use super::token::{Token, control};
use crate::host::{self, HostResult, linux, nr};
use crate::objects::Objects;
use crate::sync::Mutex;

const ONE_SHOT: u32 = 1 << 30;
const IN: u32 = 1;

/// Descriptors that all kqueues of a process share.
pub(in crate::objects) struct Shared(Mutex<Option<i32>>);

impl Default for Shared {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl Shared {
    pub(in crate::objects) fn lock(&self) -> impl Sized + '_ {
        self.0.lock()
    }

    pub(in crate::objects) fn after_fork(&self) {
        *self.0.lock() = None;
    }

    pub(in crate::objects) fn moved(&self, old: i32, new: i32) {
        let mut bell = self.0.lock();
        if *bell == Some(old) {
            *bell = Some(new);
        }
    }

    fn bell(&self, objects: &Objects) -> HostResult<i32> {
        const EFD_CLOEXEC: u64 = 0x80000;
        let mut bell = self.0.lock();
        if let Some(fd) = *bell {
            return Ok(fd);
        }
        // SAFETY: no memory is involved.
        let fd = unsafe { host::call_n(nr::eventfd2, [1, EFD_CLOEXEC]) }? as i32;
        let fd = objects.hidden.hide(fd);
        *bell = Some(fd);
        Ok(fd)
    }
}

/// One kqueue's end of the rope.
#[derive(Default)]
pub(super) struct Rope {
    /// The bell's number as registered with epoll.
    fd: Option<i32>,
    rung: bool,
}

impl Rope {
    /// Makes sure that ringing will work.
    ///
    /// # Errors
    /// `EMFILE` and the like.
    pub(super) fn attach(&mut self, objects: &Objects, epoll: i32) -> HostResult<()> {
        if self.fd.is_none() {
            let fd = objects.shared.bell(objects)?;
            control(epoll, linux::EPOLL_CTL_ADD, fd, ONE_SHOT, Token::Bell)?;
            self.fd = Some(fd);
        }
        Ok(())
    }

    /// Wakes one waiter, now or the next to come.
    pub(super) fn ring(&mut self, objects: &Objects, epoll: i32) {
        // Knotes that will need it attach it when they are made and report its absence; for the others it is made now.
        let _ = self.attach(objects, epoll);
        self.ring_attached(epoll);
    }

    fn ring_attached(&mut self, epoll: i32) {
        if !self.rung
            && let Some(fd) = self.fd
        {
            self.rung = true;
            let _ = control(epoll, linux::EPOLL_CTL_MOD, fd, IN | ONE_SHOT, Token::Bell);
        }
    }

    /// Wakes everybody, for good.
    pub(super) fn ring_for_ever(&mut self, objects: &Objects, epoll: i32) {
        let _ = self.attach(objects, epoll);
        if let Some(fd) = self.fd {
            let _ = control(epoll, linux::EPOLL_CTL_MOD, fd, IN, Token::Bell);
        }
    }

    /// epoll reported the bell.
    pub(super) fn heard(&mut self) {
        self.rung = false;
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        if self.fd == Some(old) {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Bell);
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, ONE_SHOT, Token::Bell);
            self.fd = Some(new);
            if core::mem::take(&mut self.rung) {
                self.ring_attached(epoll);
            }
        }
    }
}
