//! Words in a chosen width and byte order.

/// Appends fields of an image of one class and byte order.
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) wide: bool,
    pub(crate) big: bool,
}

impl Writer {
    pub(crate) fn new(wide: bool, big: bool) -> Writer {
        Writer {
            bytes: Vec::new(),
            wide,
            big,
        }
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.integer(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.integer(&value.to_le_bytes());
    }

    /// A field as wide as an address; narrow images drop the upper half.
    pub(crate) fn address(&mut self, value: u64) {
        let width = if self.wide { 8 } else { 4 };
        self.integer(&value.to_le_bytes()[..width]);
    }

    fn integer(&mut self, little: &[u8]) {
        if self.big {
            self.bytes.extend(little.iter().rev());
        } else {
            self.bytes.extend(little);
        }
    }

    /// Zeros up to a multiple of `to`.
    pub(crate) fn align(&mut self, to: usize) {
        let len = self.bytes.len().next_multiple_of(to);
        self.bytes.resize(len, 0);
    }
}
