//! Values that are computed when asked for.

use alloc::string::String;
use alloc::vec::Vec;

use compat_tables::Sysctl;
use compat_tables::freebsd::flags::rlimit;
use compat_tables::freebsd::{Errno, SysctlSource};
use compat_translate::host::{self, read_file};
use compat_translate::{Cx, guest};

use compat_bsd::machine;
use zerocopy::IntoBytes;

use super::protocols::{self, Protocol};
use super::release::of_program;
use super::{
    Request, devices, open_files, process, routes, sized, sockets, storage, sysv, terminated,
};
use crate::abi::devstat::DEVSTAT_VERSION;
use crate::abi::stat::dev_parts;
use crate::abi::user::{Vmtotal, Vmtotal11};
use crate::calls::{device, limits};
use crate::error::Return;
use crate::image;

/// How often the statistics clock ticks in a second.
const STATHZ: i64 = 127;

/// The bytes of a computed value.
pub(super) fn compute(
    cx: &mut Cx,
    source: SysctlSource,
    sysctl: &Sysctl<SysctlSource>,
    more: &[i32],
    request: Request,
) -> Return<Vec<u8>> {
    use SysctlSource as S;
    let settings = &cx.process().settings;
    let int = |number: i64| Ok(sized(sysctl.kind, number));
    let text = |text: &[u8]| Ok(terminated(text));
    match source {
        S::Osrelease => text(image::release(settings).as_bytes()),
        S::Osreldate => int(i64::from(image::osreldate(settings))),
        S::Version => {
            let release = image::release(settings);
            text(alloc::format!("FreeBSD {release} GENERIC\n").as_bytes())
        }
        S::Hostname => text(&machine::hostname()),
        S::Ncpu => int(machine::cpus() as i64),
        S::MaxCpuId => int(machine::cpus() as i64 - 1),
        S::Maxcpus => int(max_cpus(image::osreldate(settings))),
        S::Cpusetsize => int(max_cpus(image::osreldate(settings)).div_euclid(8)),
        S::Maxproc | S::Maxprocperuid => {
            int(limits::limit(rlimit::RLIMIT_NPROC)?[1].clamp(1000, 99_999))
        }
        S::Maxfiles => {
            int(machine::first_number(c"/proc/sys/fs/file-max").min(i64::from(i32::MAX)))
        }
        S::Maxfilesperproc => {
            int(limits::limit(rlimit::RLIMIT_NOFILE)?[1].min(i64::from(i32::MAX)))
        }
        S::Hostuuid => text(host_uuid().as_bytes()),
        S::Hostid => int(host_id()),
        // struct clockinfo: hz, tick, spare, stathz, profhz.
        S::Clockrate => Ok(ints(&[1000, 1000, 0, STATHZ as i32, 8128])),
        S::Boottime => Ok(machine::boot_time()),
        S::Arandom => arandom(request),
        S::CpTime => Ok(machine::cpu_times(STATHZ, |name| name == "cpu")),
        S::CpTimes => Ok(machine::cpu_times(STATHZ, |name| name != "cpu")),
        S::Somaxconn => int(machine::first_number(c"/proc/sys/net/core/somaxconn")),
        S::ClockMhz => int(machine::clock_mhz()),
        S::TscFreq => int(machine::clock_mhz().saturating_mul(1_000_000)),
        S::CpuModel => text(&machine::cpu_model()),
        S::Msgbuf => Ok(machine::kernel_messages()?),
        S::Msgbufsize => int(machine::kernel_message_room()),
        S::Loadavg => Ok(machine::load_average()),
        S::Vmtotal => Ok(memory_in_use(of_program(cx, 0))),
        S::Openfiles => int(machine::first_number(c"/proc/sys/fs/file-nr")),
        S::Physmem => int(machine::memory("MemTotal")),
        S::Usermem => int(machine::memory("MemAvailable")),
        S::SwapTotal => int(machine::memory("SwapTotal")),
        S::PageCount => int(machine::memory("MemTotal") / 4096),
        S::FreeCount => int(machine::memory("MemFree") / 4096),
        S::ActiveCount => int(machine::memory("Active") / 4096),
        S::InactiveCount => int(machine::memory("Inactive") / 4096),
        S::WireCount => int(machine::memory("Slab") / 4096),
        S::Pagesizes => Ok([4096u64, 2 << 20, 1 << 30]
            .iter()
            .flat_map(|size| size.to_le_bytes())
            .collect()),
        S::Usrstack => int(image::places().stack_top as i64),
        S::PsStrings => int(image::places().ps_strings as i64),
        S::Devname => devname(request),
        S::Routetable => routes::compute(cx, more),
        S::Lastpid => int(machine::last_pid()),
        S::VmFaults => int(machine::counter(c"/proc/vmstat", "pgfault")),
        S::IoFaults => int(machine::counter(c"/proc/vmstat", "pgmajfault")),
        S::Swappgsin => int(machine::counter(c"/proc/vmstat", "pswpin")),
        S::Swappgsout => int(machine::counter(c"/proc/vmstat", "pswpout")),
        S::Forks => int(machine::counter(c"/proc/stat", "processes")),
        S::Swtch => int(machine::counter(c"/proc/stat", "ctxt")),
        S::Intr => int(machine::counter(c"/proc/stat", "intr")),
        S::Softirqs => int(machine::counter(c"/proc/stat", "softirq")),
        S::Bufspace => int(machine::memory("Buffers")),
        S::Nswapdev => int(storage::swap_devices()?),
        S::VfsConflist => storage::kinds(),
        S::SwapInfo => storage::swap(more, request),
        S::TcpPcblist => sockets::internet(cx, sockets::IPPROTO_TCP),
        S::UdpPcblist => sockets::internet(cx, sockets::IPPROTO_UDP),
        S::RawPcblist => sockets::raw(cx),
        S::StreamPcblist => sockets::local(cx, sockets::SOCK_STREAM),
        S::DgramPcblist => sockets::local(cx, sockets::SOCK_DGRAM),
        S::SeqpacketPcblist => sockets::local(cx, sockets::SOCK_SEQPACKET),
        S::File => open_files::all(cx),
        S::TcpStats => Ok(protocols::counters(cx, Protocol::Tcp)),
        S::UdpStats => Ok(protocols::counters(cx, Protocol::Udp)),
        S::IpStats => Ok(protocols::counters(cx, Protocol::Ip)),
        S::IcmpStats => Ok(protocols::counters(cx, Protocol::Icmp)),
        S::DevstatAll => Ok(devices::all()),
        S::DevstatNumdevs => int(devices::count()),
        S::DevstatGeneration => int(devices::GENERATION),
        S::DevstatVersion => int(DEVSTAT_VERSION),
        S::Intrcnt => Ok(devices::interrupt_counts()),
        S::Intrnames => Ok(devices::interrupt_names()),
        // The host does not count what its name cache does.
        S::Nchstats => Ok(alloc::vec![0; NCHSTATS]),
        S::Numvnodes => int(machine::first_number(c"/proc/sys/fs/inode-nr")),
        S::Freevnodes => int(free_inodes()),
        S::Dirtybuffers => int(machine::memory("Dirty") / 4096),
        S::FreeMin => int(machine::first_number(c"/proc/sys/vm/min_free_kbytes") / 4),
        S::Vnodepgsin => int(machine::counter(c"/proc/vmstat", "pgpgin") / 4),
        S::Vnodepgsout => int(machine::counter(c"/proc/vmstat", "pgpgout") / 4),
        S::Reactivated => int(machine::counter(c"/proc/vmstat", "pgactivate")),
        S::Pdwakeups => int(machine::counter(c"/proc/vmstat", "pageoutrun")),
        S::Pdpages => int(machine::counter(c"/proc/vmstat", "pgscan_kswapd")),
        S::Tfree => int(machine::counter(c"/proc/vmstat", "pgfree")),
        S::Nothing => Ok(Vec::new()),
        S::Msqids => Ok(sysv::queues()),
        S::Sema => Ok(sysv::semaphores()),
        S::Shmsegs => Ok(sysv::segments()),
        S::MsgSlots => int(sysv::queue_slots()),
        S::SemSlots => int(sysv::semaphore_slots()),
        S::ShmSlots => int(sysv::segment_slots()),
        S::PortFirst => int(port(0)),
        S::PortLast => int(port(1)),
        source => process::compute(cx, source, sysctl.name.as_str(), more, request),
    }
}

/// The name of the device whose number is the new value, 8 bytes or, in programs from before FreeBSD 12, 4
/// (sysctl_devname).
fn devname(request: Request) -> Return<Vec<u8>> {
    const NODEV: u64 = u64::MAX;
    let dev = match request.new_len {
        4 => match guest::read::<u32>(request.new)? {
            u32::MAX => NODEV,
            dev => u64::from(dev),
        },
        8 => guest::read(request.new)?,
        _ => return Err(Errno::EINVAL.into()),
    };
    if dev == NODEV {
        return Err(Errno::EINVAL.into());
    }
    let (major, minor) = dev_parts(dev);
    let name = device::name_by_number(major, minor).ok_or(Errno::ENOENT)?;
    Ok(terminated(name.as_bytes()))
}

/// Sets a value that can be set; `None` for the others.
pub(super) fn change(
    cx: &mut Cx,
    source: SysctlSource,
    more: &[i32],
    request: Request,
) -> Option<Return<()>> {
    match source {
        SysctlSource::Hostname => Some(
            machine::set_hostname(request.new, request.new_len).map_err(crate::error::Error::from),
        ),
        // Asking means giving a number, which looks like setting it.
        SysctlSource::Devname => {
            Some(devname(request).and_then(|name| super::give(request, &name)))
        }
        SysctlSource::ProcArgs => Some(process::set_arguments(cx, more, request)),
        _ => None,
    }
}

fn ints(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// `struct nchstats`: eight counters.
const NCHSTATS: usize = 64;

/// The second number: inodes that nobody uses.
fn free_inodes() -> i64 {
    let text = read_file(c"/proc/sys/fs/inode-nr", 64).unwrap_or_default();
    machine::lines(&text)
        .next()
        .and_then(|line| line.split_whitespace().nth(1))
        .map_or(0, machine::number)
}

/// MAXCPU of the release that programs see.
fn max_cpus(osreldate: u32) -> i64 {
    if osreldate >= 1_400_000 { 1024 } else { 256 }
}

/// The host's machine id in the shape of a UUID.
fn host_uuid() -> String {
    let id = read_file(c"/etc/machine-id", 64).unwrap_or_default();
    let id = machine::lines(&id).next().unwrap_or_default().trim();
    let part = |range| id.get(range);
    match (
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32),
    ) {
        (Some(a), Some(b), Some(c), Some(d), Some(e)) => alloc::format!("{a}-{b}-{c}-{d}-{e}"),
        _ => String::from("00000000-0000-0000-0000-000000000000"),
    }
}

fn host_id() -> i64 {
    let uuid = host_uuid();
    uuid.get(..8)
        .and_then(|digits| i64::from_str_radix(digits, 16).ok())
        .unwrap_or(0)
}

/// Random bytes, as many as there is room for, at most 256 (sysctl_kern_arnd).
fn arandom(request: Request) -> Return<Vec<u8>> {
    let room = match request.old_len {
        0 => 0,
        at => compat_translate::guest::load_u64(at)?,
    };
    Ok(machine::random(room.min(256) as usize)?)
}

/// An end of the range that ports are picked from.
fn port(index: usize) -> i64 {
    let text = read_file(c"/proc/sys/net/ipv4/ip_local_port_range", 64).unwrap_or_default();
    machine::lines(&text)
        .next()
        .and_then(|line| line.split_whitespace().nth(index))
        .map_or(0, machine::number)
}

/// `struct vmtotal`, in pages. Programs from before FreeBSD 12 get the shorter one.
fn memory_in_use(release: u32) -> Vec<u8> {
    let total = machine::memory("MemTotal");
    let free = machine::memory("MemFree");
    let pages = |bytes: i64| (bytes.max(0) / 4096) as u64;
    let mut processes = [0i16; 5];
    for state in host::processes()
        .into_iter()
        .filter_map(host::process_stat)
        .map(|stat| stat.state)
    {
        let slot = match state {
            b'R' => 0,
            b'D' => 1,
            _ => 3,
        };
        if let Some(count) = processes.get_mut(slot) {
            *count = count.saturating_add(1);
        }
    }
    let found = Vmtotal {
        vm: pages(machine::memory("Committed_AS")),
        avm: pages(machine::memory("Committed_AS")),
        rm: pages(total - free),
        arm: pages(machine::memory("Active")),
        vmshr: pages(machine::memory("Shmem")),
        avmshr: pages(machine::memory("Shmem")),
        rmshr: pages(machine::memory("Mapped")),
        armshr: pages(machine::memory("Mapped")),
        free: pages(free),
        processes,
        pad: [0; 3],
    };
    match release {
        1..1_200_000 => Vmtotal11::from(&found).as_bytes().to_vec(),
        _ => found.as_bytes().to_vec(),
    }
}
