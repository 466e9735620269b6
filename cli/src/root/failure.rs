//! Why a command about roots did not do its work.

use std::fmt;
use std::io;

/// One line for the user: a cause, and what helps.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The source is damaged, hostile or not for us. Trying again gives the same answer.
    Refused(String),
    /// The machine got in the way: a full disk, an unreadable file. Trying again may go on.
    Machine(String),
}

/// What commands return.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Refuses the source.
pub(crate) fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Failure::Refused(reason.into()))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (Failure::Refused(text) | Failure::Machine(text)) = self;
        f.write_str(text)
    }
}

/// A refusal on its way through `Read`.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> io::Error {
        io::Error::other(refusal)
    }
}

/// Says what was being done when the machine failed, and finds the refusal that a reader wrapped.
pub(crate) trait Doing<T> {
    /// `doing` completes "cannot ...".
    fn or_cannot(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for std::result::Result<T, E> {
    fn or_cannot(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| {
            let error: io::Error = error.into();
            let kind = error.kind();
            match error.downcast::<Refusal>() {
                Ok(Refusal(reason)) => Failure::Refused(reason),
                // What decoders say about bytes that make no sense.
                Err(error)
                    if matches!(
                        kind,
                        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                    ) =>
                {
                    Failure::Refused(format!("cannot {}: {error}", doing()))
                }
                Err(error) => Failure::Machine(format!("cannot {}: {error}", doing())),
            }
        })
    }
}

/// Text from an archive or a directory, harmless on a terminal.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
