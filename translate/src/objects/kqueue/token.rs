//! What epoll hands back with an event, and how it is told.

use crate::host::{self, HostResult, linux, nr};

/// Whom an event of epoll is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A descriptor of the guest.
    Descriptor {
        /// Its number.
        fd: i32,
        /// Tells uses of the number apart: 24 bits.
        generation: u32,
    },
    /// See `bell`.
    Bell,
    /// The timerfd of `timer`.
    Clock,
    /// The inotify of `file`.
    Files,
    /// The counter of `signal`.
    Signals,
    /// The signalfd of `signal`.
    BlockedSignals,
    /// The instance of `apart`.
    Apart,
    /// A pidfd of `process`, by the process's number.
    Process(i32),
    /// The socket of `lives`.
    Lives,
}

const GENERATION_BITS: u32 = 24;
const GENERATION: u32 = (1 << GENERATION_BITS) - 1;

impl Token {
    pub(super) fn pack(self) -> u64 {
        let (tag, generation, low) = match self {
            Self::Descriptor { fd, generation } => (0, generation, fd),
            Self::Bell => (1, 0, 0),
            Self::Clock => (2, 0, 0),
            Self::Files => (3, 0, 0),
            Self::Signals => (4, 0, 0),
            Self::BlockedSignals => (5, 0, 0),
            Self::Process(pid) => (6, 0, pid),
            Self::Apart => (7, 0, 0),
            Self::Lives => (8, 0, 0),
        };
        tag << 56 | u64::from(generation & GENERATION) << 32 | u64::from(low as u32)
    }

    pub(super) fn unpack(packed: u64) -> Self {
        let low = packed as u32 as i32;
        match packed >> 56 {
            0 => Self::Descriptor {
                fd: low,
                generation: (packed >> 32) as u32 & GENERATION,
            },
            2 => Self::Clock,
            3 => Self::Files,
            4 => Self::Signals,
            5 => Self::BlockedSignals,
            6 => Self::Process(low),
            7 => Self::Apart,
            8 => Self::Lives,
            _ => Self::Bell,
        }
    }

    /// The generation after `generation`.
    pub(super) fn next_generation(generation: u32) -> u32 {
        generation.wrapping_add(1) & GENERATION
    }
}

/// `epoll_ctl`.
///
/// # Errors
/// As the call.
pub(super) fn control(
    epoll: i32,
    operation: u32,
    fd: i32,
    mask: u32,
    token: Token,
) -> HostResult<()> {
    let event = linux::epoll_event {
        events: mask,
        data: token.pack(),
    };
    let args = [
        epoll as u64,
        u64::from(operation),
        fd as u64,
        (&raw const event) as u64,
    ];
    // SAFETY: a valid epoll_event.
    unsafe { host::call_n(nr::epoll_ctl, args) }.map(drop)
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn every_token_comes_back_as_it_went() {
        let tokens = [
            Token::Descriptor {
                fd: 0,
                generation: 0,
            },
            Token::Descriptor {
                fd: i32::MAX,
                generation: 0x00ff_ffff,
            },
            Token::Bell,
            Token::Clock,
            Token::Files,
            Token::Signals,
            Token::BlockedSignals,
            Token::Process(4_194_304),
            Token::Apart,
            Token::Lives,
        ];
        for token in tokens {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }

    #[test]
    fn generations_wrap_within_their_bits() {
        assert_eq!(Token::next_generation(0x00ff_ffff), 0);
        assert_eq!(Token::next_generation(u32::MAX), 0);
        assert_eq!(Token::next_generation(7), 8);
    }
}
