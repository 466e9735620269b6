//! Values that are computed when asked for.

use alloc::vec::Vec;

use compat_bsd::calls::limits;
use compat_bsd::machine::{self, counter};
use compat_tables::bsd::flags::{rlimit, sock_type};
use compat_tables::netbsd::{Errno, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{process_stat, processes as all_processes, vdso};
use zerocopy::IntoBytes;

use super::sockets::{self, List};
use super::{disks, files, mappings, processes, protocols, routes, sized, sysv, terminated};
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
        S::File2 => files::all(cx, more, old == 0),
        S::TcpPcblist => sockets::list(List::Tcp { v6: false }, more, old == 0),
        S::UdpPcblist => sockets::list(List::Udp { v6: false }, more, old == 0),
        S::RawPcblist => sockets::list(List::Raw { v6: false }, more, old == 0),
        S::Tcp6Pcblist => sockets::list(List::Tcp { v6: true }, more, old == 0),
        S::Udp6Pcblist => sockets::list(List::Udp { v6: true }, more, old == 0),
        S::Raw6Pcblist => sockets::list(List::Raw { v6: true }, more, old == 0),
        S::StreamPcblist => sockets::list(List::Local(sock_type::SOCK_STREAM), more, old == 0),
        S::DgramPcblist => sockets::list(List::Local(sock_type::SOCK_DGRAM), more, old == 0),
        S::SeqpacketPcblist => {
            sockets::list(List::Local(sock_type::SOCK_SEQPACKET), more, old == 0)
        }
        S::TcpStats => Ok(protocols::tcp()),
        S::UdpStats => Ok(protocols::udp()),
        S::Udp6Stats => Ok(protocols::udp6()),
        S::IpStats => Ok(protocols::ip()),
        S::Ip6Stats => Ok(protocols::ip6()),
        S::IcmpStats => Ok(protocols::icmp()),
        S::Icmp6Stats => Ok(protocols::icmp6()),
        S::Iostats => disks::all(more),
        S::Iostatnames => Ok(disks::names()),
        S::Vmmap => mappings::of(more, old == 0),
        S::Msgbuf => Ok(machine::kernel_messages()?),
        S::Msgbufsize => int(machine::kernel_message_room()),
        S::CpId => cpu_ids(more),
        S::Vmtotal => Ok(load()),
        S::Uvmexp => Ok(memory_of_old()),
        S::Memory => Ok(memory()),
        S::Routes => routes::compute(cx, more),
    }
}

const STAT: &core::ffi::CStr = c"/proc/stat";
const VMSTAT: &core::ffi::CStr = c"/proc/vmstat";

/// Numbers of processors: all, or the one that is asked for.
fn cpu_ids(more: &[i32]) -> Return<Vec<u8>> {
    let all = 0..machine::cpus();
    let asked = match *more {
        [] => all,
        [one] => {
            let one = u64::try_from(one).map_err(|_| Errno::ENOENT)?;
            if !all.contains(&one) {
                return Err(Errno::ENOENT.into());
            }
            one..one + 1
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(asked.flat_map(u64::to_le_bytes).collect())
}

/// `struct vmtotal`: threads that run, wait for a disk, and sleep; pages.
fn load() -> Vec<u8> {
    let mut threads = [0i16; 6];
    let states = all_processes().into_iter().filter_map(process_stat);
    for state in states.map(|stat| stat.state) {
        let slot = match state {
            b'R' => 0,
            b'D' => 1,
            _ => 3,
        };
        if let Some(count) = threads.get_mut(slot) {
            *count = count.saturating_add(1);
        }
    }
    let pages = |bytes: i64| (bytes.max(0) / 4096) as i32;
    let memory = |name: &str| pages(machine::memory(name));
    let (committed, active) = (memory("Committed_AS"), memory("Active"));
    let (shared, mapped, free) = (memory("Shmem"), memory("Mapped"), memory("MemFree"));
    let words = [
        committed,
        committed,
        memory("MemTotal") - free,
        active,
        shared,
        shared,
        mapped,
        mapped,
        free,
    ];
    [threads.as_bytes(), words.as_bytes()].concat()
}

/// `struct uvmexp`, which programs asked for before there was the other: 32-bit words.
fn memory_of_old() -> Vec<u8> {
    const WORDS: usize = 78;
    let pages = |name: &str| (machine::memory(name) / 4096) as i32;
    let swap = pages("SwapTotal");
    let known = [
        (0, 4096),
        (1, 4095),
        (2, 12),
        (3, pages("MemTotal")),
        (4, pages("MemFree")),
        (6, pages("Unevictable")),
        (12, pages("AnonPages")),
        (13, pages("Cached")),
        (18, i32::from(swap > 0)),
        (19, swap),
        (20, pages("SwapFree")),
        (21, swap - pages("SwapFree")),
        (22, swap - pages("SwapFree")),
    ];
    let mut words = [0i32; WORDS];
    for (index, value) in known {
        if let Some(word) = words.get_mut(index) {
            *word = value;
        }
    }
    words.as_bytes().to_vec()
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
        // Since the start: faults, interrupts, switches, software interrupts, pages in and out.
        (24, counter(VMSTAT, "pgfault")),
        (26, counter(STAT, "intr")),
        (27, counter(STAT, "ctxt")),
        (28, counter(STAT, "softirq")),
        (30, counter(VMSTAT, "pgmajfault")),
        (33, counter(VMSTAT, "pswpin")),
        (34, counter(VMSTAT, "pswpout")),
        (35, counter(STAT, "processes")),
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
