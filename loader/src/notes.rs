//! Notes that name a system: `PT_NOTE` segments and `SHT_NOTE` sections.

use core::fmt;

use goblin::container::Endian;

use crate::bytes::u32_at;
use crate::{Os, PAGE_SIZE};

/// FreeBSD looks at note areas of at most a page and at most 100 notes of each (`parse_notes`).
pub(crate) const AREA_MAX: usize = PAGE_SIZE as usize;
const COUNT_MAX: usize = 100;

/// Types under the owner `FreeBSD`.
const NT_FREEBSD_ABI_TAG: u32 = 1;
const NT_FREEBSD_FEATURE_CTL: u32 = 4;

/// The kernel version a note says the program was built for, in the owner's own numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelVersion {
    /// FreeBSD's and kFreeBSD's `__FreeBSD_version` (osreldate), 1302001 for 13.2.
    FreeBsd(u32),
    /// NetBSD's `__NetBSD_Version__`, 700000000 for 7.0.
    NetBsd(u32),
    /// DragonFly's `__DragonFly_version`, 600400 for 6.4.
    DragonFly(u32),
    /// The oldest Linux or Hurd kernel glibc supports.
    Gnu(u32, u32, u32),
}

impl KernelVersion {
    /// The number in the note, where it is one number.
    pub fn number(self) -> Option<u32> {
        match self {
            KernelVersion::FreeBsd(n) | KernelVersion::NetBsd(n) | KernelVersion::DragonFly(n) => {
                Some(n)
            }
            KernelVersion::Gnu(..) => None,
        }
    }
}

/// The release, as people write it.
impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            // Before 5.0 the number had one digit less.
            KernelVersion::FreeBsd(n) if n < 500_000 => {
                write!(f, "{}.{}", n / 100_000, n / 10_000 % 10)
            }
            KernelVersion::FreeBsd(n) => write!(f, "{}.{}", n / 100_000, n / 1000 % 100),
            KernelVersion::NetBsd(n) => write!(f, "{}.{}", n / 100_000_000, n / 1_000_000 % 100),
            KernelVersion::DragonFly(n) => write!(f, "{}.{}", n / 100_000, n / 100 % 1000),
            KernelVersion::Gnu(a, b, c) => write!(f, "{a}.{b}.{c}"),
        }
    }
}

/// What a note area says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NoteFacts {
    pub(crate) os: Option<Os>,
    pub(crate) version: Option<KernelVersion>,
    /// FreeBSD's `NT_FREEBSD_FEATURE_CTL` bits.
    pub(crate) features: Option<u32>,
}

impl NoteFacts {
    /// Reads the notes in `area`. The first note that names a system wins.
    pub(crate) fn of(area: &[u8], endian: Endian) -> NoteFacts {
        let mut facts = NoteFacts::default();
        for note in Notes::new(area, endian).take(COUNT_MAX) {
            facts.add(note, endian);
        }
        facts
    }

    /// Fills what is still unknown from `other`.
    pub(crate) fn merge(&mut self, other: NoteFacts) {
        if self.os.is_none() {
            self.os = other.os;
            self.version = other.version;
        }
        self.features = self.features.or(other.features);
    }

    fn add(&mut self, note: Note<'_>, endian: Endian) {
        if note.name == b"FreeBSD\0" && note.kind == NT_FREEBSD_FEATURE_CTL {
            self.features = self.features.or(u32_at(note.desc, 0, endian));
        }
        if self.os.is_none()
            && let Some((os, version)) = brand(note, endian)
        {
            self.os = Some(os);
            self.version = version;
        }
    }
}

/// The system a note names. Name, type and description size must be what the owner's kernel demands.
fn brand(note: Note<'_>, endian: Endian) -> Option<(Os, Option<KernelVersion>)> {
    let word = |index: usize| u32_at(note.desc, index * 4, endian);
    match (note.name, note.kind, note.desc.len()) {
        (b"FreeBSD\0", NT_FREEBSD_ABI_TAG, 4) => {
            Some((Os::FreeBsd, word(0).map(KernelVersion::FreeBsd)))
        }
        // NetBSD counts the name without its padding NUL.
        (b"NetBSD\0", 1, 4) | (b"NetBSD\0\0", 1, 4) => {
            Some((Os::NetBsd, word(0).map(KernelVersion::NetBsd)))
        }
        // OpenBSD's kernel does not look at the type.
        (b"OpenBSD\0", _, 4) => Some((Os::OpenBsd, None)),
        (b"DragonFly\0", 1, 4) => Some((Os::DragonFly, word(0).map(KernelVersion::DragonFly))),
        (b"GNU\0", 1, 16..) => {
            let (a, b, c) = (word(1)?, word(2)?, word(3)?);
            gnu_brand(word(0)?, a, b, c)
        }
        (b"Android\0", 1, _) => Some((Os::Linux, None)),
        _ => None,
    }
}

fn gnu_brand(system: u32, a: u32, b: u32, c: u32) -> Option<(Os, Option<KernelVersion>)> {
    let triple = Some(KernelVersion::Gnu(a, b, c));
    match system {
        0 => Some((Os::Linux, triple)),
        1 => Some((Os::Hurd, triple)),
        2 => Some((Os::Illumos, None)),
        // kfreebsd_trans_osrel
        3 => {
            let osrel = a
                .wrapping_mul(100_000)
                .wrapping_add(b.wrapping_mul(1000))
                .wrapping_add(c);
            Some((Os::KFreeBsd, Some(KernelVersion::FreeBsd(osrel))))
        }
        _ => None,
    }
}

/// One note: owner (with its NUL), type, description.
#[derive(Clone, Copy, Debug)]
struct Note<'a> {
    name: &'a [u8],
    kind: u32,
    desc: &'a [u8],
}

/// The notes of an area, with 4-byte padding as every kernel here reads them.
struct Notes<'a> {
    rest: &'a [u8],
    endian: Endian,
}

impl<'a> Notes<'a> {
    fn new(area: &'a [u8], endian: Endian) -> Notes<'a> {
        Notes { rest: area, endian }
    }
}

impl<'a> Iterator for Notes<'a> {
    type Item = Note<'a>;

    fn next(&mut self) -> Option<Note<'a>> {
        let name_len = usize::try_from(u32_at(self.rest, 0, self.endian)?).ok()?;
        let desc_len = usize::try_from(u32_at(self.rest, 4, self.endian)?).ok()?;
        let kind = u32_at(self.rest, 8, self.endian)?;
        let body = self.rest.get(12..)?;
        let name = body.get(..name_len)?;
        let desc_start = padded(name_len)?;
        let desc = body.get(desc_start..desc_start.checked_add(desc_len)?)?;
        let next = padded(desc_start.checked_add(desc_len)?)?;
        // The last note's padding may be cut off.
        self.rest = body.get(next..).unwrap_or_default();
        Some(Note { name, kind, desc })
    }
}

fn padded(len: usize) -> Option<usize> {
    Some(len.checked_add(3)? & !3)
}
