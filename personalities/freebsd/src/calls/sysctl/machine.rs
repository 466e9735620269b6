//! What kind of machine this is: processors, memory, load.

use alloc::vec::Vec;
use core::ffi::CStr;

use compat_translate::host::{self, nr, read_file};
use zerocopy::IntoBytes;

use crate::abi::user::{Vmtotal, Vmtotal11};

/// The host's clock that counts from its start.
pub(super) const HOST_BOOTTIME: i32 = 7;

/// `/proc/meminfo`'s value of `field`, in bytes.
pub(super) fn memory(field: &str) -> i64 {
    let text = read_file(c"/proc/meminfo", 8192).unwrap_or_default();
    lines(&text)
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name == field).then(|| number(value))
        })
        .unwrap_or(0)
        .saturating_mul(1024)
}

/// What the line of `file` that starts with `field` counts: pages, faults or events since the host started.
pub(super) fn counter(file: &CStr, field: &str) -> i64 {
    let text = read_file(file, 256 * 1024).unwrap_or_default();
    lines(&text)
        .find_map(|line| line.split_once(' ').filter(|(name, _)| *name == field))
        .map_or(0, |(_, rest)| number(rest))
}

/// The process started last.
pub(super) fn last_pid() -> i64 {
    let text = read_file(c"/proc/loadavg", 128).unwrap_or_default();
    let last = lines(&text)
        .next()
        .and_then(|line| line.split_whitespace().last());
    last.map_or(0, number)
}

/// The lines of a text file of the host.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &str> {
    core::str::from_utf8(text).unwrap_or_default().lines()
}

/// The first number in a text.
pub(super) fn number(text: &str) -> i64 {
    text.split_whitespace()
        .next()
        .and_then(|word| word.split('.').next())
        .and_then(|word| word.parse().ok())
        .unwrap_or(0)
}

/// The value of the first line of `/proc/cpuinfo` that starts with `field`.
fn cpuinfo(field: &str) -> Option<alloc::string::String> {
    let text = read_file(c"/proc/cpuinfo", 4096).ok()?;
    lines(&text).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == field).then(|| value.trim().into())
    })
}

/// `hw.model`.
pub(super) fn cpu_model() -> Vec<u8> {
    cpuinfo("model name").unwrap_or_default().into_bytes()
}

/// `hw.clockrate`.
pub(super) fn clock_mhz() -> i64 {
    cpuinfo("cpu MHz").map_or(0, |text| number(&text))
}

/// `struct loadavg`: three averages in units of 1/2048, then the unit.
pub(super) fn load_average() -> Vec<u8> {
    const FSCALE: u64 = 2048;
    let mut info = [0u64; 14];
    // SAFETY: a `struct sysinfo` has 112 bytes: uptime, then the three loads in units of 1/65536.
    let _ = unsafe { host::call_n(nr::sysinfo, [info.as_mut_ptr() as u64]) };
    let mut answer = Vec::new();
    for load in info.get(1..4).unwrap_or_default() {
        answer.extend(((load / (65536 / FSCALE)) as u32).to_le_bytes());
    }
    answer.extend([0; 4]);
    answer.extend(FSCALE.to_le_bytes());
    answer
}

/// `struct timeval` of the moment the host started.
pub(super) fn boot_time() -> Vec<u8> {
    let now = host::vdso::clock_gettime(0).unwrap_or_default();
    let up = host::vdso::clock_gettime(HOST_BOOTTIME).unwrap_or_default();
    let start = now.as_nanos().saturating_sub(up.as_nanos());
    // Whole seconds: the same answer every time.
    let seconds = start.saturating_add(500_000_000) / 1_000_000_000;
    [seconds, 0]
        .iter()
        .flat_map(|part| part.to_le_bytes())
        .collect()
}

/// Ticks of user, nice, system, interrupt and idle time, for each line of `/proc/stat` that `wanted` takes.
pub(super) fn cpu_times(wanted: impl Fn(&str) -> bool) -> Vec<u8> {
    let text = read_file(c"/proc/stat", 256 * 1024).unwrap_or_default();
    let mut answer = Vec::new();
    for line in lines(&text).filter(|line| line.starts_with("cpu")) {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(&wanted) {
            continue;
        }
        let mut next = || {
            words
                .next()
                .and_then(|word| word.parse::<i64>().ok())
                .unwrap_or(0)
        };
        let (user, nice, system, idle, wait, irq, softirq) =
            (next(), next(), next(), next(), next(), next(), next());
        // FreeBSD's statistics clock ticks 127 times a second, the host's 100 times.
        for ticks in [user, nice, system, irq + softirq, idle + wait] {
            answer.extend((ticks.saturating_mul(127) / 100).to_le_bytes());
        }
    }
    answer
}

/// `struct vmtotal`, in pages. Programs from before FreeBSD 12 get the shorter one.
pub(super) fn memory_in_use(release: u32) -> Vec<u8> {
    let total = memory("MemTotal");
    let free = memory("MemFree");
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
        vm: pages(memory("Committed_AS")),
        avm: pages(memory("Committed_AS")),
        rm: pages(total - free),
        arm: pages(memory("Active")),
        vmshr: pages(memory("Shmem")),
        avmshr: pages(memory("Shmem")),
        rmshr: pages(memory("Mapped")),
        armshr: pages(memory("Mapped")),
        free: pages(free),
        processes,
        pad: [0; 3],
    };
    match release {
        1..1_200_000 => Vmtotal11::from(&found).as_bytes().to_vec(),
        _ => found.as_bytes().to_vec(),
    }
}
