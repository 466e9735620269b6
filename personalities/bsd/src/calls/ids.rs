//! Users and groups (kern_prot.c).
//!
//! They belong to the process there and to each thread on the host: every change is made by all threads.

use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use compat_tables::bsd::Errno;
use compat_translate::guest::{In, Out};
use compat_translate::host::{self, nr};
use compat_translate::task::{Answer, call_everywhere};
use compat_translate::{Cx, Outcome};

use crate::error::Return;

/// Leaves an id as it is.
const KEEP: u32 = u32::MAX;
/// `kern.ngroups`, plus the effective group in front.
const NGROUPS_MAX: usize = 1023;

/// Whether the effective user is root, which is what most of FreeBSD's privileges come to.
pub fn is_root() -> bool {
    // SAFETY: no arguments.
    let effective = unsafe { host::call_n(nr::geteuid, []) };
    effective == Ok(0)
}

/// `priv_check` of a privilege that root has.
///
/// # Errors
/// `EPERM` for everybody else.
pub fn require_root() -> Return<()> {
    if is_root() {
        Ok(())
    } else {
        Err(Errno::EPERM.into())
    }
}

/// The real user.
pub fn real_user() -> u32 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getuid, []) }.unwrap_or_default() as u32
}

pub fn getuid(cx: &mut Cx) -> Return<u64> {
    one(cx, Answer::User, nr::getuid)
}

pub fn geteuid(cx: &mut Cx) -> Return<u64> {
    one(cx, Answer::EffectiveUser, nr::geteuid)
}

pub fn getgid(cx: &mut Cx) -> Return<u64> {
    one(cx, Answer::Group, nr::getgid)
}

pub fn getegid(cx: &mut Cx) -> Return<u64> {
    one(cx, Answer::EffectiveGroup, nr::getegid)
}

pub fn getpid(cx: &mut Cx) -> Return<u64> {
    one(cx, Answer::Process, nr::getpid)
}

fn one(cx: &Cx, which: Answer, number: u64) -> Return<u64> {
    // SAFETY: no arguments.
    Ok(cx
        .thread
        .answer(which, || unsafe { host::call_n(number, []) })?)
}

/// P_SUGID: who has changed users or groups is set even though no program's bits did it, until the next program, and beyond if
/// they differ. The stub itself never gains privileges by `execve`: the host's loader refuses to run it set-user-id.
pub fn issetugid(cx: &mut Cx) -> Return<u64> {
    let tainted = &cx.process().tainted;
    let ask = || {
        let changed = tainted.load(Ordering::Acquire);
        let differ =
            |kind: Kind| three(kind.get).is_ok_and(|[real, effective, _]| real != effective);
        Ok(u64::from(changed || differ(USER) || differ(GROUP)))
    };
    Ok(cx.thread.answer(Answer::Tainted, ask)?)
}

/// setsugid.
fn taint(cx: &mut Cx) -> Return<()> {
    if !cx.process().tainted.swap(true, Ordering::AcqRel) {
        // Others may have asked since the change.
        // SAFETY: no arguments.
        unsafe { call_everywhere(cx, nr::getuid, [0; 6]) }?;
    }
    Ok(())
}

/// Real, effective and saved id of the process: of the user with `getresuid`, of the group with `getresgid`.
fn three(number: u64) -> Return<[u32; 3]> {
    let mut ids = [0u32; 3];
    let [real, effective, saved] = &mut ids;
    let args = [real, effective, saved].map(|id| core::ptr::from_mut(id) as u64);
    // SAFETY: three valid words.
    unsafe { host::call_n(number, args) }?;
    Ok(ids)
}

/// Which of the two sets of ids.
#[derive(Clone, Copy)]
struct Kind {
    get: u64,
    set: u64,
}

const USER: Kind = Kind {
    get: nr::getresuid,
    set: nr::setresuid,
};
const GROUP: Kind = Kind {
    get: nr::getresgid,
    set: nr::setresgid,
};

impl Kind {
    fn change(self, cx: &mut Cx, ids: [u32; 3]) -> Return<()> {
        let before = three(self.get)?;
        let [real, effective, saved] = ids.map(u64::from);
        // SAFETY: no pointers.
        unsafe { call_everywhere(cx, self.set, [real, effective, saved, 0, 0, 0]) }?;
        match three(self.get)? == before {
            true => Ok(()),
            false => taint(cx),
        }
    }

    /// sys_setuid: everybody may take the real or the effective id, and it sets all three.
    fn set_all(self, cx: &mut Cx, id: u32) -> Return<()> {
        let [real, effective, _] = three(self.get)?;
        if id != real && id != effective {
            require_root()?;
        }
        self.change(cx, [id; 3])
    }

    /// sys_seteuid.
    fn set_effective(self, cx: &mut Cx, id: u32) -> Return<()> {
        let [real, _, saved] = three(self.get)?;
        if id != real && id != saved {
            require_root()?;
        }
        self.change(cx, [KEEP, id, KEEP])
    }

    /// sys_setreuid: the saved id follows the effective one when the real one was given or they differ.
    fn set_two(self, cx: &mut Cx, new_real: u32, new_effective: u32) -> Return<()> {
        let [real, effective, saved] = three(self.get)?;
        let real_refused = new_real != KEEP && new_real != real && new_real != saved;
        let effective_refused =
            new_effective != KEEP && ![real, effective, saved].contains(&new_effective);
        if real_refused || effective_refused {
            require_root()?;
        }
        let pick = |new, old| if new == KEEP { old } else { new };
        let (now_real, now) = (pick(new_real, real), pick(new_effective, effective));
        let follows = new_real != KEEP || now != now_real;
        self.change(cx, [now_real, now, if follows { now } else { saved }])
    }
}

pub fn setuid(cx: &mut Cx, id: u32) -> Return<()> {
    USER.set_all(cx, id)
}

pub fn seteuid(cx: &mut Cx, id: u32) -> Return<()> {
    USER.set_effective(cx, id)
}

pub fn setreuid(cx: &mut Cx, real: u32, effective: u32) -> Return<()> {
    USER.set_two(cx, real, effective)
}

pub fn setresuid(cx: &mut Cx, real: u32, effective: u32, saved: u32) -> Return<()> {
    USER.change(cx, [real, effective, saved])
}

pub fn setgid(cx: &mut Cx, id: u32) -> Return<()> {
    GROUP.set_all(cx, id)
}

pub fn setegid(cx: &mut Cx, id: u32) -> Return<()> {
    GROUP.set_effective(cx, id)
}

pub fn setregid(cx: &mut Cx, real: u32, effective: u32) -> Return<()> {
    GROUP.set_two(cx, real, effective)
}

pub fn setresgid(cx: &mut Cx, real: u32, effective: u32, saved: u32) -> Return<()> {
    GROUP.change(cx, [real, effective, saved])
}

/// Null pointers are skipped, where the host faults (sys_getresuid).
pub fn getresuid(_cx: &mut Cx, real: Out<u32>, effective: Out<u32>, saved: Out<u32>) -> Return<()> {
    give_three(USER, [real, effective, saved])
}

/// See [`getresuid`].
pub fn getresgid(_cx: &mut Cx, real: Out<u32>, effective: Out<u32>, saved: Out<u32>) -> Return<()> {
    give_three(GROUP, [real, effective, saved])
}

fn give_three(kind: Kind, places: [Out<u32>; 3]) -> Return<()> {
    for (place, id) in places.into_iter().zip(three(kind.get)?) {
        place.write_optional(&id)?;
    }
    Ok(())
}

/// The supplementary groups, without the effective one where `own` is given.
fn supplementary(own: Option<u32>) -> Return<Vec<u32>> {
    // SAFETY: size 0 asks for the number only.
    let count = unsafe { host::call_n(nr::getgroups, [0, 0]) }? as usize;
    let mut groups = alloc::vec![0u32; count];
    // SAFETY: room for `count` ids.
    let count = unsafe { host::call_n(nr::getgroups, [count as u64, groups.as_mut_ptr() as u64]) }?;
    groups.truncate(count as usize);
    if let Some(own) = own {
        groups.retain(|&group| group != own);
    }
    Ok(groups)
}

fn give_groups(size: i32, place: Out<u32>, groups: &[u32]) -> Return<Outcome> {
    let count = Outcome::Value(groups.len() as u64);
    if size == 0 {
        return Ok(count);
    }
    if usize::try_from(size).is_ok_and(|size| size >= groups.len()) {
        for (index, group) in groups.iter().enumerate() {
            place.at(index).write(group)?;
        }
        return Ok(count);
    }
    Err(Errno::EINVAL.into())
}

/// Before FreeBSD 15 the first element is the effective group.
pub fn freebsd14_getgroups(_cx: &mut Cx, size: i32, place: Out<u32>) -> Return<Outcome> {
    let [_, effective, _] = three(GROUP.get)?;
    let mut groups = alloc::vec![effective];
    groups.extend(supplementary(Some(effective))?);
    give_groups(size, place, &groups)
}

/// Supplementary groups only.
pub fn getgroups(_cx: &mut Cx, size: i32, place: Out<u32>) -> Return<Outcome> {
    give_groups(size, place, &supplementary(None)?)
}

fn read_groups(size: i32, groups: In<u32>, limit: usize) -> Return<Vec<u32>> {
    let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
    Ok(groups.read_array(size, limit)?)
}

fn set_supplementary(cx: &mut Cx, groups: &[u32]) -> Return<()> {
    let args = [groups.len() as u64, groups.as_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: the list outlives the call on every thread.
    unsafe { call_everywhere(cx, nr::setgroups, args) }?;
    taint(cx)
}

/// The first becomes the effective group; see [`freebsd14_getgroups`].
pub fn freebsd14_setgroups(cx: &mut Cx, size: i32, groups: In<u32>) -> Return<()> {
    let groups = read_groups(size, groups, NGROUPS_MAX + 1)?;
    require_root()?;
    match groups.split_first() {
        Some((&effective, rest)) => {
            set_supplementary(cx, rest)?;
            GROUP.change(cx, [KEEP, effective, KEEP])
        }
        None => set_supplementary(cx, &[]),
    }
}

pub fn setgroups(cx: &mut Cx, size: i32, groups: In<u32>) -> Return<()> {
    let groups = read_groups(size, groups, NGROUPS_MAX)?;
    require_root()?;
    set_supplementary(cx, &groups)
}

/// Credentials in one structure; only root may.
pub fn setcred(cx: &mut Cx, _flags: u32, _credentials: u64, _size: u64) -> Return<()> {
    require_root()?;
    Err(cx.gap("setcred", Errno::EINVAL.into()))
}
