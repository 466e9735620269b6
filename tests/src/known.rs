//! Lists of known differences: a test that differs must be on its list, and one that is on the list
//! must differ.

use std::collections::BTreeSet;

/// One line of a list: `<package> <test> | <reason>`.
///
/// A test written `TestX/...` stands for `TestX` and everything below it. A reason that begins with
/// `maybe:` lets the test pass as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The package, or whatever groups the tests of a suite.
    pub package: String,
    /// The test's full name, perhaps ending in `/...`.
    pub test: String,
    /// Why it differs.
    pub reason: String,
}

impl Entry {
    /// Whether this line speaks of that test.
    pub fn covers(&self, package: &str, test: &str) -> bool {
        if self.package != package {
            return false;
        }
        match self.test.strip_suffix("/...") {
            Some(top) => test
                .strip_prefix(top)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => self.test == test,
        }
    }

    /// Whether the test may pass without that being news.
    pub fn may_pass(&self) -> bool {
        self.reason.starts_with("maybe:")
    }
}

/// A list of known differences, in the order of its file.
#[derive(Clone, Debug, Default)]
pub struct Known(Vec<Entry>);

impl Known {
    /// Reads a list. Blank lines and lines that begin with `#` say nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate();
        let said = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        said.map(|(at, line)| {
            entry(line).ok_or_else(|| format!("line {}: not `package test | reason`", at + 1))
        })
        .collect::<Result<_, _>>()
        .map(Self)
    }

    /// The first line that speaks of the test.
    pub fn find(&self, package: &str, test: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.covers(package, test))
    }

    /// Lines about these packages that no difference bears out, except those that may pass.
    pub fn unborne<'a>(
        &'a self,
        packages: &BTreeSet<&str>,
        differ: &BTreeSet<(&str, &str)>,
    ) -> Vec<&'a Entry> {
        let asked = self
            .0
            .iter()
            .filter(|entry| packages.contains(entry.package.as_str()) && !entry.may_pass());
        asked
            .filter(|entry| {
                !differ
                    .iter()
                    .any(|(package, test)| entry.covers(package, test))
            })
            .collect()
    }
}

fn entry(line: &str) -> Option<Entry> {
    let (named, reason) = line.split_once(" | ")?;
    let (package, test) = named.trim().split_once(' ')?;
    let (test, reason) = (test.trim(), reason.trim());
    let complete = !test.is_empty() && !test.contains(' ') && !reason.is_empty();
    complete.then(|| Entry {
        package: package.into(),
        test: test.into(),
        reason: reason.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_covers_its_test_or_what_is_below_it() {
        let known =
            Known::parse("# why\n\nos TestA | it is so\nnet TestB/... | maybe: slow machine\n")
                .unwrap();
        assert_eq!(known.find("os", "TestA").unwrap().reason, "it is so");
        assert!(known.find("os", "TestA/sub").is_none() && known.find("net", "TestA").is_none());
        assert!(known.find("net", "TestB").is_some() && known.find("net", "TestB/x/y").is_some());
        assert!(known.find("net", "TestBc").is_none());
    }

    #[test]
    fn a_line_that_nothing_bears_out_is_reported_unless_it_may_pass() {
        let known = Known::parse("os TestA | so\nos TestB | maybe: so\nnet TestC | so").unwrap();
        let unborne = known.unborne(&BTreeSet::from(["os"]), &BTreeSet::new());
        assert_eq!(
            unborne.iter().map(|e| e.test.as_str()).collect::<Vec<_>>(),
            ["TestA"]
        );
        assert!(
            known
                .unborne(&BTreeSet::from(["os"]), &BTreeSet::from([("os", "TestA")]))
                .is_empty()
        );
    }

    #[test]
    fn a_line_without_a_reason_is_an_error() {
        assert!(Known::parse("os TestA").is_err());
        assert!(Known::parse("os TestA | ").is_err());
    }
}
