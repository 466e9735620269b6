//! From a path to a guest ready for its first instruction.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use compat_bsd::image::{Loaded, Strings};
use compat_bsd::system;
use compat_loader::{Identity, Image, ImagePlan, Refusal, identify, plan, supported};
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::paths::{self, Look, Space};
use compat_translate::settings::Opened;
use compat_translate::signal::{self, UContext, install_guest_mask};
use compat_translate::task::{self, Process, ProgramBreak, Thread};

use crate::classify::{classify, explain, forced_os, is_missing, made_for};
use crate::file::{File, why_not_opened};
use crate::map::map;
use crate::start::Block;
use crate::systems::system_of;
use crate::{EXIT_CANNOT_RUN, EXIT_NOT_FOUND, EXIT_OWN_FAILURE, command, fail, show, why};

/// A program that can run here, opened.
pub(crate) struct Program {
    file: File,
    image: Image,
    plan: ImagePlan,
    /// Arguments that a script puts before the others; empty for a program.
    script: Vec<Vec<u8>>,
}

/// Loads what [`open`] opened and prepares its registers. Ends the process with the right exit code and one line when
/// that cannot be.
// Not inlined, nor are `open` and `load`: what they need of the stack, they need one after the other.
#[inline(never)]
pub(crate) fn launch(
    thread: &'static Thread,
    block: &Block,
    path: &[u8],
    program: Program,
) -> UContext {
    task::exec::set_classifier(classify);
    let process = thread.process();
    if program.file.changes_identity() {
        task::gaps::count("set-user-ID and set-group-ID bits of programs");
    }
    let loaded = load(thread, path, &program, block.environment);

    // The kernel put the strings on the stack already; a script's come from our own heap.
    let mut given = block.arguments.clone();
    if !program.script.is_empty() && !given.is_empty() {
        given.remove(0);
    }
    let arguments: Vec<u64> = program
        .script
        .iter()
        .map(|text| text.as_ptr())
        .chain(given)
        .map(|text| text as u64)
        .collect();
    *process.arguments.lock() = arguments
        .iter()
        .map(|&text| text_of(text as *const u8).to_vec())
        .collect();
    let absolute = program.file.path().unwrap_or_else(|| path.to_vec());
    name_process(&absolute);
    *process.program.lock() = absolute.clone();
    *process.program_break.lock() = ProgramBreak {
        base: loaded.data_start,
        floor: loaded.data_end,
        mapped: loaded.data_end,
    };
    core::mem::forget(program.script);

    let strings = Strings {
        arguments,
        // SAFETY: an address is 64 bits of plain data.
        environment: unsafe {
            core::slice::from_raw_parts(block.environment.as_ptr().cast(), block.environment.len())
        },
        path: paths::guest_name(process.space.get(), &absolute).unwrap_or(absolute),
    };
    let mut context = match (system().start)(&loaded, &strings, block.stack, &process.settings) {
        Ok(context) => context,
        Err(error) => fail(
            EXIT_OWN_FAILURE,
            format_args!("the initial stack does not fit: {}", why(error)),
        ),
    };
    // The mask survives exec on both systems.
    install_guest_mask(thread, &mut context, thread.mask.get());
    context
}

/// The name that `ps` and `top` show: the program's, not the stub's.
fn name_process(path: &[u8]) {
    const PR_SET_NAME: u64 = 15;
    let base = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let mut short = [0u8; 16];
    for (slot, &byte) in short.iter_mut().take(15).zip(base) {
        *slot = byte;
    }
    // SAFETY: a NUL-terminated name.
    let _ = unsafe { host::call_n(nr::prctl, [PR_SET_NAME, short.as_ptr() as u64]) };
}

fn text_of(text: *const u8) -> &'static [u8] {
    // SAFETY: argument strings are NUL-terminated and stay where they are.
    unsafe { core::ffi::CStr::from_ptr(text.cast()) }.to_bytes()
}

/// Opens the program at `path`, unless it is, or the interpreter of the script there, and attaches its system. Ends the
/// process with the right exit code and one line when that cannot be.
#[inline(never)]
pub(crate) fn open(thread: &Thread, block: &Block, path: &[u8], opened: Option<Opened>) -> Program {
    let file = match opened {
        Some(opened) => File::taken_over(opened, path),
        None => open_executable(path),
    };
    let program = look_into(thread, block, path, file);
    if let Some(system) = system_of(program.image.os) {
        compat_bsd::attach(system);
    }
    program
}

fn look_into(thread: &Thread, block: &Block, path: &[u8], file: File) -> Program {
    match identified(thread, path, file) {
        Ok(program) => program,
        Err(Other::Script(interpreter, argument)) => {
            open_interpreter(thread, block, path, interpreter, argument)
        }
        Err(Other::Native(refusal)) => refuse(path, &refusal),
    }
}

#[cold]
#[inline(never)]
fn open_interpreter(
    thread: &Thread,
    block: &Block,
    path: &[u8],
    interpreter: Vec<u8>,
    argument: Option<Vec<u8>>,
) -> Program {
    let space = thread.process().space.get();
    let found = paths::locate_text(space, &interpreter, Look::FOLLOW)
        .unwrap_or_else(|_| interpreter.clone());
    let mut script = Vec::from([interpreter.clone()]);
    script.extend(argument);
    let file = File::open_executable(&found).unwrap_or_else(|error| match error {
        error if is_missing(error) => refuse(
            path,
            &Refusal::ScriptInterpreterMissing(interpreter.clone()),
        ),
        error => fail(
            EXIT_CANNOT_RUN,
            format_args!(
                "{}: its interpreter {}: {}",
                show(path),
                show(&interpreter),
                why_not_opened(&found, error)
            ),
        ),
    });
    match identified(thread, &found, file) {
        Ok(program) => {
            script.push(paths::guest_name(space, path).unwrap_or_else(|| path.to_owned()));
            Program {
                script: script.into_iter().map(terminated).collect(),
                ..program
            }
        }
        Err(Other::Native(_)) if space.is_none_or(|space| !space.rooted) => {
            // It does not know the guest's names.
            script.push(path.to_owned());
            leave_to_host(thread, block, &found, script)
        }
        Err(Other::Native(_)) => fail(
            EXIT_CANNOT_RUN,
            format_args!(
                "{}: its interpreter {} is a Linux program, which --root-only would not keep in the root",
                show(path),
                show(&interpreter)
            ),
        ),
        Err(Other::Script(..)) => refuse(path, &Refusal::NestedScript),
    }
}

/// What a guest's own `execve` does with a script that a program of the host reads: the host runs it.
fn leave_to_host(thread: &Thread, block: &Block, program: &[u8], mut arguments: Vec<Vec<u8>>) -> ! {
    let given = block.arguments.iter().skip(1);
    arguments.extend(given.map(|&text| text_of(text).to_vec()));
    let environment: Vec<Vec<u8>> = block
        .environment
        .iter()
        .map(|&text| text_of(text).to_vec())
        .collect();
    // No system of a guest's is meant, but each can tell what the host's libc ignored on its own account.
    compat_bsd::attach(&compat_freebsd::FREEBSD_AMD64);
    let _ = signal::inherit(thread, false);
    let error = task::exec::become_native(thread, program, &arguments, &environment);
    fail(
        EXIT_CANNOT_RUN,
        format_args!(
            "{}: the host does not start it: {}",
            show(program),
            why(error)
        ),
    )
}

fn terminated(mut text: Vec<u8>) -> Vec<u8> {
    text.push(0);
    text
}

/// A file that is no program of a guest's.
enum Other {
    /// The interpreter's path, and its one optional argument.
    Script(Vec<u8>, Option<Vec<u8>>),
    /// The host's own program.
    Native(Refusal),
}

fn refuse(path: &[u8], refusal: &Refusal) -> ! {
    fail(
        EXIT_CANNOT_RUN,
        format_args!("{}: {}", show(path), explain(refusal)),
    )
}

fn open_executable(path: &[u8]) -> File {
    File::open_executable(path).unwrap_or_else(|error| fail_to_open(path, error))
}

fn identified(thread: &Thread, path: &[u8], file: File) -> Result<Program, Other> {
    let image = match identify(&file, forced_os(&thread.process().settings)) {
        Ok(Identity::Elf(image)) => image,
        Ok(Identity::Script(script)) => {
            return Err(Other::Script(script.interpreter, script.argument));
        }
        Ok(Identity::Other(format)) => refuse(path, &Refusal::NotElf(format)),
        Err(refusal) => refuse(path, &refusal),
    };
    match supported(&image) {
        Ok(()) => {}
        Err(refusal @ (Refusal::LinuxProgram | Refusal::Unmarked)) => {
            return Err(Other::Native(refusal));
        }
        Err(refusal) => refuse(path, &refusal),
    }
    let plan = plan(&file, &image).unwrap_or_else(|refusal| refuse(path, &refusal));
    Ok(Program {
        file,
        image,
        plan,
        script: Vec::new(),
    })
}

fn fail_to_open(path: &[u8], error: HostErrno) -> ! {
    match error {
        error if is_missing(error) => fail(
            EXIT_NOT_FOUND,
            format_args!("{}: no such program", show(path)),
        ),
        error => fail(
            EXIT_CANNOT_RUN,
            format_args!("{}: {}", show(path), why_not_opened(path, error)),
        ),
    }
}

#[inline(never)]
fn load(thread: &Thread, path: &[u8], program: &Program, environment: &[*const u8]) -> Loaded {
    let no_room = |error: HostErrno| -> ! {
        fail(
            EXIT_CANNOT_RUN,
            format_args!(
                "{}: its addresses cannot be mapped here: {}",
                show(path),
                why(error)
            ),
        )
    };
    let plan = &program.plan;
    let base = map(&program.file, plan, false).unwrap_or_else(|error| no_room(error));
    let entry = base.wrapping_add(plan.entry);
    let mut loaded = Loaded {
        start: entry,
        entry,
        phdr: plan.phdr.map_or(0, |phdr| base.wrapping_add(phdr)),
        phent: u64::from(plan.phent),
        phnum: u64::from(plan.phnum),
        base,
        flags: u64::from(plan.flags),
        data_end: base.wrapping_add(plan.data.end),
        data_start: base.wrapping_add(plan.data.start),
    };
    if let Some(interpreter) = &plan.interpreter {
        let Some((linker, linker_plan)) = open_linker(thread, interpreter, environment) else {
            let refusal = Refusal::InterpreterMissing {
                path: interpreter.clone(),
                os: program.image.os,
            };
            refuse(path, &refusal);
        };
        loaded.base = map(&linker, &linker_plan, true).unwrap_or_else(|error| no_room(error));
        loaded.start = loaded.base.wrapping_add(linker_plan.entry);
    }
    loaded
}

/// The dynamic linker: in the guest's root, or without one in the default root, which is the guest's from then on.
fn open_linker(
    thread: &Thread,
    path: &[u8],
    environment: &[*const u8],
) -> Option<(File, ImagePlan)> {
    let process = thread.process();
    let file = find_linker(process, path).or_else(|| {
        if process.space.get().is_some() {
            return None;
        }
        let root = paths::find_root(None, |name| command::variable(environment, name)).ok()?;
        let mut space = Space::from_settings(&root, &process.settings).ok()?;
        space.made_for = made_for(&space.root);
        process.space.set(space);
        find_linker(process, path)
    })?;
    let Ok(Identity::Elf(image)) = identify(&file, forced_os(&process.settings)) else {
        return None;
    };
    supported(&image).ok()?;
    let plan = plan(&file, &image).ok()?;
    Some((file, plan))
}

fn find_linker(process: &Process, path: &[u8]) -> Option<File> {
    let found = paths::locate_text(process.space.get(), path, Look::FOLLOW).ok()?;
    File::open_executable(&found).ok()
}
