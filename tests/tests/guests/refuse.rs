//! A host that refuses a call.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;

/// Makes `command` start under a filter that answers `error` to each of these calls when its first argument is the one
/// that is named.
pub(crate) fn refuse(command: &mut Command, calls: &[(libc::c_long, u32)], error: Errno) {
    let step = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let back = libc::BPF_RET | libc::BPF_K;
    // struct seccomp_data: the number at 0, the first argument at 16.
    let mut program: Vec<_> = calls
        .iter()
        .flat_map(|&(call, argument)| {
            [
                step(load, 0, 0, 0),
                step(equal, 0, 3, call as u32),
                step(load, 0, 0, 16),
                step(equal, 0, 1, argument),
                step(back, 0, 0, libc::SECCOMP_RET_ERRNO | error as u32),
            ]
        })
        .collect();
    program.push(step(back, 0, 0, libc::SECCOMP_RET_ALLOW));
    let install = move || {
        let filter = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: two system calls on a filter that lives until they are done.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(
                    libc::PR_SET_SECCOMP,
                    libc::SECCOMP_MODE_FILTER,
                    &raw const filter,
                ) == 0
        };
        done.then_some(()).ok_or_else(io::Error::last_os_error)
    };
    // SAFETY: only system calls between fork and exec.
    unsafe { command.pre_exec(install) };
}
