//! A person at a terminal: types, waits for what appears, looks at the screen.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Pid, setsid};

/// How long something may take to appear, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program in a session of its own, whose terminal is ours to look at and to type on.
///
/// What is typed is read as soon as the program reads it: a test waits for a prompt first, as a person would.
pub struct Session {
    keyboard: File,
    output: Receiver<Vec<u8>>,
    child: Child,
    screen: vt100::Parser,
    /// All that came and was not waited for yet.
    unseen: Vec<u8>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "a terminal that shows\n{}", self.text())
    }
}

impl Session {
    /// Starts `command` with a terminal of `rows` and `columns`.
    pub fn start(command: &mut Command, rows: u16, columns: u16) -> io::Result<Self> {
        let ends = openpty(&size(rows, columns), None)?;
        let (ours, theirs) = (File::from(ends.master), File::from(ends.slave));
        for end in [&ours, &theirs] {
            // SAFETY: only numbers.
            Errno::result(unsafe {
                libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC)
            })?;
        }
        command
            .stdin(Stdio::from(theirs.try_clone()?))
            .stdout(Stdio::from(theirs.try_clone()?))
            .stderr(Stdio::from(theirs));
        // SAFETY: between fork and exec the closure only makes system calls.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                // SAFETY: TIOCSCTTY takes a number; standard input is the terminal.
                Errno::result(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
                Ok(())
            });
        }
        let child = command.spawn()?;
        // The parent's copies of the program's end: without them the end of the program ends the output.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let (sender, output) = channel();
        let mut listener = ours.try_clone()?;
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = listener.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            keyboard: ours,
            output,
            child,
            screen: vt100::Parser::new(rows, columns, 0),
            unseen: Vec::new(),
        })
    }

    /// Types.
    pub fn send(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    /// Waits until the program has written `text` since the last text that was waited for.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let wanted = text.as_bytes();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self
                .unseen
                .windows(wanted.len())
                .position(|part| part == wanted);
            if let Some(place) = found {
                self.unseen.drain(..place + wanted.len());
                return;
            }
            assert!(
                self.listen(deadline),
                "{text:?} does not appear on {self:?}"
            );
        }
    }

    /// Waits until the screen is as `wanted` says; `what` is that in words.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            assert!(self.listen(deadline), "not {what} on {self:?}");
        }
        self.unseen.clear();
    }

    /// Waits until row `row` of the screen, counted from 0, starts with `text`.
    #[track_caller]
    pub fn wait_for_row(&mut self, row: u16, text: &str) {
        let what = format!("row {row} is {text:?}");
        self.wait_until(&what, |screen| {
            let (_, columns) = screen.size();
            screen
                .rows(0, columns)
                .nth(usize::from(row))
                .is_some_and(|found| found.starts_with(text))
        });
    }

    /// Waits until what is typed does not appear.
    #[track_caller]
    pub fn wait_for_silence(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let echoes = |keyboard: &File| {
            // Both ends have the same modes.
            tcgetattr(keyboard).is_ok_and(|modes| modes.local_flags.contains(LocalFlags::ECHO))
        };
        while echoes(&self.keyboard) {
            assert!(Instant::now() < deadline, "no silence on {self:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What the screen shows, a line a row.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Makes the window another size.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        let size = size(rows, columns);
        // SAFETY: a valid structure.
        let done =
            unsafe { libc::ioctl(self.keyboard.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(done, 0, "the terminal has a size");
        self.screen.screen_mut().set_size(rows, columns);
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "no end of {self:?}");
            self.listen(Instant::now() + Duration::from_millis(20));
        }
    }

    /// Takes in what the program writes next; `false` when nothing came in time, or nothing comes any more.
    fn listen(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => {
                self.screen.process(&bytes);
                self.unseen.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let leader = Pid::from_raw(self.child.id().cast_signed());
        // Errors mean that it is gone already. Whoever else is in the session hears of the leader's end.
        let _ = kill(leader, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
