//! What the user asked for, as it travels from `compat run` to the stub and on through every `execve`.
//!
//! The record is one string, the first argument of the stub: `compat:1;key=value;flag;...`. It holds no secrets, and a stub
//! started by binfmt_misc takes it from the environment ([`VARIABLE`]), into which it is put for programs of the host, and
//! without it has the defaults. All but [`Opened`] and the followers holds in any process.

use alloc::string::String;
use alloc::vec::Vec;

use crate::trap::Way;

/// Everything configurable about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Do not list unimplemented calls at exit.
    pub quiet: bool,
    /// Print every call to standard error, as strace does.
    pub trace: bool,
    /// Say at exit how many calls came which way.
    pub stats: bool,
    /// Enter by a trap at every call; leave the program's code as it is.
    pub no_patch: bool,
    /// The way into the stub; the best there is when nobody says. Once attached, the one that was taken.
    pub attach: Option<Way>,
    /// Take programs to be of this OS whatever their headers say.
    pub abi: Option<String>,
    /// The release that `uname` reports, such as `14.2-RELEASE`.
    pub release: Option<String>,
    /// The kernel version that matches it, such as 1402000.
    pub osreldate: Option<u32>,
    /// Which system `release` and `osreldate` are of; this process's when nobody says.
    pub release_of: Option<String>,
    /// What the root's own programs were made for.
    pub made_for: Option<KernelVersion>,
    /// The directory that absolute paths are looked up in before the host.
    pub root: Option<String>,
    /// Nothing but the root is to be seen.
    pub root_only: bool,
    /// What of the host appears in the guest: `host[:guest][:ro]` each.
    pub binds: Vec<String>,
    /// Where the image before had patched calls: see `trap::expect_sites`.
    pub sites: Option<String>,
    /// Who is told what this process does: see `task::follow`.
    pub followers: Option<String>,
    /// `root` is a real path, and `binds` are all there are: handed on by another image.
    pub settled: bool,
    /// Which file the stub is: device and inode. All images of a tree of processes are of the same.
    pub own: Option<(u64, u64)>,
    /// The file of the program that the next image runs; only ever in its record.
    pub opened: Option<Opened>,
}

/// A kernel version, which means something only to one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelVersion {
    /// The system, by the name of its `Personality`.
    pub system: String,
    /// In its numbering.
    pub number: u32,
}

impl KernelVersion {
    fn to_text(&self) -> String {
        alloc::format!("{}:{}", self.number, self.system)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (number, system) = text.split_once(':')?;
        Some(Self {
            system: system.into(),
            number: number.parse().ok()?,
        })
    }
}

/// A program's file, opened by one image for the next, which finds it checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The descriptor, open for reading.
    pub fd: u64,
    /// Bytes in the file.
    pub size: u64,
    /// Its own kernel would run it as another user or group.
    pub changes_identity: bool,
    /// No link is on the path that it was opened by.
    pub straight: bool,
}

impl Opened {
    fn to_text(self) -> String {
        let flags = [self.changes_identity, self.straight].map(u64::from);
        let [other, straight] = flags;
        numbers(&[self.fd, self.size, other, straight])
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut numbers = numbers_of(text);
        let mut next = || numbers.next().flatten();
        Some(Self {
            fd: next()?,
            size: next()?,
            changes_identity: next()? != 0,
            straight: next()? != 0,
        })
    }
}

/// How every record begins.
pub const PREFIX: &str = "compat:1";

/// The environment variable that a program of the host hands the record on in. No foreign program sees it.
pub const VARIABLE: &str = "COMPAT_SETTINGS";

/// Whether a text of an environment is that variable's.
pub fn is_variable(text: &[u8]) -> bool {
    text.strip_prefix(VARIABLE.as_bytes())
        .is_some_and(|rest| rest.starts_with(b"="))
}

impl Settings {
    /// The variable for a program of the host; `None` where the defaults would do.
    pub(crate) fn to_variable(&self) -> Option<Vec<u8>> {
        let told = Self {
            // The best way is taken without being told.
            attach: self.attach.filter(|&way| way != Way::Sud),
            // Another file may be registered, and other programs lie between.
            own: None,
            sites: None,
            opened: None,
            ..self.clone()
        };
        let variable = || [VARIABLE, "=", &told.to_record()].concat().into_bytes();
        (told != Self::default()).then(variable)
    }

    /// The release that the user wishes programs of `system` to see.
    pub fn release_for(&self, system: &str) -> Option<&str> {
        self.release.as_deref().filter(|_| self.speaks_of(system))
    }

    /// The same for the kernel version.
    pub fn osreldate_for(&self, system: &str) -> Option<u32> {
        self.osreldate.filter(|_| self.speaks_of(system))
    }

    /// Says whose the release is before another image reads it, which may be one of another system.
    pub(crate) fn name_system(&mut self, system: &str) {
        let named = self.release.is_some() || self.osreldate.is_some();
        if named && self.release_of.is_none() {
            self.release_of = Some(system.into());
        }
    }

    fn speaks_of(&self, system: &str) -> bool {
        self.release_of.as_deref().is_none_or(|of| of == system)
    }

    /// The record. `;`, `%` and NUL in values are escaped as `%XX`.
    pub fn to_record(&self) -> String {
        let mut record = String::from(PREFIX);
        for (flag, on) in [
            ("quiet", self.quiet),
            ("trace", self.trace),
            ("stats", self.stats),
            ("no-patch", self.no_patch),
            ("root-only", self.root_only),
            ("settled", self.settled),
        ] {
            if on {
                record.push(';');
                record.push_str(flag);
            }
        }
        let osreldate = self.osreldate.map(|version| alloc::format!("{version}"));
        let made_for = self.made_for.as_ref().map(KernelVersion::to_text);
        let attach = self.attach.map(|way| String::from(way.name()));
        let opened = self.opened.map(Opened::to_text);
        let own = self.own.map(|(device, inode)| numbers(&[device, inode]));
        for (key, value) in [
            ("own", &own),
            ("opened", &opened),
            ("attach", &attach),
            ("abi", &self.abi),
            ("release", &self.release),
            ("osreldate", &osreldate),
            ("release-of", &self.release_of),
            ("made-for", &made_for),
            ("root", &self.root),
            ("sites", &self.sites),
            ("followers", &self.followers),
        ] {
            if let Some(value) = value {
                push(&mut record, key, value);
            }
        }
        for bind in &self.binds {
            push(&mut record, "bind", bind);
        }
        record
    }

    /// Reads a record. `None` when `text` is not one: the stub was started some other way. Unknown keys are skipped, so
    /// that an older stub can still serve a newer `compat`.
    pub fn from_record(text: &[u8]) -> Option<Self> {
        let rest = core::str::from_utf8(text).ok()?.strip_prefix(PREFIX)?;
        let mut settings = Self::default();
        for item in rest.split(';').filter(|item| !item.is_empty()) {
            let (key, value) = item.split_once('=').unwrap_or((item, ""));
            match key {
                "quiet" => settings.quiet = true,
                "trace" => settings.trace = true,
                "stats" => settings.stats = true,
                "no-patch" => settings.no_patch = true,
                "attach" => settings.attach = value.parse().ok(),
                "abi" => settings.abi = Some(unescape(value)),
                "release" => settings.release = Some(unescape(value)),
                "osreldate" => settings.osreldate = value.parse().ok(),
                "release-of" => settings.release_of = Some(unescape(value)),
                "made-for" => settings.made_for = KernelVersion::from_text(&unescape(value)),
                "root" => settings.root = Some(unescape(value)),
                "sites" => settings.sites = Some(unescape(value)),
                "followers" => settings.followers = Some(unescape(value)),
                "root-only" => settings.root_only = true,
                "settled" => settings.settled = true,
                "own" => settings.own = file(value),
                "opened" => settings.opened = Opened::from_text(value),
                "bind" => settings.binds.push(unescape(value)),
                _ => {}
            }
        }
        Some(settings)
    }
}

fn file(text: &str) -> Option<(u64, u64)> {
    let mut numbers = numbers_of(text);
    Some((numbers.next()??, numbers.next()??))
}

/// Hexadecimal, without what formatting in general costs.
fn numbers(numbers: &[u64]) -> String {
    let mut text = String::with_capacity(17 * numbers.len());
    for &number in numbers {
        if !text.is_empty() {
            text.push(',');
        }
        let digits = number.checked_ilog2().unwrap_or_default() / 4;
        for digit in (0..=digits).rev() {
            let digit = (number >> (4 * digit) & 0xf) as u8;
            text.push(char::from(match digit {
                0..=9 => b'0' + digit,
                _ => b'a' - 10 + digit,
            }));
        }
    }
    text
}

fn numbers_of(text: &str) -> impl Iterator<Item = Option<u64>> {
    text.split(',')
        .map(|number| u64::from_str_radix(number, 16).ok())
}

fn push(record: &mut String, key: &str, value: &str) {
    record.push(';');
    record.push_str(key);
    record.push('=');
    escape(value, record);
}

fn escape(value: &str, into: &mut String) {
    for character in value.chars() {
        match character {
            ';' | '%' | '\0' => into.push_str(&alloc::format!("%{:02x}", u32::from(character))),
            _ => into.push(character),
        }
    }
}

fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|two| core::str::from_utf8(two).ok());
        match code
            .and_then(|two| u8::from_str_radix(two, 16).ok())
            .filter(|_| *first == b'%')
        {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_journey() {
        let settings = Settings {
            quiet: true,
            trace: false,
            stats: true,
            no_patch: true,
            attach: Some(Way::Seccomp),
            abi: Some("freebsd".into()),
            release: Some("14.2;x=%".into()),
            osreldate: Some(1_402_000),
            release_of: Some("FreeBSD".into()),
            made_for: Some(KernelVersion {
                system: "Net;BSD".into(),
                number: 799_002_900,
            }),
            root: Some("/tmp/a b".into()),
            root_only: true,
            binds: ["/dev".into(), "/home/me;x:/home:ro".into()].into(),
            sites: Some(String::from("1f:20-4,30-6")),
            followers: Some(String::from("+3e8,7")),
            settled: false,
            own: Some((0xfe00, u64::MAX)),
            opened: Some(Opened {
                fd: 3,
                size: 1 << 40,
                changes_identity: false,
                straight: true,
            }),
        };
        assert_eq!(
            Settings::from_record(settings.to_record().as_bytes()),
            Some(settings)
        );
    }

    #[test]
    fn a_program_of_the_host_is_told_what_is_not_the_default() {
        let ordinary = Settings {
            attach: Some(Way::Sud),
            own: Some((1, 2)),
            sites: Some("1f:20-4".into()),
            ..Settings::default()
        };
        assert_eq!(ordinary.to_variable(), None);
        let rooted = Settings {
            root: Some("/r".into()),
            ..ordinary
        };
        let variable = rooted.to_variable().expect("something to tell");
        assert_eq!(variable, b"COMPAT_SETTINGS=compat:1;root=/r");
        assert!(is_variable(&variable));
        assert!(!is_variable(b"COMPAT_SETTINGS_OF_OTHERS=1"));
    }

    #[test]
    fn other_text_is_no_record() {
        assert_eq!(Settings::from_record(b"/usr/bin/compat-stub"), None);
        assert_eq!(Settings::from_record(b"\xff\xfe"), None);
    }
}
