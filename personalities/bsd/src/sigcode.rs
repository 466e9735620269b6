//! The page of trampoline code that a handler returns through, in guest memory so that its `syscall` is the guest's.

use compat_translate::host::{self, HostResult, nr};
use compat_translate::sync::Mutex;

/// A system's trampoline, and where it lies.
pub struct Sigcode {
    code: &'static [u8],
    address: Mutex<u64>,
}

impl Sigcode {
    /// The trampoline of these instructions, at most a page of them.
    pub const fn new(code: &'static [u8]) -> Self {
        Self {
            code,
            address: Mutex::new(0),
        }
    }

    /// The instructions.
    pub fn code(&self) -> &'static [u8] {
        self.code
    }

    /// Where it lies in another process that runs this very image; 0 when nobody there has asked for it yet.
    ///
    /// # Errors
    /// As [`host::read_process`].
    pub fn address_in(&self, pid: i32) -> HostResult<u64> {
        let mut address = [0; 8];
        host::read_process(pid, self.address.data_ptr() as u64, &mut address)?;
        Ok(u64::from_le_bytes(address))
    }

    /// Where the trampoline lies. Mapped when first asked for: most short programs never handle a signal.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn address(&self) -> HostResult<u64> {
        let mut address = self.address.lock();
        if *address == 0 {
            let code = self.code.get(..4096).unwrap_or(self.code);
            let page = host::map_guest_code()?;
            // SAFETY: the page is fresh, writable and not shorter than the code; then it becomes read-execute.
            unsafe {
                core::ptr::copy_nonoverlapping(code.as_ptr(), page, code.len());
                host::call_n(nr::mprotect, [page as u64, 4096, 1 | 4])?;
            }
            *address = page as u64;
        }
        Ok(*address)
    }
}
