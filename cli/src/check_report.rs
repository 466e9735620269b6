//! The answer as a line for people and as JSON for programs.

use std::path::Path;

use compat_loader::{Details, Evidence, GoBuild, Image, Script};
use serde_json::{Map, Value, json};

use crate::check_file::{Report, Verdict, What};

/// `FILE: what it is: whether it runs`. Text from the file is escaped.
pub(crate) fn to_line(report: &Report) -> String {
    let file = printable(&report.file.to_string_lossy());
    let verdict = match &report.verdict {
        Verdict::Runs => "can run".to_owned(),
        Verdict::NotFound => "not found".to_owned(),
        Verdict::No(_, reason) => format!("cannot run: {reason}"),
    };
    match &report.what {
        What::Elf(image, details) => format!("{file}: {}: {verdict}", elf_line(image, details)),
        What::Script(script) => format!("{file}: script for {}: {verdict}", script_line(script)),
        // The reason names what it is.
        What::Other(_) | What::Nothing => format!("{file}: {verdict}"),
    }
}

fn elf_line(image: &Image, details: &Details) -> String {
    let mut line = format!("{} {} {}", image.os, image.machine, details.kind);
    if let Some(version) = image.version {
        line += &format!(" for {version}");
    }
    if let Some(go) = &details.go {
        line += &format!(", {}", printable(&go.version));
    }
    line += &match image.evidence {
        Evidence::Default => " (unmarked)".to_owned(),
        evidence => format!(" (by {evidence})"),
    };
    let interpreter = image.interpreter.as_deref().map(String::from_utf8_lossy);
    let libraries = details.libraries.iter().map(|name| printable(name));
    let needs: Vec<String> = interpreter
        .map(|path| printable(&path))
        .into_iter()
        .chain(libraries)
        .collect();
    if !needs.is_empty() {
        line += &format!(", needs {}", needs.join(" "));
    }
    line
}

fn script_line(script: &Script) -> String {
    let mut line = printable(&String::from_utf8_lossy(&script.interpreter));
    if let Some(argument) = &script.argument {
        line += " ";
        line += &printable(&String::from_utf8_lossy(argument));
    }
    line
}

/// Control characters would let a file write to the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// One object per file. Absent facts are absent keys.
pub(crate) fn to_json(report: &Report) -> Value {
    let mut object = Map::new();
    let path: &Path = &report.file;
    object.insert("file".into(), json!(path.to_string_lossy()));
    object.insert(
        "runnable".into(),
        json!(matches!(report.verdict, Verdict::Runs)),
    );
    match &report.verdict {
        Verdict::Runs => {}
        Verdict::NotFound => {
            object.insert("reason".into(), reason("not-found", "not found"));
        }
        Verdict::No(key, text) => {
            object.insert("reason".into(), reason(key, text));
        }
    }
    match &report.what {
        What::Elf(image, details) => add_elf(&mut object, image, details),
        What::Script(script) => {
            object.insert("kind".into(), json!("script"));
            object.insert("interpreter".into(), lossy(&script.interpreter));
            if let Some(argument) = &script.argument {
                object.insert("argument".into(), lossy(argument));
            }
        }
        What::Other(format) => {
            object.insert("kind".into(), json!(format.name()));
        }
        What::Nothing => {}
    }
    Value::Object(object)
}

fn add_elf(object: &mut Map<String, Value>, image: &Image, details: &Details) {
    let mut add = |key: &str, value: Value| object.insert(key.to_owned(), value);
    add("kind", json!(details.kind));
    add("os", json!(image.os.key()));
    add("recognised_by", json!(image.evidence.key()));
    add("machine", json!(image.machine.to_string()));
    add("bits", json!(image.class.bits()));
    add("endian", json!(image.endian.name()));
    add("osabi", json!(image.osabi));
    add("static", json!(image.is_static()));
    add("libraries", json!(details.libraries));
    if let Some(version) = image.version {
        add("release", json!(version.to_string()));
        if let Some(number) = version.number() {
            add("kernel_version", json!(number));
        }
    }
    if let Some(features) = image.features {
        add("features", json!(features));
    }
    if let Some(interpreter) = &image.interpreter {
        add("interpreter", lossy(interpreter));
    }
    if let Some(go) = &details.go {
        add("go", go_json(go));
    }
}

fn go_json(go: &GoBuild) -> Value {
    json!({ "version": go.version, "goos": go.goos, "goarch": go.goarch })
}

fn reason(key: &str, text: &str) -> Value {
    json!({ "key": key, "text": text })
}

fn lossy(bytes: &[u8]) -> Value {
    json!(String::from_utf8_lossy(bytes))
}
