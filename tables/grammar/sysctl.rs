//! `sysctl.tbl`: the names a guest may ask for, and where their values come from.

use super::{Line, Mistake, lines};

/// The types of leaves, each with the kind FreeBSD's `CTLTYPE` gives it and the format `sysctl(8)` reads.
pub(crate) const TYPES: [(&str, u32, &str); 12] = [
    ("int", 2, "I"),
    ("string", 3, "A"),
    ("s64", 4, "Q"),
    ("opaque", 5, "S"),
    ("uint", 6, "IU"),
    ("long", 7, "L"),
    ("ulong", 8, "LU"),
    ("u64", 9, "QU"),
    ("node", 1, "N"),
    ("u32", 15, "IU"),
    // An int that programs show as a word: SYSCTL_JAIL_PARAM's "B" and "E,jailsys".
    ("bool", 2, "B"),
    ("enum", 2, "E"),
];

/// FreeBSD numbers the names it adds at run time from here (`CTL_AUTO_START`).
const FIRST_AUTO: i32 = 256;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Number(i64),
    Text(String),
    /// `@name`: the personality computes it.
    Computed(String),
    /// `todo`, or nothing for a node.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sysctl {
    pub(crate) oid: Vec<i32>,
    /// More numbers follow the ones of the name.
    pub(crate) takes_more: bool,
    pub(crate) name: String,
    /// An index into [`TYPES`].
    pub(crate) kind: usize,
    /// The format's second word, as in `S,timeval`.
    pub(crate) structure: String,
    pub(crate) writable: bool,
    pub(crate) source: Source,
}

/// All rows and the nodes above them, sorted by number.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Sysctl>, Mistake> {
    let mut all: Vec<Sysctl> = Vec::new();
    for line in lines(file, text) {
        let mut sysctl = row(&line)?;
        if sysctl.oid.is_empty() {
            sysctl.oid = auto(&sysctl.name, &mut all);
        }
        if let Some(twin) = all
            .iter()
            .find(|s| s.oid == sysctl.oid || s.name == sysctl.name)
        {
            return Err(line.mistake(
                format!("{} collides with {}", sysctl.name, twin.name),
                "give each name one row and one number",
            ));
        }
        if sysctl.oid.len() > 8 {
            return Err(line.mistake("more than eight numbers", "shorten the name"));
        }
        all.push(sysctl);
    }
    all.sort_by(|a, b| a.oid.cmp(&b.oid));
    Ok(all)
}

fn row(line: &Line<'_>) -> Result<Sysctl, Mistake> {
    let shape = || {
        line.mistake(
            "not a row",
            "write `<number.number or -> <name> <type> [rw] [= <value>]`",
        )
    };
    let (left, value) = match line.text.split_once('=') {
        Some((left, value)) => (left, Some(value.trim())),
        None => (line.text, None),
    };
    let mut words = left.split_whitespace();
    let (oid, name, kind) = match (words.next(), words.next(), words.next()) {
        (Some(oid), Some(name), Some(kind)) => (oid, name, kind),
        _ => return Err(shape()),
    };
    let writable = match words.next() {
        None => false,
        Some("rw") => true,
        Some(word) => return Err(line.mistake(format!("unknown word `{word}`"), "use rw")),
    };
    let (kind, structure) = kind.split_once(',').unwrap_or((kind, ""));
    let Some(kind) = TYPES.iter().position(|(word, ..)| *word == kind) else {
        let known: Vec<&str> = TYPES.iter().map(|(word, ..)| *word).collect();
        return Err(line.mistake(
            format!("unknown type `{kind}`"),
            format!("use one of {}", known.join(" ")),
        ));
    };
    let is_node = TYPES[kind].0 == "node";
    let source = match value {
        None if is_node => Source::Nothing,
        None => return Err(line.mistake("a leaf without a value", "write `= ...`, or `= todo`")),
        Some(_) if is_node => return Err(line.mistake("a node with a value", "drop `= ...`")),
        Some(value) => source_of(line, value, TYPES[kind].0)?,
    };
    let (oid, takes_more) = match oid.strip_suffix(".*") {
        Some(oid) => (oid, true),
        None => (oid, false),
    };
    Ok(Sysctl {
        oid: match oid {
            "-" => Vec::new(),
            oid => oid
                .split('.')
                .map(|word| number(line, word))
                .collect::<Result<_, _>>()?,
        },
        takes_more,
        name: name.to_owned(),
        kind,
        structure: structure.to_owned(),
        writable,
        source,
    })
}

fn number(line: &Line<'_>, word: &str) -> Result<i32, Mistake> {
    i32::try_from(line.number(word, "a part of the number")?)
        .map_err(|_| line.mistake(format!("`{word}` is out of range"), "use a C int"))
}

fn source_of(line: &Line<'_>, value: &str, kind: &str) -> Result<Source, Mistake> {
    if value == "todo" {
        return Ok(Source::Nothing);
    }
    if let Some(name) = value.strip_prefix('@') {
        return if super::is_name(name) {
            Ok(Source::Computed(name.to_owned()))
        } else {
            Err(line.mistake(format!("`{name}` is not a name"), "write `@some_name`"))
        };
    }
    match (
        kind,
        value.strip_prefix('"').and_then(|v| v.strip_suffix('"')),
    ) {
        ("string", Some(text)) => Ok(Source::Text(text.to_owned())),
        ("string", None) => Err(line.mistake("a string without quotes", "write `= \"...\"`")),
        ("opaque", _) => Err(line.mistake("a structure has no literal", "write `= @some_name`")),
        (_, Some(_)) => Err(line.mistake("a number in quotes", "drop the quotes")),
        (_, None) => Ok(Source::Number(line.number(value, "the value")?)),
    }
}

/// The number of a row with `-`: the next free one under its parent.
fn auto(name: &str, all: &mut Vec<Sysctl>) -> Vec<i32> {
    let mut oid = match name.rsplit_once('.') {
        Some((parent, _)) => node(parent, all),
        None => Vec::new(),
    };
    let siblings = all
        .iter()
        .filter(|s| s.oid.len() == oid.len() + 1 && s.oid.starts_with(&oid));
    let last = siblings
        .filter_map(|s| s.oid.last().copied())
        .max()
        .unwrap_or(0);
    oid.push(FIRST_AUTO.max(last + 1));
    oid
}

/// The number of a node, which is made if it is missing.
fn node(name: &str, all: &mut Vec<Sysctl>) -> Vec<i32> {
    if let Some(node) = all.iter().find(|s| s.name == name) {
        return node.oid.clone();
    }
    let oid = auto(name, all);
    all.push(Sysctl {
        oid: oid.clone(),
        takes_more: false,
        name: name.to_owned(),
        kind: TYPES
            .iter()
            .position(|(word, ..)| *word == "node")
            .unwrap_or(0),
        structure: String::new(),
        writable: false,
        source: Source::Nothing,
    });
    oid
}
