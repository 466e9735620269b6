//! Replacing the process image: foreign programs through the stub, the host's own directly.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::cx::Cx;
use crate::host::{HostErrno, HostResult, nr};
use crate::signal;

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

/// Runs the program at `path` in place of this one. Returns only on failure.
pub fn replace(
    cx: &mut Cx,
    path: &[u8],
    mut arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
) -> HostErrno {
    let mut path = path.to_vec();
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
        let mut whole = Vec::from([interpreter.clone()]);
        whole.extend(argument);
        whole.push(path);
        whole.append(&mut arguments);
        arguments = whole;
        path = interpreter;
        target = match classify(cx, &path) {
            // A script cannot read a script.
            Ok(Target::Script { .. }) => return HostErrno::ENOEXEC,
            Ok(target) => target,
            Err(error) => return error,
        };
    }
    match target {
        Target::Native => call(cx, path, arguments, environment),
        Target::Foreign => {
            let mut handed = Vec::from([cx.process().settings.to_record().into_bytes(), path]);
            handed.append(&mut arguments);
            call(cx, b"/proc/self/exe".to_vec(), handed, environment)
        }
        Target::Script { .. } => HostErrno::ENOEXEC,
    }
}

fn call(
    cx: &mut Cx,
    path: Vec<u8>,
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
) -> HostErrno {
    let path = terminated(path);
    let (arguments, argument_pointers) = pointers(arguments);
    let (environment, environment_pointers) = pointers(environment);
    let args = [
        path.as_ptr() as u64,
        argument_pointers.as_ptr() as u64,
        environment_pointers.as_ptr() as u64,
    ];
    signal::hand_over(cx.thread);
    // Not past a signal that waits: with everything blocked meanwhile, the next image would never see it.
    // SAFETY: NUL-terminated strings and NULL-terminated vectors of them, alive until the call is done.
    let error = unsafe { cx.host(nr::execve, [args[0], args[1], args[2], 0, 0, 0]) }
        .err()
        .unwrap_or(HostErrno::EIO);
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
