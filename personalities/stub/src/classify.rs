//! What kind of file a guest's `execve` names.

use compat_loader::{Identity, Os, Refusal, identify, supported};
use compat_translate::Cx;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::settings::Settings;
use compat_translate::task::exec::Target;

use crate::file::File;

/// The system the user forces, if any.
pub(crate) fn forced_os(settings: &Settings) -> Option<Os> {
    settings.abi.as_deref().and_then(|name| name.parse().ok())
}

/// See [`compat_translate::task::exec::Classify`].
pub(crate) fn classify(cx: &Cx, path: &[u8]) -> HostResult<Target> {
    let file = File::open_executable(path)?;
    match identify(&file, forced_os(&cx.process().settings)) {
        Ok(Identity::Script(script)) => Ok(Target::Script {
            interpreter: script.interpreter,
            argument: script.argument,
        }),
        Ok(Identity::Elf(image)) => match supported(&image) {
            Ok(()) => Ok(Target::Foreign),
            // The host's own programs, and whatever else the host may have a way to run.
            Err(_) => Ok(Target::Native),
        },
        Ok(Identity::Other(_)) | Err(_) => Err(HostErrno::ENOEXEC),
    }
}

/// Whether a refusal means "there is no such program" rather than "it cannot run".
pub(crate) fn is_missing(error: HostErrno) -> bool {
    matches!(error, HostErrno::ENOENT | HostErrno::ENOTDIR)
}

/// The line for a file that cannot be run.
pub(crate) fn explain(refusal: &Refusal) -> alloc::string::String {
    alloc::format!("{refusal}")
}
