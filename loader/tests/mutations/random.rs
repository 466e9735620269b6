//! A small seeded generator (SplitMix64): the same numbers on every machine.

#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, 0 for 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        match limit {
            0 => 0,
            _ => (self.next() % limit as u64) as usize,
        }
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A number of the kind that breaks arithmetic: around powers of two, page borders and limits.
    pub(crate) fn edge(&mut self) -> u64 {
        const EDGES: [u64; 14] = [
            0,
            1,
            0x1000,
            0x1_0000,
            0x20_0000,
            0x7fff_ffff,
            0xffff_e000,
            0xffff_ffff,
            32 << 30,
            0x7fff_ffff_f000,
            0x8000_0000_0000,
            i64::MAX as u64,
            1 << 63,
            u64::MAX,
        ];
        match self.below(4) {
            0 => self.next() >> self.below(64),
            1 => 1 << self.below(64),
            _ => {
                let near = self.below(3) as u64;
                self.pick(&EDGES).wrapping_add(near).wrapping_sub(1)
            }
        }
    }
}
