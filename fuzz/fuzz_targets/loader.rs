//! Any bytes, given to the loader as a file: the checks are those of its mutation test.

#![no_main]

#[path = "../../loader/tests/mutations/invariants.rs"]
mod invariants;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Refused or planned is all the same; what must hold is asserted inside.
    let _ = invariants::check(&data.to_vec());
});
