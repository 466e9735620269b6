//! Finding out how bytes are packed, and unpacking them.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::failure::{Doing, Refusal, Result, refuse};
use super::limits::{Counted, Limits};

/// What `xz -9` needs is 65 MB; a header may ask for 4 GB.
const XZ_MEMORY_KIB: u32 = 512 << 10;

/// A buffered input of which the first bytes can be looked at.
type Input<'a> = BufReader<Counted<Box<dyn Read + 'a>>>;

/// The bytes that `packed` holds, unpacked by what their first bytes say, and watched by `limits`.
pub(crate) fn unpacked<'a>(
    packed: Box<dyn Read + 'a>,
    limits: &Limits,
) -> Result<Box<dyn Read + 'a>> {
    let (counted, count) = Counted::new(packed);
    let mut input = BufReader::with_capacity(128 << 10, counted);
    let start = input
        .fill_buf()
        .or_cannot(|| "read the archive".to_owned())?;
    let unpacked: Box<dyn Read + 'a> = match start {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(input)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            Box::new(XzReader::new_mem_limit(input, true, XZ_MEMORY_KIB))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Box::new(Zstd {
            input,
            decoder: FrameDecoder::new(),
            within: false,
        }),
        [b'B', b'Z', b'h', ..] => {
            return refuse("it is packed with bzip2: unpack it with bunzip2 first");
        }
        _ => return Ok(Box::new(input)),
    };
    Ok(Box::new(limits.watch(count, unpacked)))
}

/// Any number of zstd frames; where one ends with a sum, that must be right.
struct Zstd<'a> {
    input: Input<'a>,
    decoder: FrameDecoder,
    /// Whether a frame has begun and not ended.
    within: bool,
}

impl Read for Zstd<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder
                    .decode_blocks(&mut self.input, step)
                    .map_err(damaged)?;
            }
            let count = self.decoder.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            let stored = self.decoder.get_checksum_from_data();
            if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
                return Err(damaged("a frame's sum is wrong"));
            }
            self.within = false;
        }
    }
}

impl Zstd<'_> {
    /// Begins the next frame, past those that hold no data. Whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.input) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.input).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    Refusal(format!("the archive is damaged: {error}")).into()
}
