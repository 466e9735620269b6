//! The command line of `compat root`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::about::About;
use super::add::add;
use super::failure::{Doing, Failure, Result, refuse};
use super::limits::Limits;
use super::manifest;
use super::store::{Name, Store};
use super::tree::Tree;
use super::verify::compare;
use crate::{EXIT_OWN_FAILURE, misused};

const USAGE: &str = "\
usage: compat root add NAME --from SOURCE [--no-limits]
       compat root list [--json]
       compat root path [NAME]
       compat root default [NAME]
       compat root verify [NAME]
       compat root remove NAME...
  add       make a root from SOURCE: a directory, an archive (base.txz, .tar, .tar.gz, .tar.zst),
            or an OCI image layout (a directory or an archive); an add that was interrupted goes on
  list      the roots, the default one marked by a star
  path      the directory that holds a root's files
  default   say or set which root programs get without --root
  verify    compare a root with what it held when it was added
  remove    remove roots, and what is left of interrupted adds
  --no-limits  unpack archives of any size, which may fill the disk
exit code: 0 done, 1 verify found differences, 125 failure";

/// `verify` has found differences.
const EXIT_DIFFERS: u8 = 1;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    Add {
        name: Name,
        from: PathBuf,
        no_limits: bool,
    },
    List {
        json: bool,
    },
    Path(Option<Name>),
    Default(Option<Name>),
    Verify(Option<Name>),
    Remove(Vec<Name>),
}

/// Runs the command with its own arguments (without `compat root`).
pub(crate) fn root(arguments: Vec<OsString>) -> ExitCode {
    let request = match parse(arguments) {
        Ok(request) => request,
        Err(error) => return misused("compat root", error),
    };
    match serve(request) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("compat root: {failure}");
            ExitCode::from(EXIT_OWN_FAILURE)
        }
    }
}

fn parse(arguments: Vec<OsString>) -> std::result::Result<Request, lexopt::Error> {
    use lexopt::prelude::*;
    let mut words = Vec::new();
    let (mut from, mut no_limits, mut json) = (None, false, false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("from") => from = Some(PathBuf::from(parser.value()?)),
            Long("no-limits") => no_limits = true,
            Long("json") => json = true,
            Short('h') | Long("help") => return Ok(Request::Help),
            Value(word) => words.push(word.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    if words.is_empty() {
        return Err("no command given".into());
    }
    let command = words.remove(0);
    if command != "add" && (from.is_some() || no_limits) {
        return Err("only 'add' takes --from and --no-limits".into());
    }
    if command != "list" && json {
        return Err("only 'list' takes --json".into());
    }
    let mut names = Vec::new();
    for word in words {
        names.push(Name::new(&word).ok_or_else(|| {
            format!("'{word}' is no name for a root: up to 64 letters, digits and . _ - + (not 'default')")
        })?);
    }
    let one = |mut names: Vec<Name>| match names.len() {
        0 | 1 => Ok(names.pop()),
        _ => Err(format!("'{command}' takes one name")),
    };
    Ok(match command.as_str() {
        "add" => Request::Add {
            name: one(names)?.ok_or("'add' wants a name")?,
            from: from
                .ok_or("'add' wants --from and a directory, an archive or an image layout")?,
            no_limits,
        },
        "list" if names.is_empty() => Request::List { json },
        "list" => return Err("'list' takes no name".into()),
        "path" => Request::Path(one(names)?),
        "default" => Request::Default(one(names)?),
        "verify" => Request::Verify(one(names)?),
        "remove" if names.is_empty() => return Err("'remove' wants names".into()),
        "remove" => Request::Remove(names),
        other => return Err(format!("no command '{other}'").into()),
    })
}

fn serve(request: Request) -> Result<ExitCode> {
    if request == Request::Help {
        return say(USAGE.to_owned());
    }
    let store = Store::of_user()?;
    match request {
        Request::Help => Ok(ExitCode::SUCCESS),
        Request::Add {
            name,
            from,
            no_limits,
        } => {
            store.sweep()?;
            let limits = if no_limits {
                Limits::none()
            } else {
                Limits::usual()
            };
            let added = add(&store, &name, &from, limits)?;
            for note in &added.notes {
                eprintln!("compat root: note: {note}");
            }
            let release = added
                .release
                .name
                .map_or("no release that is known".to_owned(), |(name, _)| name);
            let mut line = format!("{}: {release}, {} entries", name.text(), added.entries);
            if store.default().is_none() {
                store.set_default(&name)?;
                line += ", now the default root";
            }
            say(line)
        }
        Request::List { json } => list(&store, json),
        Request::Path(name) => say(store.tree(&chosen(&store, name)?).display().to_string()),
        Request::Default(Some(name)) => {
            store.must_have(&name)?;
            store.set_default(&name)?;
            Ok(ExitCode::SUCCESS)
        }
        Request::Default(None) => say(chosen(&store, None)?.text().to_owned()),
        Request::Verify(name) => verify(&store, &chosen(&store, name)?),
        Request::Remove(names) => {
            store.sweep()?;
            for name in names {
                let unfinished = store.discard(&name)?;
                if store.has(&name) {
                    store.remove(&name)?;
                } else if !unfinished {
                    store.must_have(&name)?;
                }
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The root that was named, else the default one.
fn chosen(store: &Store, name: Option<Name>) -> Result<Name> {
    match name {
        Some(name) => store.must_have(&name).map(|()| name),
        None => store.default().map_or_else(
            || refuse("there is no default root: `compat root default NAME` sets it, `compat root add` makes one"),
            Ok,
        ),
    }
}

fn list(store: &Store, json: bool) -> Result<ExitCode> {
    let default = store.default();
    let mut objects = Vec::new();
    let mut lines = Vec::new();
    for name in store.names()? {
        // A root that somebody has made by hand has no such file.
        let about = std::fs::read_to_string(store.about(&name)).unwrap_or_default();
        let about = About::from_text(&about);
        let is_default = default.as_ref() == Some(&name);
        let star = if is_default { '*' } else { ' ' };
        let fact = |key| about.get(key).unwrap_or("-");
        let (release, added, source) = (fact("release"), fact("added"), fact("source"));
        lines.push(format!(
            "{star} {:<20} {release:<18} {added}  {source}",
            name.text()
        ));
        let mut object = Map::new();
        for (key, value) in about.pairs().filter(|(key, _)| *key != "note") {
            let number = value.parse::<u64>().map(|number| json!(number));
            object.insert(key.to_owned(), number.unwrap_or(json!(value)));
        }
        object.insert("name".to_owned(), json!(name.text()));
        object.insert("default".to_owned(), json!(is_default));
        object.insert(
            "path".to_owned(),
            json!(store.tree(&name).to_string_lossy()),
        );
        let notes = about.pairs().filter(|(key, _)| *key == "note");
        object.insert(
            "notes".to_owned(),
            notes.map(|(_, note)| json!(note)).collect(),
        );
        objects.push(Value::Object(object));
    }
    if json {
        return say(format!("{:#}", Value::Array(objects)));
    }
    for name in store.unfinished()? {
        lines.push(format!(
            "  {:<20} unfinished: add it again, or remove it",
            name.text()
        ));
    }
    if lines.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say(lines.join("\n"))
}

fn verify(store: &Store, name: &Name) -> Result<ExitCode> {
    let path = store.manifest(name);
    let text = std::fs::read_to_string(&path).or_cannot(|| format!("read {}", path.display()))?;
    let lines = manifest::read(&text)?;
    let entries = lines.len();
    let mut tree = Tree::open(&store.tree(name))
        .or_cannot(|| format!("open {}", store.tree(name).display()))?;
    let differences = compare(&mut tree, lines)?;
    if differences.is_empty() {
        return say(format!(
            "{}: {entries} entries, all as they were added",
            name.text()
        ));
    }
    let lines: Vec<String> = differences
        .iter()
        .map(|found| match &found.detail[..] {
            "" => format!("{}: {}", found.what, found.place),
            detail => format!("{}: {}: {detail}", found.what, found.place),
        })
        .collect();
    say(lines.join("\n"))?;
    Ok(ExitCode::from(EXIT_DIFFERS))
}

/// Prints an answer. A reader that went away has seen enough.
fn say(text: String) -> Result<ExitCode> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Machine(format!(
            "cannot write the answer: {error}"
        ))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> std::result::Result<Request, String> {
        parse(line.split(' ').map(OsString::from).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn command_lines_are_understood() {
        let name = Name::new("r").unwrap();
        let add = Request::Add {
            name: name.clone(),
            from: "base.txz".into(),
            no_limits: false,
        };
        assert_eq!(parsed("add r --from base.txz"), Ok(add));
        assert_eq!(parsed("path"), Ok(Request::Path(None)));
        assert_eq!(parsed("verify r"), Ok(Request::Verify(Some(name.clone()))));
        assert_eq!(
            parsed("remove r r"),
            Ok(Request::Remove(vec![name.clone(), name]))
        );
    }

    #[test]
    fn usage_errors_name_their_cause() {
        for (line, part) in [
            ("add r", "--from"),
            ("add --from x", "name"),
            ("add ../r --from x", "'../r'"),
            ("path a b", "one name"),
            ("list a", "no name"),
            ("list --from x", "only 'add'"),
            ("remove", "names"),
            ("fetch", "'fetch'"),
            ("add r --nonsense", "--nonsense"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
