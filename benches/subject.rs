//! What is measured: something that does so much work and tells how long it took.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// One turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) nanoseconds: f64,
    /// Processor time of all threads, which says more than the clock where others use the machine. Not that of other
    /// processes.
    pub(crate) cpu: Option<f64>,
    /// What came out of the work: the same on every system.
    pub(crate) answer: u64,
}

/// Does the work, as often as asked.
pub(crate) trait Subject {
    /// # Errors
    /// What the program did instead.
    fn turn(&mut self, count: u64) -> Result<Turn, String>;
}

/// A program that is told on its standard input how often to do its work, and measures that itself.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    /// Until it is told to end.
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts it; errors come up in the first turn.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("no pipes".into());
        };
        Ok(Self {
            child,
            asks: Some(asks),
            answers: BufReader::new(answers),
        })
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end, which the end of its input is to it.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        self.asks = None;
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("ended: {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The line that it says next.
    pub(crate) fn hear(&mut self) -> Result<String, String> {
        // Five minutes.
        let patience = PollTimeout::try_from(300_000).unwrap_or(PollTimeout::NONE);
        let mut waits = [PollFd::new(
            self.answers.get_ref().as_fd(),
            PollFlags::POLLIN,
        )];
        match poll(&mut waits, patience) {
            Ok(0) => return Err("no answer in five minutes".into()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(match self.child.wait() {
                Ok(status) => format!("ended: {status}"),
                Err(error) => error.to_string(),
            }),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Subject for Worker {
    fn turn(&mut self, count: u64) -> Result<Turn, String> {
        let before = used_till(self.id());
        let asks = self.asks.as_mut().ok_or("it was told to end")?;
        writeln!(asks, "{count}").map_err(|error| format!("does not listen: {error}"))?;
        let line = self.hear()?;
        let parsed = line.split_once(' ').and_then(|(time, answer)| {
            Some(Turn {
                nanoseconds: time.parse().ok()?,
                cpu: used_till(self.id())
                    .zip(before)
                    .map(|(now, before)| now - before),
                answer: answer.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| format!("said {line:?}"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A worker that starts anew for every turn, because it leaves much behind.
pub(crate) struct Fresh<F>(pub(crate) F);

impl<F: Fn() -> Option<Command>> Subject for Fresh<F> {
    fn turn(&mut self, count: u64) -> Result<Turn, String> {
        Worker::start((self.0)().ok_or("no command")?)?.turn(count)
    }
}

/// A worker that asks a server, which is what is measured.
#[derive(Debug)]
pub(crate) struct Served {
    /// First, so that it ends first.
    pub(crate) client: Worker,
    pub(crate) server: Worker,
}

impl Subject for Served {
    fn turn(&mut self, count: u64) -> Result<Turn, String> {
        let before = used_till(self.server.id());
        let turn = self.client.turn(count)?;
        let after = used_till(self.server.id());
        Ok(Turn {
            cpu: after.zip(before).map(|(after, before)| after - before),
            ..turn
        })
    }
}

/// A program measured from its start to its end.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) command: Command,
    /// The file that holds what came out; where it is not the program that writes it, its standard output goes there.
    pub(crate) output: Option<PathBuf>,
    pub(crate) writes_itself: bool,
}

impl Subject for Whole {
    fn turn(&mut self, count: u64) -> Result<Turn, String> {
        let (mut nanoseconds, mut cpu) = (0.0, 0.0);
        for _ in 0..count {
            let stdout = match &self.output {
                Some(file) if !self.writes_itself => {
                    Stdio::from(File::create(file).map_err(|error| error.to_string())?)
                }
                _ => Stdio::null(),
            };
            self.command.stdin(Stdio::null()).stdout(stdout);
            let started = Instant::now();
            let child = self.command.spawn();
            let child = child.map_err(|error| format!("{:?}: {error}", self.command))?;
            let (status, used) = end_of(&child).map_err(|error| error.to_string())?;
            nanoseconds += started.elapsed().as_secs_f64() * 1e9;
            cpu += used;
            if !status.success() {
                return Err(format!("{:?}: {status}", self.command));
            }
        }
        let mut hash = DefaultHasher::new();
        if let Some(file) = &self.output {
            hash.write(&fs::read(file).map_err(|error| error.to_string())?);
        }
        Ok(Turn {
            nanoseconds,
            cpu: Some(cpu),
            answer: hash.finish(),
        })
    }
}

/// Nanoseconds of processor time that a process has used till now.
fn used_till(id: u32) -> Option<f64> {
    let mut clock = 0;
    // SAFETY: the number of the clock goes where ours is.
    if unsafe { libc::clock_getcpuclockid(id.cast_signed(), &raw mut clock) } != 0 {
        return None;
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time goes where ours is.
    let done = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (done == 0).then_some(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64)
}

/// Waits for a child, and for the processor time that it and those it waited for have used, in nanoseconds.
fn end_of(child: &Child) -> io::Result<(ExitStatus, f64)> {
    let mut status = 0;
    // SAFETY: a structure of numbers.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        let id = child.id().cast_signed();
        // SAFETY: both results go where ours are.
        if unsafe { libc::wait4(id, &raw mut status, 0, &raw mut used) } >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let nanoseconds = |time: libc::timeval| time.tv_sec as f64 * 1e9 + time.tv_usec as f64 * 1e3;
    let used = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
    Ok((ExitStatus::from_raw(status), used))
}
