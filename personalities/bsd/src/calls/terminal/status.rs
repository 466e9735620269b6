//! The status line: who is in front of a terminal, and what that costs (tty_info).

use alloc::format;
use alloc::string::String;

use compat_translate::host::{self, HostResult, ProcessStat, ioctl, linux, nr};

use super::{control, number};
use crate::calls::place::Held;
use crate::error::Return;

/// Ticks a second in `/proc`.
const HZ: u64 = 100;

/// Writes the line to the terminal `fd`, which may be a master.
pub(super) fn show(fd: u64) -> Return<()> {
    let line = line(fd)?;
    let how = u64::from(linux::O_WRONLY | linux::O_NOCTTY | linux::O_NONBLOCK | linux::O_CLOEXEC);
    // What is written to a master is input: the other end is wanted then.
    let peer = control(fd, ioctl::TIOCGPTPEER, how).map(Held);
    let to = peer.as_ref().map_or(fd, |peer| peer.0);
    // SAFETY: the bytes of a string of ours. A terminal that takes no more output shows no status.
    let _ = unsafe { host::call_n(nr::write, [to, line.as_ptr() as u64, line.len() as u64]) };
    Ok(())
}

fn line(fd: u64) -> HostResult<String> {
    let load = load();
    let load = format!("load: {}.{:02} ", load / 100, load % 100);
    let group = number(fd, ioctl::TIOCGPGRP)?;
    if group == 0 {
        return Ok(load + " no foreground process group\n");
    }
    let members = host::processes().into_iter().filter_map(host::process_stat);
    // Who runs goes before who sleeps, the latest before the others.
    let shown = members
        .filter(|stat| stat.group == group)
        .max_by_key(|stat| (stat.state == b'R', stat.state != b'Z', stat.pid));
    Ok(match shown {
        Some(stat) => load + &process(&stat),
        None => load + " empty foreground process group\n",
    })
}

/// The load of the last minute in hundredths.
fn load() -> u64 {
    let mut info = [0u64; 14];
    // SAFETY: a `struct sysinfo` has 112 bytes: uptime, then the three loads in units of 1/65536.
    let _ = unsafe { host::call_n(nr::sysinfo, [info.as_mut_ptr() as u64]) };
    let [_, load, ..] = info;
    load.saturating_mul(100) >> 16
}

/// Command, pid, state, time since its start, in user mode and in the kernel, share of a processor, and memory.
fn process(stat: &ProcessStat) -> String {
    const BOOTTIME: i32 = 7;
    let state = match stat.state {
        b'R' => "running",
        b'T' | b't' => "suspended",
        b'Z' => "zombie",
        _ => "sleeping",
    };
    let now = host::vdso::clock_gettime(BOOTTIME).unwrap_or_default();
    let now = now.as_nanos().max(0) as u64 / (1_000_000_000 / HZ);
    let real = now.saturating_sub(stat.start);
    let [user, system, ..] = stat.times;
    // The average over its life: the host keeps no recent one.
    let share = user.saturating_add(system).saturating_mul(100) / real.max(1);
    let time = |ticks: u64| format!("{}.{:02}", ticks / HZ, ticks % HZ);
    format!(
        " cmd: {} {} [{state}] {}r {}u {}s {share}% {}k\n",
        stat.name,
        stat.pid,
        time(real),
        time(user),
        time(system),
        stat.resident.saturating_mul(4),
    )
}
