//! A mistake in a table is reported with its place, its cause and the fix.

#[path = "../grammar/mod.rs"]
mod grammar;

use grammar::{Mistake, calls, errno, sets, signals, sysctl};

/// Checks the line a parser complains about and words its message must hold.
fn complains<T: std::fmt::Debug>(result: Result<T, Mistake>, line: usize, words: &[&str]) {
    let message = result.expect_err("the table is wrong").to_string();
    assert!(message.starts_with(&format!("t.tbl:{line}: ")), "{message}");
    assert!(message.contains("; "), "no fix in: {message}");
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}

#[test]
fn a_row_of_calls() {
    let text = "# head\n\n493 own@11 fstatat(fd: at_fd, path: in path, buf: out freebsd11_stat, flag: at_flags) -> zero | x # y\n";
    let rows = calls::parse("t.tbl", text).expect("the row is right");
    let row = &rows[0];
    assert_eq!(
        (row.number, row.verdict, row.release),
        (493, calls::Verdict::Own, 11)
    );
    assert_eq!(
        (row.symbol.as_str(), row.note.as_str()),
        ("freebsd11_fstatat", "x")
    );
    assert_eq!(row.params[1].kind, calls::Type::Path);
    assert_eq!(row.params[3].kind, calls::Type::Set("at_flags".to_owned()));
    assert_eq!(
        calls::parse("t.tbl", "38 todo@43 stat() -> zero").unwrap()[0].symbol,
        "ostat"
    );
    assert_eq!(
        calls::parse("netbsd/calls.tbl", "8 todo@09 stat() -> zero").unwrap()[0].symbol,
        "compat_09_stat"
    );
    let row = &calls::parse(
        "t.tbl",
        "475 same pread(a: fd, b: out bytes[n], n: size) -> size = pread64",
    )
    .unwrap()[0];
    assert_eq!(row.host.as_deref(), Some("pread64"));
    assert_eq!(
        row.params[1].kind,
        calls::Type::Bytes(calls::Way::Out, Some(2))
    );
}

#[test]
fn mistakes_in_calls() {
    for (text, line, words) in [
        ("x", 1, &["not a row"][..]),
        ("one same f() -> zero", 1, &["`one` is not a number"]),
        ("70000 same f() -> zero", 1, &["out of range"]),
        ("1 maybe f() -> zero", 1, &["verdict `maybe`", "same, own"]),
        ("1 own@9 f() -> zero", 1, &["@9"]),
        ("1 own f-g() -> zero", 1, &["`f-g` is not a name"]),
        ("1 own f() -> nothing", 1, &["result `nothing`", "zero"]),
        ("1 refuse f() -> zero", 1, &["not `zero`", "EPERM"]),
        ("1 own f() -> EPERM", 1, &["result `EPERM`", "zero"]),
        ("1 own f(a) -> zero", 1, &["`a` has no type"]),
        ("1 own f(a: path) -> zero", 1, &["direction", "in path"]),
        (
            "1 own f(a: in bytes[n]) -> zero",
            1,
            &["no parameter is called `n`"],
        ),
        ("1 own f() -> zero = g", 1, &["only a `same` row"]),
        (
            "1 own f(a: fd, b: fd, c: fd, d: fd, e: fd, f: fd, g: fd, h: fd, i: fd) -> zero",
            1,
            &["eight"],
        ),
        (
            "\n2 own f() -> zero\n1 own g() -> zero",
            3,
            &["call 1 follows call 2"],
        ),
        (
            "1 own f() -> zero\n2 todo f() -> zero",
            2,
            &["`f` is also call 1", "@11"],
        ),
    ] {
        complains(calls::parse("t.tbl", text), line, words);
    }
    let rows =
        calls::parse("t.tbl", "\n3 own f(a: no_such_set) -> zero").expect("sets are checked later");
    complains(
        calls::check("t.tbl", &rows, &[], &errno::Table::default()).map(|()| 0),
        2,
        &["`no_such_set`", "flags.tbl"],
    );
    let rows = calls::parse("t.tbl", "3 refuse f() -> ENONE").expect("errors are checked later");
    complains(
        calls::check("t.tbl", &rows, &[], &errno::Table::default()).map(|()| 0),
        1,
        &["`ENONE`", "errno.tbl"],
    );
}

#[test]
fn mistakes_in_errno() {
    for (text, line, words) in [
        ("1 EPERM", 1, &["not a row"][..]),
        ("0 EPERM = 1 x", 1, &["0 cannot be an error"]),
        ("1 PERM = 1 x", 1, &["`PERM`"]),
        ("1 EPERM = 1 x\n1 EX = 2 y", 2, &["already there"]),
        ("alias EX = EY", 1, &["`EY`"]),
        ("1 EPERM = 1 x\nhost 1 EX -> EPERM", 2, &["already EPERM"]),
        ("1 EPERM = 1 x\nhost 2 EX -> EIO", 2, &["`EIO`"]),
    ] {
        complains(errno::parse("t.tbl", text), line, words);
    }
}

#[test]
fn mistakes_in_signals() {
    for (text, line, words) in [
        ("1 SIGHUP = 1", 1, &["not a row"][..]),
        ("1 SIGHUP = 1 die", 1, &["`die`", "term"]),
        ("129 SIGX = 1 term", 1, &["`129`"]),
        ("1 HUP = 1 term", 1, &["`HUP`"]),
        ("1 SIGHUP = 1 term\n2 SIGX = 1 term", 2, &["collide"]),
        ("1..3 = 1..2 term", 1, &["differ in length"]),
    ] {
        complains(signals::parse("t.tbl", text, &[]), line, words);
    }
}

#[test]
fn mistakes_in_sets() {
    for (text, line, words) in [
        ("  A 1", 1, &["outside a set"][..]),
        ("things x", 1, &["not a set"]),
        ("flags", 1, &["no name"]),
        ("flags x y=z", 1, &["`y=z`"]),
        ("flags x\nflags x", 2, &["already there"]),
        ("flags x\n  A", 2, &["not an entry"]),
        ("flags x\n  A 0", 2, &["without bits"]),
        ("flags x\n  A 8/7 = 1/1", 2, &["outside its mask"]),
        ("flags x\n  A 1/7 = 1", 2, &["no mask"]),
        ("flags x\n  A 0xf0>>4 = 3", 2, &["number field"]),
        ("flags x\n  A 1\n  A 2", 3, &["already in `x`"]),
        ("values x\n  A q", 2, &["`q` is not a number"]),
    ] {
        complains(sets::parse("t.tbl", text, &[]), line, words);
    }
    let sets =
        sets::parse("t.tbl", "\nflags x errno=ENONE", &[]).expect("errors are checked later");
    let errno = errno::Table::default();
    complains(
        sets::check("t.tbl", &sets, &errno).map(|()| 0),
        2,
        &["`ENONE`"],
    );
}

#[test]
fn mistakes_in_sysctl() {
    for (text, line, words) in [
        ("1 kern", 1, &["not a row"][..]),
        ("1.x kern node", 1, &["`x` is not a number"]),
        ("1.1 kern.a float = 1", 1, &["`float`", "int"]),
        ("1.1 kern.a int", 1, &["without a value"]),
        ("1 kern node = 1", 1, &["node with a value"]),
        ("1.1 kern.a string = x", 1, &["without quotes"]),
        ("1.1 kern.a int = \"1\"", 1, &["in quotes"]),
        ("1.1 kern.a int ro = 1", 1, &["`ro`"]),
        ("1 kern node\n1 vm node", 2, &["collides"]),
    ] {
        complains(sysctl::parse("t.tbl", text), line, words);
    }
}

#[test]
fn sysctl_numbers_names_without_one() {
    let all = sysctl::parse(
        "t.tbl",
        "1 kern node\n- kern.a int = 1\n- kern.x.b int = 2\n- top.c int = 3",
    )
    .expect("right");
    let oid = |name: &str| all.iter().find(|s| s.name == name).map(|s| s.oid.clone());
    assert_eq!(oid("kern.a"), Some(vec![1, 256]));
    assert_eq!(oid("kern.x"), Some(vec![1, 257]));
    assert_eq!(oid("kern.x.b"), Some(vec![1, 257, 256]));
    assert_eq!(oid("top.c"), Some(vec![256, 256]));
}

#[test]
fn a_system_numbers_the_familys_errors() {
    let family = errno::parse(
        "t.tbl",
        "1 EPERM = 1 No\n35 EAGAIN = 11 Later\n101 ENOTSUP = - Never",
    )
    .expect("the family's table is right");
    let numbers = |text| errno::parse_numbers("t.tbl", text, &family);
    let named = |name: &str, number| (name.to_owned(), number);
    assert_eq!(
        numbers("11 EAGAIN\nENOTSUP -> EPERM"),
        Ok(vec![
            named("EPERM", 1),
            named("EAGAIN", 11),
            named("ENOTSUP", 1)
        ])
    );
    for (text, line, words) in [
        ("", 1, &["`ENOTSUP` has no number"][..]),
        ("35 ENOTSUP", 1, &["`ENOTSUP` and `EAGAIN` are both 35"]),
        ("86 ENOTSUP\n1 EWHAT", 2, &["no error is called `EWHAT`"]),
        (
            "EAGAIN -> ENOTSUP\nENOTSUP -> EPERM",
            1,
            &["`ENOTSUP`", "not known either"],
        ),
    ] {
        complains(numbers(text), line, words);
    }
}

#[test]
fn a_system_names_the_familys_flags() {
    let family = sets::parse(
        "t.tbl",
        "flags f errno=ENODEV\n  A 1 = 2\n  B 0/0x30 = 1/3\n  N 0xf00>>8 = -\nvalues v\n  V 7 = 8",
        &[],
    )
    .expect("the family's table is right");
    let own = |text| sets::parse("t.tbl", text, &family);
    let found =
        own("flags f\n  A 4\n  OLD 8 = A\n  ODD 0x10 = !\n  B 0/3\n  N 0xf00>>8\nvalues v\n  V 9")
            .expect("the table is right");
    assert!(found[0].is_mapped && found[0].errno == "ENODEV");
    let hosts: Vec<sets::Host> = found[0].entries.iter().map(|entry| entry.host).collect();
    let is = sets::Host::Is;
    assert_eq!(hosts, [is(1), is(1), sets::Host::Refused, is(0), is(0xf00)]);
    assert_eq!(
        (found[1].entries[0].guest, found[1].entries[0].host),
        (9, is(7))
    );
    for (text, line, words) in [
        ("flags f\n  Z 1", 2, &["`f` has no `Z`"][..]),
        ("values f\n  A 1", 1, &["of the other kind"]),
        ("flags f\n  N 0xf0>>4", 2, &["no such field"]),
        ("flags f\n  B 1", 2, &["no such field"]),
    ] {
        complains(own(text), line, words);
    }
}
