//! Reading directories.

use core::ffi::CStr;

use compat_guests::sys::{self, EBADF, EINVAL, call};

use crate::file::{self, O_CREAT, O_WRONLY, open};

const GETDIRENTRIES: u64 = 554;
const GETDIRENTRIES_11: u64 = 196;
const GETDIRENTRIES_43: u64 = 156;
const GETDENTS_11: u64 = 272;
const RMDIR: u64 = 137;
/// Names in the directory that [`filled`] makes, `.` and `..` included.
const COUNT: usize = 42;

/// A directory with names of 1 to 40 bytes.
fn filled(name: &CStr) -> u64 {
    file::mkdir(name);
    let here = open(c".", 0, 0).unwrap();
    const CHDIR: u64 = 12;
    const FCHDIR: u64 = 13;
    call(CHDIR, [file::path(name)]).expect("chdir");
    let mut text = [b'n'; 41];
    for length in 1..=40 {
        text[length] = 0;
        let name = CStr::from_bytes_until_nul(&text).unwrap();
        file::close(open(name, O_CREAT | O_WRONLY, 0o644).expect("a file"));
        text[length] = b'n';
    }
    call(FCHDIR, [here]).expect("fchdir");
    file::close(here);
    open(name, 0, 0).expect("a directory")
}

fn number(bytes: &[u8], offset: usize, size: usize) -> u64 {
    let mut whole = [0; 8];
    whole[..size].copy_from_slice(&bytes[offset..offset + size]);
    u64::from_le_bytes(whole)
}

/// Which names were seen: bit n for a name of n bytes `n`, 41 and 42 for `.` and `..`.
#[derive(Default, Debug, PartialEq, Eq)]
struct Seen {
    names: u64,
    count: usize,
}

impl Seen {
    fn all() -> Self {
        Self {
            names: (1 << 43) - 2,
            count: COUNT,
        }
    }

    fn add(&mut self, name: &[u8]) {
        let bit = match name {
            b"." => 41,
            b".." => 42,
            name => {
                assert!(name.iter().all(|&byte| byte == b'n'), "{name:?}");
                name.len()
            }
        };
        assert_eq!(self.names & 1 << bit, 0, "{name:?} comes twice");
        self.names |= 1 << bit;
        self.count += 1;
    }

    /// Takes today's records; the position behind the last.
    fn add_records(&mut self, mut records: &[u8]) -> u64 {
        let mut next = 0;
        while !records.is_empty() {
            let length = number(records, 16, 2) as usize;
            let name_length = number(records, 20, 2) as usize;
            assert_eq!(length, (24 + name_length + 1).next_multiple_of(8));
            assert_ne!(number(records, 0, 8), 0);
            assert!(matches!(records[18], 4 | 8), "type {}", records[18]);
            assert!(
                records[24 + name_length..length]
                    .iter()
                    .all(|&byte| byte == 0)
            );
            self.add(&records[24..24 + name_length]);
            next = number(records, 8, 8);
            records = &records[length..];
        }
        next
    }
}

/// One call: how many bytes came, and the position they came from.
fn get(fd: u64, buffer: &mut [u8]) -> Result<(usize, u64), u64> {
    let mut base = u64::MAX;
    let (at, base_at) = (buffer.as_mut_ptr() as u64, (&raw mut base) as u64);
    let length = call(GETDIRENTRIES, [fd, at, buffer.len() as u64, base_at])?;
    Ok((length as usize, unsafe {
        (&raw const base).read_volatile()
    }))
}

pub(crate) fn entries() {
    let fd = filled(c"entries");
    let mut buffer = [0xa5; 8192];
    let mut seen = Seen::default();
    let (length, base) = get(fd, &mut buffer).unwrap();
    assert_eq!(base, 0);
    let next = seen.add_records(&buffer[..length]);
    assert_eq!(seen, Seen::all());
    // At the end: nothing, and the base is where the last record led.
    assert_eq!(get(fd, &mut buffer), Ok((0, next)));
    // The base is not wanted by everybody.
    assert_eq!(
        call(GETDIRENTRIES, [fd, buffer.as_mut_ptr() as u64, 8192, 0]),
        Ok(0)
    );
}

pub(crate) fn small_buffers() {
    let fd = filled(c"small");
    let mut buffer = [0; 4096];
    // 72 bytes is what the longest of these names takes; the host's record of it is shorter.
    for room in [72, 73, 80, 96, 100, 128, 200, 512, 1000] {
        assert_eq!(file::seek(fd, 0, 0), Ok(0));
        let mut seen = Seen::default();
        let mut expected = 0;
        loop {
            let (length, base) = get(fd, &mut buffer[..room]).expect("some entries");
            assert_eq!(base, expected, "room for {room}");
            if length == 0 {
                break;
            }
            assert!(length <= room);
            expected = seen.add_records(&buffer[..length]);
        }
        assert_eq!(seen, Seen::all(), "room for {room}");
    }
    file::seek(fd, 0, 0).unwrap();
    for room in [0, 1, 24, 31] {
        assert_eq!(get(fd, &mut buffer[..room]), Err(EINVAL));
    }
    // A name of 255 bytes fills 280, the same as on the host.
    file::mkdir(c"long");
    let mut name = [b'l'; 262];
    name[..5].copy_from_slice(b"long/");
    name[260] = 0;
    let long = CStr::from_bytes_until_nul(&name).unwrap();
    file::close(open(long, O_CREAT | O_WRONLY, 0o644).expect("a long name"));
    let fd = open(c"long", 0, 0).unwrap();
    let mut records = 0;
    while get(fd, &mut buffer[..280]).expect("280 bytes are enough").0 != 0 {
        records += 1;
    }
    assert!((2..=3).contains(&records));
}

pub(crate) fn seeking() {
    let fd = filled(c"seeking");
    let mut buffer = [0; 8192];
    let (length, _) = get(fd, &mut buffer).unwrap();
    let mut first = Seen::default();
    first.add_records(&buffer[..length]);
    // Back to the beginning, and it all comes again.
    assert_eq!(file::seek(fd, 0, 0), Ok(0));
    let (again, base) = get(fd, &mut buffer).unwrap();
    assert_eq!((again, base), (length, 0));
    // The cookie of a record leads to the one behind it.
    let first_length = number(&buffer, 16, 2) as usize;
    let second = number(&buffer, first_length, 8);
    let cookie = number(&buffer, 8, 8);
    assert_eq!(file::seek(fd, cookie, 0), Ok(cookie));
    let mut rest = [0; 8192];
    let (length_of_rest, base) = get(fd, &mut rest).unwrap();
    assert_eq!((base, number(&rest, 0, 8)), (cookie, second));
    assert_eq!(length_of_rest, length - first_length);
}

pub(crate) fn older_calls() {
    let fd = filled(c"older");
    let mut buffer = [0; 4096];
    for (call_number, name_length_at, name_length_size) in [
        (GETDIRENTRIES_11, 7, 1),
        (GETDENTS_11, 7, 1),
        (GETDIRENTRIES_43, 6, 2),
    ] {
        for room in [64, 100, 4096] {
            file::seek(fd, 0, 0).unwrap();
            let mut seen = Seen::default();
            let mut base = 0u64;
            loop {
                let at = buffer.as_mut_ptr() as u64;
                let length = call(call_number, [fd, at, room, (&raw mut base) as u64]);
                let mut records = &buffer[..length.expect("entries") as usize];
                if records.is_empty() {
                    break;
                }
                while !records.is_empty() {
                    let length = number(records, 4, 2) as usize;
                    let name = number(records, name_length_at, name_length_size) as usize;
                    assert_eq!(length, (8 + name + 1).next_multiple_of(4));
                    assert_ne!(number(records, 0, 4), 0);
                    seen.add(&records[8..8 + name]);
                    records = &records[length..];
                }
            }
            assert_eq!(seen, Seen::all(), "call {call_number} with room for {room}");
        }
    }
    let too_much = [fd, buffer.as_mut_ptr() as u64, 65537, 0];
    assert_eq!(call(GETDIRENTRIES_43, too_much), Err(EINVAL));
}

pub(crate) fn errors() {
    file::write(c"no-directory", b"");
    let mut buffer = [0; 512];
    let fd = open(c"no-directory", 0, 0).unwrap();
    assert_eq!(get(fd, &mut buffer), Err(EINVAL));
    assert_eq!(get(777, &mut buffer), Err(EBADF));
    let (read, _) = sys::pipe();
    assert_eq!(get(read, &mut buffer), Err(EINVAL));
    // A directory that is gone has no entries.
    file::mkdir(c"gone");
    let fd = open(c"gone", 0, 0).unwrap();
    call(RMDIR, [file::path(c"gone")]).expect("rmdir");
    assert_eq!(get(fd, &mut buffer).map(|(length, _)| length), Ok(0));
    let fd = open(c".", 0, 0).unwrap();
    assert_eq!(call(GETDIRENTRIES, [fd, 8, 512, 0]), Err(14));
}
