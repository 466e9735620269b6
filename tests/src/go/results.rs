//! What a Go test binary says with `-test.v`, and lists of results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It passed.
    Pass,
    /// It failed.
    Fail,
    /// It skipped itself.
    Skip,
    /// It started, and its process crashed, hung or was killed before it came to a verdict.
    Died,
}

impl Verdict {
    const WORDS: [(Verdict, &str); 4] = [
        (Verdict::Pass, "PASS"),
        (Verdict::Fail, "FAIL"),
        (Verdict::Skip, "SKIP"),
        (Verdict::Died, "DIED"),
    ];

    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(_, w)| *w == word)
            .map(|(verdict, _)| *verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(verdict, _)| verdict == self);
        f.pad(word.map_or("", |(_, word)| word))
    }
}

/// Verdicts by test name, subtests included.
pub type Results = BTreeMap<String, Verdict>;

/// Reads a list of `PASS|FAIL|SKIP: name` lines.
pub fn parse_list(text: &str) -> Results {
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    pairs
        .filter_map(|(word, name)| Some((name.to_owned(), Verdict::from_word(word)?)))
        .collect()
}

/// Writes what [`parse_list`] reads.
pub fn print_list(results: &Results) -> String {
    results
        .iter()
        .map(|(name, verdict)| format!("{verdict}: {name}\n"))
        .collect()
}

/// The name of the top-level test that a subtest belongs to.
pub fn top_level(name: &str) -> &str {
    name.split_once('/').map_or(name, |(top, _)| top)
}

/// What one run of a test binary printed.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Tests that came to a verdict.
    pub results: Results,
    /// Tests that were running, not merely paused, when the output ended.
    pub running: BTreeSet<String>,
    /// Whether the binary reached its own end, by printing its overall verdict.
    pub complete: bool,
}

impl Transcript {
    /// Reads the output of `-test.v`.
    ///
    /// A test may print without a newline, so that `=== RUN` and `--- PASS` stand in the middle of a
    /// line. A verdict counts only for a test that was seen to start: tests of the testing package
    /// print verdicts of tests that never ran.
    pub fn parse(output: &str) -> Self {
        let mut transcript = Self::default();
        let mut started = BTreeSet::new();
        for line in output.lines() {
            if let Some((event, name)) = event(line) {
                match event {
                    "RUN" | "CONT" => transcript.running.insert(name.to_owned()),
                    _ => transcript.running.remove(name),
                };
                started.insert(name.to_owned());
            } else if let Some((verdict, name)) = verdict(line)
                && started.contains(name)
            {
                transcript.running.remove(name);
                transcript.results.insert(name.to_owned(), verdict);
            }
            transcript.complete |= line == "PASS" || line == "FAIL";
        }
        transcript
    }
}

/// `=== RUN   TestName`, `=== PAUSE TestName`, `=== CONT  TestName`, at the end of a line.
fn event(line: &str) -> Option<(&str, &str)> {
    let (_, said) = line.rsplit_once("=== ")?;
    let (event, name) = said.split_once(' ')?;
    let name = name.trim();
    let known = matches!(event, "RUN" | "PAUSE" | "CONT");
    (known && !name.is_empty() && !name.contains(' ')).then_some((event, name))
}

/// `--- PASS: TestName (0.00s)`, at the end of a line.
fn verdict(line: &str) -> Option<(Verdict, &str)> {
    let (_, said) = line.rsplit_once("--- ")?;
    let (word, rest) = said.split_once(": ")?;
    let (name, seconds) = rest.split_once(" (")?;
    seconds.strip_suffix("s)")?.parse::<f64>().ok()?;
    Some((Verdict::from_word(word)?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
=== RUN   TestA
noise without newline=== RUN   TestA/sub_1
    --- FAIL: TestNeverRan (0.00s)
noise--- FAIL: TestA (0.10s)
    --- SKIP: TestA/sub_1 (0.00s)
=== RUN   TestB
=== PAUSE TestB
=== RUN   TestC
=== NAME  TestC
    file.go:1: --- PASS: TestC
";

    #[test]
    fn verdicts_are_found_amid_other_output() {
        let transcript = Transcript::parse(OUTPUT);
        let expected = [
            ("TestA".to_owned(), Verdict::Fail),
            ("TestA/sub_1".to_owned(), Verdict::Skip),
        ];
        assert_eq!(transcript.results, Results::from(expected));
        assert_eq!(transcript.running, BTreeSet::from(["TestC".to_owned()]));
        assert!(!transcript.complete);
    }

    #[test]
    fn a_binary_that_reached_its_end_says_so() {
        assert!(Transcript::parse("=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n").complete);
    }

    #[test]
    fn a_list_survives_printing() {
        let list = parse_list("FAIL: TestB\nPASS: TestA/x\n");
        assert_eq!(parse_list(&print_list(&list)), list);
        assert_eq!(list.len(), 2);
    }
}
