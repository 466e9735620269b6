//! Each verdict's arm in the generated dispatch. That the whole macro compiles is for the personality to show.

#[path = "../generate/mod.rs"]
mod generate;
#[path = "../grammar/mod.rs"]
mod grammar;

use generate::{Facts, Pool};

/// The dispatch of a system whose only calls are these.
fn dispatch(calls: &str) -> String {
    let table =
        |folder: &str, table: &str, text: &str| (format!("{folder}/{table}.tbl"), text.to_owned());
    let family = Facts::family(&|name| {
        let text = match name {
            "errno" => "22 EINVAL = 22 Invalid argument",
            "flags" => "flags bits\n  A 1 = 2\nvalues which\n  B 1 = 2\nflags moved\n  C 1 = 4",
            _ => "",
        };
        table("family", name, text)
    })
    .expect("the family's tables are right");
    let facts = Facts::parse(
        &|name| {
            let text = match name {
                "flags" => "flags own\n  D 1 = 8\nflags moved\n  C 0x10",
                "calls" => calls,
                _ => "",
            };
            table("toy", name, text)
        },
        &family,
    )
    .expect("the tables are right");
    let mut pool = Pool::new(|_| String::new());
    let module = generate::family_module(&family, &mut pool);
    assert!(module.contains("pub enum Errno {"));
    let module = generate::module("toy", &facts, &family, &mut pool);
    assert!(module.contains("pub static CALLS: [crate::Call; "));
    assert!(pool.source().contains("static PARAMS: [crate::Param; "));
    // The macro's paths, as a caller might give them.
    generate::dispatch("toy", &facts, &family)
        .replace("$($lower)::+", "lower")
        .replace("$($calls)::+", "calls")
        .replace("$($host)::+", "host")
}

#[test]
fn what_a_system_numbers_otherwise_reaches_handlers_as_the_family_has_it() {
    let text = dispatch(
        "3 own f(a: fd, b: moved, c: bits) -> zero\n4 same g(a: moved, b: own) -> zero = g",
    );
    for part in [
        "calls::f($cx, lower::arg($args[0]), lower::arg(lower::family_flags(&$crate::toy::flags::MOVED, $args[1])?), \
         lower::arg($args[2]))",
        "lower::flags($cx, &$crate::bsd::flags::MOVED, lower::family_flags(&$crate::toy::flags::MOVED, $args[0])?)?",
        "lower::flags($cx, &$crate::toy::flags::OWN, $args[1])?",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn own_calls_a_handler_named_by_the_symbol() {
    let text = dispatch(
        "4 own@11 stat(path: in path, ub: out stat) -> zero\n17 own break(nsize: ptr) -> zero",
    );
    let arm = "4 => lower::outcome(calls::toy11_stat($cx, lower::arg($args[0]), lower::arg($args[1]))),\n";
    assert!(text.contains(arm), "{text}");
    assert!(
        text.contains("calls::r#break($cx, lower::arg($args[0]))"),
        "{text}"
    );
}

#[test]
fn same_lowers_each_argument_by_its_type() {
    let text = dispatch(
        "5 same f(a: fd, b: in path, c: in bytes[d], d: size, e: bits, f: which) -> size = g",
    );
    for part in [
        "lower::fd($cx, $args[0])?, lower::path($cx, $args[1])?, lower::ptr($cx, $args[2])?, lower::size($cx, $args[3])?",
        "lower::flags($cx, &$crate::bsd::flags::BITS, $args[4])?, lower::value($cx, &$crate::bsd::flags::WHICH, $args[5])?",
        "lower::same($cx, host::g, lowered)",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn refuse_names_its_error() {
    let text = dispatch("21 refuse mount(path: in path) -> EINVAL");
    assert!(
        text.contains("21 => lower::refuse($cx, $crate::toy::Errno::EINVAL),\n"),
        "{text}"
    );
}

#[test]
fn the_others_get_their_row() {
    let text = dispatch("1 todo a() -> zero\n2 gone b() -> zero\n3 serve c() -> zero");
    for part in [
        "1 => lower::todo($cx, &$crate::toy::CALLS[0]),",
        "2 => lower::gone($cx, &$crate::toy::CALLS[1]),",
        "3 => lower::serve($cx, &$crate::toy::CALLS[2]),",
        "number => lower::unknown($cx, number),",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
