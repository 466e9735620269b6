//! What a root held when it was added, in the form of `mtree(5)`: FreeBSD's `mtree -f MANIFEST -p ROOT` reads it, too.

use std::fmt::Write;

use super::entry::Place;
use super::failure::{Result, refuse};
use super::made::{Contents, MadeKind};

const SIGNATURE: &str = "#mtree v2.0";

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) place: Place,
    pub(crate) kind: LineKind,
}

/// What must be found at a line's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    Directory {
        mode: u32,
    },
    File {
        mode: u32,
        size: u64,
        sha256: String,
    },
    Symlink {
        target: Vec<u8>,
    },
}

/// The manifest of what was made.
pub(crate) fn write(contents: &Contents) -> String {
    let mut text = format!("{SIGNATURE}\n");
    for (place, made) in contents {
        let mode = made.attributes.mode;
        let path = match place.is_top() {
            true => ".".to_owned(),
            false => format!("./{}", escaped(place.bytes())),
        };
        // Writing to a string does not fail.
        let _ = match &made.kind {
            MadeKind::Directory => writeln!(text, "{path} type=dir mode={mode:04o}"),
            MadeKind::File { size, sha256, .. } => {
                let sum = hex(sha256);
                writeln!(
                    text,
                    "{path} type=file mode={mode:04o} size={size} sha256digest={sum}"
                )
            }
            MadeKind::Symlink(target) => {
                writeln!(text, "{path} type=link link={}", escaped(target))
            }
        };
    }
    text
}

/// Reads a manifest that [`write`] has written.
pub(crate) fn read(text: &str) -> Result<Vec<Line>> {
    let mut lines = text.lines();
    if lines.next() != Some(SIGNATURE) {
        return refuse("the manifest is not one of compat's");
    }
    lines
        .map(|line| {
            parse(line).map_or_else(|| refuse(format!("the manifest is damaged: {line}")), Ok)
        })
        .collect()
}

fn parse(line: &str) -> Option<Line> {
    let (path, rest) = line.split_once(' ')?;
    let value = |key: &str| {
        let words = rest.split(' ').filter_map(|word| word.split_once('='));
        words
            .into_iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let mode = || u32::from_str_radix(value("mode")?, 8).ok();
    let kind = match value("type")? {
        "dir" => LineKind::Directory { mode: mode()? },
        "file" => LineKind::File {
            mode: mode()?,
            size: value("size")?.parse().ok()?,
            sha256: value("sha256digest")?.to_owned(),
        },
        "link" => LineKind::Symlink {
            target: unescaped(value("link")?)?,
        },
        _ => return None,
    };
    let place = Place::of(&unescaped(path)?).ok()?;
    Some(Line { place, kind })
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Anything that could be taken for something else becomes `\ooo`, as `vis(3)` has it.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        if byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'=' | b'*' | b'?' | b'[') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "\\{byte:03o}");
        }
        text
    })
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('\\');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(3)?;
        bytes.push(u8::from_str_radix(digits, 8).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::entry::Attributes;
    use crate::root::made::Made;

    #[test]
    fn what_is_written_is_read_whatever_the_names() {
        let kinds = [
            (&b""[..], MadeKind::Directory),
            (
                b"odd \\ #=\n\xff name",
                MadeKind::File {
                    size: 7,
                    sha256: [0xab; 32],
                    inode: 1,
                },
            ),
            (b"l", MadeKind::Symlink(b"/a b\tc".to_vec())),
        ];
        let attributes = Attributes {
            mode: 0o1755,
            ..Attributes::default()
        };
        let made = kinds.map(|(place, kind)| {
            (
                Place::of(place).unwrap(),
                Made {
                    kind,
                    attributes,
                    layer: 0,
                },
            )
        });
        let text = write(&Contents::from(made));
        assert_eq!(text.lines().count(), 4);
        let kinds: Vec<(Vec<u8>, LineKind)> = read(&text)
            .unwrap()
            .into_iter()
            .map(|line| (line.place.bytes().to_vec(), line.kind))
            .collect();
        let mode = 0o1755;
        assert_eq!(
            kinds,
            [
                (vec![], LineKind::Directory { mode }),
                (
                    b"l".to_vec(),
                    LineKind::Symlink {
                        target: b"/a b\tc".to_vec()
                    }
                ),
                (
                    b"odd \\ #=\n\xff name".to_vec(),
                    LineKind::File {
                        mode,
                        size: 7,
                        sha256: "ab".repeat(32)
                    }
                ),
            ]
        );
    }
}
