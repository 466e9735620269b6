//! What descriptors processes have open.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use compat_tables::bsd::flags::STATUS_FLAGS;
use compat_translate::Cx;
use compat_translate::host::{HostResult, numbers_in, process_file};

use super::{link, own_pid};

/// An open descriptor.
#[derive(Debug)]
pub struct Descriptor {
    /// Its number.
    pub fd: i32,
    /// What `/proc` calls the file: a path of the host, or `socket:[4711]`, `pipe:[42]`, `anon_inode:[eventpoll]`.
    pub name: Vec<u8>,
}

impl Descriptor {
    /// The number that the host gives a file without a path.
    pub fn inode(&self) -> Option<u32> {
        let name = String::from_utf8_lossy(&self.name);
        let (_, number) = name.strip_suffix(']')?.split_once(":[")?;
        number.parse().ok()
    }
}

/// Those of process `pid`, 0 for the caller, without the hidden ones.
///
/// # Errors
/// Others' are not shown to everybody: `EACCES`. `ENOENT` without such a process.
pub fn descriptors(cx: &Cx, pid: i32) -> HostResult<Vec<Descriptor>> {
    let folder = match pid {
        0 => String::from("/proc/self/fd\0"),
        pid => alloc::format!("/proc/{pid}/fd\0"),
    };
    let folder = CStr::from_bytes_with_nul(folder.as_bytes()).unwrap_or_default();
    let own = pid == 0 || pid == own_pid();
    let shown = numbers_in(folder)?
        .into_iter()
        .filter(|&fd| !own || !cx.process().objects.hides(fd));
    // The one that read the folder is gone by now.
    let named = shown.filter_map(|fd| {
        let name = link(pid, &alloc::format!("fd/{fd}")).ok()?;
        Some(Descriptor { fd, name })
    });
    Ok(named.collect())
}

/// Where a descriptor stands in its file, and its `F_GETFL` flags.
pub fn position(pid: i32, fd: i32) -> (i64, u32) {
    let text = process_file(pid, &alloc::format!("fdinfo/{fd}"), 1024).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let offset = field("pos:").and_then(|value| value.trim().parse().ok());
    // The host's, in octal.
    let host = field("flags:").and_then(|value| u64::from_str_radix(value.trim(), 8).ok());
    let flags = STATUS_FLAGS.to_guest(host.unwrap_or(0)) as u32;
    (offset.unwrap_or(0), flags)
}
