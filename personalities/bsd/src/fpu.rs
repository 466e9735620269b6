//! The vector state of a trapped thread: the host's XSAVE image, and what the BSDs' kernels make of it.

use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::signal::UContext;

/// The host's XSAVE image behind a frame: address and the length of what lies beyond the 512 legacy bytes.
pub fn xsave_of(frame: &UContext) -> Option<(u64, usize)> {
    const FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
    if frame.fpstate == 0 {
        return None;
    }
    // SAFETY: the kernel put an image of at least 512 bytes there; words 116 and 120 are its `sw_reserved`.
    let (magic, size) = unsafe {
        (
            (frame.fpstate as *const u32).add(116).read(),
            (frame.fpstate as *const u32).add(120).read(),
        )
    };
    let extended = if magic == FP_XSTATE_MAGIC1 {
        (size as usize).saturating_sub(512)
    } else {
        0
    };
    Some((frame.fpstate, extended))
}

/// The state a handler starts with: x87 and MXCSR at their defaults, everything else initial.
pub fn reset(frame: &UContext) {
    if let Some((image, extended)) = xsave_of(frame) {
        // SAFETY: within the image: FCW at 0, MXCSR at 24, XSTATE_BV at 512.
        unsafe {
            (image as *mut u16).write(0x037f);
            (image as *mut u32).add(6).write(0x1f80);
            if extended >= 64 {
                (image as *mut u64).add(64).write(0);
            }
        }
    }
}

/// Everything a user may change (machine/psl.h), and the resume flag, which FreeBSD lets pass too.
pub const CHANGEABLE_FLAGS: u64 = 0x0024_0dd5 | 0x1_0000;

/// What `fxsave` stores of the initial state.
pub const INITIAL: [u8; 512] = {
    let mut area = [0; 512];
    // FCW 0x37f, MXCSR 0x1f80.
    (area[0], area[1]) = (0x7f, 0x03);
    (area[24], area[25]) = (0x80, 0x1f);
    area
};

/// Where the reserved bytes of an `fxsave` area begin that the CPU leaves alone. The host kernel has its private note to
/// itself there. Systems whose contexts have no room for all that this CPU keeps find the rest by what stands there
/// instead: a magic number, an address, a length.
pub const RESERVED: usize = 464;
const MAGIC: u64 = 0x7461_706d_6f63_7666;

/// Puts what lies behind the 512 legacy bytes on the guest's stack, below `sp`. Returns the stack pointer then, and where
/// the bytes are and how many; zeros where there are none.
///
/// # Errors
/// `EFAULT`.
pub fn push_rest(frame: &UContext, sp: u64) -> HostResult<(u64, (u64, u64))> {
    let Some((image, extended)) = xsave_of(frame).filter(|&(_, extended)| extended > 0) else {
        return Ok((sp, (0, 0)));
    };
    let sp = sp.wrapping_sub(extended as u64) & !63;
    // SAFETY: the image extends that far.
    let bytes = unsafe { core::slice::from_raw_parts((image + 512) as *const u8, extended) };
    guest::write_bytes(sp, bytes)?;
    Ok((sp, (sp, extended as u64)))
}

/// Notes in the reserved bytes of `area` where the rest of the vector state is, instead of what the host noted there.
pub fn set_note(area: &mut [u8], (address, length): (u64, u64)) {
    let note = if address == 0 {
        [0; 3]
    } else {
        [MAGIC, address, length]
    };
    let bytes = note.into_iter().flat_map(u64::to_le_bytes);
    let bytes = bytes.chain(core::iter::repeat(0));
    let reserved = area.iter_mut().take(512).skip(RESERVED);
    for (slot, byte) in reserved.zip(bytes) {
        *slot = byte;
    }
}

fn note(area: &[u8]) -> Option<(u64, u64)> {
    let word = |index: usize| {
        let bytes = area.get(RESERVED + 8 * index..)?.first_chunk::<8>()?;
        Some(u64::from_le_bytes(*bytes))
    };
    (word(0)? == MAGIC).then_some((word(1)?, word(2)?))
}

/// Takes x87 and SSE state from `area`, whose first 512 bytes are as `fxsave` stores them, and the rest from where its note
/// says. Returns whether there was such a rest; otherwise everything else is initial.
pub fn restore(image: u64, extended: usize, area: &[u8]) -> bool {
    let Some(legacy) = area.get(..RESERVED) else {
        return false;
    };
    // SAFETY: the image has 512 legacy bytes, the last 48 of which stay the kernel's.
    unsafe {
        core::ptr::copy_nonoverlapping(legacy.as_ptr(), image as *mut u8, RESERVED);
        // Reserved MXCSR bits would make the kernel refuse the whole image.
        let mxcsr = (image as *mut u32).add(6);
        mxcsr.write(mxcsr.read() & 0xffff);
    }
    if extended < 64 {
        return false;
    }
    let taken = note(area).is_some_and(|(address, length)| {
        let length = (length as usize).min(extended);
        // SAFETY: the image has `extended` bytes behind the first 512.
        let rest = unsafe { core::slice::from_raw_parts_mut((image + 512) as *mut u8, length) };
        length >= 64 && guest::read_bytes(address, rest).is_ok()
    });
    if !taken {
        // SAFETY: XSTATE_BV lies right behind the legacy area.
        unsafe { (image as *mut u64).add(64).write(3) };
    }
    taken
}
