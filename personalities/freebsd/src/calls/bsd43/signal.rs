//! Signals when a mask was one word and only 31 signals existed (the `o` calls of kern_sig.c).

use compat_tables::freebsd::Errno;
use compat_translate::guest::{In, Out};
use compat_translate::signal::SigSet;
use compat_translate::{Cx, Outcome};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::abi::signal::{SA_NOCLDWAIT, SA_RESTART, SS_ONSTACK, Sigaction, Ucontext};
use crate::error::Return;
use crate::signals;
use compat_bsd::calls::signal::{
    self as today, SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK, blockable, change_action,
};

/// `struct osigaction` and `struct sigvec`, which differ in what SA_RESTART's bit means.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Osigaction {
    handler: u64,
    mask: u32,
    flags: u32,
}

/// `struct sigstack`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigstack {
    /// The high end.
    sp: u64,
    onstack: i32,
    pad: u32,
}

const _: () = assert!(size_of::<Osigaction>() == 16 && size_of::<Sigstack>() == 16);

/// ONSIG: signals 1..32 exist.
const SIGNALS: i32 = 32;

/// OSIG2SIG.
fn set_of(word: u32) -> SigSet {
    SigSet::from_words([word, 0, 0, 0])
}

/// SIG2OSIG.
fn word_of(set: SigSet) -> u32 {
    let [low, ..] = set.words();
    low
}

fn change(cx: &mut Cx, signal: i32, new: Option<Osigaction>) -> Return<Osigaction> {
    if !(1..SIGNALS).contains(&signal) {
        return Err(Errno::EINVAL.into());
    }
    let new = new.map(|new| Sigaction {
        handler: new.handler,
        flags: new.flags,
        mask: set_of(new.mask).words(),
        pad: 0,
    });
    let before = change_action(cx, signal, new)?;
    Ok(Osigaction {
        handler: before.handler,
        mask: word_of(SigSet::from_words(before.mask)),
        flags: before.flags,
    })
}

pub(crate) fn osigaction(
    cx: &mut Cx,
    signal: i32,
    new: In<Osigaction>,
    old: Out<Osigaction>,
) -> Return<()> {
    let new = new.read_optional()?;
    let before = change(cx, signal, new)?;
    old.write_optional(&before)?;
    Ok(())
}

/// SV_INTERRUPT is SA_RESTART's bit with the opposite meaning, and there is no SA_NOCLDWAIT.
pub(crate) fn osigvec(
    cx: &mut Cx,
    signal: i32,
    new: In<Osigaction>,
    old: Out<Osigaction>,
) -> Return<()> {
    let new = new.read_optional()?.map(|new| Osigaction {
        flags: new.flags ^ SA_RESTART,
        ..new
    });
    let mut before = change(cx, signal, new)?;
    before.flags = (before.flags ^ SA_RESTART) & !SA_NOCLDWAIT;
    old.write_optional(&before)?;
    Ok(())
}

/// Changes the low word of the mask; the low word before is the result.
fn change_mask(cx: &mut Cx, how: i32, mask: u32) -> Return<u32> {
    let before = cx.thread.mask.get();
    let wanted = match how {
        SIG_BLOCK => before.union(set_of(mask)),
        SIG_UNBLOCK => before.minus(set_of(mask)),
        // The signals that the caller cannot know keep their state (SIGPROCMASK_OLD).
        SIG_SETMASK => before.minus(set_of(u32::MAX)).union(set_of(mask)),
        _ => return Err(Errno::EINVAL.into()),
    };
    cx.change_mask(blockable(wanted))?;
    Ok(word_of(before))
}

/// The mask comes by value and the old one is the result.
pub(crate) fn osigprocmask(cx: &mut Cx, how: i32, mask: u32) -> Return<u32> {
    change_mask(cx, how, mask)
}

pub(crate) fn osigblock(cx: &mut Cx, mask: u32) -> Return<u32> {
    change_mask(cx, SIG_BLOCK, mask)
}

pub(crate) fn osigsetmask(cx: &mut Cx, mask: u32) -> Return<u32> {
    change_mask(cx, SIG_SETMASK, mask)
}

pub(crate) fn osigpending(cx: &mut Cx) -> Return<u32> {
    Ok(word_of(today::pending(cx)?))
}

pub(crate) fn osigsuspend(cx: &mut Cx, mask: u32) -> Return<()> {
    today::suspend(cx, set_of(mask))
}

/// The stack's end is given and its size is not: it is taken to be this long, to tell whether a handler runs on it.
const ASSUMED_STACK: u64 = 64 * 1024;

pub(crate) fn osigstack(cx: &mut Cx, new: In<Sigstack>, old: Out<Sigstack>) -> Return<()> {
    let before = signals::alternate_stack(cx.thread, cx.frame.regs.rsp);
    if let Some(new) = new.read_optional()? {
        let base = new.sp.wrapping_sub(ASSUMED_STACK);
        cx.thread.alternate.set((base, ASSUMED_STACK, true));
    }
    old.write_optional(&Sigstack {
        sp: before.sp.wrapping_add(before.size),
        onstack: i32::from(before.flags & SS_ONSTACK != 0),
        pad: 0,
    })?;
    Ok(())
}

/// On amd64 the frames of FreeBSD 4 programs are today's (freebsd4_sigreturn in exec_machdep.c).
pub(crate) fn freebsd4_sigreturn(cx: &mut Cx, context: In<Ucontext>) -> Return<Outcome> {
    crate::calls::sigreturn(cx, context)
}
