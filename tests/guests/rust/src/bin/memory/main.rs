//! Memory: every kind of mapping, its protection and inheritance, the break, and code that a program makes itself.
#![no_std]
#![no_main]

mod advice;
mod brk;
mod code;
mod fault;
mod files;
mod mappings;
mod protection;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("mappings/anonymous", mappings::anonymous),
        ("mappings/refused", mappings::refused),
        ("mappings/fixed", mappings::fixed),
        ("mappings/exclusive", mappings::exclusive),
        ("mappings/guard", mappings::guard),
        ("mappings/stack", mappings::stack),
        ("mappings/aligned", mappings::aligned),
        ("mappings/below-two-gigabytes", mappings::low),
        ("mappings/hint", mappings::hint),
        ("mappings/old-number", mappings::old_number),
        ("mappings/unmap-rounds", mappings::unmap_rounds),
        ("mappings/ours-stay", mappings::ours_stay),
        ("mappings/overcommit", mappings::overcommit),
        ("files/private", files::private),
        ("files/shared", files::shared),
        ("files/unaligned-offset", files::unaligned_offset),
        ("files/refused", files::refused),
        ("files/anonymous-object", files::object),
        ("protection/changes", protection::changes),
        ("protection/rounds", protection::rounds),
        ("protection/holes", protection::holes),
        ("protection/maximum", protection::maximum),
        ("inherit/copy-none-zero", advice::inherit),
        ("inherit/shared-mapping", advice::shared_mapping),
        ("advice/keeps-or-frees", advice::advice),
        ("advice/resident", advice::resident),
        ("break/asked-for", brk::asked_for),
        ("break/grows-and-shrinks", brk::grows_and_shrinks),
        ("break/fork", brk::fork),
        ("code/written", code::written),
        ("code/calls-from-written-code", code::calls),
        ("code/mapped-twice-and-replaced", code::replaced),
        ("code/rewritten-in-place", code::rewritten),
    ]);
}
