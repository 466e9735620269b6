//! POSIX shared memory (uipc_shm.c): names in the host's `/dev/shm`, where its own programs look too.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::OPEN_FLAGS;
use compat_tables::bsd::flags::open_flags::{
    O_CLOEXEC, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY,
};
use compat_tables::bsd::flags::shm_flags::{SHM_ALLOW_SEALING, SHM_GROW_ON_WRITE, SHM_LARGEPAGE};
use compat_tables::bsd::flags::shm_rename_flags::{SHM_RENAME_EXCHANGE, SHM_RENAME_NOREPLACE};
use compat_translate::Cx;
use compat_translate::guest::{self, PATH_MAX, Path};
use compat_translate::host::{self, linux, nr};

use super::at::CWD;
use crate::error::{Error, Return};
use crate::lower::Fd;

const DIRECTORY: &[u8] = b"/dev/shm/";
/// SHM_ANON: no name at all.
const ANONYMOUS: u64 = 1;

/// The host's file for an object's name, with its NUL. Names are flat on the host: further slashes are spelled out.
///
/// # Errors
/// `EINVAL` for a name without a leading slash.
fn host_name(name: &[u8]) -> Return<Vec<u8>> {
    let rest = name.strip_prefix(b"/").ok_or(Errno::EINVAL)?;
    let mut file = DIRECTORY.to_vec();
    for &byte in rest {
        match byte {
            b'/' => file.extend_from_slice(b"%2f"),
            b'%' => file.extend_from_slice(b"%25"),
            _ => file.push(byte),
        }
    }
    if matches!(rest, b"." | b"..") {
        file.extend_from_slice(b"%");
    }
    file.push(0);
    Ok(file)
}

fn named(path: Path) -> Return<Vec<u8>> {
    host_name(&guest::read_string(path.0, PATH_MAX)?)
}

pub fn freebsd12_shm_open(cx: &mut Cx, path: Path, flags: u32, mode: u32) -> Return<Fd> {
    shm_open2(
        cx,
        path,
        flags | O_CLOEXEC,
        mode,
        SHM_ALLOW_SEALING,
        Path(0),
    )
}

pub fn shm_open2(
    cx: &mut Cx,
    path: Path,
    flags: u32,
    mode: u32,
    shmflags: u32,
    name: Path,
) -> Return<Fd> {
    if shmflags & SHM_LARGEPAGE != 0 {
        return Err(cx.gap("shm_open2: SHM_LARGEPAGE", Errno::ENOTTY.into()));
    }
    let access = flags & (O_WRONLY | O_RDWR);
    let known = O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC;
    if shmflags & !(SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE) != 0
        || flags & !known != 0
        || !matches!(access, 0 | O_RDWR)
    {
        return Err(Errno::EINVAL.into());
    }
    if path.0 == ANONYMOUS {
        if access != O_RDWR {
            return Err(Errno::EINVAL.into());
        }
        return anonymous(flags, shmflags, name);
    }
    let file = named(path)?;
    let how = OPEN_FLAGS
        .to_host(u64::from(flags))
        .map_err(|_| Error(Errno::EINVAL))?
        | u64::from(linux::O_NOFOLLOW);
    let mode = u64::from(mode & 0o777);
    // SAFETY: a NUL-terminated name of ours.
    let fd = unsafe { host::call_n(nr::openat, [CWD.0 as u64, file.as_ptr() as u64, how, mode]) }?;
    Ok(Fd(fd as i32))
}

/// An object that nobody else can open. `name` is for lists only.
fn anonymous(flags: u32, shmflags: u32, name: Path) -> Return<Fd> {
    let mut how = 0;
    if flags & O_CLOEXEC != 0 {
        how |= linux::MFD_CLOEXEC;
    }
    if shmflags & SHM_ALLOW_SEALING != 0 {
        how |= linux::MFD_ALLOW_SEALING;
    }
    // The host takes 249 bytes of it.
    let mut label = if name.0 == 0 {
        b"SHM_ANON".to_vec()
    } else {
        guest::read_string(name.0, PATH_MAX)?
    };
    label.truncate(249);
    label.push(0);
    // SAFETY: a NUL-terminated name of ours.
    let fd = unsafe { host::call_n(nr::memfd_create, [label.as_ptr() as u64, u64::from(how)]) }?;
    Ok(Fd(fd as i32))
}

pub fn shm_unlink(_cx: &mut Cx, path: Path) -> Return<()> {
    let file = named(path)?;
    // SAFETY: a NUL-terminated name of ours.
    unsafe { host::call_n(nr::unlink, [file.as_ptr() as u64]) }?;
    Ok(())
}

pub fn shm_rename(_cx: &mut Cx, from: Path, to: Path, flags: u32) -> Return<()> {
    let how = match flags {
        0 => 0,
        SHM_RENAME_NOREPLACE => linux::RENAME_NOREPLACE,
        SHM_RENAME_EXCHANGE => linux::RENAME_EXCHANGE,
        _ => return Err(Errno::EINVAL.into()),
    };
    let (from, to) = (named(from)?, named(to)?);
    let (at, how) = (CWD.0 as u64, u64::from(how));
    // SAFETY: NUL-terminated names of ours.
    unsafe {
        host::call_n(
            nr::renameat2,
            [at, from.as_ptr() as u64, at, to.as_ptr() as u64, how],
        )
    }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_one_directory() {
        for (name, file) in [
            ("/a", "/dev/shm/a\0"),
            ("/a/b%", "/dev/shm/a%2fb%25\0"),
            ("/../etc", "/dev/shm/..%2fetc\0"),
            ("/..", "/dev/shm/..%\0"),
        ] {
            assert_eq!(host_name(name.as_bytes()).unwrap(), file.as_bytes());
        }
        assert_eq!(host_name(b"a"), Err(Error(Errno::EINVAL)));
    }
}
