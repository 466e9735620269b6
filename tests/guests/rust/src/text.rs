//! Where the program's own code lies: the only place where a handler may be told that its program was.

use crate::sys;

/// The program's text, and the page that handlers return to.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    text: (u64, u64),
    trampoline: (u64, u64),
}

impl Bounds {
    /// Nothing.
    pub const NONE: Self = Self {
        text: (0, 0),
        trampoline: (0, 0),
    };

    /// Those of this program.
    pub fn find() -> Self {
        const SYSCTL: u64 = 202;
        const KERN_PROC_SIGTRAMP: [u32; 3] = [1, 14, 41];
        unsafe extern "C" {
            static __executable_start: u8;
            static etext: u8;
        }
        let [kern, proc, what] = KERN_PROC_SIGTRAMP;
        let name = [kern, proc, what, sys::pid() as u32];
        // struct kinfo_sigtramp: start, end, and four that are spare.
        let mut found = [0u64; 6];
        let mut length = 48u64;
        let args = [
            name.as_ptr() as u64,
            4,
            found.as_mut_ptr() as u64,
            (&raw mut length) as u64,
            0,
            0,
        ];
        sys::call(SYSCTL, args).expect("kern.proc.sigtramp");
        let found = unsafe { (&raw const found).read_volatile() };
        Self {
            text: (
                &raw const __executable_start as u64,
                &raw const etext as u64,
            ),
            trampoline: (found[0], found[1]),
        }
    }

    /// The text's first byte and the one behind its last.
    pub fn text(&self) -> (u64, u64) {
        self.text
    }

    /// Whether `rip` is the program's.
    pub fn have(&self, rip: u64) -> bool {
        [self.text, self.trampoline]
            .iter()
            .any(|&(start, end)| (start..end).contains(&rip))
    }
}
