//! What the image's data begins with.
//!
//! The host maps the data as fresh memory, in one piece with the first thread's stack below and free memory behind: it is
//! all that a `fork` has to copy of ours, neighbours share pages, and a start needs no mapping more. The contents lie in a
//! hole among the code (see image.ld).

use compat_translate::host::{self, HostResult, linux, nr};
use compat_translate::task;

use crate::EXIT_OWN_FAILURE;

unsafe extern "C" {
    static __data_image: u8;
    static __data_start: u8;
    static __data_end: u8;
    static __first_stack: u8;
}

/// What the data begins with.
const MARK: u64 = u64::from_le_bytes(*b"compat\0\n");

#[used]
#[unsafe(link_section = ".data.mark")]
static FIRST_WORD: u64 = MARK;

/// Fills the data in. Returns the top of the first thread's stack.
///
/// Runs on the kernel's stack, before anything static has been written to.
pub(crate) unsafe extern "C" fn fill_in() -> usize {
    let data = (&raw const __data_start).cast_mut();
    let image = &raw const __data_image;
    let length = (&raw const __data_end).addr() - data.addr();
    let stack = (&raw const __first_stack).addr();
    if data.addr() != stack + task::STACK_MAPPING {
        lost(b"compat: linked by something else than lld, which image.ld is for\n");
    }
    // SAFETY: image.ld leaves room for as much in either place, the mark at the beginning; nobody else runs.
    unsafe {
        if image.cast::<u64>().read() == MARK {
            core::ptr::copy_nonoverlapping(image, data, length);
        } else if read_from_file(data, length).is_err() || data.cast::<u64>().read() != MARK {
            lost(b"compat: whatever changed this program's file lost its data\n");
        }
    }
    data.addr() - task::BLOCK
}

#[cold]
fn lost(why: &[u8]) -> ! {
    host::write_stderr(why);
    host::exit_group(EXIT_OWN_FAILURE)
}

/// Finds the data by the table of sections: some programs that leave out symbols (GNU strip) move what is in no segment.
///
/// # Safety
/// There must be `length` writable bytes at `data`, which nobody else uses.
#[cold]
unsafe fn read_from_file(data: *mut u8, length: usize) -> HostResult<()> {
    const CLOSE_ON_EXEC: u64 = linux::O_CLOEXEC as u64;
    let own = c"/proc/self/exe".as_ptr() as u64;
    // SAFETY: a NUL-terminated path.
    let file = unsafe { host::call_n(nr::open, [own, CLOSE_ON_EXEC]) }?;
    let read = |into: *mut u8, length: usize, from: u64| {
        // SAFETY: called with room for as much.
        unsafe { host::call_n(nr::pread64, [file, into as u64, length as u64, from]) }
    };
    let mut words = [0u64; 8];
    read(words.as_mut_ptr().cast(), 64, 0)?;
    // The header: e_shoff at 40; e_shentsize, which is 64, and e_shnum at 58.
    let [.., table, _, tail] = words;
    for section in 0..tail >> 32 & 0xffff {
        read(words.as_mut_ptr().cast(), 64, table + 64 * section)?;
        // A section: sh_type in the upper half of the first word, sh_addr at 16, sh_offset at 24, sh_size at 32.
        let [kind, _, address, offset, size, ..] = words;
        if kind >> 32 == 1 && (address, size) == (data.addr() as u64, length as u64) {
            read(data, length, offset)?;
            break;
        }
    }
    // SAFETY: our own descriptor.
    unsafe { host::call_n(nr::close, [file]) }.map(drop)
}
