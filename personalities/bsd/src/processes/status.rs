//! What `/proc/PID/status` says.

use alloc::string::String;
use alloc::vec::Vec;

use compat_translate::host::process_file;
use compat_translate::signal::SigSet;

use crate::signals;

/// `/proc/PID/status`: who it is and what it does about signals.
#[derive(Default)]
pub struct Status {
    /// Real, effective, saved.
    pub users: [u32; 3],
    /// The same.
    pub groups: [u32; 3],
    /// The groups besides.
    pub supplementary: Vec<u32>,
    /// Permissions that new files do not get.
    pub umask: u16,
    /// Who traces it, or 0.
    pub tracer: i32,
    /// Pending, blocked, ignored, caught.
    pub signals: [SigSet; 4],
    /// Of context, of its own will and against it.
    pub switches: [i64; 2],
    /// Kibibytes of text, data and stack.
    pub sizes: [i64; 3],
}

impl Status {
    /// That of process `pid`; `None` when it has gone.
    pub fn of(pid: i32) -> Option<Self> {
        let text = process_file(pid, "status", 8192).ok()?;
        let text = String::from_utf8_lossy(&text);
        let mut status = Self::default();
        for line in text.lines() {
            let Some((field, value)) = line.split_once(':') else {
                continue;
            };
            let mut words = value.split_whitespace();
            let first = words.clone().next().unwrap_or_default();
            let mut ids = || {
                core::array::from_fn(|_| {
                    words.next().and_then(|word| word.parse().ok()).unwrap_or(0)
                })
            };
            match field {
                "Uid" => status.users = ids(),
                "Gid" => status.groups = ids(),
                "Groups" => {
                    status.supplementary = value
                        .split_whitespace()
                        .filter_map(|word| word.parse().ok())
                        .collect();
                }
                "Umask" => status.umask = u16::from_str_radix(first, 8).unwrap_or(0),
                "VmExe" => status.sizes[0] = first.parse().unwrap_or(0),
                "VmData" => status.sizes[1] = first.parse().unwrap_or(0),
                "VmStk" => status.sizes[2] = first.parse().unwrap_or(0),
                "TracerPid" => status.tracer = first.parse().unwrap_or(0),
                "ShdPnd" => status.signals[0] = set(first),
                "SigBlk" => status.signals[1] = set(first),
                "SigIgn" => status.signals[2] = set(first),
                "SigCgt" => status.signals[3] = set(first),
                "voluntary_ctxt_switches" => status.switches[0] = first.parse().unwrap_or(0),
                "nonvoluntary_ctxt_switches" => status.switches[1] = first.parse().unwrap_or(0),
                _ => {}
            }
        }
        Some(status)
    }

    /// The effective group, then the supplementary ones.
    pub fn all_groups(&self) -> Vec<u32> {
        let [_, effective, _] = self.groups;
        let others = self.supplementary.iter().copied();
        [effective]
            .into_iter()
            .chain(others.filter(|&group| group != effective))
            .collect()
    }
}

/// A mask in hexadecimal, as the guest's set.
fn set(text: &str) -> SigSet {
    let mask = u64::from_str_radix(text, 16).unwrap_or(0);
    (1..=64u8)
        .filter(|signal| mask & (1 << (signal - 1)) != 0)
        .filter_map(signals::from_host)
        .fold(SigSet::EMPTY, |set, signal| set.union(SigSet::of(signal)))
}
