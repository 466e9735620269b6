//! The command of `fcntl` that only FreeBSD has (kern_fcntl).

use compat_bsd::calls::fcntl as family;
use compat_bsd::calls::path::known_name;
use compat_bsd::calls::stat::statx_fd;
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{STATUS_FLAGS, fcntl_cmd};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, linux, nr};

use crate::abi::filedesc::{self, KinfoFile};
use crate::abi::stat::Stat;
use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn fcntl(cx: &mut Cx, fd: Fd, cmd: i32, arg: i64) -> Return<i32> {
    if cmd != fcntl_cmd::F_KINFO {
        return family::fcntl(cx, fd, cmd, arg);
    }
    let host_fd = fd.checked(cx)?;
    if guest::read::<i32>(arg as u64)? != filedesc::SIZE {
        return Err(Errno::EINVAL.into());
    }
    guest::write(arg as u64, &information(fd.0, host_fd)?)?;
    Ok(0)
}

/// F_KINFO
fn information(fd: i32, host_fd: u64) -> Return<KinfoFile> {
    let stat = Stat::from_host(&statx_fd(host_fd)?);
    let flags = STATUS_FLAGS.to_guest(family::control(host_fd, fcntl_cmd::F_GETFL, 0)?) as u32;
    let current = u64::from(linux::SEEK_CUR);
    // SAFETY: no memory is involved.
    let offset = unsafe { host::call_n(nr::lseek, [host_fd, 0, current]) }.unwrap_or_default();
    let name = host::name_of(host_fd)?;
    let path = known_name(&name).unwrap_or_default();
    Ok(KinfoFile::new(
        fd,
        &stat,
        flags,
        offset as i64,
        &name,
        &path,
    ))
}
