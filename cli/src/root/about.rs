//! The file `about` of a root: where it came from and which system it holds, a `key value` line each.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::release::Release;

/// What is known about a root.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct About(Vec<(String, String)>);

impl About {
    /// A root that is being added now.
    pub(crate) fn new(source: &str, entries: usize, bytes: u64) -> About {
        let mut about = About::default();
        about.add("source", source);
        about.add("added", &now());
        about.add("entries", &entries.to_string());
        about.add("bytes", &bytes.to_string());
        about
    }

    pub(crate) fn add_release(&mut self, release: &Release) {
        for (key, found) in [
            (
                "release",
                release
                    .name
                    .as_ref()
                    .map(|(name, from)| (name.clone(), *from)),
            ),
            (
                "osreldate",
                release
                    .osreldate
                    .map(|(number, from)| (number.to_string(), from)),
            ),
        ] {
            if let Some((value, from)) = found {
                self.add(key, &value);
                self.add(&format!("{key}-from"), from);
            }
        }
    }

    pub(crate) fn add(&mut self, key: &str, value: &str) {
        // A source's name may hold anything; a line may not.
        let value = super::failure::shown(value.as_bytes());
        self.0.push((key.to_owned(), value));
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn to_text(&self) -> String {
        self.pairs().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key} {value}");
            text
        })
    }

    pub(crate) fn from_text(text: &str) -> About {
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        About(
            pairs
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

/// `2026-01-31T12:00:00Z`.
fn now() -> String {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    date(elapsed.as_secs())
}

fn date(seconds: u64) -> String {
    let (days, second) = (seconds / 86400, seconds % 86400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z",
        second % 60
    )
}

/// The Gregorian date so many days after 1970-01-01, with years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (
        day - (153 * month + 2) / 5 + 1,
        if month < 10 { month + 3 } else { month - 9 },
    );
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_leap_and_other_years() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(date(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(date(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn what_is_written_is_read() {
        let about = About::new("a b\nc", 3, 4);
        let read = About::from_text(&about.to_text());
        assert_eq!(read, about);
        assert_eq!(read.get("source"), Some("a b\\nc"));
        assert_eq!(read.get("release"), None);
    }
}
