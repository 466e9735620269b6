//! Values that are computed when asked for.

use alloc::vec::Vec;

use compat_bsd::calls::limits;
use compat_bsd::machine;
use compat_tables::bsd::flags::rlimit;
use compat_tables::netbsd::{Errno, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::vdso;
use zerocopy::IntoBytes;

use super::{routes, sized, terminated};
use crate::abi::sysctl::Clockinfo;
use crate::error::Return;
use crate::image;

/// The bytes of a computed value; `more` are the numbers behind the name.
pub(super) fn compute(
    cx: &mut Cx,
    source: SysctlSource,
    kind: u32,
    more: &[i32],
    old_len: u64,
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
        S::ProcArgs => arguments(cx, more),
        S::Routes => routes::compute(cx, more),
    }
}

/// `kern.proc_args.PID.WHAT`: arguments or environment, or their number; the name of the program (sysctl_kern_proc_args).
fn arguments(cx: &mut Cx, more: &[i32]) -> Return<Vec<u8>> {
    const ARGV: i32 = 1;
    const NARGV: i32 = 2;
    const PATHNAME: i32 = 5;
    let &[pid, what] = more else {
        return Err(Errno::EINVAL.into());
    };
    // SAFETY: no arguments.
    let own =
        unsafe { compat_translate::host::call_n(compat_translate::host::nr::getpid, []) }? as i32;
    if pid != -1 && pid != own {
        return Err(cx.gap("kern.proc_args of another process", Errno::ESRCH.into()));
    }
    let process = cx.process();
    match what {
        ARGV => {
            let arguments = process.arguments.lock();
            Ok(arguments.iter().flat_map(|text| terminated(text)).collect())
        }
        NARGV => Ok((process.arguments.lock().len() as i32)
            .to_le_bytes()
            .to_vec()),
        PATHNAME => {
            let program = process.program.lock().clone();
            let name = compat_translate::paths::guest_name(process.space.get(), &program);
            Ok(terminated(&name.unwrap_or(program)))
        }
        _ => Err(cx.gap("kern.proc_args: environment", Errno::EINVAL.into())),
    }
}
