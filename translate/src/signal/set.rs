//! Signal sets of the guest.

/// A set of guest signals, numbered 1..=128: bit `n - 1` is signal `n`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct SigSet(pub u128);

impl SigSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set of `signal` alone; empty for a number outside 1..=128.
    pub fn of(signal: u8) -> Self {
        if (1..=128).contains(&signal) {
            Self(1 << (signal - 1))
        } else {
            Self(0)
        }
    }

    /// Whether `signal` is a member.
    pub fn has(self, signal: u8) -> bool {
        self.0 & Self::of(signal).0 != 0
    }

    /// Members of either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of `self` that are not in `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let lowest = (left != 0).then(|| left.trailing_zeros() as u8)?;
            left &= left - 1;
            Some(lowest + 1)
        })
    }

    /// The set's four 32-bit words, lowest signals first: how every BSD lays it out.
    pub fn words(self) -> [u32; 4] {
        [
            self.0 as u32,
            (self.0 >> 32) as u32,
            (self.0 >> 64) as u32,
            (self.0 >> 96) as u32,
        ]
    }

    /// The reverse of [`SigSet::words`].
    pub fn from_words(words: [u32; 4]) -> Self {
        Self(
            words
                .iter()
                .rev()
                .fold(0, |set, &word| (set << 32) | u128::from(word)),
        )
    }
}
