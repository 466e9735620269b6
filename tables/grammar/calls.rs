//! `calls.tbl`: one system call a row.

use super::{Line, Mistake, is_name, lines};

/// How a call is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Own,
    Serve,
    Refuse,
    Todo,
    Gone,
}

/// The words for the verdicts, in the order of [`Verdict`].
const VERDICTS: [(&str, Verdict); 6] = [
    ("same", Verdict::Same),
    ("own", Verdict::Own),
    ("serve", Verdict::Serve),
    ("refuse", Verdict::Refuse),
    ("todo", Verdict::Todo),
    ("gone", Verdict::Gone),
];

/// Types that are one register wide and stand for themselves.
pub(crate) const SCALARS: [&str; 17] = [
    "fd", "at_fd", "int", "uint", "long", "ulong", "size", "off", "mode", "dev", "pid", "uid",
    "gid", "sig", "id", "ptr", "path",
];

/// What a call may return.
pub(crate) const RESULTS: [&str; 10] = [
    "zero", "fd", "size", "int", "pid", "ptr", "off", "two", "never", "errno",
];

/// The releases whose ABI a row can be pinned to; 43 is 4.3BSD.
pub(crate) const RELEASES: [u8; 9] = [4, 6, 7, 10, 11, 12, 13, 14, 43];

/// The same for NetBSD, in tenths: 50 is 5.0. 43 is 4.3BSD here too.
pub(crate) const NETBSD_RELEASES: [u8; 13] = [9, 12, 13, 14, 16, 20, 30, 40, 43, 50, 60, 90, 100];

/// The releases of the system whose table is `file`.
fn releases(file: &str) -> &'static [u8] {
    match system_of(file) {
        "netbsd" => &NETBSD_RELEASES,
        _ => &RELEASES,
    }
}

/// The folder that a table is in.
fn system_of(file: &str) -> &str {
    file.split_once('/').map_or("", |(system, _)| system)
}

/// Which way memory behind a pointer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
    InOut,
}

/// What a parameter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// One of [`SCALARS`].
    Scalar(String),
    /// `in path`
    Path,
    /// `in string`
    Text,
    /// `in bytes[count]`; the count is the index of another parameter.
    Bytes(Way, Option<usize>),
    /// `in STRUCT[count]`
    Struct(Way, String, Option<usize>),
    /// A set named in `flags.tbl`.
    Set(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) kind: Type,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) line: usize,
    pub(crate) number: u16,
    pub(crate) verdict: Verdict,
    /// The release whose ABI this is; 0 for the current one.
    pub(crate) release: u8,
    pub(crate) name: String,
    /// The name of the handler.
    pub(crate) symbol: String,
    pub(crate) params: Vec<Param>,
    pub(crate) result: String,
    /// The error's name, in a `refuse` row.
    pub(crate) refusal: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) note: String,
}

/// The name that tells the releases apart: `freebsd11_stat`, `ostat`, `fstatat`; NetBSD's are `compat_30___fstat13`.
fn symbol(file: &str, release: u8, name: &str) -> String {
    match (system_of(file), release) {
        (_, 0) => name.to_owned(),
        ("netbsd", release) => format!("compat_{release:02}_{name}"),
        (_, 43) => format!("o{name}"),
        ("", release) => format!("freebsd{release}_{name}"),
        (system, release) => format!("{system}{release}_{name}"),
    }
}

/// All rows, sorted by number as the file has to be.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Call>, Mistake> {
    let mut calls: Vec<Call> = Vec::new();
    for line in lines(file, text) {
        let call = row(&line)?;
        if let Some(last) = calls.last()
            && last.number >= call.number
        {
            return Err(line.mistake(
                format!("call {} follows call {}", call.number, last.number),
                "keep one row a number, sorted",
            ));
        }
        let twin = calls
            .iter()
            .find(|c| c.verdict != Verdict::Gone && c.symbol == call.symbol);
        if let Some(twin) = twin.filter(|_| call.verdict != Verdict::Gone) {
            return Err(line.mistake(
                format!("`{}` is also call {}", call.symbol, twin.number),
                "give the older one its release, as in `todo@11`",
            ));
        }
        calls.push(call);
    }
    Ok(calls)
}

fn row(line: &Line<'_>) -> Result<Call, Mistake> {
    let (row, note) = line.text.split_once('|').unwrap_or((line.text, ""));
    let shape = || {
        line.mistake(
            "not a row",
            "write `<number> <verdict> <name>(<param>: <type>, ...) -> <result>`",
        )
    };
    let (number, rest) = row.trim().split_once(' ').ok_or_else(shape)?;
    let (verdict, rest) = rest.trim().split_once(' ').ok_or_else(shape)?;
    let (name, rest) = rest.trim().split_once('(').ok_or_else(shape)?;
    let (params, rest) = rest.split_once(')').ok_or_else(shape)?;
    let result = rest.trim().strip_prefix("->").ok_or_else(shape)?;
    let (result, host) = match result.split_once('=') {
        Some((result, host)) => (result.trim(), Some(host.trim())),
        None => (result.trim(), None),
    };

    let number = u16::try_from(line.number(number, "the call's number")?)
        .map_err(|_| line.mistake("the call's number is out of range", "use 0..65535"))?;
    let (verdict, release) = verdict_of(line, verdict)?;
    if !is_name(name) {
        return Err(line.mistake(
            format!("`{name}` is not a name"),
            "use the name in syscalls.master",
        ));
    }
    let (result, refusal) = result_of(line, verdict, result)?;
    if let Some(host) = host {
        if verdict != Verdict::Same {
            return Err(line.mistake(
                "only a `same` row has a host call",
                "drop `= ...` or make the row `same`",
            ));
        }
        if !is_name(host) {
            return Err(line.mistake(
                format!("`{host}` is not a name"),
                "write the Linux call's name after `=`",
            ));
        }
    }
    Ok(Call {
        line: line.number,
        number,
        verdict,
        release,
        name: name.to_owned(),
        symbol: symbol(line.file, release, name),
        params: params_of(line, params)?,
        result: result.to_owned(),
        refusal,
        host: host.map(str::to_owned),
        note: note.trim().to_owned(),
    })
}

/// What the call returns, and the error that a `refuse` row names in that place.
fn result_of<'a>(
    line: &Line<'_>,
    verdict: Verdict,
    word: &'a str,
) -> Result<(&'a str, Option<String>), Mistake> {
    if verdict == Verdict::Refuse {
        if !word.starts_with('E') || !is_name(word) {
            return Err(line.mistake(
                format!("a refused call returns an error, not `{word}`"),
                "name the error after `->`, as in `-> EPERM`",
            ));
        }
        return Ok(("never", Some(word.to_owned())));
    }
    if !RESULTS.contains(&word) {
        return Err(line.mistake(
            format!("unknown result `{word}`"),
            format!("use one of {}", RESULTS.join(" ")),
        ));
    }
    Ok((word, None))
}

fn verdict_of(line: &Line<'_>, word: &str) -> Result<(Verdict, u8), Mistake> {
    let (word, release) = match word.split_once('@') {
        Some((word, release)) => (word, line.number(release, "the release after `@`")?),
        None => (word, 0),
    };
    let verdict = VERDICTS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, verdict)| *verdict)
        .ok_or_else(|| {
            line.mistake(
                format!("unknown verdict `{word}`"),
                "use same, own, serve, refuse, todo or gone",
            )
        })?;
    let releases = releases(line.file);
    match u8::try_from(release) {
        Ok(release) if release == 0 || releases.contains(&release) => Ok((verdict, release)),
        _ => Err(line.mistake(
            format!("no older ABI is called @{release}"),
            format!(
                "use one of {releases:?}, the COMPAT number in syscalls.master (43: plain COMPAT)"
            ),
        )),
    }
}

fn params_of(line: &Line<'_>, text: &str) -> Result<Vec<Param>, Mistake> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<(&str, &str)> = text
        .split(',')
        .map(|param| {
            let (name, kind) = param.split_once(':').ok_or_else(|| {
                line.mistake(
                    format!("parameter `{}` has no type", param.trim()),
                    "write `name: type`",
                )
            })?;
            Ok((name.trim(), kind.trim()))
        })
        .collect::<Result<_, Mistake>>()?;
    if pairs.len() > 8 {
        return Err(line.mistake(
            "more than eight parameters",
            "the kernels pass eight at most",
        ));
    }
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    pairs
        .iter()
        .map(|(name, kind)| {
            if !is_name(name) {
                return Err(line.mistake(
                    format!("`{name}` is not a name"),
                    "name the parameter as FreeBSD does",
                ));
            }
            Ok(Param {
                name: (*name).to_owned(),
                kind: type_of(line, kind, &names)?,
            })
        })
        .collect()
}

fn type_of(line: &Line<'_>, text: &str, names: &[&str]) -> Result<Type, Mistake> {
    let (way, rest) = match text.split_once(' ') {
        Some(("in", rest)) => (Some(Way::In), rest.trim()),
        Some(("out", rest)) => (Some(Way::Out), rest.trim()),
        Some(("inout", rest)) => (Some(Way::InOut), rest.trim()),
        _ => (None, text),
    };
    let (word, count) = match rest.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((word, count)) => {
            let index = names
                .iter()
                .position(|name| *name == count.trim())
                .ok_or_else(|| {
                    line.mistake(
                        format!("no parameter is called `{count}`"),
                        "name the one that holds the length",
                    )
                })?;
            (word.trim(), Some(index))
        }
        None => (rest, None),
    };
    if !is_name(word) {
        return Err(line.mistake(
            format!("`{text}` is not a type"),
            "see the list at the top of the file",
        ));
    }
    match (way, word) {
        (Some(Way::In), "path") => Ok(Type::Path),
        (Some(Way::In), "string") => Ok(Type::Text),
        (Some(way), "bytes") => Ok(Type::Bytes(way, count)),
        (Some(way), word) => Ok(Type::Struct(way, word.to_owned(), count)),
        (None, "path" | "bytes" | "string") => Err(line.mistake(
            format!("`{word}` needs a direction"),
            format!("write `in {word}` or `out {word}`"),
        )),
        (None, word) if SCALARS.contains(&word) => Ok(Type::Scalar(word.to_owned())),
        (None, word) => Ok(Type::Set(word.to_owned())),
    }
}

/// Every set that a parameter names and every error that a row refuses with must exist.
pub(crate) fn check(
    file: &str,
    calls: &[Call],
    sets: &[&[super::sets::Set]],
    errno: &super::errno::Table,
) -> Result<(), Mistake> {
    for call in calls {
        if let Some(name) = &call.refusal
            && !errno.errors.iter().any(|error| error.name == *name)
        {
            return Err(Mistake {
                file: file.to_owned(),
                line: call.line,
                cause: format!("`{name}` is no error in errno.tbl"),
                fix: "name one that is".to_owned(),
            });
        }
        for param in &call.params {
            if let Type::Set(name) = &param.kind
                && !sets
                    .iter()
                    .any(|sets| sets.iter().any(|set| set.name == *name))
            {
                return Err(Mistake {
                    file: file.to_owned(),
                    line: call.line,
                    cause: format!("`{name}` is neither a type nor a set in flags.tbl"),
                    fix: "correct it, or write `in STRUCT` or `out STRUCT` for memory".to_owned(),
                });
            }
        }
    }
    Ok(())
}
