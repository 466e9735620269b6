//! What kind of machine this is: processors, memory, load.

use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;

use compat_translate::guest;
use compat_translate::host::{self, HostErrno, HostResult, nr, read_file};

/// The host's clock that counts from its start.
pub const HOST_BOOTTIME: i32 = 7;

/// `/proc/meminfo`'s value of `field`, in bytes.
pub fn memory(field: &str) -> i64 {
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
pub fn counter(file: &CStr, field: &str) -> i64 {
    let text = read_file(file, 256 * 1024).unwrap_or_default();
    lines(&text)
        .find_map(|line| line.split_once(' ').filter(|(name, _)| *name == field))
        .map_or(0, |(_, rest)| number(rest))
}

/// The process started last.
pub fn last_pid() -> i64 {
    let text = read_file(c"/proc/loadavg", 128).unwrap_or_default();
    let last = lines(&text)
        .next()
        .and_then(|line| line.split_whitespace().last());
    last.map_or(0, number)
}

/// The lines of a text file of the host.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &str> {
    core::str::from_utf8(text).unwrap_or_default().lines()
}

/// The first number in a text.
pub fn number(text: &str) -> i64 {
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
pub fn cpu_model() -> Vec<u8> {
    cpuinfo("model name").unwrap_or_default().into_bytes()
}

/// `hw.clockrate`.
pub fn clock_mhz() -> i64 {
    cpuinfo("cpu MHz").map_or(0, |text| number(&text))
}

/// `struct loadavg`: three averages in units of 1/2048, then the unit.
pub fn load_average() -> Vec<u8> {
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
pub fn boot_time() -> Vec<u8> {
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

/// Ticks of a clock of that rate in user, nice, system, interrupt and idle time, for each line of `/proc/stat` that `wanted` takes.
pub fn cpu_times(rate: i64, wanted: impl Fn(&str) -> bool) -> Vec<u8> {
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
        // The host's ticks 100 times a second.
        for ticks in [user, nice, system, irq + softirq, idle + wait] {
            answer.extend((ticks.saturating_mul(rate) / 100).to_le_bytes());
        }
    }
    answer
}

/// The first number in a file of the host's.
pub fn first_number(path: &core::ffi::CStr) -> i64 {
    let text = read_file(path, 64).unwrap_or_default();
    lines(&text).next().map_or(0, number)
}

/// The host's name.
pub fn hostname() -> Vec<u8> {
    const FIELD: usize = 65;
    let mut names = [0u8; 6 * FIELD];
    // SAFETY: a `struct new_utsname` is six fields of 65 bytes.
    let _ = unsafe { host::call_n(nr::uname, [names.as_mut_ptr() as u64]) };
    let node = names.get(FIELD..2 * FIELD).unwrap_or_default();
    node.iter().copied().take_while(|&byte| byte != 0).collect()
}

/// Sets the host's name to what stands at a guest's address, `length` bytes or up to a NUL: whoever may change it there may
/// change it here.
///
/// # Errors
/// `EPERM`; `EINVAL` for more than the host takes, which is 64.
pub fn set_hostname(address: u64, length: u64) -> HostResult<()> {
    /// MAXHOSTNAMELEN, the NUL counted.
    const ROOM: u64 = 256;
    if length > ROOM {
        return Err(HostErrno::EINVAL);
    }
    let mut name = vec![0; length as usize];
    guest::read_bytes(address, &mut name)?;
    let length = name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(name.len());
    let args = [name.as_ptr() as u64, length as u64];
    // SAFETY: valid bytes.
    unsafe { host::call_n(nr::sethostname, args) }.map(drop)
}

/// `length` random bytes.
///
/// # Errors
/// None in practice.
pub fn random(length: usize) -> HostResult<Vec<u8>> {
    let mut bytes = alloc::vec![0u8; length];
    // SAFETY: `bytes` is valid for writing.
    unsafe {
        host::call_n(
            nr::getrandom,
            [bytes.as_mut_ptr() as u64, bytes.len() as u64, 0],
        )
    }?;
    Ok(bytes)
}

/// How many CPUs the process may run on.
pub fn cpus() -> u64 {
    let mut mask = [0u64; 128];
    // SAFETY: `mask` is valid for its size.
    let got = unsafe {
        host::call_n(
            nr::sched_getaffinity,
            [0, size_of_val(&mask) as u64, mask.as_mut_ptr() as u64],
        )
    };
    let bytes = got.unwrap_or(8) as usize;
    mask.iter()
        .take(bytes / 8)
        .map(|word| u64::from(word.count_ones()))
        .sum::<u64>()
        .max(1)
}

/// What the host's kernel has said since it started, as far as it remembers: lines that begin with `<6>` or the like.
///
/// # Errors
/// `EPERM` when it tells root alone.
pub fn kernel_messages() -> HostResult<Vec<u8>> {
    const READ_ALL: u64 = 3;
    const SIZE: u64 = 10;
    // SAFETY: no pointers.
    let size = unsafe { host::call_n(nr::syslog, [SIZE]) }?;
    let mut text = alloc::vec![0u8; size as usize];
    // SAFETY: as much room as is said.
    let got = unsafe { host::call_n(nr::syslog, [READ_ALL, text.as_mut_ptr() as u64, size]) }?;
    text.truncate(got as usize);
    Ok(text)
}

/// How many bytes of that it remembers at most.
pub fn kernel_message_room() -> i64 {
    const SIZE: u64 = 10;
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::syslog, [SIZE]) }.unwrap_or_default() as i64
}
