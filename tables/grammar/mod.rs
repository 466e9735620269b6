//! The grammar of the `.tbl` files, shared by the build script and the tests.
//!
//! Every parser takes a file's name and text and returns rows, or the first [`Mistake`] in it.

pub(crate) mod calls;
pub(crate) mod errno;
pub(crate) mod sets;
pub(crate) mod signals;
pub(crate) mod sysctl;

use std::fmt;

/// What is wrong in a table, where, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) cause: String,
    pub(crate) fix: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}:{}: {}; {}",
            self.file, self.line, self.cause, self.fix
        )
    }
}

/// One line that holds something, without its comment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) file: &'a str,
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    pub(crate) indented: bool,
}

impl Line<'_> {
    /// An error at this line: `cause` is what was found, `fix` what to write instead.
    pub(crate) fn mistake(&self, cause: impl Into<String>, fix: impl Into<String>) -> Mistake {
        Mistake {
            file: self.file.to_owned(),
            line: self.number,
            cause: cause.into(),
            fix: fix.into(),
        }
    }

    /// A decimal or `0x` number, with an optional minus sign.
    pub(crate) fn number(&self, word: &str, what: &str) -> Result<i64, Mistake> {
        let (negative, digits) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let value = match digits.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        match value {
            Ok(value) if negative => Ok(-value),
            Ok(value) => Ok(value),
            Err(_) => Err(self.mistake(
                format!("`{word}` is not a number ({what})"),
                "write it in decimal or as 0x...",
            )),
        }
    }
}

/// The lines that hold something: comments (`#` to the end of the line) and blank lines are dropped.
pub(crate) fn lines<'a>(file: &'a str, text: &'a str) -> impl Iterator<Item = Line<'a>> {
    text.lines().enumerate().filter_map(move |(index, raw)| {
        let text = raw.split('#').next().unwrap_or("");
        let indented = text.starts_with([' ', '\t']);
        let text = text.trim();
        (!text.is_empty()).then_some(Line {
            file,
            number: index + 1,
            text,
            indented,
        })
    })
}

/// Whether `word` can be a C or Rust name.
pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
