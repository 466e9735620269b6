//! The weakest marks: names of run-time functions and the compiler's signature.

use alloc::vec::Vec;

use crate::bytes::contains;
use crate::sections::{Sections, contents};
use crate::source::read;
use crate::{Os, ReadAt, Refusal};

/// Symbol names looked through, and how much of them at a time.
const NAMES_MAX: u64 = 4 << 20;
const CHUNK: usize = 64 * 1024;
/// The longest name in the table below, with room for Go's `.abi0`.
const NAME_MAX: usize = 40;

/// Functions around which each system's run-time library sleeps and wakes threads: names no other
/// system's has.
const SYMBOLS: [(&[u8], Os); 12] = [
    (b"runtime.sys_umtx_sleep", Os::DragonFly),
    (b"runtime.sys_umtx_op", Os::FreeBsd),
    (b"runtime.lwp_park", Os::NetBsd),
    (b"runtime.thrsleep", Os::OpenBsd),
    (b"runtime.sysvicall6", Os::Illumos),
    (b"runtime.futex", Os::Linux),
    (b"umtx_sleep", Os::DragonFly),
    (b"_umtx_op", Os::FreeBsd),
    (b"_lwp_park", Os::NetBsd),
    (b"___lwp_park60", Os::NetBsd),
    (b"__thrsleep", Os::OpenBsd),
    (b"__libc_start_main", Os::Linux),
];

/// What compilers of each base system write into `.comment`.
const SIGNATURES: [(&[u8], Os); 5] = [
    (b"FreeBSD clang version", Os::FreeBsd),
    (b"[FreeBSD]", Os::FreeBsd),
    (b"(NetBSD ", Os::NetBsd),
    (b"OpenBSD clang version", Os::OpenBsd),
    (b"[DragonFly]", Os::DragonFly),
];

/// The system whose run-time functions the symbol table names.
pub(crate) fn os_of_symbols(
    source: &(impl ReadAt + ?Sized),
    sections: &Sections,
) -> Result<Option<Os>, Refusal> {
    let Some(names) = sections.named(b".strtab") else {
        return Ok(None);
    };
    let end = names.sh_size.min(NAMES_MAX);
    let mut done: u64 = 0;
    // What precedes the current chunk's first NUL began in the chunk before.
    let mut partial: Vec<u8> = Vec::new();
    while done < end {
        let want = CHUNK.min(usize::try_from(end.saturating_sub(done)).unwrap_or(CHUNK));
        let chunk = read(source, names.sh_offset.saturating_add(done), want)?;
        if chunk.is_empty() {
            break;
        }
        done = done.saturating_add(chunk.len() as u64);
        let mut pieces = chunk.split(|byte| *byte == 0).peekable();
        while let Some(piece) = pieces.next() {
            if partial.len() < NAME_MAX {
                partial.extend(piece.iter().take(NAME_MAX));
            }
            if pieces.peek().is_some() {
                if let Some(os) = os_of_symbol(&partial) {
                    return Ok(Some(os));
                }
                partial.clear();
            }
        }
    }
    Ok(os_of_symbol(&partial))
}

fn os_of_symbol(name: &[u8]) -> Option<Os> {
    let name = name.strip_suffix(b".abi0").unwrap_or(name);
    SYMBOLS
        .into_iter()
        .find_map(|(known, os)| (known == name).then_some(os))
}

/// The system whose compiler signed the program.
pub(crate) fn os_of_comment(
    source: &(impl ReadAt + ?Sized),
    sections: &Sections,
) -> Result<Option<Os>, Refusal> {
    let Some(comment) = sections.named(b".comment") else {
        return Ok(None);
    };
    let text = contents(source, comment, 4096)?;
    Ok(SIGNATURES
        .into_iter()
        .find_map(|(signature, os)| contains(&text, signature).then_some(os)))
}
