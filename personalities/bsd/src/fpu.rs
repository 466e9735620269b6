//! The vector state of a trapped thread: the host's XSAVE image, and what the BSDs' kernels make of it.

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
