//! What kind of file a guest's `execve` names.

use compat_loader::{Class, Identity, Image, ObjectType, Os, Refusal, identify, supported};
use compat_translate::Cx;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::settings::{KernelVersion, Settings};
use compat_translate::task::exec::Target;
use compat_translate::task::gaps;
use compat_translate::trap::{self, Way};

use crate::file::File;
use crate::systems::system_of;

/// The system the user forces, if any.
pub(crate) fn forced_os(settings: &Settings) -> Option<Os> {
    settings.abi.as_deref().and_then(|name| name.parse().ok())
}

/// The kernel version that a root's programs were made for, by the note in one of them. It is asked for once: every
/// later image is told.
pub(crate) fn made_for(root: &[u8]) -> Option<KernelVersion> {
    // FreeBSD's libc, DragonFly's and NetBSD's.
    [
        &b"/bin/sh"[..],
        b"/lib/libc.so.7",
        b"/lib/libc.so.8",
        b"/lib/libc.so.12",
    ]
    .iter()
    .find_map(|name| {
        let file = File::open(&[root, name].concat()).ok()?;
        match identify(&file, None) {
            Ok(Identity::Elf(image)) => Some(KernelVersion {
                system: system_of(image.os)?.personality.name.into(),
                number: image.version?.number()?,
            }),
            _ => None,
        }
    })
}

/// See [`compat_translate::task::exec::Classify`].
pub(crate) fn classify(cx: &Cx, path: &[u8], keep: bool) -> HostResult<Target> {
    let file = File::open_executable(path)?;
    match identify(&file, forced_os(&cx.process().settings)) {
        Ok(Identity::Script(script)) => Ok(Target::Script {
            interpreter: script.interpreter,
            argument: script.argument,
        }),
        Ok(Identity::Elf(image)) => match supported(&image) {
            Ok(()) => Ok(Target::Foreign(keep.then(|| file.hand_over()))),
            Err(_) if caught_like_a_guest(&image) => {
                gaps::count("execve: a host program at fixed addresses, under --attach seccomp");
                Err(HostErrno::EPERM)
            }
            // The host's own programs, and whatever else the host may have a way to run.
            Err(_) => Ok(Target::Native),
        },
        Ok(Identity::Other(_)) | Err(_) => Err(HostErrno::ENOEXEC),
    }
}

/// Whether the way in, which outlives `execve`, would end this program at its first system call.
fn caught_like_a_guest(image: &Image) -> bool {
    let fixed = image.object_type == ObjectType::Exec || image.class == Class::Elf32;
    fixed && trap::way() == Way::Seccomp
}

/// Whether a refusal means "there is no such program" rather than "it cannot run".
pub(crate) fn is_missing(error: HostErrno) -> bool {
    matches!(error, HostErrno::ENOENT | HostErrno::ENOTDIR)
}

/// The line for a file that cannot be run.
pub(crate) fn explain(refusal: &Refusal) -> alloc::string::String {
    alloc::format!("{refusal}")
}
