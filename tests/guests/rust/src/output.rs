//! Lines of text, written in one piece.

use core::fmt::{self, Write};

use crate::sys;

/// A line being put together; what does not fit is cut off.
pub struct Line {
    text: [u8; 1024],
    used: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// An empty line.
    pub const fn new() -> Self {
        Self {
            text: [0; 1024],
            used: 0,
        }
    }

    /// What it says so far.
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.text[..self.used]).unwrap_or("(not text)")
    }

    /// Writes it to descriptor `fd`.
    pub fn flush(&mut self, fd: u64) {
        let _ = sys::call(
            sys::WRITE,
            [fd, self.text.as_ptr() as u64, self.used as u64],
        );
        self.used = 0;
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if let Some(slot) = self.text.get_mut(self.used) {
                *slot = byte;
                self.used += 1;
            }
        }
        Ok(())
    }
}

/// Prints one line on standard output.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        let mut line = $crate::output::Line::new();
        let _ = core::fmt::Write::write_fmt(&mut line, core::format_args!($($argument)*));
        let _ = core::fmt::Write::write_str(&mut line, "\n");
        line.flush(1);
    }};
}
