//! `compat doctor`: what does this host offer to compat, and what does it lack?

mod host;
mod ways;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::{EXIT_CANNOT_RUN, EXIT_OWN_FAILURE, misused};
use ways::Attempt;

const USAGE: &str = "\
usage: compat doctor [--json]
  --json  one JSON object instead of lines
exit code: 0 programs can run here, 126 they cannot, 125 usage";

/// One fact about the host.
pub(super) struct Fact {
    /// Its name in JSON; with spaces for dashes, for people.
    pub(super) key: &'static str,
    /// What was found.
    pub(super) found: String,
    /// What that means, if it is more than good.
    pub(super) means: Option<&'static str>,
}

/// Runs the command with its own arguments (without `compat doctor`).
pub(crate) fn doctor(arguments: Vec<OsString>) -> ExitCode {
    let json = match arguments.as_slice() {
        [] => false,
        [only] if only == "--json" => true,
        [only] if only == "-h" || only == "--help" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => return misused("compat doctor", "--json is all that it takes"),
    };
    let attempts = match ways::all() {
        Ok(attempts) => attempts,
        Err(error) => {
            eprintln!("compat doctor: `compat` does not answer: {error}");
            return ExitCode::from(EXIT_OWN_FAILURE);
        }
    };
    let facts = host::facts();
    let text = match json {
        true => format!("{:#}\n", to_json(&attempts, &facts)),
        false => to_lines(&attempts, &facts),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // A reader that went away has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("compat doctor: cannot write the answer: {error}");
            ExitCode::from(EXIT_OWN_FAILURE)
        }
        _ if ways::taken(&attempts).is_some() => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_CANNOT_RUN),
    }
}

fn to_lines(attempts: &[Attempt], facts: &[Fact]) -> String {
    let taken = ways::taken(attempts);
    let mut text = String::from("Ways into compat (compat run --attach):\n");
    for attempt in attempts {
        let auto = match taken {
            Some(taken) if taken.name == attempt.name => "; auto takes it",
            _ => "",
        };
        let state = match &attempt.refused {
            None => format!("yes: {}{auto}", attempt.costs()),
            Some(error) => format!("no: {error}; {}", attempt.remedy()),
        };
        text += &format!("  {:<16} {state}\n", attempt.name);
    }
    if taken.is_none() {
        text += "  None of them works: no foreign program can run here.\n";
    }
    text += "The host:\n";
    for fact in facts {
        let means = fact.means.map(|text| format!(": {text}"));
        text += &format!(
            "  {:<16} {}{}\n",
            fact.key.replace('-', " "),
            fact.found,
            means.unwrap_or_default()
        );
    }
    text
}

fn to_json(attempts: &[Attempt], facts: &[Fact]) -> Value {
    let ways: Vec<Value> = attempts
        .iter()
        .map(|attempt| match &attempt.refused {
            None => json!({ "name": attempt.name, "available": true }),
            Some(error) => json!({
                "name": attempt.name,
                "available": false,
                "errno": error.raw_os_error(),
                "reason": error.to_string(),
            }),
        })
        .collect();
    let host: serde_json::Map<String, Value> = facts
        .iter()
        .map(|fact| {
            let mut value = json!({ "found": fact.found });
            if let (Some(means), Some(object)) = (fact.means, value.as_object_mut()) {
                object.insert("means".into(), json!(means));
            }
            (fact.key.to_owned(), value)
        })
        .collect();
    json!({
        "ways": ways,
        "auto": ways::taken(attempts).map(|attempt| &attempt.name),
        "host": host,
    })
}
