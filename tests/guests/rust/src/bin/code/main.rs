//! The program's own code: changed by the host while many run it, changed by the program itself, made by it, and looked at.
#![no_std]
#![no_main]

mod changed;
mod handed;
mod made;
mod mapped;
mod race;
mod sites;
mod text;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    handed::look();
    check::run(&[
        ("race/quiet", race::quiet),
        ("race/under-signals", race::under_signals),
        (
            "changed/entered-in-the-middle",
            changed::entered_in_the_middle,
        ),
        ("changed/made-writable", changed::made_writable),
        (
            "changed/made-writable-under-load",
            changed::made_writable_under_load,
        ),
        ("changed/replaced", changed::replaced),
        ("changed/protected", changed::protected),
        ("made/in-turns", made::in_turns),
        ("made/by-two-names", made::by_two_names),
        ("made/in-a-shared-file", made::in_a_shared_file),
        ("made/under-load", made::under_load),
        ("handed/to-the-next-image", handed::to_the_next_image),
        ("text/compared-with-the-file", text::compared_with_the_file),
    ]);
}
