//! What lies where in the caller's address space, as `/proc/self/maps` tells.

use alloc::string::String;
use core::ops::Range;

use super::{HostErrno, HostResult, process_file};

/// As much of the list as is ever read, in bytes.
const WHOLE: usize = 16 << 20;

/// The mapping around an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// Whether writes reach the file, or others who have it mapped.
    pub shared: bool,
    /// Where in the file it begins.
    pub offset: u64,
    /// The file's device as the host writes it, `08:01`, and its inode; memory that several processes share without a
    /// name has these too.
    pub device: String,
    /// See `device`; 0 for private memory without a file.
    pub inode: u64,
    /// The file's path if it has one still.
    pub path: Option<String>,
}

/// The mapping that `address` lies in.
///
/// # Errors
/// `EFAULT` when nothing is mapped there.
pub fn mapping_at(address: u64) -> HostResult<Mapping> {
    let text = process_file(0, "maps", WHOLE)?;
    String::from_utf8_lossy(&text)
        .lines()
        .find_map(|line| parse(line, address))
        .ok_or(HostErrno::EFAULT)
}

/// Whether some of what is mapped in `range` is shared with others, and whether all of it is.
///
/// # Errors
/// As reading the list.
pub fn sharing(range: Range<u64>) -> HostResult<(bool, bool)> {
    let text = process_file(0, "maps", WHOLE)?;
    Ok(sharing_in(&String::from_utf8_lossy(&text), &range))
}

fn sharing_in(maps: &str, range: &Range<u64>) -> (bool, bool) {
    let within = |line: &&str| {
        bounds(line).is_some_and(|(start, end)| start < range.end && range.start < end)
    };
    let (mut some, mut all) = (false, true);
    for line in maps.lines().filter(within) {
        let rights = line.split_whitespace().nth(1).unwrap_or_default();
        let shared = rights.ends_with('s');
        some |= shared;
        all &= shared;
    }
    (some, some && all)
}

/// The first `len` bytes of `range` in which nothing is mapped.
pub fn hole(range: Range<u64>, len: u64) -> Option<u64> {
    let text = process_file(0, "maps", WHOLE).ok()?;
    hole_in(&String::from_utf8_lossy(&text), range, len)
}

fn hole_in(maps: &str, range: Range<u64>, len: u64) -> Option<u64> {
    let mut start = range.start;
    for (from, to) in maps.lines().filter_map(bounds) {
        if from >= start.checked_add(len)? {
            break;
        }
        start = start.max(to);
    }
    (start.checked_add(len)? <= range.end).then_some(start)
}

fn bounds(line: &str) -> Option<(u64, u64)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    Some((hex(start)?, hex(end)?))
}

fn parse(line: &str, address: u64) -> Option<Mapping> {
    let (start, end) = bounds(line)?;
    let mut words = line.split_whitespace().skip(1);
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    if !(start..end).contains(&address) {
        return None;
    }
    let shared = words.next()?.ends_with('s');
    let offset = hex(words.next()?)?;
    let device = String::from(words.next()?);
    let inode = words.next()?.parse().ok()?;
    let path = line.find('/').and_then(|at| line.get(at..));
    Some(Mapping {
        start,
        shared,
        offset,
        device,
        inode,
        path: path
            .filter(|path| !path.ends_with(" (deleted)"))
            .map(String::from),
    })
}

#[cfg(test)]
mod tests {
    use super::{hole_in, parse};

    const LINE: &str =
        "7f0000001000-7f0000003000 rw-s 00001000 08:01 77                   /tmp/a b";

    #[test]
    fn a_file_keeps_its_name_while_it_has_one() {
        let found = parse(LINE, 0x7f00_0000_2fff).unwrap();
        assert_eq!((found.start, found.offset), (0x7f00_0000_1000, 0x1000));
        assert!(found.shared);
        assert_eq!((found.device.as_str(), found.inode), ("08:01", 77));
        assert_eq!(found.path.as_deref(), Some("/tmp/a b"));
        let gone = alloc::format!("{LINE} (deleted)");
        assert_eq!(parse(&gone, 0x7f00_0000_1000).unwrap().path, None);
    }

    #[test]
    fn an_address_beside_it_is_another_mapping() {
        assert_eq!(parse(LINE, 0x7f00_0000_3000), None);
        assert_eq!(parse(LINE, 0x7f00_0000_0fff), None);
    }

    #[test]
    fn a_hole_is_large_enough_and_behind_what_lies_before_it() {
        let maps = "1000-3000 r--p 0 0:0 0\n4000-5000 r--p 0 0:0 0\n9000-a000 rw-p 0 0:0 0\n";
        assert_eq!(hole_in(maps, 0..0x1_0000, 0x1000), Some(0));
        assert_eq!(hole_in(maps, 0x1000..0x1_0000, 0x1000), Some(0x3000));
        assert_eq!(hole_in(maps, 0x1000..0x1_0000, 0x2000), Some(0x5000));
        assert_eq!(hole_in(maps, 0x1000..0x1_0000, 0x5000), Some(0xa000));
        assert_eq!(hole_in(maps, 0x1000..0x1_0000, 0x8000), None);
    }
}
