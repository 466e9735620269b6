//! Writing tar archives, including those that no honest program writes.

/// One entry. Names and targets of any bytes; what does not fit into a header goes into a `pax` header.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    /// The header's type: `b'0'` is a file, `b'2'` a symlink.
    pub(crate) kind: u8,
    pub(crate) target: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) mtime: u64,
    pub(crate) content: Vec<u8>,
    /// What the header says about the content's size; the truth when `None`.
    pub(crate) size: Option<u64>,
    pub(crate) records: Vec<(&'static str, Vec<u8>)>,
}

impl Member {
    fn new(name: impl AsRef<[u8]>, kind: u8, mode: u32) -> Member {
        Member {
            name: name.as_ref().to_vec(),
            kind,
            target: Vec::new(),
            mode,
            owner: 0,
            mtime: 1_000_000_000,
            content: Vec::new(),
            size: None,
            records: Vec::new(),
        }
    }

    pub(crate) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Member {
        Member {
            content: content.as_ref().to_vec(),
            ..Member::new(name, b'0', 0o644)
        }
    }

    pub(crate) fn directory(name: impl AsRef<[u8]>) -> Member {
        Member::new(name, b'5', 0o755)
    }

    pub(crate) fn symlink(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Member {
        Member::special(name, b'2').to(target)
    }

    pub(crate) fn hard_link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Member {
        Member::special(name, b'1').to(target)
    }

    pub(crate) fn special(name: impl AsRef<[u8]>, kind: u8) -> Member {
        Member::new(name, kind, 0o777)
    }

    fn to(mut self, target: impl AsRef<[u8]>) -> Member {
        self.target = target.as_ref().to_vec();
        self
    }

    pub(crate) fn mode(mut self, mode: u32) -> Member {
        self.mode = mode;
        self
    }

    pub(crate) fn record(mut self, key: &'static str, value: impl AsRef<[u8]>) -> Member {
        self.records.push((key, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn size(mut self, size: u64) -> Member {
        self.size = Some(size);
        self
    }

    fn write(&self, into: &mut Vec<u8>) {
        let mut records = self.records.clone();
        if self.name.len() > 100 {
            records.insert(0, ("path", self.name.clone()));
        }
        if self.target.len() > 100 {
            records.insert(0, ("linkpath", self.target.clone()));
        }
        if !records.is_empty() {
            let text: Vec<u8> = records
                .iter()
                .flat_map(|(key, value)| record(key, value))
                .collect();
            Member::special("pax", b'x').with(text).write(into);
        }
        let size = self.size.unwrap_or(self.content.len() as u64);
        into.extend_from_slice(&self.header(size));
        into.extend_from_slice(&self.content);
        into.resize(into.len().next_multiple_of(512), 0);
    }

    fn with(mut self, content: Vec<u8>) -> Member {
        self.content = content;
        self
    }

    fn header(&self, size: u64) -> [u8; 512] {
        let mut header = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.name[..self.name.len().min(100)]);
        put(100, format!("{:07o}", self.mode).as_bytes());
        put(108, format!("{:07o}", self.owner).as_bytes());
        put(116, format!("{:07o}", self.owner).as_bytes());
        if size < 1 << 33 {
            put(124, format!("{size:011o}").as_bytes());
        } else {
            put(124, &[0x80, 0, 0, 0]);
            put(128, &size.to_be_bytes());
        }
        put(136, format!("{:011o}", self.mtime).as_bytes());
        put(148, b"        ");
        put(156, &[self.kind]);
        put(157, &self.target[..self.target.len().min(100)]);
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
    let mut length = body.len();
    while length != body.len() + length.to_string().len() {
        length = body.len() + length.to_string().len();
    }
    [length.to_string().as_bytes(), &body].concat()
}

/// The archive of these entries.
pub(crate) fn tar(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for member in members {
        member.write(&mut bytes);
    }
    bytes.extend_from_slice(&[0; 1024]);
    bytes
}

/// Packs by gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// Packs by xz.
pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder =
        lzma_rust2::XzWriter::new(Vec::new(), options).expect("the options are right");
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// Packs by zstd, in two frames with one between them that holds no data.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let skippable = [
        &0x184d_2a53u32.to_le_bytes()[..],
        &3u32.to_le_bytes(),
        b"xyz",
    ]
    .concat();
    [
        compress_to_vec(first, CompressionLevel::Fastest),
        skippable,
        compress_to_vec(second, CompressionLevel::Fastest),
    ]
    .concat()
}
