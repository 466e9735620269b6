//! Replacing the process image: foreign programs through the stub, the host's own directly.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::cx::Cx;
use crate::host::{self, HostErrno, HostResult, linux, nr};
use crate::paths::{self, Look};
use crate::personality::attached;
use crate::settings::{Opened, Settings, is_variable};
use crate::signal;
use crate::sync::Mutex;
use crate::task::follow::{self, Deed};
use crate::task::{Process, Thread, clone};
use crate::trap;

/// What the launcher found a file to be.
pub enum Target {
    /// A program of the guest's system: the stub runs it. The file, if it was to stay open.
    Foreign(Option<Opened>),
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

/// Looks at the file at a path; the error is the one `execve` reports. With `keep`, a foreign program's stays open, until
/// `execve`.
pub type Classify = fn(cx: &Cx, path: &[u8], keep: bool) -> HostResult<Target>;

static CLASSIFY: AtomicUsize = AtomicUsize::new(0);

/// Tells how files are classified; the loader, which knows, lies above this crate.
pub fn set_classifier(classify: Classify) {
    CLASSIFY.store(classify as usize, Ordering::Release);
}

fn classify(cx: &Cx, path: &[u8], keep: bool) -> HostResult<Target> {
    match CLASSIFY.load(Ordering::Acquire) {
        0 => Err(HostErrno::ENOEXEC),
        // SAFETY: only `set_classifier` stores there, and only functions of this type.
        known => (unsafe { core::mem::transmute::<usize, Classify>(known) })(cx, path, keep),
    }
}

/// Runs the program that the guest calls `name` and the host calls `path` in place of this one. Returns only on failure.
/// `leaving` runs when the file is found to be a program: little can go wrong after it.
///
/// Takes what it is given for good: a child that shares its creator's memory leaves nothing behind but its [`Departure`],
/// which the creator frees.
pub fn replace(
    cx: &mut Cx,
    name: Vec<u8>,
    path: Vec<u8>,
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
    leaving: impl FnOnce(&Cx),
) -> HostErrno {
    // Nobody else may start a program meanwhile, which would inherit the file.
    let keep = clone::has_own_files() && clone::thread_count(cx.process()) == 1;
    follow::leaving();
    let who = Who::Caller { keep };
    let error = match prepare(cx, name, path, arguments, &environment, who) {
        Ok(departure) => {
            drop(environment);
            leaving(cx);
            depart(cx, departure)
        }
        Err(error) => error,
    };
    follow::staying();
    error
}

/// Which process is to [`depart`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The caller, at once.
    Caller {
        /// The next image is handed the file.
        keep: bool,
    },
    /// A child to come.
    Child,
}

/// Finds out how the program at `path` is run; see [`replace`]. [`depart`] runs it.
///
/// # Errors
/// Those of `execve` that concern the file.
pub fn prepare(
    cx: &mut Cx,
    name: Vec<u8>,
    path: Vec<u8>,
    mut arguments: Vec<Vec<u8>>,
    environment: &[Vec<u8>],
    who: Who,
) -> HostResult<Departure> {
    let keep = who == Who::Caller { keep: true };
    let space = cx.process().space.get();
    let mut path = path;
    let mut target = classify(cx, &path, keep)?;
    if let Target::Script {
        interpreter,
        argument,
    } = target
    {
        if !arguments.is_empty() {
            arguments.remove(0);
        }
        let reader = paths::locate_text(space, &interpreter, Look::FOLLOW)?;
        target = match classify(cx, &reader, keep)? {
            // A script cannot read a script.
            Target::Script { .. } => return Err(HostErrno::ENOEXEC),
            target => target,
        };
        let mut whole = Vec::from([interpreter]);
        whole.extend(argument);
        // A program of the host does not know the guest's names.
        whole.push(match target {
            Target::Native => path,
            _ => name,
        });
        whole.append(&mut arguments);
        arguments = whole;
        path = reader;
    }
    match target {
        Target::Native => Ok(Departure {
            native: true,
            ..Departure::to_native(cx.process(), &path, &arguments, environment)
        }),
        Target::Foreign(opened) => {
            let mut settings = told(cx.process());
            settings.opened = opened;
            settings.followers = follow::handed_on(who == Who::Child);
            settings.sites = Some(trap::tell_sites()).filter(|told| !told.is_empty());
            let mut handed = Vec::from([settings.to_record().into_bytes(), path]);
            handed.append(&mut arguments);
            let own = own_path();
            let by_path = settings.own.is_some() && file_at(&own) == settings.own;
            let paths = if by_path {
                [&own, OWN_LINK]
            } else {
                [OWN_LINK, &own]
            };
            Ok(Departure {
                opened: opened.map(|opened| opened.fd),
                ..Departure::new(&paths, &handed, environment)
            })
        }
        Target::Script { .. } => Err(HostErrno::ENOEXEC),
    }
}

/// What holds in this process and is to hold in those that it becomes or starts.
fn told(process: &Process) -> Settings {
    let mut settings = process.settings.clone();
    if let Some(personality) = attached() {
        settings.name_system(personality.name);
    }
    if let Some(space) = process.space.get() {
        space.tell(&mut settings);
    }
    settings
}

/// All that the host is told of the next image, in two pieces of memory that do not move.
pub struct Departure {
    /// Every string with its NUL.
    _text: Vec<u8>,
    /// Addresses: the paths to try, the arguments, the environment, each list ending with 0.
    lists: Vec<u64>,
    /// Where in `lists` the second and the third begin.
    starts: [usize; 2],
    /// The file that the next image is handed.
    opened: Option<u64>,
    /// It is a program of the host's, which tells nobody what it does.
    native: bool,
}

impl Departure {
    fn new(paths: &[&[u8]], arguments: &[Vec<u8>], environment: &[Vec<u8>]) -> Self {
        let all = || {
            let rest = arguments.iter().chain(environment).map(Vec::as_slice);
            paths.iter().copied().chain(rest)
        };
        let mut text = Vec::with_capacity(all().map(|one| one.len() + 1).sum());
        let mut lists = Vec::with_capacity(all().count() + 3);
        let mut at = text.as_ptr() as u64;
        for (index, one) in all().enumerate() {
            if index == paths.len() {
                lists.push(0);
            }
            if index == paths.len() + arguments.len() {
                lists.push(0);
            }
            lists.push(at);
            text.extend_from_slice(one);
            text.push(0);
            at += one.len() as u64 + 1;
        }
        // Lists at the end that are empty have not ended yet.
        let starts = [paths.len() + 1, paths.len() + arguments.len() + 2];
        lists.resize(paths.len() + arguments.len() + environment.len() + 3, 0);
        Self {
            _text: text,
            lists,
            starts,
            opened: None,
            native: false,
        }
    }

    /// A program of the host's may start foreign ones in its turn: the host's kernel then finds the stub (binfmt_misc), and the
    /// stub the settings in the environment.
    fn to_native(
        process: &Process,
        path: &[u8],
        arguments: &[Vec<u8>],
        environment: &[Vec<u8>],
    ) -> Self {
        let Some(variable) = told(process).to_variable() else {
            return Self::new(&[path], arguments, environment);
        };
        let others = environment.iter().filter(|text| !is_variable(text));
        let environment: Vec<Vec<u8>> = others.cloned().chain([variable]).collect();
        Self::new(&[path], arguments, &environment)
    }

    /// Addresses of the vectors of arguments and of the environment.
    fn addresses(&self) -> [u64; 2] {
        self.starts
            .map(|start| self.lists.as_ptr() as u64 + 8 * start as u64)
    }

    /// Address of the first path to try; 0 without one.
    fn first_path(&self) -> u64 {
        self.lists.first().copied().unwrap_or_default()
    }
}

/// How the host names the image that runs: the right one even when the file has been replaced since. It is dear: a process
/// that has just been made has no entries in /proc yet, and they go when it ends.
const OWN_LINK: &[u8] = b"/proc/self/exe";

/// Where the image was started from: to be used when the same file is still there, and on hosts on which the link above does
/// not work.
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

/// Which file the image is of, if it has a path still: device and inode. To be asked in the first of many images, for all.
pub fn own_file() -> Option<(u64, u64)> {
    let path = host::read_link("/proc/self/exe").ok()?;
    let file = file_at(OWN_LINK)?;
    (file_at(&path) == Some(file)).then(|| {
        *OWN_PATH.lock() = path;
        file
    })
}

/// Device and inode of the file at a path. No other file has them while an image of it runs.
pub(super) fn file_at(path: &[u8]) -> Option<(u64, u64)> {
    let path = [path, b"\0"].concat();
    let cwd = linux::AT_FDCWD as u64;
    let found = host::statx(cwd, path.as_ptr() as u64, 0, linux::STATX_INO).ok()?;
    let device = u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor);
    Some((device, found.stx_ino))
}

fn own_path() -> Vec<u8> {
    OWN_PATH.lock().clone()
}

/// Lets the host run its own program at `path` in place of an image that has no guest yet. Returns only on failure.
pub fn become_native(
    thread: &Thread,
    path: &[u8],
    arguments: &[Vec<u8>],
    environment: &[Vec<u8>],
) -> HostErrno {
    let departure = Departure::to_native(thread.process(), path, arguments, environment);
    let [arguments, environment] = departure.addresses();
    signal::hand_over(thread);
    let request = [departure.first_path(), arguments, environment];
    // SAFETY: a NUL-terminated string and NULL-terminated vectors of them, alive until the call is done.
    let error = unsafe { host::call_n(nr::execve, request) }
        .err()
        .unwrap_or(HostErrno::EIO);
    signal::retake(thread);
    error
}

/// Runs what was prepared, in place of this image or, in a child that shares its creator's memory, of the child's. Returns
/// only on failure.
pub fn depart(cx: &mut Cx, departure: Departure) -> HostErrno {
    let [arguments, environment] = departure.addresses();
    let mut next = departure.lists.as_ptr();
    let opened = departure.opened;
    if departure.native {
        follow::tell(Deed::Executed);
    }
    if let Some(fd) = opened {
        const F_SETFD: u64 = 2;
        // SAFETY: our own descriptor, which is no longer closed by `execve`.
        let _ = unsafe { host::call_n(nr::fcntl, [fd, F_SETFD, 0]) };
    }
    *cx.process().departure.lock() = Some(departure);
    signal::hand_over(cx.thread);
    let mut error = HostErrno::ENOENT;
    loop {
        // SAFETY: within the first list, which ends with 0.
        let path = unsafe { next.read() };
        let other = matches!(
            error,
            HostErrno::ENOENT | HostErrno::EACCES | HostErrno::ETXTBSY
        );
        if path == 0 || !other {
            break;
        }
        // Not past a signal that waits: with everything blocked meanwhile, the next image would never see it.
        // SAFETY: NUL-terminated strings and NULL-terminated vectors of them, alive until the call is done.
        error = unsafe { cx.host(nr::execve, [path, arguments, environment, 0, 0, 0]) }
            .err()
            .unwrap_or(HostErrno::EIO);
        // SAFETY: it was not the last.
        next = unsafe { next.add(1) };
    }
    signal::retake(cx.thread);
    if let Some(fd) = opened {
        // SAFETY: as above.
        let _ = unsafe { host::call_n(nr::close, [fd]) };
    }
    *cx.process().departure.lock() = None;
    error
}
