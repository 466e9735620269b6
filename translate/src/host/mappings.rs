//! What lies where in the caller's address space, as `/proc/self/maps` tells.

use alloc::string::String;

use super::{HostErrno, HostResult, process_file};

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
    const WHOLE: usize = 16 << 20;
    let text = process_file(0, "maps", WHOLE)?;
    String::from_utf8_lossy(&text)
        .lines()
        .find_map(|line| parse(line, address))
        .ok_or(HostErrno::EFAULT)
}

fn parse(line: &str, address: u64) -> Option<Mapping> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
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
    use super::parse;

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
}
