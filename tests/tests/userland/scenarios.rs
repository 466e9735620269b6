//! Scripts that the system's own `/bin/sh` runs: `scenarios/<name>.sh` prints `<name>.out`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use compat_tests::compat::workspace;
use compat_tests::process::{End, Limits, run};
use compat_tests::root;
use compat_tests::stage::{Stage, on_every_stage};
use compat_tests::words::first_difference;

use crate::judge::Judge;
use crate::{SYSTEM, only};

const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn every_scenario_prints_what_freebsd_prints() {
    let Some(system) = root::find(SYSTEM) else {
        return;
    };
    let only = only();
    let scripts = scripts(only.as_deref());
    let judge = Mutex::new(Judge::default());
    on_every_stage(|stage| {
        stage.with_system(&system, |system| {
            for script in &scripts {
                let name = script.file_stem().unwrap_or_default().to_string_lossy();
                let wrong = difference(script, stage, system);
                let wrong = wrong.map(|wrong| format!("as {}: {wrong}", stage.user()));
                judge.lock().expect("no panic").note(&name, wrong);
            }
        });
    });
    judge
        .lock()
        .expect("no panic")
        .verdict("scenarios", only.is_none());
}

fn scripts(only: Option<&str>) -> Vec<PathBuf> {
    let folder = workspace().join("tests/tests/userland/scenarios");
    let entries = fs::read_dir(folder).expect("the scenarios are beside this file");
    let mut scripts: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .filter(|path| only.is_none_or(|part| path.to_string_lossy().contains(part)))
        .collect();
    scripts.sort();
    scripts
}

fn difference(script: &Path, stage: &Stage, system: &Path) -> Option<String> {
    let expected = fs::read_to_string(script.with_extension("out")).expect("an expectation");
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let folder = script.file_stem().unwrap_or_default().to_string_lossy();
    let content = fs::read(script).expect("a script");
    let place = stage.write(&format!("{folder}/{name}"), content);
    let mut command = stage.of_system(system, "/bin/sh");
    // One stream, so that what is said to both stays in order.
    command
        .args(["-c", "exec /bin/sh \"$0\" 2>&1", &name])
        .current_dir(place.parent().unwrap_or(&place));
    let log = stage.work().join("log");
    let finished = match run(&mut command, &log, Limits::total(LIMIT)) {
        Ok(finished) => finished,
        Err(error) => return Some(error.to_string()),
    };
    let printed = fs::read(&finished.stdout).expect("the output");
    let printed = String::from_utf8_lossy(&printed).into_owned();
    match finished.end {
        End::Own(status) => first_difference(&format!("{printed}{status}\n"), &expected),
        end => Some(format!("{end:?} after {LIMIT:?}; printed:\n{printed}")),
    }
}
