//! Running a program that may hang, without hanging with it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, setsid};

/// How long a program may take before it is ended.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From start to end.
    pub total: Duration,
    /// Without printing anything.
    pub silence: Duration,
}

impl Limits {
    /// A program that has this long, whether it prints or not.
    pub fn total(total: Duration) -> Self {
        Self {
            total,
            silence: total,
        }
    }
}

/// How a program came to its end.
#[derive(Debug)]
pub enum End {
    /// By itself.
    Own(ExitStatus),
    /// It used up its time.
    TimedOut,
    /// It fell silent for too long.
    Silent,
}

/// What is left of a program that ran: its end, its duration and the two files it wrote.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// How long it ran.
    pub elapsed: Duration,
    /// Where its standard output is.
    pub stdout: PathBuf,
    /// Where its standard error is.
    pub stderr: PathBuf,
}

/// Runs `command` in a session with a terminal of its own, with its output in `<log>.out` and `<log>.err`.
///
/// The outputs are files rather than pipes, so that a grandchild that lives on cannot hold us here.
/// One that outstays its limits gets SIGQUIT, for the traceback that Go programs then print, and
/// its whole group SIGKILL. What is left of the group is killed in any case.
///
/// Even as root the program can neither set the machine's clock nor restart it: there are tests that
/// try.
pub fn run(command: &mut Command, log: &Path, limits: Limits) -> io::Result<Finished> {
    let (stdout, stderr) = (log.with_extension("out"), log.with_extension("err"));
    command
        .stdin(Stdio::null())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?);
    let _terminal = give_terminal(command)?;
    let started = Instant::now();
    let mut child = start(command)?;
    let end = wait(&mut child, &stdout, limits);
    if !matches!(end, Ok(End::Own(_))) {
        // Errors below mean that the process is gone already.
        let _ = kill(pid(&child), Signal::SIGQUIT);
        let _ = wait(&mut child, &stdout, Limits::total(Duration::from_secs(3)));
    }
    let _ = killpg(pid(&child), Signal::SIGKILL);
    let _ = child.wait();
    Ok(Finished {
        end: end?,
        elapsed: started.elapsed(),
        stdout,
        stderr,
    })
}

/// Starts a program that may have been written just now. A process that another test forked meanwhile has the file open for
/// writing until it executes its own program, and the host starts none that is being written.
fn start(command: &mut Command) -> io::Result<Child> {
    const TRIES: u32 = 500;
    for _ in 0..TRIES {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            started => return started,
        }
    }
    command.spawn()
}

// `linux/capability.h`; not in the libc crate.
const CAP_SYS_BOOT: libc::c_ulong = 22;
const CAP_SYS_TIME: libc::c_ulong = 25;

/// Makes the program the leader of a session whose controlling terminal is a new one: as on a
/// console, `/dev/tty` opens and job control works. The other end must live as long as the program.
fn give_terminal(command: &mut Command) -> io::Result<PtyMaster> {
    // No program may inherit either end by accident.
    let ours = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname_r(&ours)?;
    let theirs = open(
        name.as_str(),
        OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    // SAFETY: between fork and exec the closure only makes system calls.
    unsafe {
        command.pre_exec(move || {
            for capability in [CAP_SYS_TIME, CAP_SYS_BOOT] {
                // SAFETY: only numbers. An ordinary user may not, and need not.
                libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
            }
            setsid()?;
            // SAFETY: TIOCSCTTY takes a number, and the descriptor is open until exec closes it.
            Errno::result(libc::ioctl(theirs.as_raw_fd(), libc::TIOCSCTTY, 0))?;
            Ok(())
        });
    }
    // What the program prints there is of no interest, but must not fill the terminal up.
    let listener = File::from(ours.as_fd().try_clone_to_owned()?);
    thread::spawn(move || io::copy(&mut &listener, &mut io::sink()));
    Ok(ours)
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

fn wait(child: &mut Child, stdout: &Path, limits: Limits) -> io::Result<End> {
    let started = Instant::now();
    let (mut printed, mut last_print) = (0, started);
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Own(status));
        }
        let size = stdout.metadata()?.len();
        if size != printed {
            (printed, last_print) = (size, Instant::now());
        }
        if started.elapsed() > limits.total {
            return Ok(End::TimedOut);
        }
        if last_print.elapsed() > limits.silence {
            return Ok(End::Silent);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
