//! Looking into other processes (sys_process.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;

use crate::error::Return;

/// Answers as where nobody may be traced (FreeBSD's `security.bsd.unprivileged_proc_debug`). The host's `ptrace` would show a debugger every
/// trapped call of the program before the program's own stops.
pub fn ptrace(cx: &mut Cx, _request: i32, _pid: i32, _address: u64, _data: i32) -> Return<i32> {
    Err(cx.gap("ptrace", Errno::EPERM.into()))
}

/// Switching it off is all that can be had (sys_profil).
pub fn profil(cx: &mut Cx, _samples: u64, _size: u64, _offset: u64, scale: u32) -> Return<()> {
    match scale {
        0 => Ok(()),
        1..=0x1_0000 => Err(cx.gap("profil: sampling the program counter", Errno::ENOSYS.into())),
        _ => Err(Errno::EINVAL.into()),
    }
}
