//! Values that are computed when asked for.

use alloc::vec::Vec;

use compat_bsd::calls::limits;
use compat_bsd::machine;
use compat_tables::bsd::flags::rlimit;
use compat_tables::netbsd::SysctlSource;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::vdso;
use zerocopy::IntoBytes;

use super::{processes, routes, sized, sysv, terminated};
use crate::abi::sysctl::Clockinfo;
use crate::error::Return;
use crate::image;

/// The bytes of a computed value; `more` are the numbers behind the name.
pub(super) fn compute(
    cx: &mut Cx,
    source: SysctlSource,
    kind: u32,
    more: &[i32],
    (old, old_len): (u64, u64),
) -> Return<Vec<u8>> {
    use SysctlSource as S;
    const HZ: i64 = 100;
    let settings = &cx.process().settings;
    let int = |number: i64| Ok(sized(kind, number));
    let text = |text: &[u8]| Ok(terminated(text));
    match source {
        S::Osrelease => text(image::release(settings).as_bytes()),
        S::Osrevision => int(i64::from(image::osrevision(settings))),
        S::Version => {
            let release = image::release(settings);
            text(alloc::format!("NetBSD {release} (GENERIC)\n").as_bytes())
        }
        S::Sysvipc => sysv::info(more, (old, old_len)),
        S::Hostname => text(&machine::hostname()),
        S::Domainname => text(b""),
        S::Maxproc => int(limits::limit(rlimit::RLIMIT_NPROC)?[1].clamp(1000, 99_999)),
        S::Maxfiles => int(machine::first_number(c"/proc/sys/fs/file-max")),
        S::Ncpu => int(machine::cpus() as i64),
        S::Physmem => int(machine::memory("MemTotal")),
        S::Model => text(&machine::cpu_model()),
        S::Clockrate => Ok(Clockinfo {
            hz: HZ as i32,
            tick: 10_000,
            tickadj: 40,
            stathz: HZ as i32,
            profhz: HZ as i32,
        }
        .as_bytes()
        .to_vec()),
        S::HardclockTicks => {
            let up = vdso::clock_gettime(1)?;
            int((up.as_nanos() / (1_000_000_000 / HZ)) & 0x7fff_ffff)
        }
        // struct timespec, whose second half is zero as a struct timeval's would be.
        S::Boottime => Ok(machine::boot_time()),
        S::Loadavg => Ok(machine::load_average()),
        S::Random => Ok(machine::random(4)?),
        S::RandomBytes => {
            let room = if old_len == 0 {
                0
            } else {
                guest::load_u64(old_len)?
            };
            Ok(machine::random(room.min(256) as usize)?)
        }
        S::ProcArgs => processes::arguments(cx, more),
        S::Proc2 => processes::all(more, old == 0),
        S::Lwp => processes::threads(more, old == 0),
        S::CpTime => Ok(machine::cpu_times(HZ, |name| name == "cpu")),
        S::Memory => Ok(memory()),
        S::Routes => routes::compute(cx, more),
    }
}

/// `struct uvmexp_sysctl`: words, of which those are filled in that say how much memory there is.
fn memory() -> Vec<u8> {
    /// Up to the last that is known.
    const WORDS: usize = 76;
    const PAGE: i64 = 4096;
    let pages = |name: &str| machine::memory(name) / PAGE;
    let known = [
        (0, PAGE),
        (1, PAGE - 1),
        (2, 12),
        (3, pages("MemTotal")),
        (4, pages("MemFree")),
        (5, pages("Active")),
        (6, pages("Inactive")),
        (8, pages("Unevictable")),
        // Swap space: devices, their size, and what is in use.
        (16, i64::from(pages("SwapTotal") > 0)),
        (17, pages("SwapTotal")),
        (18, pages("SwapTotal") - pages("SwapFree")),
        (19, pages("SwapTotal") - pages("SwapFree")),
        // Pages of no file, and of files.
        (71, pages("AnonPages")),
        (72, pages("Cached")),
    ];
    let mut words = [0i64; WORDS];
    for (index, value) in known {
        if let Some(word) = words.get_mut(index) {
            *word = value;
        }
    }
    words.as_bytes().to_vec()
}
