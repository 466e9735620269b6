//! The code that a handler returns through.

use compat_bsd::sigcode::Sigcode;

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
pub(crate) static SIGCODE: Sigcode = Sigcode::new(&[
    0xff, 0x14, 0x24, 0x48, 0x8d, 0x7c, 0x24, 0x10, 0x6a, 0x00, 0x48, 0xc7, 0xc0, 0xa1, 0x01, 0x00,
    0x00, 0x0f, 0x05, 0xf4, 0xeb, 0xfd,
]);
