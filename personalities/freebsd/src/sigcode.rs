//! The page of trampoline code that a handler returns through, in guest memory so that its `syscall` is the guest's.

use compat_translate::host::{self, HostResult, nr};
use compat_translate::sync::Mutex;

/// FreeBSD's sigcode for amd64: call the handler the frame names, then sigreturn(&frame.uc).
///
/// ```text
/// ff 14 24                call  [rsp]              ; sigframe.sf_ahu
/// 48 8d 7c 24 10          lea   rdi, [rsp + 16]    ; &sigframe.sf_uc
/// 6a 00                   push  0                  ; where a libc stub's return address would be
/// 48 c7 c0 a1 01 00 00    mov   rax, 417           ; sigreturn
/// 0f 05                   syscall
/// f4                      hlt
/// eb fd                   jmp   back to hlt
/// ```
pub(crate) const SIGCODE: [u8; 22] = [
    0xff, 0x14, 0x24, 0x48, 0x8d, 0x7c, 0x24, 0x10, 0x6a, 0x00, 0x48, 0xc7, 0xc0, 0xa1, 0x01, 0x00,
    0x00, 0x0f, 0x05, 0xf4, 0xeb, 0xfd,
];

static ADDRESS: Mutex<u64> = Mutex::new(0);

/// Where it lies in another process that runs this very image; 0 when nobody there has asked for it yet.
///
/// # Errors
/// As [`host::read_process`].
pub(crate) fn address_in(pid: i32) -> HostResult<u64> {
    let mut address = [0; 8];
    host::read_process(pid, ADDRESS.data_ptr() as u64, &mut address)?;
    Ok(u64::from_le_bytes(address))
}

/// Where the trampoline lies. Mapped when first asked for: most short programs never handle a signal.
///
/// # Errors
/// `ENOMEM`.
pub(crate) fn address() -> HostResult<u64> {
    let mut address = ADDRESS.lock();
    if *address == 0 {
        let page = host::map_guest_code()?;
        // SAFETY: the page is fresh, writable and longer than the code; then it becomes read-execute.
        unsafe {
            core::ptr::copy_nonoverlapping(SIGCODE.as_ptr(), page, SIGCODE.len());
            host::call_n(nr::mprotect, [page as u64, 4096, 1 | 4])?;
        }
        *address = page as u64;
    }
    Ok(*address)
}
