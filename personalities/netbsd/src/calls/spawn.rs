//! `posix_spawn` (sys_posix_spawn, do_posix_spawn, spawn_return in kern_exec.c).

use alloc::vec::Vec;

use compat_bsd::calls::at::CWD;
use compat_bsd::calls::signal::{blockable, change_action};
use compat_bsd::calls::{descriptor, ids, open, path, process};
use compat_bsd::errno_number;
use compat_bsd::lower::family_flags;
use compat_tables::bsd::Errno;
use compat_tables::netbsd::flags::OPEN_FLAGS;
use compat_tables::netbsd::signal::is_valid;
use compat_translate::Cx;
use compat_translate::guest::{In, Out, Path};
use compat_translate::host::{self, nr};
use compat_translate::signal::{SigSet, begin_anew};
use compat_translate::task::clone::{self, Birth};
use compat_translate::task::exec::{self, Who};

use super::schedule::_sched_setparam;
use crate::abi::signal::Sigaction;
use crate::abi::spawn::{
    Attributes, CHDIR, CLOSE, DUP2, Entry, FCHDIR, FileActions, OPEN, RESETIDS, RETURNERROR,
    SETGROUP, SETSCHEDPARAM, SETSCHEDULER, SETSIGDEF, SETSIGMASK,
};
use crate::error::Return;
use crate::lower::Fd;

/// What a child ends with that could not do all it should.
const FAILED: i32 = 127;

/// The error is the call's value.
pub(crate) fn posix_spawn(
    cx: &mut Cx,
    pid: Out<i32>,
    path: Path,
    actions: In<FileActions>,
    attributes: In<Attributes>,
    argv: In<u64>,
    envp: In<u64>,
) -> Return<i32> {
    let done = entries(cx, actions).and_then(|entries| {
        let attributes = attributes.read_optional()?;
        let child = spawned(cx, path, &entries, attributes.as_ref(), argv, envp)?;
        Ok(pid.write_optional(&child)?)
    });
    Ok(done.map_or_else(|error| i32::from(errno_number(error.0)), |()| 0))
}

/// Twice as many as there can be descriptors, at most.
fn entries(cx: &mut Cx, actions: In<FileActions>) -> Return<Vec<Entry>> {
    let Some(actions) = actions.read_optional()? else {
        return Ok(Vec::new());
    };
    let most = 2 * descriptor::getdtablesize(cx)? as u64;
    if u64::from(actions.len) > most {
        return Err(Errno::EINVAL.into());
    }
    Ok(In::new(actions.entries).read_array(actions.len as usize, most as usize)?)
}

/// The file is looked at before there is a child; what the child does then need not be told to anybody.
fn spawned(
    cx: &mut Cx,
    path: Path,
    entries: &[Entry],
    attributes: Option<&Attributes>,
    argv: In<u64>,
    envp: In<u64>,
) -> Return<i32> {
    let (name, path) = process::program(cx, path)?;
    let (arguments, environment) = process::handed(argv, envp)?;
    let mut departure = Some(exec::prepare(
        cx,
        name,
        path,
        arguments,
        &environment,
        Who::Child,
    )?);
    drop(environment);
    let told = attributes.is_some_and(|all| all.flags & (RETURNERROR | SETGROUP) != 0);
    let mut error = None;
    let pid = clone::send_child(cx, Birth::default(), &mut |cx| {
        match arranged(cx, entries, attributes) {
            Ok(()) => {
                if let Some(departure) = departure.take() {
                    begin_anew(cx.thread);
                    error = Some(exec::depart(cx, departure).into());
                }
            }
            Err(found) if told => error = Some(found),
            Err(_) => {}
        }
        FAILED
    })?;
    error.map_or(Ok(pid), Err)
}

/// All that the child does before it is the new program.
fn arranged(cx: &mut Cx, entries: &[Entry], attributes: Option<&Attributes>) -> Return<()> {
    for entry in entries {
        act(cx, entry)?;
    }
    attributes.map_or(Ok(()), |attributes| take_on(cx, attributes))
}

fn act(cx: &mut Cx, entry: &Entry) -> Return<()> {
    let fd = Fd(entry.fd);
    match entry.action {
        OPEN => {
            // What is open there goes first, whatever comes of the rest.
            match descriptor::close(cx, fd) {
                Err(error) if error.0 != Errno::EBADF => return Err(error),
                _ => {}
            }
            let flags = family_flags(&OPEN_FLAGS, u64::from(entry.flags))? as u32;
            let opened = open::openat(cx, CWD, Path(entry.path), flags, entry.mode)?;
            if opened.0 != fd.0 {
                descriptor::dup2(cx, opened, fd)?;
                descriptor::close(cx, opened)?;
            }
            Ok(())
        }
        DUP2 => descriptor::dup2(cx, fd, Fd(entry.path as u32 as i32)).map(drop),
        CLOSE => descriptor::close(cx, fd),
        CHDIR => path::chdir(cx, Path(entry.path)),
        FCHDIR => {
            let fd = fd.checked(cx)?;
            // SAFETY: a number.
            unsafe { host::call_n(nr::fchdir, [fd]) }?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn take_on(cx: &mut Cx, attributes: &Attributes) -> Return<()> {
    let has = |flag: u16| attributes.flags & flag != 0;
    if has(SETGROUP) {
        // SAFETY: numbers.
        unsafe { host::call_n(nr::setpgid, [0, attributes.group as u64]) }?;
    }
    if has(SETSCHEDULER) || has(SETSCHEDPARAM) {
        const UNCHANGED: i32 = -1;
        let policy = if has(SETSCHEDULER) {
            attributes.policy
        } else {
            UNCHANGED
        };
        let priority = In::new((&raw const attributes.priority) as u64);
        _sched_setparam(cx, 0, 0, policy, priority)?;
    }
    if has(RESETIDS) {
        let group = ids::getgid(cx)? as u32;
        ids::setegid(cx, group)?;
        let user = ids::getuid(cx)? as u32;
        ids::seteuid(cx, user)?;
    }
    if has(SETSIGMASK) {
        let mask = blockable(SigSet::from_words(attributes.mask));
        cx.thread.mask.set(mask);
    }
    if has(SETSIGDEF) {
        let defaults = SigSet::from_words(attributes.defaults);
        for signal in (1..=u8::MAX).filter(|&one| is_valid(one) && defaults.has(one)) {
            let default = Sigaction {
                handler: 0,
                mask: [0; 4],
                flags: 0,
                pad: 0,
            };
            change_action(cx, i32::from(signal), Some(default.into()))?;
        }
    }
    Ok(())
}
