//! Sites that stay as they are, and why.

use alloc::vec::Vec;

use crate::sync::Mutex;

/// Why a hot site is not patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its code is not a private mapping of a file that was never writable.
    Code,
    /// The instruction before it is of no form that can be proved, or moved.
    Form,
    /// The jump takes more than one store, and the host cannot tell the other processors (`membarrier`).
    Stores,
    /// No trampoline can be placed near enough.
    Room,
    /// The host does not let the code be written.
    Host,
}

impl Refusal {
    /// In a few words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Code => "code that is writable, shared or of no file",
            Self::Form => "unknown instruction before it",
            Self::Stores => "across eight aligned bytes, on a host without membarrier",
            Self::Room => "no room for a trampoline near it",
            Self::Host => "the host forbids writing it",
        }
    }
}

/// A site that was refused.
#[derive(Clone, Copy, Debug)]
pub struct RefusedSite {
    /// Where its `syscall` stands.
    pub at: u64,
    /// Why.
    pub why: Refusal,
    /// Traps since.
    pub traps: u64,
}

/// How many are remembered. The others are looked at again at every trap, which costs little more than the trap.
const MOST: usize = 256;

static REFUSED: Mutex<Vec<RefusedSite>> = Mutex::new(Vec::new());

/// Whether `at` is known to be refused; counts one more trap there.
pub(super) fn known(at: u64) -> bool {
    let mut refused = REFUSED.lock();
    match refused.binary_search_by_key(&at, |site| site.at) {
        Ok(index) => {
            if let Some(site) = refused.get_mut(index) {
                site.traps += 1;
            }
            true
        }
        Err(_) => false,
    }
}

/// Remembers `at`.
pub(super) fn remember(at: u64, why: Refusal) {
    let mut refused = REFUSED.lock();
    if let Err(index) = refused.binary_search_by_key(&at, |site| site.at)
        && refused.len() < MOST
    {
        refused.insert(index, RefusedSite { at, why, traps: 0 });
    }
}

/// Forgets what was refused in `start..end`: other code may come to lie there.
pub(super) fn forget(start: u64, end: u64) {
    REFUSED
        .lock()
        .retain(|site| !(start..end).contains(&site.at));
}

/// Holds the list still while the process is copied.
pub(super) fn lock() -> impl Sized {
    REFUSED.lock()
}

/// All that were refused, by address.
pub fn refused() -> Vec<RefusedSite> {
    REFUSED.lock().clone()
}
