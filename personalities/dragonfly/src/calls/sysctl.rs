//! `sysctl`: what is no constant in `tables/dragonfly/sysctl.tbl`.

mod processes;
mod routes;

use alloc::vec::Vec;

use compat_bsd::calls::limits;
use compat_bsd::machine;
use compat_bsd::sysctl::{self as family, Request, Tree, sized, terminated};
use compat_tables::Sysctl;
use compat_tables::bsd::flags::rlimit;
use compat_tables::dragonfly::{self as tables, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

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
        request: Request,
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
            S::Maxfilesperproc => int(most(rlimit::RLIMIT_NOFILE)?.min(i64::from(i32::MAX))),
            S::Maxprocperuid => int(most(rlimit::RLIMIT_NPROC)?.clamp(1000, 99_999)),
            S::Openfiles => int(machine::first_number(c"/proc/sys/fs/file-nr")),
            S::Clockrate => Ok(CLOCKS.iter().flat_map(|n| n.to_le_bytes()).collect()),
            S::Boottime => Ok(machine::boot_time()),
            S::Msgbuf => Ok(machine::kernel_messages()?),
            S::Loadavg => Ok(load_average()),
            S::Random => random(request),
            S::Usermem => int(machine::memory("MemAvailable")),
            S::Availpages => int(machine::memory("MemTotal") / 4096),
            S::Somaxconn => int(machine::first_number(c"/proc/sys/net/core/somaxconn")),
            S::PsStrings => int(image::ps_strings() as i64),
            S::Usrstack => int(image::stack_top() as i64),
            S::Routes => routes::compute(more),
            S::ProcArgs => processes::arguments(cx, more),
            S::ProcCwd => processes::directory(more),
            S::ProcPathname => processes::pathname(cx, more),
            S::ProcAll | S::ProcPid | S::ProcPgrp | S::ProcTty | S::ProcUid | S::ProcRuid => {
                processes::all(source, more, request)
            }
            S::ProcAllLwp
            | S::ProcPidLwp
            | S::ProcPgrpLwp
            | S::ProcTtyLwp
            | S::ProcUidLwp
            | S::ProcRuidLwp => processes::all(source, more, request),
        }
    }

    fn change(
        cx: &mut Cx,
        source: SysctlSource,
        more: &[i32],
        request: Request,
    ) -> Option<Return<()>> {
        match source {
            SysctlSource::ProcArgs => Some(processes::set_arguments(cx, more, request)),
            _ => None,
        }
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

/// `struct kinfo_clockinfo`: rate, microseconds of a tick, slew, and the rates of the two statistics clocks, which beat one
/// faster (initparams in subr_param.c).
const CLOCKS: [i32; 5] = [100, 10_000, 0, 101, 101];

/// `struct loadavg`, whose averages have 64 bits here.
fn load_average() -> Vec<u8> {
    let family = machine::load_average();
    let (averages, scale) = family.split_at_checked(16).unwrap_or_default();
    let mut value = Vec::new();
    for average in averages.chunks(4).take(3) {
        value.extend_from_slice(average);
        value.extend_from_slice(&[0; 4]);
    }
    value.extend_from_slice(scale);
    value
}

/// The hard limit of a resource.
fn most(resource: i32) -> Return<i64> {
    Ok(limits::limit(resource)?[1])
}

/// As many bytes as the caller has room for, at most a block at a time.
fn random(request: Request) -> Return<Vec<u8>> {
    const MOST: u64 = 8192;
    let room = if request.old == 0 || request.old_len == 0 {
        0
    } else {
        guest::load_u64(request.old_len)?
    };
    Ok(machine::random(room.min(MOST) as usize)?)
}
