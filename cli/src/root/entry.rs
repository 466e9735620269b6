//! What a root is made of, whatever it came from: names, kinds and attributes.

use super::failure::{Result, refuse, shown};

/// FreeBSD's `PATH_MAX` (`sys/syslimits.h`), without the NUL.
const LONGEST_PATH: usize = 1023;
/// The same on both systems.
const LONGEST_NAME: usize = 255;
/// Deeper than any system's tree, and shallow enough to be walked with a descriptor a level.
const DEEPEST: usize = 128;

/// A place in a root: names joined by `/`, none of them empty, `.` or `..`. Empty for the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<u8>);

impl Place {
    /// What a source calls an entry. An absolute name means the root's own top.
    pub(crate) fn of(name: &[u8]) -> Result<Place> {
        let mut place = Vec::with_capacity(name.len());
        let mut depth = 0;
        for part in name.split(|&byte| byte == b'/') {
            match part {
                b"" | b"." => continue,
                b".." => return refuse(format!("'{}' climbs out by '..'", shown(name))),
                _ => {}
            }
            if part.contains(&0) {
                return refuse(format!("'{}' has a NUL in its name", shown(name)));
            }
            if part.len() > LONGEST_NAME {
                return refuse(too_long(
                    name,
                    "a part of its name is longer than 255 bytes",
                ));
            }
            if !place.is_empty() {
                place.push(b'/');
            }
            place.extend_from_slice(part);
            depth += 1;
        }
        if place.len() > LONGEST_PATH {
            return refuse(too_long(name, "the name is longer than 1023 bytes"));
        }
        if depth > DEEPEST {
            return refuse(too_long(name, "it lies more than 128 directories deep"));
        }
        Ok(Place(place))
    }

    /// A child of this directory. `name` is one that a directory listing gave.
    pub(crate) fn join(&self, name: &[u8]) -> Result<Place> {
        Place::of(&[&self.0, b"/".as_slice(), name].concat())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory it lies in and its name there; `None` for the root itself.
    pub(crate) fn split(&self) -> Option<(Place, &[u8])> {
        if self.is_top() {
            return None;
        }
        let slash = self.0.iter().rposition(|&byte| byte == b'/');
        let (parent, name) = match slash {
            Some(slash) => (&self.0[..slash], &self.0[slash + 1..]),
            None => (&[][..], &self.0[..]),
        };
        Some((Place(parent.to_vec()), name))
    }

    /// The names on the way to it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
    }

    /// Not after any place below this one, and after this one and all that sort before those.
    pub(crate) fn first_below(&self) -> Place {
        let mut bytes = self.0.clone();
        bytes.push(if self.is_top() { 1 } else { b'/' });
        Place(bytes)
    }

    /// Whether `other` lies below it.
    pub(crate) fn holds(&self, other: &Place) -> bool {
        match other.0.strip_prefix(&self.0[..]) {
            Some(rest) => self.is_top() && !rest.is_empty() || rest.starts_with(b"/"),
            None => false,
        }
    }

    /// For messages.
    pub(crate) fn shown(&self) -> String {
        if self.is_top() {
            "the root's top".to_owned()
        } else {
            shown(&self.0)
        }
    }
}

fn too_long(name: &[u8], why: &str) -> String {
    let start: String = shown(name).chars().take(60).collect();
    format!("'{start}...': {why}")
}

/// One entry of a source.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) attributes: Attributes,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    /// Its content comes by a reader beside the entry.
    File,
    /// The target as it stands, never followed.
    Symlink(Vec<u8>),
    /// Another name of a file that came before.
    HardLink(Place),
    /// A device, FIFO or socket: what it is, for people.
    Special(&'static str),
}

/// What an entry has besides its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Permission bits with set-user-ID, set-group-ID and sticky.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Seconds and nanoseconds since 1970.
    pub(crate) mtime: (i64, u32),
    /// FreeBSD's `st_flags`.
    pub(crate) flags: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        Place::of(name.as_bytes()).unwrap()
    }

    #[test]
    fn names_are_cleaned() {
        for (name, cleaned) in [
            ("bin/sh", "bin/sh"),
            ("./bin//sh/", "bin/sh"),
            ("/bin/./sh", "bin/sh"),
            ("./", ""),
            ("..a/b..", "..a/b.."),
        ] {
            assert_eq!(place(name).bytes(), cleaned.as_bytes(), "{name}");
        }
        assert_eq!(Place::of(b"bin/\xff\xfe").unwrap().bytes(), b"bin/\xff\xfe");
    }

    #[test]
    fn what_leads_out_or_too_far_is_refused() {
        let long = "x".repeat(256);
        let path = ["x".repeat(200).as_str(); 6].join("/");
        let deep = ["d"; 200].join("/");
        for name in ["..", "a/../b", "/..", "a\0b", &long, &path, &deep] {
            assert!(Place::of(name.as_bytes()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_directory_holds_what_lies_below_it_and_nothing_else() {
        assert!(place("a").holds(&place("a/b")));
        assert!(!place("a").holds(&place("ab")));
        assert!(!place("a").holds(&place("a")));
        assert!(place("").holds(&place("a")));
        assert!(!place("").holds(&place("")));
        assert!(place("a").first_below() < place("a/b") && place("a").first_below() > place("a.b"));
        assert_eq!(place("a/b").split(), Some((place("a"), &b"b"[..])));
        assert_eq!(place("a").split(), Some((place(""), &b"a"[..])));
    }
}
