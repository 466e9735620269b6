//! Replacing the process image: foreign programs through the stub, the host's own directly.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::cx::Cx;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::paths::{self, Look};
use crate::signal;
use crate::sync::Mutex;

/// What the launcher found a file to be.
pub enum Target {
    /// A program of the guest's system: the stub runs it.
    Foreign,
    /// A program of the host: its own kernel runs it.
    Native,
    /// A script and who reads it.
    Script {
        /// The interpreter's path.
        interpreter: Vec<u8>,
        /// Its one optional argument.
        argument: Option<Vec<u8>>,
    },
}

/// Looks at the file at a path; the error is the one `execve` reports.
pub type Classify = fn(cx: &Cx, path: &[u8]) -> HostResult<Target>;

static CLASSIFY: AtomicUsize = AtomicUsize::new(0);

/// Tells how files are classified; the loader, which knows, lies above this crate.
pub fn set_classifier(classify: Classify) {
    CLASSIFY.store(classify as usize, Ordering::Release);
}

fn classify(cx: &Cx, path: &[u8]) -> HostResult<Target> {
    match CLASSIFY.load(Ordering::Acquire) {
        0 => Err(HostErrno::ENOEXEC),
        // SAFETY: only `set_classifier` stores there, and only functions of this type.
        known => (unsafe { core::mem::transmute::<usize, Classify>(known) })(cx, path),
    }
}

/// Runs the program that the guest calls `name` and the host calls `path` in place of this one. Returns only on failure.
/// `leaving` runs when the file is found to be a program: little can go wrong after it.
pub fn replace(
    cx: &mut Cx,
    name: &[u8],
    path: Vec<u8>,
    mut arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
    leaving: impl FnOnce(&Cx),
) -> HostErrno {
    let space = cx.process().space.get();
    let mut path = path;
    let mut target = match classify(cx, &path) {
        Ok(target) => target,
        Err(error) => return error,
    };
    if let Target::Script {
        interpreter,
        argument,
    } = target
    {
        if !arguments.is_empty() {
            arguments.remove(0);
        }
        let reader = match paths::locate_text(space, &interpreter, Look::FOLLOW) {
            Ok(path) => path,
            Err(error) => return error,
        };
        target = match classify(cx, &reader) {
            // A script cannot read a script.
            Ok(Target::Script { .. }) => return HostErrno::ENOEXEC,
            Ok(target) => target,
            Err(error) => return error,
        };
        let mut whole = Vec::from([interpreter]);
        whole.extend(argument);
        // A program of the host does not know the guest's names.
        whole.push(match target {
            Target::Native => path,
            _ => name.to_vec(),
        });
        whole.append(&mut arguments);
        arguments = whole;
        path = reader;
    }
    leaving(cx);
    match target {
        Target::Native => call(cx, &[&path], arguments, environment),
        Target::Foreign => {
            let mut settings = cx.process().settings.clone();
            if let Some(space) = space {
                space.tell(&mut settings);
            }
            let mut handed = Vec::from([settings.to_record().into_bytes(), path]);
            handed.append(&mut arguments);
            call(cx, &[OWN_LINK, &own_path()], handed, environment)
        }
        Target::Script { .. } => HostErrno::ENOEXEC,
    }
}

/// How the host names the image that runs: the right one even when the file has been replaced since.
const OWN_LINK: &[u8] = b"/proc/self/exe";

/// Where the image was started from, for hosts on which the link above does not work.
static OWN_PATH: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Notes the name that the image was started by.
pub fn started_as(path: &[u8]) {
    let mut whole = Vec::new();
    if !path.starts_with(b"/") {
        whole = host::working_directory().unwrap_or_default();
        whole.push(b'/');
    }
    whole.extend_from_slice(path);
    *OWN_PATH.lock() = whole;
}

fn own_path() -> Vec<u8> {
    OWN_PATH.lock().clone()
}

/// Runs the first of `paths` that is there.
fn call(
    cx: &mut Cx,
    paths: &[&[u8]],
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
) -> HostErrno {
    let (arguments, argument_pointers) = pointers(arguments);
    let (environment, environment_pointers) = pointers(environment);
    signal::hand_over(cx.thread);
    let mut error = HostErrno::ENOENT;
    for path in paths {
        let path = terminated(path.to_vec());
        let args = [
            path.as_ptr() as u64,
            argument_pointers.as_ptr() as u64,
            environment_pointers.as_ptr() as u64,
            0,
            0,
            0,
        ];
        // Not past a signal that waits: with everything blocked meanwhile, the next image would never see it.
        // SAFETY: NUL-terminated strings and NULL-terminated vectors of them, alive until the call is done.
        error = unsafe { cx.host(nr::execve, args) }
            .err()
            .unwrap_or(HostErrno::EIO);
        if error != HostErrno::ENOENT {
            break;
        }
    }
    signal::retake(cx.thread);
    drop((arguments, environment));
    error
}

fn terminated(mut text: Vec<u8>) -> Vec<u8> {
    text.push(0);
    text
}

fn pointers(strings: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Vec<u64>) {
    let strings: Vec<Vec<u8>> = strings.into_iter().map(terminated).collect();
    let pointers = strings
        .iter()
        .map(|text| text.as_ptr() as u64)
        .chain([0])
        .collect();
    (strings, pointers)
}
