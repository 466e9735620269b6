//! How much of the BSDs' personalities is the family's. `personalities/README.md` has the numbers; what is newly written
//! for one system, and could have been shared, shows here.

use std::fs;
use std::path::{Path, PathBuf};

use compat_tables::{Call, Verdict, dragonfly, freebsd, netbsd};
use compat_tests::compat::workspace;

/// How many points the table may be off.
const SLACK: usize = 2;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of sources");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|name| name == "rs") {
            found.push(path);
        }
    }
    found
}

fn text_of(krate: &str, folder: &str) -> String {
    let folder = workspace().join("personalities").join(krate).join(folder);
    let files = sources(&folder).into_iter();
    files
        .map(|file| fs::read_to_string(file).expect("a source"))
        .collect()
}

fn lines(krate: &str) -> usize {
    let text = text_of(krate, "src");
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// How many calls of a system have handlers, and how many of these are the family's functions as they are.
fn handlers(krate: &str, calls: &[Call]) -> (usize, usize) {
    let text = text_of(krate, "src/calls");
    let is_defined = |name: &str| {
        [format!("fn {name}("), format!("fn r#{name}(")]
            .iter()
            .any(|start| text.contains(start.as_str()))
    };
    let all = calls.iter().filter(|call| call.verdict == Verdict::Own);
    let shared = all.clone().filter(|call| !is_defined(call.symbol.as_str()));
    (all.count(), shared.count())
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100 + whole / 2) / whole
}

/// The line of README's table that begins with this name: the last two numbers in it.
fn stated(name: &str) -> [usize; 2] {
    let path = workspace().join("personalities/README.md");
    let text = fs::read_to_string(path).expect("README.md");
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("| {name} |")))
        .unwrap_or_else(|| panic!("README.md has no line for {name}"));
    let numbers: Vec<usize> = line
        .split('|')
        .filter_map(|cell| cell.trim().trim_end_matches(" %").parse().ok())
        .collect();
    let &[.., code, handlers] = numbers.as_slice() else {
        panic!("no numbers: {line}");
    };
    [code, handlers]
}

#[test]
fn the_shares_are_those_in_the_guide() {
    let family = lines("bsd");
    let systems: [(&str, &str, &[Call]); 3] = [
        ("FreeBSD", "freebsd", &freebsd::CALLS),
        ("NetBSD", "netbsd", &netbsd::CALLS),
        ("DragonFly", "dragonfly", &dragonfly::CALLS),
    ];
    let mut wrong = Vec::new();
    for (name, krate, calls) in systems {
        let own = lines(krate);
        let (handlers, shared) = handlers(krate, calls);
        let found = [percent(own, family + own), percent(shared, handlers)];
        println!(
            "{name}: {own} lines of its own beside the family's {family}, {} %; of {handlers} handlers {shared} are the family's, {} %",
            found[0], found[1]
        );
        let stated = stated(name);
        if (0..2).any(|index| stated[index].abs_diff(found[index]) > SLACK) {
            wrong.push(format!("{name}: {found:?}, and the guide says {stated:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
