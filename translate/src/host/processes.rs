//! The host's processes, as `/proc` tells of them.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use super::{HostResult, call_n, nr, read_file};

/// What `/proc/PID/stat` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessStat {
    /// Process id.
    pub pid: i32,
    /// Name of the program, up to 15 bytes.
    pub name: String,
    /// `R`, `S`, `D`, `T`, `Z`, ...
    pub state: u8,
    /// Parent.
    pub parent: i32,
    /// Process group.
    pub group: i32,
    /// Session.
    pub session: i32,
    /// Controlling terminal's device number, 0 for none.
    pub terminal: u64,
    /// Foreground group of that terminal, -1 for none.
    pub foreground: i32,
    /// Ticks (100 a second) in user mode, in kernel mode, and the same of children that were waited for.
    pub times: [u64; 4],
    /// -20..=19.
    pub nice: i32,
    /// Number of threads.
    pub threads: i32,
    /// Ticks after boot at which it started.
    pub start: u64,
    /// Address space in bytes.
    pub size: u64,
    /// Pages in memory.
    pub resident: u64,
    /// CPU it ran on last.
    pub processor: i32,
}

/// The ids of all processes the caller may see.
pub fn processes() -> Vec<i32> {
    numbers_in(c"/proc").unwrap_or_default()
}

/// The ids of a process's threads; 0 stands for the caller.
pub fn threads_of(pid: i32) -> Vec<i32> {
    let path = match pid {
        0 => String::from("/proc/self/task\0"),
        pid => alloc::format!("/proc/{pid}/task\0"),
    };
    CStr::from_bytes_with_nul(path.as_bytes())
        .ok()
        .and_then(|path| numbers_in(path).ok())
        .unwrap_or_default()
}

/// The caller's children, also those that have ended and were not waited for.
pub fn children() -> Vec<i32> {
    let of_thread = |tid: &i32| process_file(0, &alloc::format!("task/{tid}/children"), 1 << 20);
    let lists: HostResult<Vec<Vec<u8>>> = threads_of(0).iter().map(of_thread).collect();
    match lists {
        Ok(lists) => lists
            .iter()
            .flat_map(|list| list.split(|&byte| byte == b' '))
            .filter_map(|word| core::str::from_utf8(word).ok()?.parse().ok())
            .collect(),
        // Some kernels are built without these lists, and a thread may end meanwhile.
        Err(_) => {
            // SAFETY: no arguments.
            let own = unsafe { call_n(nr::getpid, []) }.unwrap_or_default() as i32;
            processes()
                .into_iter()
                .filter(|&pid| process_stat(pid).is_some_and(|stat| stat.parent == own))
                .collect()
        }
    }
}

/// Effective user and group of process `pid`; `None` when there is no such process.
pub fn effective_ids(pid: i32) -> Option<(u32, u32)> {
    let text = process_file(pid, "status", 8192).ok()?;
    let text = String::from_utf8_lossy(&text);
    // Real, effective, saved, and that of file access.
    let second = |field: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((second("Uid:")?, second("Gid:")?))
}

/// Reads `/proc/PID/NAME`; 0 stands for the caller.
///
/// # Errors
/// As `open` and `read`.
pub fn process_file(pid: i32, name: &str, limit: usize) -> HostResult<Vec<u8>> {
    let path = match pid {
        0 => alloc::format!("/proc/self/{name}\0"),
        pid => alloc::format!("/proc/{pid}/{name}\0"),
    };
    let path = CStr::from_bytes_with_nul(path.as_bytes()).map_err(|_| super::HostErrno::EINVAL)?;
    read_file(path, limit)
}

/// Reads the memory of another process, all of `into` or nothing.
///
/// # Errors
/// `EPERM` for a process that may not be traced; `EFAULT`; `ESRCH`.
pub fn read_process(pid: i32, address: u64, into: &mut [u8]) -> HostResult<()> {
    let own = [into.as_mut_ptr() as u64, into.len() as u64];
    let other = [address, into.len() as u64];
    let args = [pid as u64, own.as_ptr() as u64, 1, other.as_ptr() as u64, 1];
    // SAFETY: two `struct iovec`, the first of which is valid for writing.
    let got = unsafe { call_n(nr::process_vm_readv, args) }?;
    if got == into.len() as u64 {
        Ok(())
    } else {
        Err(super::HostErrno::EFAULT)
    }
}

/// Writes `bytes` into the memory of another process, all or nothing.
///
/// # Errors
/// As [`read_process`].
pub fn write_process(pid: i32, address: u64, bytes: &[u8]) -> HostResult<()> {
    let own = [bytes.as_ptr() as u64, bytes.len() as u64];
    let other = [address, bytes.len() as u64];
    let args = [pid as u64, own.as_ptr() as u64, 1, other.as_ptr() as u64, 1];
    // SAFETY: two `struct iovec`, the first of which is valid for reading.
    let put = unsafe { call_n(nr::process_vm_writev, args) }?;
    if put == bytes.len() as u64 {
        Ok(())
    } else {
        Err(super::HostErrno::EFAULT)
    }
}

/// The name of thread `tid` of this process.
///
/// # Errors
/// `ENOENT` when there is no such thread.
pub fn thread_name(tid: i32) -> HostResult<Vec<u8>> {
    const ROOM: usize = 64;
    let path = alloc::format!("/proc/self/task/{tid}/comm\0");
    let path = CStr::from_bytes_with_nul(path.as_bytes()).map_err(|_| super::HostErrno::ENOENT)?;
    let mut name = super::read_file(path, ROOM)?;
    name.retain(|&byte| byte != b'\n');
    Ok(name)
}

/// Names thread `tid` of this process. The host keeps 15 bytes.
///
/// # Errors
/// `ENOENT` when there is no such thread.
pub fn name_thread(tid: i32, name: &[u8]) -> HostResult<()> {
    const O_WRONLY_CLOEXEC: u64 = 1 | 0x80000;
    const AT_FDCWD: u64 = -100i64 as u64;
    let path = alloc::format!("/proc/self/task/{tid}/comm\0");
    // An empty name is a NUL alone: nothing at all would change nothing.
    let text = [name, b"\0"].concat();
    // SAFETY: a NUL-terminated path, then a valid buffer and our own descriptor.
    unsafe {
        let fd = call_n(
            nr::openat,
            [AT_FDCWD, path.as_ptr() as u64, O_WRONLY_CLOEXEC],
        )?;
        let written = call_n(nr::write, [fd, text.as_ptr() as u64, text.len() as u64]);
        let _ = call_n(nr::close, [fd]);
        written.map(drop)
    }
}

/// What is known of process `pid`; `None` when there is no such process.
pub fn process_stat(pid: i32) -> Option<ProcessStat> {
    parse(&process_file(pid, "stat", 4096).ok()?)
}

/// The same for one of its threads.
pub fn thread_stat(pid: i32, tid: i32) -> Option<ProcessStat> {
    parse(&process_file(pid, &alloc::format!("task/{tid}/stat"), 4096).ok()?)
}

fn parse(text: &[u8]) -> Option<ProcessStat> {
    let text = String::from_utf8_lossy(text);
    // The name may hold anything, parentheses too.
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| {
        words
            .get(index)
            .and_then(|word| word.parse::<i64>().ok())
            .unwrap_or(0)
    };
    Some(ProcessStat {
        pid: pid.parse().ok()?,
        name: name.into(),
        state: words.first()?.bytes().next()?,
        parent: number(1) as i32,
        group: number(2) as i32,
        session: number(3) as i32,
        terminal: number(4) as u64,
        foreground: number(5) as i32,
        times: [11, 12, 13, 14].map(|index| number(index) as u64),
        nice: number(16) as i32,
        threads: number(17) as i32,
        start: number(19) as u64,
        size: number(20) as u64,
        resident: number(21) as u64,
        processor: number(36) as i32,
    })
}

/// The entries of a directory that are numbers, ascending.
///
/// # Errors
/// As `open`.
pub fn numbers_in(path: &CStr) -> HostResult<Vec<i32>> {
    let mut found: Vec<i32> = names_in(path)?
        .iter()
        .filter_map(|name| core::str::from_utf8(name).ok()?.parse().ok())
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// The names of a directory's entries, in no order.
///
/// # Errors
/// As `open`.
pub fn names_in(path: &CStr) -> HostResult<Vec<Vec<u8>>> {
    const O_DIRECTORY_CLOEXEC: u64 = 0x10000 | 0x80000;
    const AT_FDCWD: u64 = -100i64 as u64;
    let args = [AT_FDCWD, path.as_ptr() as u64, O_DIRECTORY_CLOEXEC, 0];
    // SAFETY: a NUL-terminated path.
    let fd = unsafe { call_n(nr::openat, args) }?;
    let mut found = Vec::new();
    let mut block = alloc::vec![0u8; 16 * 1024];
    loop {
        let args = [fd, block.as_mut_ptr() as u64, block.len() as u64];
        // SAFETY: `block` is valid for writing.
        let Ok(got @ 1..) = (unsafe { call_n(nr::getdents64, args) }) else {
            break;
        };
        collect(block.get(..got as usize).unwrap_or_default(), &mut found);
    }
    // SAFETY: our own descriptor.
    let _ = unsafe { call_n(nr::close, [fd]) };
    Ok(found)
}

/// Takes the names out of a block of `struct linux_dirent64`: length at 16, name from 19.
fn collect(mut block: &[u8], found: &mut Vec<Vec<u8>>) {
    while let Some(&[low, high]) = block.get(16..18) {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let name = block.get(19..length).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        found.push(name.to_vec());
        match block.get(length.max(19)..) {
            Some(rest) => block = rest,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_name_may_hold_parentheses_and_spaces() {
        let text = b"42 (a) b (c) S 1 42 7 34816 42 4194560 1 0 0 0 5 6 7 8 20 -5 3 0 99 4096 12 0";
        let stat = parse(text).unwrap();
        assert_eq!(
            (stat.pid, stat.name.as_str(), stat.state),
            (42, "a) b (c", b'S')
        );
        assert_eq!((stat.parent, stat.group, stat.session), (1, 42, 7));
        assert_eq!(
            (stat.times, stat.nice, stat.threads, stat.start),
            ([5, 6, 7, 8], -5, 3, 99)
        );
    }
}
