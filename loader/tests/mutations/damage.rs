//! Ways to damage an image.

use crate::random::Random;

/// Applies one kind of damage. `other` is an image to copy from.
pub(crate) fn damage(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    if bytes.is_empty() {
        bytes.push(random.next() as u8);
        return;
    }
    match random.below(9) {
        0 | 1 => flip_bits(random, bytes),
        2 => bytes.truncate(random.below(bytes.len())),
        3 => bytes.truncate(random.below(bytes.len().min(0x400))),
        4 | 5 => set_header_field(random, bytes),
        6 => set_word(random, bytes),
        7 => copy_range(random, bytes, other),
        _ => {
            let extra = random.below(300);
            bytes.extend((0..extra).map(|n| n as u8));
        }
    }
}

/// Mostly in the tables, where a bit matters.
fn flip_bits(random: &mut Random, bytes: &mut [u8]) {
    for _ in 0..1 + random.below(8) {
        let range = if random.below(4) == 0 {
            bytes.len()
        } else {
            bytes.len().min(0x200)
        };
        let at = random.below(range);
        bytes[at] ^= 1 << random.below(8);
    }
}

/// A 64-bit ELF header's or program header's field, set to an edge value. The same offsets are other
/// fields of a 32-bit image, which is as good.
fn set_header_field(random: &mut Random, bytes: &mut [u8]) {
    const HEADER: [(usize, usize); 11] = [
        (16, 2),
        (18, 2),
        (24, 8),
        (32, 8),
        (40, 8),
        (48, 4),
        (54, 2),
        (56, 2),
        (58, 2),
        (60, 2),
        (62, 2),
    ];
    const SEGMENT: [(usize, usize); 7] =
        [(0, 4), (4, 4), (8, 8), (16, 8), (32, 8), (40, 8), (48, 8)];
    let (at, width) = if random.below(3) == 0 {
        *random.pick(&HEADER)
    } else {
        let (at, width) = *random.pick(&SEGMENT);
        (64 + 56 * random.below(7) + at, width)
    };
    let value = if random.below(3) == 0 {
        random.below(9) as u64
    } else {
        random.edge()
    };
    put(bytes, at, &value.to_le_bytes()[..width]);
}

/// Any aligned word: lengths of notes, strings and sections.
fn set_word(random: &mut Random, bytes: &mut [u8]) {
    let at = random.below(bytes.len()) & !3;
    let width = if random.below(2) == 0 { 4 } else { 8 };
    put(bytes, at, &random.edge().to_le_bytes()[..width]);
}

fn copy_range(random: &mut Random, bytes: &mut [u8], other: &[u8]) {
    let len = random.below(other.len().min(0x200));
    let from = random.below(other.len() - len);
    let to = match random.below(2) {
        0 => from,
        _ => random.below(bytes.len()),
    };
    put(bytes, to, &other[from..from + len]);
}

/// Writes a fresh program header table: some sane segments, some absurd.
pub(crate) fn splice_segments(random: &mut Random, bytes: &mut Vec<u8>) {
    let count = 1 + random.below(12);
    let len = 64 + 56 * count;
    if bytes.len() < len {
        bytes.resize(len, 0);
    }
    let mut address = 0x20_0000;
    for index in 0..count {
        let mut header = sane_segment(random, &mut address, bytes.len() as u64);
        if random.below(6) == 0 {
            *random_field(random, &mut header) = random.edge();
        }
        let at = 64 + 56 * index;
        for (field, value) in header.iter().enumerate() {
            put(bytes, at + field * 8, &value.to_le_bytes());
        }
    }
    put(bytes, 32, &64_u64.to_le_bytes());
    put(bytes, 54, &56_u16.to_le_bytes());
    put(bytes, 56, &(count as u16).to_le_bytes());
}

/// Type and flags in one word, offset, two addresses, two sizes, alignment.
fn sane_segment(random: &mut Random, address: &mut u64, size: u64) -> [u64; 7] {
    const KINDS: [u64; 10] = [1, 1, 1, 1, 1, 2, 3, 4, 6, 0x6474_e551];
    let offset = (random.below(3) as u64) << 12;
    let file = (random.next() % 0x1800).min(size.saturating_sub(offset));
    let memory = file + random.next() % 0x3000;
    let flags = random.below(8) as u64;
    let start = *address;
    *address += (memory + 0xfff) & !0xfff;
    [
        random.pick(&KINDS) | flags << 32,
        offset,
        start,
        start,
        file,
        memory,
        0x1000,
    ]
}

fn random_field<'a>(random: &mut Random, header: &'a mut [u64; 7]) -> &'a mut u64 {
    &mut header[random.below(7)]
}

/// Overwrites what exists of a range.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(value) {
        *to = *from;
    }
}
