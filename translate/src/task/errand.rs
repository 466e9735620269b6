//! What a child does for its creator before it becomes another program.

use core::mem;

use super::{Start, Thread};
use crate::cx::Cx;

/// Work for a child; the status it ends with.
pub type Work<'a> = &'a mut dyn FnMut(&mut Cx) -> i32;

/// [`Work`] of a creator that sleeps until it is done.
#[derive(Clone, Copy)]
pub(crate) struct Errand(*mut dyn FnMut(&mut Cx) -> i32);

impl Errand {
    pub(crate) fn new(work: Work<'_>) -> Self {
        // SAFETY: only the lifetime goes; what is made of it is not used when the creator goes on.
        Self(unsafe {
            mem::transmute::<Work<'_>, *mut (dyn FnMut(&mut Cx) -> i32 + 'static)>(work)
        })
    }

    /// Runs it on the child's thread.
    pub(crate) fn run(self, thread: &Thread, start: &Start) -> ! {
        let mut frame = start.context;
        let mut cx = Cx::of(thread, &mut frame);
        // SAFETY: the creator sleeps and has left it alone.
        let status = (unsafe { &mut *self.0 })(&mut cx);
        super::clone::exit_process(thread, status)
    }
}
