//! What is printed: a line for each package, its differences, and the two shares at the end.

use std::collections::BTreeSet;

use compat_tests::go::compare::{self, Share};
use compat_tests::go::packages::Package;
use compat_tests::go::results::{Results, Verdict, top_level};
use compat_tests::go::run::Outcome;
use compat_tests::known::Known;

/// One package, run and compared.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) package: &'static Package,
    pub(crate) results: compare::Package,
    pub(crate) outcome: Outcome,
    pub(crate) passed_on_retry: Vec<String>,
    pub(crate) error: Option<String>,
}

impl Line {
    pub(crate) fn new(package: &'static Package) -> Self {
        Self {
            package,
            results: compare::Package::default(),
            outcome: Outcome::default(),
            passed_on_retry: Vec::new(),
            error: None,
        }
    }

    /// Forgets every test but this one and what is below it.
    pub(crate) fn keep_only(&mut self, test: &str) {
        let results = [self.results.kernel.as_mut(), self.results.linux.as_mut()]
            .into_iter()
            .flatten();
        for known in results.chain([&mut self.results.guest]) {
            known.retain(|name, _| top_level(name) == test);
        }
    }

    fn unlisted<'a>(&'a self, known: &Known) -> Vec<&'a str> {
        let mut differ = self.results.differences();
        differ.retain(|test| known.find(self.package.path, test).is_none());
        differ
    }
}

/// Every difference of every package, as (package, test).
pub(crate) fn all_differences(lines: &[Line]) -> BTreeSet<(&str, &str)> {
    let of = |line: &'_ Line| line.package.path;
    lines
        .iter()
        .flat_map(|line| {
            line.results
                .differences()
                .into_iter()
                .map(move |test| (of(line), test))
        })
        .collect()
}

/// Prints what came of one package as soon as it is known.
pub(crate) fn package(line: &Line, known: &Known) {
    let mut text = format!("{:<22}", line.package.path);
    if line.results.kernel.is_some() {
        text += &format!(" kernel {}", share(line.results.of_kernel()));
    }
    if line.results.linux.is_some() {
        text += &format!(" linux {}", share(line.results.of_linux()));
    }
    text += &format!(" {:>4} s", line.outcome.elapsed.as_secs());
    let unlisted = line.unlisted(known);
    let listed = line.results.differences().len() - unlisted.len();
    if listed > 0 {
        text += &format!("  {listed} known");
    }
    if !unlisted.is_empty() {
        text += &format!("  {} NEW", unlisted.len());
    }
    if !line.outcome.broken.is_empty() {
        text += &format!("  broke off: {}", line.outcome.broken.join(", "));
    }
    if !line.outcome.gaps.is_empty() {
        let names: Vec<&str> = line.outcome.gaps.iter().map(String::as_str).collect();
        text += &format!("\n    not implemented: {}", names.join(" "));
    }
    if let Some(error) = &line.error {
        text += &format!("  ERROR {error}");
    }
    for test in &line.passed_on_retry {
        text += &format!("\n    timing: {test} passed when run again");
    }
    for test in unlisted {
        text += &format!("\n    NEW {test}: {}", verdicts(&line.results, test));
    }
    println!("{text}");
}

fn share(share: Share) -> String {
    format!(
        "{:>4}/{:<4} {:>5.1} %",
        share.pass,
        share.of,
        share.percent()
    )
}

fn verdicts(results: &compare::Package, test: &str) -> String {
    let word = |results: &Results| {
        results
            .get(test)
            .map_or("absent".to_owned(), Verdict::to_string)
    };
    let mut text = word(&results.guest);
    if let Some(kernel) = &results.kernel {
        text += &format!(" (kernel {})", word(kernel));
    }
    if let Some(linux) = &results.linux {
        text += &format!(" (linux {})", word(linux));
    }
    text
}

/// Prints the shares of all packages, and says whether everything is as the list has it.
pub(crate) fn summary(lines: &[Line], known: &Known, one_test: bool) -> bool {
    let kernel = lines
        .iter()
        .map(|line| line.results.of_kernel())
        .fold(Share::default(), Share::plus);
    let others = lines.iter().filter(|line| line.results.kernel.is_none());
    let linux = others
        .map(|line| line.results.of_linux())
        .fold(Share::default(), Share::plus);
    println!(
        "\nof the tests that pass on a FreeBSD kernel:                {}",
        share(kernel)
    );
    println!(
        "of those that pass in the Linux build, other packages:     {}",
        share(linux)
    );

    let differ = all_differences(lines);
    let new = differ
        .iter()
        .filter(|(package, test)| known.find(package, test).is_none())
        .count();
    let failed = lines.iter().filter(|line| line.error.is_some()).count();
    let packages: BTreeSet<&str> = lines.iter().map(|line| line.package.path).collect();
    // With one test chosen, the others cannot bear out their lines.
    let unborne = if one_test {
        Vec::new()
    } else {
        known.unborne(&packages, &differ)
    };
    for entry in &unborne {
        println!(
            "unexpected pass: {} {} is on the list ({})",
            entry.package, entry.test, entry.reason
        );
    }
    let retried: usize = lines.iter().map(|line| line.passed_on_retry.len()).sum();
    println!(
        "{} known differences, {new} new, {} unexpected passes, {retried} passed when run again, {failed} packages not run",
        differ.len() - new,
        unborne.len(),
    );
    new == 0 && unborne.is_empty() && failed == 0
}
