//! Calls that only old programs make, and those that a kernel without the feature refuses.
#![no_std]
#![no_main]

mod kernel;
mod memory;
mod names;
mod signals;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("signals/mask-by-value", signals::mask_by_value),
        ("signals/action-and-vector", signals::action_and_vector),
        ("signals/suspend", signals::suspend),
        ("signals/stack", signals::stack),
        ("signals/killpg", signals::killpg),
        ("names/host", names::host),
        ("names/uname", names::uname),
        ("names/getkerninfo", names::getkerninfo),
        ("memory/mmap", memory::mmap),
        ("kernel/refusals", kernel::refusals),
        ("kernel/kenv", kernel::kenv),
        ("kernel/uuidgen", kernel::uuidgen),
        ("kernel/abort2", kernel::abort2),
    ]);
}
