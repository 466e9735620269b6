//! What lies where in a process.

use alloc::string::String;
use alloc::vec::Vec;

use compat_translate::host::{HostResult, process_file};
use compat_translate::task::overlaps_stub;

/// A mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// `rwxp` or `rwxs`, with `-` for what it lacks.
    pub permissions: String,
    /// Where in the file it begins.
    pub offset: u64,
    /// Major and minor number of the file's device.
    pub device: (u32, u32),
    /// The file's number; 0 without a file.
    pub inode: u64,
    /// The file's path on the host.
    pub path: String,
    /// It grows downwards.
    pub is_stack: bool,
    /// Pages that are in memory.
    pub resident: i32,
    /// Those of them that no other process shares.
    pub private_resident: i32,
}

impl Mapping {
    /// `flag` if `letter` is among the permissions, else 0.
    pub fn has(&self, letter: char, flag: u32) -> u32 {
        if self.permissions.contains(letter) {
            flag
        } else {
            0
        }
    }
}

/// Every mapping of process `pid`, 0 for the caller. The host's own and the stub's are left out.
///
/// # Errors
/// `ENOENT`, `ESRCH` without such a process; `EACCES` for one that may not be looked into.
pub fn mappings(pid: i32) -> HostResult<Vec<Mapping>> {
    const WHOLE: usize = 16 << 20;
    let text = process_file(pid, "smaps", WHOLE)?;
    let text = String::from_utf8_lossy(&text);
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut mapping = mapping(line);
        // Behind each mapping's line come its sizes: those have a colon before the first blank.
        while let Some(size) = lines.next_if(|next| is_size(next)) {
            if let Some(mapping) = &mut mapping {
                count(size, mapping);
            }
        }
        found.extend(mapping);
    }
    Ok(found)
}

fn is_size(line: &str) -> bool {
    line.split_whitespace()
        .next()
        .is_some_and(|word| word.ends_with(':'))
}

/// Adds a line such as `Rss:  12 kB`.
fn count(line: &str, mapping: &mut Mapping) {
    let mut words = line.split_whitespace();
    let (name, size) = (words.next(), words.next());
    let pages = size.and_then(|size| size.parse::<i32>().ok()).unwrap_or(0) / 4;
    match name {
        Some("Rss:") => mapping.resident += pages,
        Some("Private_Clean:" | "Private_Dirty:") => mapping.private_resident += pages,
        _ => {}
    }
}

/// A line: range, permissions, offset, device, inode, path.
fn mapping(line: &str) -> Option<Mapping> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
    let permissions = words.next()?.into();
    let offset = hex(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let inode = words.next()?.parse::<u64>().ok()?;
    let path = line
        .find('/')
        .and_then(|at| line.get(at..))
        .unwrap_or_default();
    let hosts = ["[vdso]", "[vvar", "[vsyscall]"];
    // The image lies at the same place in every process that compat runs; no other has anything there.
    if hosts.iter().any(|name| line.contains(name)) || overlaps_stub(start, end.wrapping_sub(start))
    {
        return None;
    }
    Some(Mapping {
        start,
        end,
        permissions,
        offset,
        device: (hex(major)? as u32, hex(minor)? as u32),
        inode,
        path: path.into(),
        is_stack: line.ends_with("[stack]"),
        ..Mapping::default()
    })
}

#[cfg(test)]
mod tests {
    use super::mapping;

    #[test]
    fn a_file_with_spaces_in_its_name() {
        let line = "7f0000001000-7f0000003000 r-xp 00001000 08:01 77                   /tmp/a b";
        let made = mapping(line).unwrap();
        assert_eq!((made.start, made.end), (0x7f00_0000_1000, 0x7f00_0000_3000));
        assert_eq!((made.device, made.inode), ((8, 1), 77));
        assert_eq!(made.path, "/tmp/a b");
        assert_eq!((made.has('x', 4), made.has('w', 2)), (4, 0));
    }

    #[test]
    fn the_hosts_own_pages_are_not_shown() {
        let line =
            "7ffd3a7f2000-7ffd3a7f4000 r-xp 00000000 00:00 0                          [vdso]";
        assert!(mapping(line).is_none());
    }
}
