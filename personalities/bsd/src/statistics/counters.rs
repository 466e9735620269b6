//! What the host's protocols have counted, as the rows of 64-bit counters that BSDs keep.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use compat_translate::host::read_file;

use crate::machine;

/// Where a counter stands, and which of the host's it is the sum of.
pub type Counter = (usize, &'static [&'static str]);

/// `length` counters: those that `counters` names of the host's `groups`; the rest is 0.
pub fn row(length: usize, counters: &[Counter], groups: &[&str]) -> Vec<u8> {
    let mut row = alloc::vec![0u64; length];
    let known = counted(groups);
    for (place, names) in counters {
        let sum = known
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .fold(0u64, |sum, (_, count)| sum.saturating_add(*count));
        if let Some(slot) = row.get_mut(*place) {
            *slot = sum;
        }
    }
    bytes(&row)
}

/// A row as it lies in memory.
pub fn bytes(row: &[u64]) -> Vec<u8> {
    row.iter()
        .flat_map(|counter| counter.to_le_bytes())
        .collect()
}

/// The group of all that is counted of IPv6: names there begin with `Ip6`, `Icmp6` or `Udp6`.
pub const V6: &str = "6";

/// The host's counters of some groups, with their names.
pub fn counted(groups: &[&str]) -> Vec<(String, u64)> {
    const FILES: [&CStr; 2] = [c"/proc/net/snmp", c"/proc/net/netstat"];
    let mut found = Vec::new();
    for file in FILES {
        let text = read_file(file, 256 * 1024).unwrap_or_default();
        let lines: Vec<&str> = machine::lines(&text).collect();
        // A line of names, then one of numbers.
        for pair in lines.chunks_exact(2) {
            let &[names, numbers] = pair else { continue };
            let (Some((group, names)), Some((_, numbers))) =
                (names.split_once(':'), numbers.split_once(':'))
            else {
                continue;
            };
            if groups.contains(&group) {
                let numbers = numbers
                    .split_whitespace()
                    .map(|number| number.parse().unwrap_or(0));
                found.extend(names.split_whitespace().map(Into::into).zip(numbers));
            }
        }
    }
    if groups.contains(&V6) {
        let text = read_file(c"/proc/net/snmp6", 256 * 1024).unwrap_or_default();
        found.extend(machine::lines(&text).filter_map(|line| {
            let (name, count) = line.split_once(char::is_whitespace)?;
            Some((name.into(), count.trim().parse().ok()?))
        }));
    }
    found
}
