//! Where a package's results under compat differ from what they should be.

use super::results::{Results, Verdict};

/// The results of one package from the three places they are known from.
#[derive(Debug, Default)]
pub struct Package {
    /// On a real FreeBSD kernel, where that is known.
    pub kernel: Option<Results>,
    /// Of the Linux build, where it was run.
    pub linux: Option<Results>,
    /// Under compat.
    pub guest: Results,
}

/// A share of passing tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Pass under compat too.
    pub pass: usize,
    /// Pass where they are compared with.
    pub of: usize,
}

impl Share {
    /// The share of both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            pass: self.pass + other.pass,
            of: self.of + other.of,
        }
    }

    /// In percent; all of nothing is 100.
    pub fn percent(self) -> f64 {
        if self.of == 0 {
            100.0
        } else {
            self.pass as f64 * 100.0 / self.of as f64
        }
    }
}

impl Package {
    /// Names of the tests that differ: they pass on the FreeBSD kernel (or, where that is not
    /// known, in the Linux build) but not here; or they broke their process, which is never right.
    pub fn differences(&self) -> Vec<&str> {
        static UNKNOWN: Results = Results::new();
        let linux = self.linux.as_ref().unwrap_or(&UNKNOWN);
        let kernel = self.kernel.as_ref();
        let truth = kernel.unwrap_or(linux);
        let missed = truth.iter().filter(|(name, verdict)| {
            **verdict == Verdict::Pass && self.guest.get(*name) != Some(&Verdict::Pass)
        });
        // The kernel's results do not name every test of this machine's build. What ran here, and
        // passes on Linux, should not fail.
        let failed = self.guest.iter().filter(|(name, verdict)| match verdict {
            Verdict::Died => true,
            Verdict::Fail => !truth.contains_key(*name) && linux.get(*name) == Some(&Verdict::Pass),
            Verdict::Pass | Verdict::Skip => false,
        });
        let mut names: Vec<&str> = missed
            .chain(failed)
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Of the tests that pass on the FreeBSD kernel, those that pass here.
    pub fn of_kernel(&self) -> Share {
        self.kernel
            .as_ref()
            .map_or(Share::default(), |truth| self.share_of(truth))
    }

    /// Of the tests that pass in the Linux build, those that pass here.
    pub fn of_linux(&self) -> Share {
        self.linux
            .as_ref()
            .map_or(Share::default(), |truth| self.share_of(truth))
    }

    fn share_of(&self, truth: &Results) -> Share {
        let passing = truth
            .iter()
            .filter(|(_, verdict)| **verdict == Verdict::Pass);
        let (mut pass, mut of) = (0, 0);
        for (name, _) in passing {
            of += 1;
            pass += usize::from(self.guest.get(name) == Some(&Verdict::Pass));
        }
        Share { pass, of }
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::parse_list;
    use super::*;

    #[test]
    fn the_kernel_is_the_truth_where_it_is_known() {
        let package = Package {
            kernel: Some(parse_list(
                "PASS: TestA\nPASS: TestB\nFAIL: TestC\nSKIP: TestD\n",
            )),
            linux: Some(parse_list(
                "PASS: TestA\nPASS: TestC\nPASS: TestE\nPASS: TestF\n",
            )),
            guest: parse_list("PASS: TestA\nFAIL: TestC\nDIED: TestD\nFAIL: TestE\n"),
        };
        // TestC fails on FreeBSD for FreeBSD's own reasons; TestF is perhaps not in its build.
        assert_eq!(package.differences(), ["TestB", "TestD", "TestE"]);
        assert_eq!(package.of_kernel(), Share { pass: 1, of: 2 });
    }

    #[test]
    fn the_linux_build_is_the_truth_elsewhere() {
        let package = Package {
            kernel: None,
            linux: Some(parse_list("PASS: TestA\nPASS: TestB\nSKIP: TestC\n")),
            guest: parse_list("PASS: TestA\nSKIP: TestB\nFAIL: TestC\n"),
        };
        assert_eq!(package.differences(), ["TestB"]);
        assert_eq!(package.of_linux(), Share { pass: 1, of: 2 });
    }
}
