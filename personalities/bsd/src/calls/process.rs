//! Processes: birth, death and new images (kern_fork.c, kern_exit.c, kern_exec.c).

use alloc::vec::Vec;
use core::fmt::Write;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::fcntl_cmd;
use compat_translate::guest::{self, In, Path};
use compat_translate::host;
use compat_translate::paths::{self, Look};
use compat_translate::task::clone::{self, Birth};
use compat_translate::task::{Start, counts, exec, gaps};
use compat_translate::{Cx, Outcome, trap};

use super::place::is_own_program;
use crate::error::Return;
use crate::system::{personality, system};

pub fn exit(cx: &mut Cx, status: i32) -> Return<Outcome> {
    (system().thread_ends)(cx);
    cx.process().objects.ending();
    report_gaps(cx);
    clone::exit_process(cx.thread, status)
}

/// What was asked for and not had, once, on standard error.
pub fn report_gaps(cx: &Cx) {
    if cx.process().settings.stats {
        report_ways();
    }
    let gaps = gaps::counted();
    if gaps.is_empty() || cx.process().settings.quiet {
        return;
    }
    let mut text = alloc::format!("compat: not implemented ({}):", personality().name);
    for (index, (what, times)) in gaps.iter().enumerate() {
        let _ = write!(
            text,
            "{} {what} ({times}x)",
            if index == 0 { "" } else { "," }
        );
    }
    text.push_str("; -q hides this line\n");
    host::write_stderr(text.as_bytes());
}

/// How the calls came, for `compat run --stats`.
fn report_ways() {
    let ways = counts::so_far();
    let fast = ways.express + ways.patched;
    let all = fast + ways.trapped;
    // In thousandths of a percent.
    let share = (fast * 100_000).checked_div(all).unwrap_or_default();
    let mut text = alloc::format!(
        "compat: {all} calls: {fast} the fast way ({}.{:03} %; {} of them without a handler), {} that need a trap, {} other \
         traps; {} sites patched\n",
        share / 1000,
        share % 1000,
        ways.express,
        ways.whole,
        ways.trapped - ways.whole,
        trap::patched()
    );
    for site in trap::refused() {
        let _ = writeln!(
            text,
            "compat: not patched: {:#x}, {}: {} traps",
            site.at,
            site.why.text(),
            site.traps + 1
        );
    }
    host::write_stderr(text.as_bytes());
}

/// Registers of a new process: it returns 0 with 1 as second value (cpu_fork).
pub fn child_start(cx: &Cx) -> Start {
    let mut context = *cx.frame;
    context.regs.rax = 0;
    context.regs.rdx = 1;
    context.regs.rflags &= !1;
    Start {
        context,
        fs_base: None,
    }
}

pub fn fork(cx: &mut Cx) -> Return<Outcome> {
    match clone::fork(cx, Birth::default(), None)? {
        0 => Ok(Outcome::Two(0, 1)),
        pid => Ok(Outcome::Two(pid as u32, 0)),
    }
}

pub fn vfork(cx: &mut Cx) -> Return<Outcome> {
    let start = child_start(cx);
    let pid = clone::share_memory(cx, Birth::default(), start)?;
    Ok(Outcome::Two(pid as u32, 0))
}

/// ARG_MAX: the strings and their pointers.
const ARG_MAX: usize = 524_288;

pub fn execve(cx: &mut Cx, path: Path, argv: In<u64>, envp: In<u64>) -> Return<()> {
    let (name, path) = program(cx, path)?;
    execute(cx, name, path, argv, envp)
}

/// A program's name and the host's path of it.
pub fn program(cx: &Cx, path: Path) -> Return<(Vec<u8>, Vec<u8>)> {
    let name = path.copy()?;
    if name.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let path = if is_own_program(path) {
        cx.process().program.lock().clone()
    } else {
        paths::locate_text(cx.process().space.get(), &name, Look::FOLLOW)?
    };
    Ok((name, path))
}

fn execute(cx: &mut Cx, name: Vec<u8>, path: Vec<u8>, argv: In<u64>, envp: In<u64>) -> Return<()> {
    let (arguments, environment) = handed(argv, envp)?;
    let leaving = system().image_ends;
    Err(exec::replace(cx, name, path, arguments, environment, leaving).into())
}

/// A list of strings.
pub type Strings = Vec<Vec<u8>>;

/// What a new image is given: arguments and environment.
pub fn handed(argv: In<u64>, envp: In<u64>) -> Return<(Strings, Strings)> {
    let arguments = guest::read_strings(argv.address(), ARG_MAX)?;
    let environment = if envp.is_null() {
        Vec::new()
    } else {
        guest::read_strings(envp.address(), ARG_MAX)?
    };
    // Nobody may be left without a name (do_execve, since 13.1).
    if arguments.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    Ok((arguments, environment))
}

pub fn fexecve(cx: &mut Cx, fd: crate::lower::Fd, argv: In<u64>, envp: In<u64>) -> Return<()> {
    let fd = fd.checked(cx)?;
    // EBADF, where the name below would only be absent.
    super::fcntl::control(fd, fcntl_cmd::F_GETFD, 0)?;
    // FreeBSD tells a script's interpreter this name.
    let name = alloc::format!("/dev/fd/{fd}").into_bytes();
    let path = alloc::format!("/proc/self/fd/{fd}").into_bytes();
    execute(cx, name, path, argv, envp)
}
