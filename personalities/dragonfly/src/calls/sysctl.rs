//! `sysctl`: what is no constant in `tables/dragonfly/sysctl.tbl`.

mod routes;

use alloc::vec::Vec;

use compat_bsd::calls::path::known_name;
use compat_bsd::machine;
use compat_bsd::sysctl::{self as family, Request, Tree, sized, terminated};
use compat_tables::Sysctl;
use compat_tables::dragonfly::{self as tables, Errno, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest::In;
use compat_translate::host;

use crate::error::Return;
use crate::image;

/// DragonFly's names.
struct Names;

impl Tree for Names {
    type Source = SysctlSource;

    fn row(oid: &[i32]) -> Option<(&'static Sysctl<SysctlSource>, &[i32])> {
        tables::sysctl(oid)
    }

    fn named(name: &str) -> Option<&'static Sysctl<SysctlSource>> {
        tables::sysctl_named(name)
    }

    fn after(oid: &[i32]) -> Option<&'static Sysctl<SysctlSource>> {
        tables::sysctl_after(oid)
    }

    fn compute(
        cx: &mut Cx,
        source: SysctlSource,
        row: &Sysctl<SysctlSource>,
        more: &[i32],
        _request: Request,
    ) -> Return<Vec<u8>> {
        use SysctlSource as S;
        let settings = &cx.process().settings;
        let int = |number: i64| Ok(sized(row.kind, number));
        let text = |text: &[u8]| Ok(terminated(text));
        match source {
            S::Osrelease => text(image::release(settings).as_bytes()),
            S::Osreldate => int(i64::from(image::osreldate(settings))),
            S::Version => {
                let release = image::release(settings);
                text(alloc::format!("DragonFly {release}: X86_64_GENERIC\n").as_bytes())
            }
            S::Hostname => text(&machine::hostname()),
            S::Ncpu => int(machine::cpus() as i64),
            S::Physmem => int(machine::memory("MemTotal")),
            S::Somaxconn => int(machine::first_number(c"/proc/sys/net/core/somaxconn")),
            S::Usrstack => int(image::stack_top() as i64),
            S::Routes => routes::compute(more),
            S::ProcPathname => text(&program(cx, more)?),
        }
    }

    fn change(
        _cx: &mut Cx,
        _source: SysctlSource,
        _more: &[i32],
        _request: Request,
    ) -> Option<Return<()>> {
        None
    }
}

pub(crate) fn __sysctl(
    cx: &mut Cx,
    name: In<i32>,
    parts: u32,
    old: u64,
    old_len: u64,
    new: u64,
    new_len: u64,
) -> Return<()> {
    let request = Request {
        old,
        old_len,
        new,
        new_len,
    };
    family::sysctl::<Names>(cx, name, parts, request)
}

/// The path of a process's program (sysctl_kern_proc_pathname); -1 is the caller.
fn program(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    // SAFETY: no arguments.
    let own = unsafe { host::call_n(host::nr::getpid, []) }? as i32;
    match more {
        [pid] if *pid == -1 || *pid == own => {
            let path = cx.process().program.lock().clone();
            Ok(known_name(&path).unwrap_or(path))
        }
        [_] => Err(cx.gap("kern.proc.pathname of another process", Errno::ESRCH.into())),
        _ => Err(Errno::EINVAL.into()),
    }
}
