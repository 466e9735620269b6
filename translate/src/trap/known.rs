//! Sites that the image before this one knew.
//!
//! A shell, a build or a test suite starts thousands of programs that map the same few files and call from the same sites, and
//! most end before it would pay to patch any. So an image tells the next one, in the record that it hands on anyway, where in
//! which files calls came from, and these sites are patched as soon as those files are mapped. That the call was made there with
//! this number is the proof that [`super::site`] wants, as long as the file is the same and was not changed since.

use alloc::string::String;
use core::fmt::Write;

use crate::host::{self, linux};
use crate::sync::Mutex;

/// How long what is told may be: some hundred sites.
const MOST: usize = 4096;

/// Patching the sites of a library as it is mapped costs a start as much as a dozen traps, and each site of a linker or a C
/// library is called several times in every start: fewer are not told.
const FEWEST: usize = 4;

/// What was told, as it was told.
static TOLD: Mutex<String> = Mutex::new(String::new());

/// Notes what the image before told: `file:offset-number.offset-number,file:...`, all hexadecimal. What is not of that form
/// is skipped.
pub fn expect(told: String) {
    *TOLD.lock() = told;
}

/// The sites of a file that were told: where in it their `syscall` lies, and the number of the call.
pub(super) fn in_file(file: u64, mut each: impl FnMut(u64, u64)) {
    let told = TOLD.lock();
    let Some(sites) = entries(&told).find_map(|(known, sites)| (known == file).then_some(sites))
    else {
        return;
    };
    for (offset, number) in sites.split('.').filter_map(|site| site.split_once('-')) {
        if let (Ok(offset), Ok(number)) = (parse(offset), parse(number)) {
            each(offset, number);
        }
    }
}

fn entries(told: &str) -> impl Iterator<Item = (u64, &str)> {
    told.split(',').filter_map(|entry| {
        let (file, sites) = entry.split_once(':')?;
        Some((parse(file).ok()?, sites))
    })
}

fn parse(hexadecimal: &str) -> Result<u64, core::num::ParseIntError> {
    u64::from_str_radix(hexadecimal, 16)
}

/// What is told, while it is put together.
#[derive(Default)]
pub(super) struct Telling {
    text: String,
}

impl Telling {
    /// All sites of one file.
    pub(super) fn file(&mut self, file: u64, sites: impl Iterator<Item = (u64, u64)>) {
        let before = self.text.len();
        let mut separator = ':';
        let mut count = 0;
        for (offset, number) in sites {
            count += 1;
            if self.text.len() > MOST {
                return;
            }
            if separator == ':' {
                let comma = if before == 0 { "" } else { "," };
                // A `String` takes whatever is written.
                let _ = write!(self.text, "{comma}{file:x}");
            }
            let _ = write!(self.text, "{separator}{offset:x}-{number:x}");
            separator = '.';
        }
        if count < FEWEST {
            self.text.truncate(before);
        }
    }

    /// All of it, and what was told of files that this image never mapped.
    pub(super) fn finish(mut self) -> String {
        let told = TOLD.lock();
        for entry in told.split(',').filter(|entry| !entry.is_empty()) {
            let file = entry.split(':').next().unwrap_or_default();
            let ours = self
                .text
                .split(',')
                .any(|own| own.split(':').next() == Some(file));
            if !ours && self.text.len() + entry.len() < MOST {
                if !self.text.is_empty() {
                    self.text.push(',');
                }
                self.text.push_str(entry);
            }
        }
        self.text
    }
}

/// Tells an open file, as it is now, from all others; 0 when the host does not say.
pub(super) fn identity(fd: u64) -> u64 {
    let wanted = linux::STATX_INO | linux::STATX_SIZE | linux::STATX_CTIME | linux::STATX_MTIME;
    let Ok(found) = host::statx_of(fd, wanted) else {
        return 0;
    };
    let (changed, written) = (found.stx_ctime, found.stx_mtime);
    [
        found.stx_ino,
        u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor),
        found.stx_size,
        changed.tv_sec as u64,
        u64::from(changed.tv_nsec),
        written.tv_sec as u64,
        u64::from(written.tv_nsec),
    ]
    .into_iter()
    .fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        (hash ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    })
    .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn told_of(file: u64) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        in_file(file, |offset, number| found.push((offset, number)));
        found
    }

    // One test: what was told is one for all.
    #[test]
    fn what_is_told_is_understood_and_told_on() {
        let many: Vec<_> = (0..FEWEST as u64).map(|at| (0x1000 + at, 20)).collect();
        let mut telling = Telling::default();
        telling.file(0xabc, many.iter().copied());
        telling.file(0xdef, core::iter::empty());
        telling.file(5, many.iter().copied().skip(1));
        telling.file(u64::MAX, many.iter().copied());
        let told = telling.finish();
        assert!(told.starts_with("abc:1000-14.1001-14."), "{told}");
        expect(told);
        assert_eq!(told_of(0xabc), many);
        assert_eq!(told_of(u64::MAX), many);
        assert_eq!(told_of(0xdef), []);
        assert_eq!(told_of(5), []);

        let mut next = Telling::default();
        next.file(0xabc, many.iter().map(|&(at, _)| (at, 477)));
        let told = next.finish();
        assert!(told.starts_with("abc:1000-1dd.1001-1dd."), "{told}");
        assert!(told.contains(",ffffffffffffffff:1000-14."), "{told}");

        let mut much = Telling::default();
        much.file(1, (0..10_000).map(|offset| (offset, 1)));
        let much = much.finish();
        assert!((MOST..MOST + 64).contains(&much.len()), "{}", much.len());

        expect(String::from("x,:,1,2:3,2:4-z.5-6,,9:-"));
        assert_eq!(told_of(2), []);
        assert_eq!(told_of(9), []);
        expect(String::from("2:4-z.5-6"));
        assert_eq!(told_of(2), [(5, 6)]);
    }
}
