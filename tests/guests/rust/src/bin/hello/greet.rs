//! Says hello, and what the program believes to run on.

use compat_guests::say;
use compat_guests::start::{argument, auxiliary};

const AT_OSRELDATE: u64 = 18;

pub(crate) extern "C" fn main() {
    let release = auxiliary(AT_OSRELDATE).unwrap_or(0);
    let name = argument(1).and_then(|name| core::str::from_utf8(name).ok());
    say!(
        "Hello {} from FreeBSD {}.{}!",
        name.unwrap_or("world"),
        release / 100_000,
        release / 1000 % 100
    );
}
