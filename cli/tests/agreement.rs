//! What `compat check` refuses, `compat run` refuses for the same reason; what it passes, runs.

#[path = "../../loader/tests/mutations/damage.rs"]
mod damage;
#[path = "../../loader/tests/mutations/random.rs"]
mod random;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use compat_forge::seeds;
use compat_tests::compat;
use serde_json::Value;

use damage::{damage, splice_segments};
use random::Random;

const DAMAGED: u64 = 150;

/// Runs `compat COMMAND FILE`, the stub beside it being of this build, for a user without roots: a made-up program would not
/// get on with a real run-time linker.
fn compat_command(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(compat::program());
    command.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.args(arguments).arg(file);
    command.output().expect("compat starts")
}

/// Whether the file is a script, or the reason `check` gives against running it. Scripts are left out of comparisons of
/// text: `run` names their interpreter instead.
fn verdict(file: &Path) -> Result<bool, (String, bool)> {
    let output = compat_command(&["check", "--json"], file);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let answer = &answer[0];
    let runs = answer["runnable"] == true;
    assert_eq!(output.status.code(), Some(if runs { 0 } else { 126 }));
    let is_script = answer["kind"] == "script";
    if runs {
        return Ok(is_script);
    }
    let text = answer["reason"]["text"].as_str().expect("a reason");
    Err((text.to_owned(), is_script))
}

fn put(directory: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = directory.join(name);
    fs::write(&path, bytes).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
    path
}

#[track_caller]
fn assert_refused(file: &Path, reason: &str, is_script: bool) {
    let output = compat_command(&["run", "-q"], file);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(126),
        "{}: {words}",
        file.display()
    );
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        is_script || words.contains(reason),
        "{words}against\n{reason}"
    );
}

#[test]
fn on_every_seed() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("agreement-seeds");
    fs::create_dir_all(&directory).expect("made");
    let mut scripts = 0;
    for seed in seeds() {
        let file = put(&directory, seed.name, &seed.bytes);
        match verdict(&file) {
            // Their interpreters are the host's own here.
            Ok(true) => {
                let direct = Command::new(&file).output().expect("the host starts it");
                assert_eq!(compat_command(&["run", "-q"], &file), direct);
                scripts += 1;
            }
            // The program in each image is `exit(0)`.
            Ok(false) => {
                let output = compat_command(&["run", "-q"], &file);
                assert_eq!(output.status.code(), Some(0), "{}: {output:?}", seed.name);
            }
            Err((reason, is_script)) => assert_refused(&file, &reason, is_script),
        }
    }
    assert!(scripts > 0, "no script ran");
    let _ = fs::remove_dir_all(&directory);
}

#[test]
fn on_damaged_images() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("agreement-damaged");
    fs::create_dir_all(&directory).expect("made");
    let whole = compat_forge::Program::freebsd().bytes();
    let mut refused = 0;
    for input in 0..DAMAGED {
        let mut random = Random::new(input);
        let mut bytes = whole.clone();
        match random.below(3) {
            0 => splice_segments(&mut random, &mut bytes),
            _ => damage(&mut random, &mut bytes, &whole),
        }
        let file = put(&directory, &format!("damaged-{input}"), &bytes);
        // What still passes would run damaged code: not this test's business.
        if let Err((reason, is_script)) = verdict(&file) {
            assert_refused(&file, &reason, is_script);
            refused += 1;
        }
    }
    assert!(refused > DAMAGED / 4, "only {refused} were refused");
    let _ = fs::remove_dir_all(&directory);
}
