//! A traced process: stops, registers, memory and breakpoints of the processor's own, which change neither code nor flags.

use std::fs;
use std::io;
use std::mem::offset_of;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use libc::{c_int, c_void, pid_t};

/// Longer than anything here may take without a sign of life.
const PATIENCE: u32 = 60;

const TRAP_FLAG: u64 = 0x100;

/// Why a tracee stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At a breakpoint, or behind a step.
    Trap,
    /// A signal is about to be delivered.
    Signal(c_int),
    /// It has ended, with this wait status.
    Ended(c_int),
}

/// What became of a process that was told to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Stopped(Stop),
    /// It sleeps in a system call.
    Asleep,
}

/// The process, and a thread that ends it should it hang.
pub(crate) struct Tracee {
    pub(crate) child: Child,
    pid: pid_t,
    progress: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Tracee {
    /// Starts `command`, which stops at once.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: one system call between fork and exec, without pointers.
        unsafe {
            command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            });
        }
        let child = command.spawn().expect("compat starts");
        let pid = child.id() as pid_t;
        let tracee = Self {
            child,
            pid,
            progress: Arc::default(),
            over: Arc::default(),
        };
        tracee.watch();
        assert_eq!(tracee.wait(), Stop::Trap, "the first stop is exec's");
        tracee.ask(libc::PTRACE_SETOPTIONS, 0, libc::PTRACE_O_EXITKILL as u64);
        tracee
    }

    fn watch(&self) {
        let (pid, progress, over) = (self.pid, self.progress.clone(), self.over.clone());
        thread::spawn(move || {
            let mut patience = (0, PATIENCE * 10);
            while !over.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(100));
                let now = progress.load(Ordering::Relaxed);
                patience = match patience {
                    (before, _) if before != now => (now, PATIENCE * 10),
                    (_, left) => (now, left - 1),
                };
                if patience.1 == 0 {
                    // SAFETY: no pointers; the child is not waited for before `over` is set.
                    unsafe { libc::kill(pid, libc::SIGKILL) };
                    return;
                }
            }
        });
    }

    /// Something happened as it should: it does not hang.
    pub(crate) fn progresses(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    fn ask(&self, request: libc::c_uint, address: u64, data: u64) -> i64 {
        // SAFETY: every caller passes what the request wants; the tracee is stopped.
        let result = unsafe {
            libc::ptrace(
                request,
                self.pid,
                address as *mut c_void,
                data as *mut c_void,
            )
        };
        assert_ne!(
            result,
            -1,
            "ptrace {request}: {}",
            io::Error::last_os_error()
        );
        result
    }

    /// Waits for the next stop.
    pub(crate) fn wait(&self) -> Stop {
        let mut status = 0;
        // SAFETY: a valid place for the status.
        let found = unsafe { libc::waitpid(self.pid, &raw mut status, libc::__WALL) };
        assert_eq!(found, self.pid, "{}", io::Error::last_os_error());
        self.stop(status)
    }

    fn stop(&self, status: c_int) -> Stop {
        if !libc::WIFSTOPPED(status) {
            self.over.store(true, Ordering::Release);
            return Stop::Ended(status);
        }
        match libc::WSTOPSIG(status) {
            libc::SIGTRAP => Stop::Trap,
            signal => Stop::Signal(signal),
        }
    }

    /// Waits for the next stop, or until it sleeps.
    fn wait_or_sleep(&self) -> Next {
        loop {
            for _ in 0..50 {
                let mut status = 0;
                // SAFETY: as above.
                let found = unsafe {
                    libc::waitpid(self.pid, &raw mut status, libc::__WALL | libc::WNOHANG)
                };
                if found == self.pid {
                    return Next::Stopped(self.stop(status));
                }
                thread::yield_now();
            }
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
            if stat
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(" S"))
            {
                return Next::Asleep;
            }
        }
    }

    /// Goes on, delivering `signal` unless it is 0, until the next breakpoint.
    pub(crate) fn run(&self, signal: c_int) -> Stop {
        let waited = self.go_on(signal, || Next::Stopped(self.wait()));
        let Next::Stopped(stop) = waited else {
            unreachable!("`wait` ends with a stop");
        };
        stop
    }

    /// The same, or until it sleeps; it is running then.
    pub(crate) fn run_or_sleep(&self, signal: c_int) -> Next {
        self.go_on(signal, || self.wait_or_sleep())
    }

    fn go_on(&self, mut signal: c_int, wait: impl Fn() -> Next) -> Next {
        loop {
            self.ask(libc::PTRACE_CONT, 0, signal as u64);
            signal = match wait() {
                Next::Stopped(Stop::Signal(next)) => next,
                Next::Stopped(Stop::Trap) if self.hide_steps() => 0,
                other => return other,
            };
        }
    }

    /// Whether it stands here because a trap flag from former steps came back with registers that were saved meanwhile.
    fn hide_steps(&self) -> bool {
        const TRAP_TRACE: c_int = 2;
        // SAFETY: the structure is plain numbers, and the request fills it.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        self.ask(libc::PTRACE_GETSIGINFO, 0, (&raw mut info) as u64);
        info.si_code == TRAP_TRACE && {
            let mut registers = self.registers();
            registers.eflags &= !TRAP_FLAG;
            self.set_registers(&registers);
            true
        }
    }

    /// One instruction, or the delivery of `signal`.
    ///
    /// A step sets the trap flag. The kernel hides it from everything but `pushf`, and takes it for the program's own
    /// after `popf` and some calls.
    pub(crate) fn step(&self, signal: c_int) -> Next {
        const PUSHF: u8 = 0x9c;
        let registers = self.registers();
        let pushes = signal == 0 && self.read::<u8>(registers.rip) == PUSHF;
        self.ask(libc::PTRACE_SINGLESTEP, 0, signal as u64);
        let next = self.wait_or_sleep();
        if matches!(next, Next::Stopped(Stop::Trap | Stop::Signal(_))) {
            let mut registers = self.registers();
            if pushes && next == Next::Stopped(Stop::Trap) {
                let flags: u64 = self.read(registers.rsp);
                self.write(registers.rsp, flags & !TRAP_FLAG);
            }
            if registers.eflags & TRAP_FLAG != 0 {
                registers.eflags &= !TRAP_FLAG;
                self.set_registers(&registers);
            }
        }
        next
    }

    pub(crate) fn registers(&self) -> libc::user_regs_struct {
        // SAFETY: the structure is plain numbers, and the request fills it.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        self.ask(libc::PTRACE_GETREGS, 0, (&raw mut registers) as u64);
        registers
    }

    fn set_registers(&self, registers: &libc::user_regs_struct) {
        let registers = core::ptr::from_ref(registers) as u64;
        self.ask(libc::PTRACE_SETREGS, 0, registers);
    }

    /// Reads a plain value at `address`.
    pub(crate) fn read<T: Copy>(&self, address: u64) -> T {
        let mut value = std::mem::MaybeUninit::<T>::uninit();
        let here = libc::iovec {
            iov_base: value.as_mut_ptr().cast(),
            iov_len: size_of::<T>(),
        };
        let there = libc::iovec {
            iov_base: address as *mut c_void,
            iov_len: size_of::<T>(),
        };
        // SAFETY: both describe size_of::<T>() bytes, and the callers' types take any bytes.
        unsafe {
            let read = libc::process_vm_readv(self.pid, &raw const here, 1, &raw const there, 1, 0);
            assert_eq!(
                read,
                size_of::<T>() as isize,
                "{address:#x} is not readable"
            );
            value.assume_init()
        }
    }

    /// Writes a word.
    pub(crate) fn write(&self, address: u64, value: u64) {
        self.ask(libc::PTRACE_POKEDATA, address, value);
    }

    /// Sets breakpoint 0..=3 to `address`.
    pub(crate) fn breakpoint(&self, index: u64, address: u64) {
        let at = offset_of!(libc::user, u_debugreg) as u64;
        self.ask(libc::PTRACE_POKEUSER, at + 8 * index, address);
    }

    /// Turns breakpoints on by a bit each, and all others off.
    pub(crate) fn enable(&self, breakpoints: [bool; 4]) {
        let control = breakpoints
            .iter()
            .enumerate()
            .map(|(index, &on)| u64::from(on) << (2 * index))
            .sum();
        self.breakpoint(7, control);
    }

    /// Sends it a signal, as another process would.
    pub(crate) fn send(&self, signal: c_int) {
        // SAFETY: no pointers.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, self.pid, self.pid, signal) };
        assert_eq!(sent, 0, "{}", io::Error::last_os_error());
    }

    /// What is mapped at `address`, for messages.
    pub(crate) fn mapping(&self, address: u64) -> String {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.pid)).unwrap_or_default();
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
        maps.lines()
            .find(|line| {
                line.split_once(' ')
                    .and_then(|(range, _)| range.split_once('-'))
                    .is_some_and(|(from, to)| (number(from)..number(to)).contains(&address))
            })
            .map_or("nothing", |line| line)
            .to_owned()
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        if !self.over.swap(true, Ordering::AcqRel) {
            let _ = self.child.kill();
            while !matches!(self.wait(), Stop::Ended(_)) {
                // SAFETY: no pointers; it is on its way to its end.
                unsafe { libc::ptrace(libc::PTRACE_CONT, self.pid, 0, 0) };
            }
        }
    }
}
