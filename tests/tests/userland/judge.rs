//! What counts as a pass: everything did what it should, but for what is listed as known not to.

use std::collections::{BTreeMap, BTreeSet};

use compat_tests::known::Known;

/// Collects what was tried and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    tried: BTreeSet<String>,
    wrong: BTreeMap<String, String>,
}

impl Judge {
    /// Notes that `name` was tried, and what was wrong with it.
    pub(crate) fn note(&mut self, name: &str, wrong: Option<String>) {
        self.tried.insert(name.to_owned());
        if let Some(wrong) = wrong {
            self.wrong.entry(name.to_owned()).or_insert(wrong);
        }
    }

    /// Fails for what is wrong and not listed under `group`, and for what is listed and not wrong.
    pub(crate) fn verdict(&self, group: &str, whole: bool) {
        let known = Known::parse(include_str!("../../known/userland.txt")).expect("a list");
        let news = self
            .wrong
            .iter()
            .filter(|(name, _)| known.find(group, name).is_none())
            .map(|(name, wrong)| format!("{name}: {wrong}"));
        let mut complaints: Vec<String> = news.collect();
        if whole {
            let wrong = self.wrong.keys().map(|name| (group, name.as_str()));
            let unborne = known.unborne(&BTreeSet::from([group]), &wrong.collect());
            complaints.extend(
                unborne
                    .iter()
                    .map(|entry| format!("{}: listed, but it does what it should", entry.test)),
            );
        }
        let (tried, wrong) = (self.tried.len(), self.wrong.len());
        println!("{group}: {} of {tried} do what they should", tried - wrong);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        // At least 95 of 100.
        assert!(wrong * 20 <= tried, "{wrong} of {tried} are wrong");
    }
}
