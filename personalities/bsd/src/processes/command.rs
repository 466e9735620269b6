//! What programs processes run, and with which arguments.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::process_file;

use super::link;
use crate::error::Return;

/// Longest `/proc` file that is read whole: all arguments or the whole environment.
pub const WHOLE: usize = 4 << 20;

/// The arguments of process `pid`, each with its NUL, 0 for the caller; of a program that compat runs, without what starts
/// the stub.
pub fn arguments(cx: &Cx, pid: i32) -> Vec<u8> {
    if pid == 0 {
        let arguments = cx.process().arguments.lock();
        let terminated = |text: &Vec<u8>| text.iter().copied().chain([0]).collect::<Vec<u8>>();
        return arguments.iter().flat_map(terminated).collect();
    }
    let text = process_file(pid, "cmdline", WHOLE).unwrap_or_default();
    match arguments_of_guest(pid, &text) {
        Some(arguments) => arguments.to_vec(),
        None => text,
    }
}

/// What follows, in the command line of a process that compat runs, whatever started the stub.
fn arguments_of_guest(pid: i32, cmdline: &[u8]) -> Option<&[u8]> {
    let words = cmdline.split_inclusive(|&byte| byte == 0);
    if starts_with_record(cmdline) {
        // The record and the path.
        let skipped: usize = words.take(2).map(<[u8]>::len).sum();
        return cmdline.get(skipped..);
    }
    if !runs_our_image(pid) {
        return None;
    }
    // By hand: `compat run OPTIONS PROGRAM ...`. What is an option's value cannot be told without knowing them all, so
    // the program is the first word that ends like the file it runs.
    let path = program_of_guest(pid)?;
    let name = path.rsplit(|&byte| byte == b'/').next()?;
    let mut skipped = 0;
    for (index, word) in words.enumerate() {
        let last = word.rsplit(|&byte| byte == b'/').next()?;
        if index >= 2 && last.strip_suffix(&[0]) == Some(name) {
            return cmdline.get(skipped..);
        }
        skipped += word.len();
    }
    None
}

fn starts_with_record(cmdline: &[u8]) -> bool {
    cmdline.starts_with(compat_translate::settings::PREFIX.as_bytes())
}

/// Whether process `pid` runs the same image of ours as the caller.
pub fn runs_our_image(pid: i32) -> bool {
    matches!((link(0, "exe"), link(pid, "exe")), (Ok(own), Ok(other)) if own == other)
}

/// Whether some image of compat was started there with a settings record.
pub fn has_record(pid: i32) -> bool {
    process_file(pid, "cmdline", WHOLE).is_ok_and(|cmdline| starts_with_record(&cmdline))
}

/// The program of a process that compat runs lies lowest of all files.
fn program_of_guest(pid: i32) -> Option<Vec<u8>> {
    let maps = process_file(pid, "maps", WHOLE).ok()?;
    // What lies below it has no name: trampolines of ours, memory of its own.
    maps.split(|&byte| byte == b'\n').find_map(|line| {
        let at = line.iter().position(|&byte| byte == b'/')?;
        Some(line.get(at..)?.to_vec())
    })
}

/// The file that process `pid` runs, 0 for the caller, by its name on the host.
pub fn program(cx: &Cx, pid: i32) -> Return<Vec<u8>> {
    if pid == 0 {
        return Ok(cx.process().program.lock().clone());
    }
    let cmdline = process_file(pid, "cmdline", WHOLE).unwrap_or_default();
    if starts_with_record(&cmdline) {
        // The record, then the path: readable even where the links and maps of the process are not.
        return match cmdline.split(|&byte| byte == 0).nth(1) {
            Some(path) if path.starts_with(b"/") => Ok(path.to_vec()),
            Some(path) => Ok([&link(pid, "cwd")?, b"/".as_slice(), path].concat()),
            None => Err(Errno::ESRCH.into()),
        };
    }
    let by_hand = runs_our_image(pid).then(|| program_of_guest(pid));
    by_hand.flatten().map_or_else(|| link(pid, "exe"), Ok)
}
