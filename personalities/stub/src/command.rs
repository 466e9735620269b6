//! The command line: `compat run`, a guest's `execve`, or binfmt_misc.
//!
//! Three callers, three shapes, told apart by argument 0:
//! * a settings record: the stub hands over to itself; then the program's path and its argument vector;
//! * a name ending in `compat-stub`: binfmt_misc with the `P` flag; then the same;
//! * anything else: a person. `run` is served here (and `ways`, which `compat doctor` asks for), other commands by
//!   `compat-cli` beside this program.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::mem;

use compat_loader::Os;
use compat_translate::host::{self, nr};
use compat_translate::paths::{self, Look, Space};
use compat_translate::settings::{Opened, Settings, VARIABLE};
use compat_translate::task::exec::started_as;
use compat_translate::trap::Way;

use crate::classify::made_for;
use crate::start::Block;
use crate::{EXIT_NOT_FOUND, EXIT_OWN_FAILURE, fail, show, ways, why};

const USAGE: &str = "\
usage: compat run [OPTIONS] PROGRAM [ARGUMENT...]
  -q, --quiet            do not list unimplemented calls at exit
  -t, --trace            print every system call on standard error
      --stats            say at exit how many calls came by a trap, and how many the fast way
      --no-patch         enter by a trap at every call; leave the program's code as it is;
                         COMPAT_PATCH=off in the environment does the same
      --attach WAY       how calls are caught: sud, seccomp, ptrace, or auto, the first of these that the host
                         allows; `compat doctor` says which it does
      --argv0 NAME       what the program is told it was started as; \"-sh\" makes a login shell
      --abi OS           take the program to be of this system, whatever its headers say
      --root NAME|DIR    look absolute paths up in this root first, then on the host
      --root-only        show the program nothing but the root and what is bound into it
  -b, --bind HOST[:GUEST][:ro]
                         show the program this file or directory of the host
      --release NAME     the release programs see, such as 14.2-RELEASE
      --osreldate N      the kernel version that goes with it, such as 1402000
";

/// Where a line about a mistake ends.
const MORE: &str = "`compat run --help` lists the options";

/// What to run, and how. The program's path is the host's.
pub(crate) struct Order {
    /// The program's path.
    pub(crate) program: Vec<u8>,
    /// The user's wishes.
    pub(crate) settings: Settings,
    /// Where the guest's paths lead, when it has a root.
    pub(crate) space: Option<Space>,
    /// Another image of ours that did the same says so.
    pub(crate) handed_on: bool,
    /// The program's file, when that image opened it.
    pub(crate) opened: Option<Opened>,
}

/// Reads the command line and leaves only the guest's arguments in `block`. Ends the process when there is nothing to
/// run.
pub(crate) fn read(block: &mut Block) -> Order {
    let handed = take_settings(block);
    let mut order = read_arguments(block, handed);
    // For whoever cannot reach the command line.
    match variable(block.environment, b"COMPAT_PATCH") {
        Some(b"off") => order.settings.no_patch = true,
        None | Some(b"on") => {}
        Some(other) => misused(format_args!("COMPAT_PATCH={}: on or off", show(other))),
    }
    order
}

/// Takes the settings that a program of the host handed on out of the environment.
fn take_settings(block: &mut Block) -> Option<&'static [u8]> {
    let index = position(block.environment, VARIABLE.as_bytes())?;
    let text = block.environment.get(index).map(|&text| text_of(text))?;
    block.environment.copy_within(index + 1.., index);
    block.environment = mem::take(&mut block.environment).split_last_mut()?.1;
    text.get(VARIABLE.len() + 1..)
}

fn read_arguments(block: &mut Block, by_host: Option<&[u8]>) -> Order {
    let name = block
        .arguments
        .first()
        .map(|&text| text_of(text))
        .unwrap_or_default();
    let handed = Settings::from_record(name).or_else(|| {
        if !name.ends_with(b"compat-stub") {
            return None;
        }
        // The name that the host gave was the program's.
        started_as(name);
        Some(match by_host {
            None => Settings::default(),
            Some(record) => Settings::from_record(record).unwrap_or_else(|| {
                misused(format_args!(
                    "{VARIABLE}={}: not what compat puts there; unset it",
                    show(record)
                ))
            }),
        })
    });
    if let Some(mut settings) = handed {
        let Some(program) = block.arguments.get(1).map(|&text| text_of(text).to_vec()) else {
            misused(format_args!(
                "{} is started by the host kernel or by compat, not by hand",
                show(name)
            ));
        };
        block.arguments.drain(..2);
        let root = settings.root.clone().map(String::into_bytes);
        let space = root.map(|root| space_around(&root, &settings));
        if let (Some(_), Some(space)) = (by_host, &space) {
            // A program of the host's may have gone anywhere.
            enter(space);
        }
        return Order {
            program,
            opened: settings.opened.take(),
            settings,
            space,
            handed_on: true,
        };
    }
    match block.arguments.get(1).map(|&text| text_of(text)) {
        Some(b"run") => run(block),
        Some(b"ways") => ways::show(),
        _ => other_command(block),
    }
}

// Out of the way of those that another image started.
#[cold]
#[inline(never)]
fn run(block: &mut Block) -> Order {
    let mut settings = Settings::default();
    let mut argv0 = None;
    let mut at = 2;
    loop {
        let Some(argument) = block.arguments.get(at).map(|&text| text_of(text)) else {
            misused(format_args!("no program given; {MORE}"));
        };
        at += 1;
        if argument == b"--" {
            break;
        }
        if argument.len() < 2 || !argument.starts_with(b"-") {
            at -= 1;
            break;
        }
        let (option, mut value) = match argument.iter().position(|&byte| byte == b'=') {
            Some(sign) if argument.starts_with(b"--") => {
                (argument.get(..sign), argument.get(sign + 1..))
            }
            _ => (Some(argument), None),
        };
        let option = option.unwrap_or_default();
        let mut value = || {
            value.take().or_else(|| {
                let next = block.arguments.get(at).map(|&text| text_of(text));
                at += 1;
                next
            })
        };
        match option {
            b"-q" | b"--quiet" => settings.quiet = true,
            b"-t" | b"--trace" => settings.trace = true,
            b"--stats" => settings.stats = true,
            b"--no-patch" => settings.no_patch = true,
            b"--argv0" => {
                argv0 =
                    Some(value().unwrap_or_else(|| misused(format_args!("--argv0 wants a value"))))
            }
            b"--attach" => settings.attach = way(value()),
            b"--abi" => settings.abi = Some(system(value())),
            b"--root" => settings.root = Some(text("--root", value())),
            b"--root-only" => settings.root_only = true,
            b"-b" | b"--bind" => settings.binds.push(text("-b", value())),
            b"--release" => settings.release = Some(text("--release", value())),
            b"--osreldate" => settings.osreldate = Some(number(value())),
            b"-h" | b"--help" => {
                write_stdout(USAGE.as_bytes());
                host::exit_group(0);
            }
            _ => misused(format_args!("invalid option {}; {MORE}", show(argument))),
        }
    }
    let Some(name) = block.arguments.get(at).map(|&text| text_of(text)) else {
        misused(format_args!("no program given; {MORE}"));
    };
    block.arguments.drain(..at);
    if let (Some(argv0), Some(first)) = (argv0, block.arguments.first_mut()) {
        // The end of an argument, and so ended by a NUL.
        *first = argv0.as_ptr();
    }
    let mut space = root(&settings, block.environment);
    if let Some(space) = &mut space {
        space.made_for = made_for(&space.root);
        enter(space);
    }
    let Some(program) = find(name, block.environment, space.as_ref()) else {
        fail(
            EXIT_NOT_FOUND,
            format_args!("{}: no such program in PATH", show(name)),
        );
    };
    Order {
        program,
        settings,
        space,
        handed_on: false,
        opened: None,
    }
}

/// What an environment variable says.
pub(crate) fn variable<'a>(environment: &'a [*const u8], name: &[u8]) -> Option<&'a [u8]> {
    let whole = environment.get(position(environment, name)?)?;
    text_of(*whole).get(name.len() + 1..)
}

fn position(environment: &[*const u8], name: &[u8]) -> Option<usize> {
    environment.iter().position(|&text| {
        // No further than they agree: most do not, from the first byte on.
        let mut bytes = name.iter().chain(b"=").enumerate();
        // SAFETY: the text ends with a NUL, which no name contains.
        bytes.all(|(index, &byte)| unsafe { text.add(index).read() } == byte)
    })
}

/// The space that `--root` and its like ask for.
fn root(settings: &Settings, environment: &[*const u8]) -> Option<Space> {
    let wanted = settings.root.as_deref();
    if wanted.is_none() && !settings.root_only && settings.binds.is_empty() {
        return None;
    }
    match paths::find_root(wanted.map(str::as_bytes), |name| {
        variable(environment, name)
    }) {
        Ok(path) => {
            settings.binds.iter().for_each(|bind| must_exist(bind));
            Some(space_around(&path, settings))
        }
        Err(error) => match wanted {
            Some(name) if name.contains('/') => misused(format_args!(
                "--root {name}: not a directory that can be entered: {}",
                why(error)
            )),
            Some(name) => misused(format_args!(
                "--root {name}: no such root; `compat root list` shows what there is, and `compat root add {name} --from \
                 base.txz` makes one"
            )),
            None => misused(format_args!(
                "there is no default root; name one with --root, or make one with `compat root add NAME --from base.txz`"
            )),
        },
    }
}

/// What is not there when the program starts may have been misspelt.
fn must_exist(bind: &str) {
    let path = bind.split(':').next().unwrap_or_default();
    let text = [path.as_bytes(), b"\0"].concat();
    // SAFETY: a NUL-terminated path.
    let found = unsafe { host::call_n(nr::access, [text.as_ptr() as u64, 0]) };
    if let (true, Err(error)) = (path.starts_with('/'), found) {
        misused(format_args!("-b {path}: {}", why(error)));
    }
}

fn space_around(root: &[u8], settings: &Settings) -> Space {
    Space::from_settings(root, settings).unwrap_or_else(|bind| {
        misused(format_args!(
            "-b {bind}: not of the form HOST[:GUEST][:ro] with absolute paths"
        ))
    })
}

/// A rooted guest that starts in a directory outside its root starts in the root itself.
fn enter(space: &Space) {
    if !space.rooted {
        return;
    }
    let here = host::working_directory().unwrap_or_default();
    if space.guest_name(&here).is_none() {
        let root = [&space.root, &b"/\0"[..]].concat();
        // SAFETY: a NUL-terminated path.
        let _ = unsafe { host::call_n(nr::chdir, [root.as_ptr() as u64]) };
    }
}

fn text(option: &str, value: Option<&[u8]>) -> alloc::string::String {
    match value.map(core::str::from_utf8) {
        Some(Ok(value)) => value.to_owned(),
        Some(Err(_)) => misused(format_args!("{option} wants text in UTF-8")),
        None => misused(format_args!("{option} wants a value")),
    }
}

fn system(value: Option<&[u8]>) -> alloc::string::String {
    let name = text("--abi", value);
    if name.parse::<Os>().is_err() {
        misused(format_args!(
            "--abi {name}: no such system; freebsd, netbsd and dragonfly are the ones that run"
        ));
    }
    name
}

fn way(value: Option<&[u8]>) -> Option<Way> {
    let name = text("--attach", value);
    if name == "auto" {
        return None;
    }
    match name.parse() {
        Ok(way) => Some(way),
        Err(()) => misused(format_args!(
            "--attach {name}: no such way; auto, sud, seccomp and ptrace are the ones there are"
        )),
    }
}

fn number(value: Option<&[u8]>) -> u32 {
    let value = text("--osreldate", value);
    match value.parse() {
        Ok(number) => number,
        Err(_) => misused(format_args!(
            "--osreldate {value}: not a number; 1402000 is one"
        )),
    }
}

/// A name without a slash is looked up in `PATH`, as a shell does.
fn find(name: &[u8], environment: &[*const u8], space: Option<&Space>) -> Option<Vec<u8>> {
    let located = |path: &[u8]| {
        paths::locate_text(space, path, Look::FOLLOW).unwrap_or_else(|_| path.to_vec())
    };
    if name.contains(&b'/') {
        return Some(located(name));
    }
    variable(environment, b"PATH")?
        .split(|&byte| byte == b':')
        .map(|folder| located(&join(folder, name)))
        .find(|candidate| is_executable(candidate))
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let folder = if folder.is_empty() { b"." } else { folder };
    [folder, b"/", name].concat()
}

fn is_executable(path: &[u8]) -> bool {
    crate::file::File::open_executable(path).is_ok()
}

/// Everything but `run` needs no guest: an ordinary program does it.
#[cold]
#[inline(never)]
fn other_command(block: &Block) -> ! {
    let own = host::read_link("/proc/self/exe").unwrap_or_default();
    let folder = own
        .iter()
        .rposition(|&byte| byte == b'/')
        .and_then(|slash| own.get(..slash))
        .unwrap_or_default();
    let mut arguments: Vec<u64> = block.arguments.iter().map(|&text| text as u64).collect();
    arguments.push(0);
    let mut environment: Vec<u64> = block.environment.iter().map(|&text| text as u64).collect();
    environment.push(0);
    for place in ["/compat-cli", "/../libexec/compat-cli"] {
        let path = [folder, place.as_bytes(), b"\0"].concat();
        // SAFETY: NUL-terminated strings and vectors, alive across the call.
        let _ = unsafe {
            host::call_n(
                nr::execve,
                [
                    path.as_ptr() as u64,
                    arguments.as_ptr() as u64,
                    environment.as_ptr() as u64,
                ],
            )
        };
    }
    misused(format_args!(
        "this command needs compat-cli beside {}; build it with `cargo build`",
        show(&own)
    ))
}

fn write_stdout(bytes: &[u8]) {
    // SAFETY: the slice is valid for reading.
    let _ = unsafe { host::call_n(nr::write, [1, bytes.as_ptr() as u64, bytes.len() as u64]) };
}

/// A command line that makes no sense.
fn misused(message: core::fmt::Arguments) -> ! {
    fail(EXIT_OWN_FAILURE, message)
}

fn text_of(text: *const u8) -> &'static [u8] {
    // SAFETY: argument and environment strings are NUL-terminated and stay where they are.
    unsafe { CStr::from_ptr(text.cast()) }.to_bytes()
}
