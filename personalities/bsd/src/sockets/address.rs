//! Socket addresses. FreeBSD's start with a length byte and a family byte, Linux's with a two-byte family; behind those
//! two bytes IPv4 and IPv6 addresses are the same on both sides. Unix addresses differ in what an unnamed one looks like.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::domain;
use compat_translate::guest;
use compat_translate::host::socket::raw;
use compat_translate::host::{self, HostResult, nr};
use compat_translate::paths::{self, Look, Space};

use crate::abi::socket::{
    OSOCKADDR_FAMILY, SIZEOF_SOCKADDR, SIZEOF_SOCKADDR_IN, SIZEOF_SOCKADDR_IN6, SIZEOF_SOCKADDR_UN,
    SOCK_MAXADDRLEN,
};
use crate::error::Return;
use crate::netlink;
use crate::system::system;

/// Room for any address of either side: `SOCK_MAXADDRLEN`, and one more.
const ROOM: usize = 256;
/// What stands before the address proper on both sides.
const HEAD: usize = 2;

/// An address as bytes: the host's or the guest's, as the type around it says.
#[derive(Clone, Copy)]
struct Bytes {
    bytes: [u8; ROOM],
    len: usize,
}

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        let mut room = [0; ROOM];
        let len = bytes.len().min(ROOM);
        for (slot, byte) in room.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Self { bytes: room, len }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Room for a head, then `path` and a NUL.
    fn named(path: &[u8]) -> Self {
        let mut room = [0; ROOM];
        let path = path.get(..ROOM - HEAD - 1).unwrap_or(path);
        if let Some(field) = room.get_mut(HEAD..HEAD + path.len()) {
            field.copy_from_slice(path);
        }
        Self {
            bytes: room,
            len: HEAD + path.len() + 1,
        }
    }

    fn with_head(mut self, head: [u8; HEAD]) -> Self {
        [self.bytes[0], self.bytes[1]] = head;
        self
    }

    /// Cut off or filled up with zeros to `len` bytes.
    fn with_len(mut self, len: usize) -> Self {
        if let Some(rest) = self.bytes.get_mut(self.len.min(len)..) {
            rest.fill(0);
        }
        self.len = len.min(ROOM);
        self
    }
}

/// An address for the host.
pub struct HostAddress {
    bytes: Bytes,
    /// A directory that a Unix address is relative to; open as long as the address is in use.
    _directory: Option<Directory>,
}

impl From<Bytes> for HostAddress {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes,
            _directory: None,
        }
    }
}

impl HostAddress {
    /// The host's structure.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    /// `AF_*` of the host.
    pub fn family(&self) -> u32 {
        let [low, high, ..] = self.bytes.bytes;
        u32::from(u16::from_ne_bytes([low, high]))
    }

    /// The port of an IPv4 or IPv6 address.
    pub fn port(&self) -> Option<u16> {
        matches!(self.family(), raw::AF_INET | raw::AF_INET6).then_some(u16::from_be_bytes([
            self.bytes.bytes[2],
            self.bytes.bytes[3],
        ]))
    }

    /// The path of a Unix address, with the NUL that ends it.
    pub fn path(&self) -> Option<&[u8]> {
        (self.family() == raw::AF_UNIX).then_some(self.bytes().get(HEAD..)?)
    }
}

/// The host's address for the guest's `bytes`.
///
/// # Errors
/// What FreeBSD's protocols say about an address of the wrong length or family (`in_pcbbind`, `unp_connectat`).
pub fn to_host(guest: &[u8]) -> Result<HostAddress, Errno> {
    let &[_, family, ref rest @ ..] = guest else {
        return Err(Errno::EINVAL);
    };
    let exact = |len: usize, family: u32| {
        if guest.len() == len {
            Ok(Bytes::new(guest).with_head((family as u16).to_ne_bytes()))
        } else {
            Err(Errno::EINVAL)
        }
    };
    match i32::from(family) {
        domain::AF_INET => exact(SIZEOF_SOCKADDR_IN, raw::AF_INET),
        family if family == inet6() => exact(SIZEOF_SOCKADDR_IN6, raw::AF_INET6),
        domain::AF_NETLINK => exact(netlink::SOCKADDR_LEN, raw::AF_NETLINK),
        domain::AF_LOCAL => unix_to_host(rest),
        domain::AF_UNSPEC => Ok(Bytes::new(guest)
            .with_head([0; HEAD])
            .with_len(SIZEOF_SOCKADDR_IN)),
        _ => Err(Errno::EAFNOSUPPORT),
    }
    .map(HostAddress::from)
}

fn unix_to_host(field: &[u8]) -> Result<Bytes, Errno> {
    if field.is_empty() || field.len() > SIZEOF_SOCKADDR_UN - HEAD {
        return Err(Errno::EINVAL);
    }
    let path = field.split(|&byte| byte == 0).next().unwrap_or_default();
    // A leading NUL would be a name of Linux's abstract namespace; to FreeBSD it is the empty path.
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    Ok(Bytes::named(path).with_head((raw::AF_UNIX as u16).to_ne_bytes()))
}

/// What stands before a Unix socket's name that is relative to descriptor `n`, in the host's eyes: this, `n`, a slash.
const RELATIVE: &[u8] = b"/proc/self/fd/";

/// The host's Unix address of `name` in the directory that `fd` is. A name with a slash in front is one of the guest's
/// from its root.
fn in_directory(fd: u64, name: &[u8]) -> Option<Bytes> {
    let mut path = RELATIVE.to_vec();
    path.extend(alloc::format!("{fd}/").bytes());
    path.extend(name);
    let head = (raw::AF_UNIX as u16).to_ne_bytes();
    (path.len() < HOST_PATH).then(|| Bytes::named(&path).with_head(head))
}

/// An open directory of ours.
struct Directory(u64);

impl Directory {
    fn open(path: &[u8]) -> HostResult<Self> {
        const AT_FDCWD: u64 = -100i64 as u64;
        const O_PATH_DIRECTORY_CLOEXEC: u64 = 0o1000_0000 | 0o20_0000 | 0o200_0000;
        let path = if path.is_empty() { b"/" } else { path };
        let path = [path, b"\0"].concat();
        let args = [AT_FDCWD, path.as_ptr() as u64, O_PATH_DIRECTORY_CLOEXEC];
        // SAFETY: a NUL-terminated path.
        unsafe { host::call_n(nr::openat, args) }.map(Self)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: a descriptor of ours, opened above.
        let _ = unsafe { host::call_n(nr::close, [self.0]) };
    }
}

impl HostAddress {
    /// The same Unix address as seen from directory `fd`.
    ///
    /// # Errors
    /// `ENAMETOOLONG` when the host has no room for it.
    pub fn seen_from(self, fd: u64) -> Result<Self, Errno> {
        let name = self.path().unwrap_or_default();
        if name.starts_with(b"/") {
            return Ok(self);
        }
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        in_directory(fd, name)
            .map(Self::from)
            .ok_or(Errno::ENAMETOOLONG)
    }

    /// The same Unix address where the guest's root has it.
    ///
    /// # Errors
    /// `ENAMETOOLONG` when the host has no room for it; see [`paths::locate_text`].
    pub fn placed(self, space: Option<&Space>) -> Return<Self> {
        let (Some(space), Some(path)) = (space, self.path()) else {
            return Ok(self);
        };
        let name = path.split(|&byte| byte == 0).next().unwrap_or_default();
        let look = Look {
            make: true,
            ..Look::FOLLOW
        };
        let found = paths::locate_text(Some(space), name, look)?;
        if found == name || is_from_here(name, &found) {
            return Ok(self);
        }
        if found.len() >= HOST_PATH {
            return Self::far(&space.root, &found);
        }
        let head = (raw::AF_UNIX as u16).to_ne_bytes();
        Ok(Bytes::named(&found).with_head(head).into())
    }

    /// A name that is too long with what the root adds: as seen from the root, so that others can tell what the guest
    /// calls it, or else from its own directory.
    fn far(root: &[u8], found: &[u8]) -> Return<Self> {
        let last = found.rsplit(|&byte| byte == b'/').next();
        let last = last.unwrap_or_default();
        let folder = found.get(..found.len() - last.len()).unwrap_or_default();
        let in_root = found
            .strip_prefix(root)
            .filter(|rest| rest.starts_with(b"/"));
        for (place, name) in [(root, in_root), (folder, Some(last))] {
            let Some(name) = name else {
                continue;
            };
            let directory = Directory::open(place)?;
            if let Some(bytes) = in_directory(directory.0, name) {
                return Ok(Self {
                    bytes,
                    _directory: Some(directory),
                });
            }
        }
        Err(Errno::ENAMETOOLONG.into())
    }
}

/// Whether a relative name leads the host, too, to the file it was found to mean.
fn is_from_here(name: &[u8], found: &[u8]) -> bool {
    if name.starts_with(b"/") {
        return false;
    }
    let mut place = host::working_directory().unwrap_or_default();
    for part in name.split(|&byte| byte == b'/') {
        if !matches!(part, b"" | b".") {
            place.push(b'/');
            place.extend_from_slice(part);
        }
    }
    place == found
}

/// The name without what [`in_directory`] put before it: FreeBSD tells a name as it was given (uipc_bindat).
fn as_given(path: &[u8]) -> Option<&[u8]> {
    let rest = path.strip_prefix(RELATIVE)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits..)? {
        [b'/', name @ ..] if digits > 0 && !name.is_empty() => Some(name),
        _ => None,
    }
}

/// The host's `sun_path`.
const HOST_PATH: usize = 108;

/// An address for the guest.
#[derive(Clone, Copy)]
pub struct GuestAddress(Bytes);

impl GuestAddress {
    /// The guest's structure, `sa_len` bytes of it.
    pub fn bytes(&self) -> &[u8] {
        self.0.get()
    }

    /// Whether it is one of `AF_LOCAL`.
    pub fn is_unix(&self) -> bool {
        i32::from(self.0.bytes[OSOCKADDR_FAMILY]) == domain::AF_LOCAL
    }

    /// The same as `struct osockaddr` of 4.3BSD, which has a two-byte family and no length.
    pub fn old(self) -> Self {
        let family = self.0.bytes[OSOCKADDR_FAMILY];
        Self(self.0.with_head(u16::from(family).to_le_bytes()))
    }

    /// Stores as much of the address at `to` as `room` bytes hold, and returns that length: FreeBSD reports what it
    /// stored, Linux what there was.
    ///
    /// # Errors
    /// `EFAULT`.
    pub fn write(&self, to: u64, room: u32) -> Return<u32> {
        let stored = self.bytes();
        let stored = stored.get(..room as usize).unwrap_or(stored);
        guest::write_bytes(to, stored)?;
        Ok(stored.len() as u32)
    }
}

/// The guest's address for the host's `bytes`; `None` where the host gave none.
pub fn to_guest(host: &[u8]) -> Option<GuestAddress> {
    let &[low, high, ref rest @ ..] = host else {
        return None;
    };
    let address = match u32::from(u16::from_ne_bytes([low, high])) {
        raw::AF_INET => sized(host, SIZEOF_SOCKADDR_IN, domain::AF_INET),
        raw::AF_INET6 => sized(host, SIZEOF_SOCKADDR_IN6, inet6()),
        raw::AF_UNIX => unix_to_guest(rest),
        raw::AF_NETLINK => sized(host, netlink::SOCKADDR_LEN, domain::AF_NETLINK),
        _ => sized(&[], SIZEOF_SOCKADDR, domain::AF_UNSPEC),
    };
    Some(GuestAddress(address))
}

/// The system's `AF_INET6`: the one family whose number the BSDs do not agree on.
fn inet6() -> i32 {
    i32::from(system().inet6)
}

fn sized(host: &[u8], len: usize, family: i32) -> Bytes {
    Bytes::new(host)
        .with_len(len)
        .with_head([len as u8, family as u8])
}

fn unix_to_guest(field: &[u8]) -> Bytes {
    let path = field.split(|&byte| byte == 0).next().unwrap_or_default();
    if path.is_empty() {
        // Unnamed, or a name of Linux's abstract namespace: FreeBSD's sun_noname, a bare `struct sockaddr`.
        return sized(&[], SIZEOF_SOCKADDR, domain::AF_LOCAL);
    }
    let guest = match (as_given(path), paths::current()) {
        (Some(given), _) => Bytes::named(given),
        (None, Some(space)) if path.starts_with(b"/") => {
            Bytes::named(space.guest_name(path).as_deref().unwrap_or(path))
        }
        (None, _) => Bytes::named(path),
    };
    let head = [guest.len as u8, domain::AF_LOCAL as u8];
    guest.with_head(head)
}

/// Copies the `len` bytes of a guest's address (getsockaddr).
///
/// # Errors
/// `ENAMETOOLONG` beyond `SOCK_MAXADDRLEN`; `EINVAL` without a family; `EFAULT`.
pub fn read(at: u64, len: u32) -> Return<impl AsRef<[u8]>> {
    struct Copy(Bytes);
    impl AsRef<[u8]> for Copy {
        fn as_ref(&self) -> &[u8] {
            self.0.get()
        }
    }
    let len = len as usize;
    if len > SOCK_MAXADDRLEN {
        return Err(Errno::ENAMETOOLONG.into());
    }
    if len < HEAD {
        return Err(Errno::EINVAL.into());
    }
    let mut copy = Bytes {
        bytes: [0; ROOM],
        len,
    };
    guest::read_bytes(at, copy.bytes.get_mut(..len).unwrap_or_default())?;
    Ok(Copy(copy))
}

#[cfg(test)]
mod tests;
