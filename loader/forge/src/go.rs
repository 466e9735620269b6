//! Go's build information, old and new.

use crate::writer::Writer;

/// What `go version -m` would print.
#[derive(Clone, Copy, Debug)]
pub struct Go {
    /// The toolchain, `go1.23.4`.
    pub version: &'static str,
    /// `GOOS`, which toolchains before 1.18 do not record.
    pub goos: Option<&'static str>,
    /// Whether the strings stand in the blob (1.18 and later) or behind pointers.
    pub inline: bool,
}

/// The magic, then the width of a pointer and the flags.
const MAGIC: &[u8] = b"\xff Go buildinf:";

impl Go {
    /// The blob for an image that maps it at `address`.
    pub(crate) fn blob(&self, address: u64, wide: bool, big: bool) -> Vec<u8> {
        let modules = self.modules();
        let mut w = Writer::new(wide, big);
        let word: u8 = if wide { 8 } else { 4 };
        w.bytes.extend(MAGIC);
        if self.inline {
            w.bytes.extend([word, 2]);
            w.align(32);
            for string in [self.version.as_bytes(), &modules] {
                length(&mut w.bytes, string.len());
                w.bytes.extend(string);
            }
        } else {
            w.bytes.extend([word, u8::from(big)]);
            // Two pointers, two string headers, then the strings.
            let headers = address + 32;
            w.address(headers);
            w.address(headers + u64::from(word) * 2);
            w.align(32);
            let strings = headers + u64::from(word) * 4;
            w.address(strings);
            w.address(self.version.len() as u64);
            w.address(strings + self.version.len() as u64);
            w.address(modules.len() as u64);
            w.bytes.extend(self.version.as_bytes());
            w.bytes.extend(&modules);
        }
        w.bytes
    }

    /// The module text between its two sentinels of 16 bytes.
    fn modules(&self) -> Vec<u8> {
        let mut text = vec![0x30; 16];
        text.extend(b"path\texample.org/tool\nmod\texample.org/tool\t(devel)\t\n");
        if let Some(goos) = self.goos {
            text.extend(format!("build\tGOARCH=amd64\nbuild\tGOOS={goos}\n").bytes());
        }
        text.extend([0xf9; 16]);
        text
    }
}

/// An unsigned LEB128 number.
fn length(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
