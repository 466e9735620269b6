//! Says what it finds around itself: descriptors, signals, arguments, stack. The first argument chooses.
#![no_std]
#![no_main]

use compat_guests::start::{argument, auxiliary, environment};
use compat_guests::{say, signal, sys};

compat_guests::entry!(main);

extern "C" fn main() {
    match argument(1) {
        Some(b"descriptors") => descriptors(),
        Some(b"lowest") => lowest(),
        Some(b"signals") => signals(),
        Some(b"lengths") => lengths(),
        Some(b"stack") => say!("{}", stack(40)),
        Some(b"exec") => exec(),
        Some(b"exec-when-told") => exec_when_told(),
        Some(b"sleep") => sleep(),
        Some(b"far-code") => far_code(),
        Some(b"become") => becomes(),
        Some(b"segment") => segment(),
        _ => sys::exit(99),
    }
}

fn descriptors() {
    const FCNTL: u64 = 92;
    const F_GETFD: u64 = 1;
    for fd in 0..5000 {
        if sys::call(FCNTL, [fd, F_GETFD]).is_ok() {
            say!("{fd}");
        }
    }
}

/// The exit code is the number of the next descriptor: nothing may be there to print on.
fn lowest() {
    let null = sys::call(sys::OPEN, [c"/dev/null".as_ptr() as u64, 0, 0]);
    sys::exit(null.unwrap_or(98))
}

/// A hundred bytes of shared memory that somebody else made, by its key.
fn segment() {
    const SHMGET: u64 = 231;
    let digits = argument(2).expect("a key");
    let key = digits
        .iter()
        .fold(0, |key, digit| key * 10 + u64::from(digit - b'0'));
    let flags = [0, 0x200, 0x600];
    let found = flags.map(|flags| sys::call(SHMGET, [key, 100, flags | 0o600]).is_ok());
    say!("{found:?} {:?}", sys::call(SHMGET, [key, 101, 0]));
}

fn signals() {
    let mask = signal::mask(signal::BLOCK, signal::Set::EMPTY);
    for number in 1..=128u32 {
        let set = signal::Set::of(&[number]);
        if (0..4).any(|word| mask.0[word] & set.0[word] != 0) {
            say!("blocked {number}");
        }
        if signal::current(number).handler == 1 {
            say!("ignored {number}");
        }
    }
}

fn lengths() {
    let (mut count, mut bytes) = (0, 0);
    while let Some(text) = argument(count) {
        bytes += text.len();
        count += 1;
    }
    let (mut variables, mut variable_bytes) = (0, 0);
    unsafe {
        while *environment().add(variables) != 0 {
            let text = core::ffi::CStr::from_ptr(*environment().add(variables) as *const _);
            variable_bytes += text.count_bytes();
            variables += 1;
        }
    }
    say!("{count} {bytes} {variables} {variable_bytes}");
}

/// Uses a kilobyte of stack for each level.
#[inline(never)]
fn stack(depth: u64) -> u64 {
    let mut room = [depth as u8; 1024];
    let at = room.as_mut_ptr();
    let below = if depth == 0 { 0 } else { stack(depth - 1) };
    below + u64::from(unsafe { at.add(512).read_volatile() } == depth as u8)
}

fn exec() {
    const AT_EXECPATH: u64 = 15;
    let path = auxiliary(AT_EXECPATH).unwrap_or(0);
    let arguments = [c"x".as_ptr() as u64, c"descriptors".as_ptr() as u64, 0];
    let error = sys::call(sys::EXECVE, [path, arguments.as_ptr() as u64, 0]);
    say!("execve: {error:?}");
    sys::exit(97)
}

/// Says so when it is ready, and goes on when something can be read.
fn exec_when_told() {
    say!("ready");
    let mut byte = 0u8;
    let _ = sys::call(sys::READ, [0, (&raw mut byte) as u64, 1]);
    exec();
}

/// Runs code at an address where neither programs nor anything the kernel places ever lie; or says why not.
fn far_code() {
    const FAR: u64 = 0x3000_0000_0000;
    const FIXED_PRIVATE_ANONYMOUS: u64 = 0x1012;
    // mov eax, 20 (getpid); syscall; ret
    const GETPID: [u8; 8] = [0xb8, 20, 0, 0, 0, 0x0f, 0x05, 0xc3];
    let map = |protection| {
        sys::call(
            sys::MMAP,
            [FAR, 4096, protection, FIXED_PRIVATE_ANONYMOUS, u64::MAX, 0],
        )
    };
    if let Err(error) = map(7) {
        // What is no code yet may lie there.
        let at = map(3).expect("mmap");
        let changed = sys::call(sys::MPROTECT, [at, 4096, 5]);
        return say!("mmap {error}, mprotect {changed:?}");
    }
    let function: extern "C" fn() -> u64 = unsafe {
        (FAR as *mut [u8; 8]).write(GETPID);
        core::mem::transmute(FAR)
    };
    say!("getpid {}", function() == sys::pid());
}

/// execve(2) of the program that the second argument names.
fn becomes() {
    let path = argument(2).unwrap_or_default().as_ptr() as u64;
    let arguments = [path, 0];
    let error = sys::call(sys::EXECVE, [path, arguments.as_ptr() as u64, 0]);
    say!("execve: {error:?}");
}

fn sleep() {
    say!("{}", sys::pid());
    sys::sleep_microseconds(300_000);
}
