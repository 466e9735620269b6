//! What lies where: the root, and what is bound into it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::host::{HostErrno, HostResult};
use crate::settings::{KernelVersion, Settings};

use super::check::{self, Checked, Kept};
use super::{Look, walk};

/// A host directory or file that appears at a place of the guest's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The place: absolute, without a slash at the end.
    pub guest: Vec<u8>,
    /// What appears there, in the same form.
    pub host: Vec<u8>,
    /// Whether the guest may change nothing there.
    pub read_only: bool,
    /// Whether symbolic links in it mean what the host means by them: its files are the host kernel's (`/dev`, `/proc`).
    pub of_host: bool,
}

impl Bind {
    /// Reads `host[:guest][:ro]`; both are absolute.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let host = parts.next()?;
        let (mut guest, mut read_only, mut of_host) = (host, false, false);
        for part in parts {
            match part {
                "ro" => read_only = true,
                "host" => of_host = true,
                place if place.starts_with('/') => guest = place,
                _ => return None,
            }
        }
        let tidy = |path: &str| without_slash(path.as_bytes()).to_vec();
        (host.starts_with('/') && !tidy(guest).is_empty()).then(|| Self {
            guest: tidy(guest),
            host: tidy(host),
            read_only,
            of_host,
        })
    }

    fn to_text(&self) -> Option<String> {
        let mut text = String::from_utf8(self.host.clone()).ok()?;
        text.push(':');
        text.push_str(core::str::from_utf8(&self.guest).ok()?);
        if self.read_only {
            text.push_str(":ro");
        }
        if self.of_host {
            text.push_str(":host");
        }
        Some(text)
    }
}

/// A guest's view of the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The host's path of the root: absolute, free of links, without a slash at the end.
    pub root: Vec<u8>,
    /// Nothing but the root and the binds is to be seen.
    pub rooted: bool,
    /// The longest guest paths first.
    pub binds: Vec<Bind>,
    /// The kernel version that the root's own programs were made for.
    pub made_for: Option<KernelVersion>,
}

/// Places that hold what the host's kernel makes.
const KERNEL_PLACES: [&[u8]; 2] = [b"/dev", b"/proc"];

/// Other places that an overlay leaves to the host: where users and programs keep what passes between them.
const HOST_PLACES: [&[u8]; 6] = [b"/tmp", b"/var/tmp", b"/home", b"/root", b"/run", b"/mnt"];

/// Where NetBSD's `shm_open` keeps what it makes, and where the host does: both insist on memory. Nobody else knows the
/// first.
const SHARED_MEMORY: (&[u8], &[u8]) = (b"/var/shm", b"/dev/shm");

/// Settings of the host's run-time linker.
const HOST_LINKER: [&[u8]; 3] = [
    b"/etc/ld.so.conf",
    b"/etc/ld.so.cache",
    b"/etc/ld.so.preload",
];

/// Where a guest path without links lies.
pub(super) enum Layers<'a> {
    /// In a bind.
    Bound(&'a Bind, Vec<u8>),
    /// In the root; in an overlay then on the host, under its own name.
    Root(Vec<u8>),
}

/// Where a path leads.
pub struct Found {
    /// The host's path.
    pub text: Vec<u8>,
    /// The file there, when the search came by it.
    pub(super) file: Option<Kept>,
}

impl From<Vec<u8>> for Found {
    fn from(text: Vec<u8>) -> Self {
        Self { text, file: None }
    }
}

impl Space {
    /// A space around the host directory `root`.
    pub fn new(root: &[u8], rooted: bool, binds: Vec<Bind>) -> Self {
        let mut all = binds;
        let mut add = |guest: &[u8], host: &[u8], of_host| {
            if !all.iter().any(|bind| bind.guest == guest) {
                all.push(Bind {
                    guest: guest.to_vec(),
                    host: host.to_vec(),
                    read_only: false,
                    of_host,
                });
            }
        };
        // A rooted guest has its devices of the host without being asked.
        for place in KERNEL_PLACES.iter().take(if rooted { 1 } else { 2 }) {
            add(place, place, true);
        }
        for place in HOST_PLACES.iter().filter(|_| !rooted) {
            add(place, place, false);
        }
        add(SHARED_MEMORY.0, SHARED_MEMORY.1, true);
        all.sort_by_key(|bind| core::cmp::Reverse(bind.guest.len()));
        Self {
            root: without_slash(root).to_vec(),
            rooted,
            binds: all,
            made_for: None,
        }
    }

    /// The space after `chroot` to the host directory `root`, which the guest calls `name`: what was bound below it stays.
    #[must_use]
    pub fn below(&self, root: &[u8], name: &[u8]) -> Self {
        let binds = self.binds.iter().filter_map(|bind| {
            let guest = below(&bind.guest, without_slash(name)).filter(|rest| !rest.is_empty())?;
            Some(Bind {
                guest: guest.to_vec(),
                ..bind.clone()
            })
        });
        Self {
            root: without_slash(root).to_vec(),
            rooted: true,
            binds: binds.collect(),
            made_for: self.made_for.clone(),
        }
    }

    /// The space that `settings` ask for around the host directory `root`.
    ///
    /// # Errors
    /// The bind that makes no sense.
    pub fn from_settings(root: &[u8], settings: &Settings) -> Result<Self, String> {
        let binds: Option<Vec<Bind>> = settings
            .binds
            .iter()
            .map(|text| Bind::parse(text))
            .collect();
        match binds {
            Some(binds) if settings.settled => Ok(Self {
                root: without_slash(root).to_vec(),
                rooted: settings.root_only,
                binds,
                made_for: settings.made_for.clone(),
            }),
            Some(binds) => Ok(Self::new(root, settings.root_only, binds)),
            None => Err(settings
                .binds
                .iter()
                .find(|text| Bind::parse(text).is_none())
                .cloned()
                .unwrap_or_default()),
        }
    }

    /// Writes this space into settings, for the next image.
    pub fn tell(&self, settings: &mut Settings) {
        settings.root = String::from_utf8(self.root.clone()).ok().map(|root| {
            if root.is_empty() {
                String::from("/")
            } else {
                root
            }
        });
        settings.root_only = self.rooted;
        settings.settled = true;
        settings.made_for.clone_from(&self.made_for);
        settings.binds = self.binds.iter().filter_map(Bind::to_text).collect();
    }

    /// Where the guest path lies; `path` is absolute, without links, dots or a slash at the end.
    pub(super) fn layers(&self, path: &[u8]) -> Layers<'_> {
        for bind in &self.binds {
            if let Some(rest) = below(path, &bind.guest) {
                return Layers::Bound(bind, [&bind.host, rest].concat());
            }
        }
        Layers::Root([&self.root, path].concat())
    }

    /// See [`super::likely`]; `path` is absolute.
    pub(super) fn likely(&self, path: &[u8]) -> Option<Vec<u8>> {
        let clean = Clean::of(path);
        if clean.leaves {
            return None;
        }
        let mut found = match self.layers(&clean.path) {
            Layers::Root(found) => found,
            Layers::Bound(bind, found) if !bind.of_host && !bind.read_only => found,
            Layers::Bound(..) => return None,
        };
        found.extend_from_slice(clean.end);
        found.push(0);
        Some(found)
    }

    /// The kernel version that the root's own programs were made for, if they are of `system`.
    pub fn made_for(&self, system: &str) -> Option<u32> {
        let version = self.made_for.as_ref()?;
        (version.system == system).then_some(version.number)
    }

    /// The host's path for an absolute guest path; `None` when the path means the same to the host.
    ///
    /// # Errors
    /// `ELOOP`; `ENOENT`; `EROFS` for a change in what is bound read-only.
    pub fn locate(&self, path: &[u8], look: Look) -> HostResult<Option<Found>> {
        let clean = Clean::of(path);
        if clean.leaves {
            return self.walk(path, look);
        }
        let slash = clean.end;
        let follow = look.follow || !slash.is_empty();
        match self.layers(&clean.path) {
            Layers::Bound(bind, _) if bind.read_only && look.change => Err(HostErrno::EROFS),
            Layers::Bound(bind, mut found) => {
                found.extend_from_slice(slash);
                if bind.of_host || look.absent {
                    return Ok(Some(found.into()));
                }
                match check::check(&mut found, follow) {
                    Checked::Found(file) => Ok(Some(Found { text: found, file })),
                    Checked::Missing => Ok(Some(found.into())),
                    Checked::Linked => self.walk(path, look),
                }
            }
            Layers::Root(mut found) => {
                found.extend_from_slice(slash);
                let checked = if look.absent {
                    Checked::Missing
                } else {
                    check::check(&mut found, follow)
                };
                match checked {
                    Checked::Found(file) => Ok(Some(Found { text: found, file })),
                    Checked::Linked => self.walk(path, look),
                    Checked::Missing if self.rooted || self.hides(&clean.path) => {
                        Ok(Some(found.into()))
                    }
                    Checked::Missing => {
                        let mut name = [&clean.path, slash].concat();
                        match check::check(&mut name, follow) {
                            Checked::Found(file) => Ok(Some(Found { text: name, file })),
                            Checked::Linked => self.walk(path, look),
                            // Made in the root where its directory is there.
                            Checked::Missing => {
                                Ok((look.make && walk::is_there(parent(&found)))
                                    .then(|| found.into()))
                            }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn walk(&self, path: &[u8], look: Look) -> HostResult<Option<Found>> {
        walk::walk(self, path, look).map(|found| Some(found.into()))
    }

    /// Whether the host's file of this name is not to be seen.
    ///
    /// A program is not when the root has one too, in another of the four directories. Where the host keeps all programs in
    /// `/usr/bin`, its `ls` would be found before the guest's `/bin/ls`. What tells the host's run-time linker where the
    /// host's libraries are never is: a guest's reads files of these names as well.
    pub(super) fn hides(&self, path: &[u8]) -> bool {
        if HOST_LINKER.contains(&path) {
            return true;
        }
        const FOLDERS: [&[u8]; 4] = [b"/bin/", b"/usr/bin/", b"/sbin/", b"/usr/sbin/"];
        let name = FOLDERS
            .iter()
            .find_map(|folder| path.strip_prefix(*folder))
            .filter(|name| !name.contains(&b'/'));
        name.is_some_and(|name| {
            FOLDERS.iter().any(|folder| {
                let own = [&self.root, *folder, name].concat();
                walk::is_there(&own)
            })
        })
    }

    /// Whether the place of a bind lies below `path`.
    pub(super) fn leads_to_bind(&self, path: &[u8]) -> bool {
        self.binds
            .iter()
            .any(|bind| below(&bind.guest, path).is_some())
    }

    /// The same, but not for the place itself.
    pub(super) fn leads_below(&self, path: &[u8]) -> bool {
        self.binds
            .iter()
            .any(|bind| below(&bind.guest, path).is_some_and(|rest| !rest.is_empty()))
    }

    /// See [`super::guest_name`].
    pub fn guest_name(&self, path: &[u8]) -> Option<Vec<u8>> {
        if let Some(rest) = below(path, &self.root) {
            return Some(if rest.is_empty() { b"/" } else { rest }.to_vec());
        }
        for bind in &self.binds {
            if let Some(rest) = below(path, &bind.host) {
                return Some([&bind.guest, rest].concat());
            }
        }
        (!self.rooted).then(|| path.to_vec())
    }

    /// The absolute path that `path` means, which is relative to the host's `folder` outside the root, when it leads up to where
    /// the guest sees other files than the host's.
    pub(super) fn above(&self, folder: &[u8], path: &[u8]) -> Option<Vec<u8>> {
        let (mut base, mut rest, mut up) = (without_slash(folder), path, false);
        loop {
            let end = rest.iter().position(|&byte| byte == b'/');
            let (name, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            match name {
                // The folder's name is free of links.
                b".." => (base, up) = (without_slash(parent(base)), true),
                b"." => {}
                b"" if !after.is_empty() => {}
                _ => break,
            }
            rest = after.strip_prefix(b"/").unwrap_or_default();
        }
        let sees_the_same =
            || matches!(self.layers(base), Layers::Bound(bind, _) if bind.guest == bind.host);
        (up && !sees_the_same()).then(|| [base, b"/", rest].concat())
    }

    /// Whether links in the host directory mean what the host means by them.
    pub(super) fn is_kernels(&self, folder: &[u8]) -> bool {
        matches!(self.layers(folder), Layers::Bound(bind, _) if bind.of_host)
    }

    /// Whether the host directory lies in the root or in what was bound into it from elsewhere.
    pub(super) fn holds(&self, path: &[u8]) -> bool {
        self.rooted
            || below(path, &self.root).is_some()
            || self
                .binds
                .iter()
                .any(|bind| bind.guest != bind.host && below(path, &bind.host).is_some())
    }
}

/// What of `path` lies below `folder`: empty for the folder itself, else with a slash in front.
pub(super) fn below<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(folder)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

/// A path without the slashes at its end.
pub(super) fn without_slash(path: &[u8]) -> &[u8] {
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(0, |last| last + 1);
    path.get(..end).unwrap_or_default()
}

/// The directory a path's last name is in.
pub(super) fn parent(path: &[u8]) -> &[u8] {
    let path = without_slash(path);
    let end = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |slash| slash + 1);
    path.get(..end).unwrap_or_default()
}

/// An absolute path without empty names and single dots.
struct Clean {
    path: Vec<u8>,
    /// What it ended with: nothing, a slash, or a slash and a dot. Both say that it is a directory; the dot is also a name
    /// that cannot be removed.
    end: &'static [u8],
    /// It has `..` in it, whose meaning depends on links.
    leaves: bool,
}

impl Clean {
    fn of(path: &[u8]) -> Self {
        let mut clean = Vec::with_capacity(path.len());
        let (mut end, mut leaves): (&[u8], bool) = (b"", false);
        for name in path.split(|&byte| byte == b'/') {
            leaves |= name == b"..";
            match name {
                b"" if end == b"/." => {}
                b"" => end = b"/",
                b"." => end = b"/.",
                name => {
                    end = b"";
                    clean.push(b'/');
                    clean.extend_from_slice(name);
                }
            }
        }
        Self {
            path: clean,
            end,
            leaves,
        }
    }
}
