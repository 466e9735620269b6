//! What else of the host matters.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::process::{PidfdFlags, Resource, getpid, getrlimit, pidfd_open};

use super::Fact;
use crate::root;

/// Facts that decide what works, or how well.
pub(super) fn facts() -> Vec<Fact> {
    vec![
        kernel(),
        proc(),
        openat2(),
        pidfd(),
        vdso(),
        vsyscall(),
        fsgsbase(),
        filters(),
        user_namespaces(),
        layout(),
        mappings(),
        stack(),
        descriptors(),
        binfmt(),
        default_root(),
    ]
}

fn fact(key: &'static str, found: impl Into<String>, means: Option<&'static str>) -> Fact {
    Fact {
        key,
        found: found.into(),
        means,
    }
}

/// `yes`, or `no` and what follows from it.
fn given(key: &'static str, there: bool, otherwise: &'static str) -> Fact {
    match there {
        true => fact(key, "yes", None),
        false => fact(key, "no", Some(otherwise)),
    }
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

fn kernel() -> Fact {
    let name = rustix::system::uname();
    let found = format!(
        "{} {} {}",
        name.sysname().to_string_lossy(),
        name.release().to_string_lossy(),
        name.machine().to_string_lossy()
    );
    let fits = name.machine().to_bytes() == b"x86_64";
    fact(
        "kernel",
        found,
        (!fits).then_some("programs for amd64 need an x86-64 host"),
    )
}

fn proc() -> Fact {
    given(
        "proc",
        Path::new("/proc/self/exe").exists(),
        "a program's own path, other processes and /dev/fd are not known to guests",
    )
}

fn openat2() -> Fact {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let opened = rustix::fs::openat2(CWD, "/", flags, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    given(
        "openat2",
        opened.is_ok(),
        "paths in roots are followed name by name, at several calls instead of one",
    )
}

fn pidfd() -> Fact {
    given(
        "pidfd",
        pidfd_open(getpid(), PidfdFlags::empty()).is_ok(),
        "kqueue's EVFILT_PROC and pdfork do not work",
    )
}

fn mapped(name: &str) -> bool {
    read("/proc/self/maps").is_some_and(|maps| maps.lines().any(|line| line.ends_with(name)))
}

fn vdso() -> Fact {
    given(
        "vdso",
        mapped("[vdso]"),
        "every look at a clock enters the kernel",
    )
}

fn vsyscall() -> Fact {
    let found = if mapped("[vsyscall]") { "yes" } else { "no" };
    fact(
        "vsyscall",
        found,
        Some("it does not matter: no foreign program knows it"),
    )
}

fn fsgsbase() -> Fact {
    let there = read("/proc/cpuinfo").is_some_and(|text| {
        text.lines()
            .find(|line| line.starts_with("flags"))
            .is_some_and(|line| line.split_whitespace().any(|flag| flag == "fsgsbase"))
    });
    given("fsgsbase", there, "switching TLS enters the kernel")
}

fn filters() -> Fact {
    let status = read("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1).map(str::to_owned)
    };
    let filters = field("Seccomp_filters:").or_else(|| field("Seccomp:"));
    match filters.as_deref() {
        None | Some("0") => fact("sandbox", "none", None),
        Some(_) => fact(
            "sandbox",
            "a seccomp filter is on this process",
            Some("calls that it forbids fail in guests as well"),
        ),
    }
}

fn user_namespaces() -> Fact {
    let there = read("/proc/sys/user/max_user_namespaces").is_some_and(|most| most != "0");
    let found = if there { "yes" } else { "no" };
    fact("user-namespaces", found, Some("not needed"))
}

fn layout() -> Fact {
    let legacy = read("/proc/sys/vm/legacy_va_layout").is_some_and(|value| value != "0");
    let random = read("/proc/sys/kernel/randomize_va_space").is_none_or(|value| value != "0");
    let found = match (legacy, random) {
        (true, _) => "old layout",
        (false, true) => "randomised",
        (false, false) => "not randomised",
    };
    fact("address-space", found, None)
}

fn mappings() -> Fact {
    let most = read("/proc/sys/vm/max_map_count").and_then(|value| value.parse::<u64>().ok());
    match most {
        Some(most) => fact(
            "mappings",
            format!("at most {most}"),
            (most < 65530).then_some("large programs may run out of them"),
        ),
        None => fact("mappings", "unknown", None),
    }
}

fn limit(resource: Resource) -> (Option<u64>, Option<u64>) {
    let limit = getrlimit(resource);
    (limit.current, limit.maximum)
}

fn shown(value: Option<u64>, unit: &str) -> String {
    match value {
        Some(value) => format!("{value}{unit}"),
        None => "unlimited".to_owned(),
    }
}

fn stack() -> Fact {
    let (now, most) = limit(Resource::Stack);
    let kilobytes = |value: Option<u64>| shown(value.map(|bytes| bytes / 1024), " KiB");
    fact(
        "stack",
        format!("{}, at most {}", kilobytes(now), kilobytes(most)),
        now.is_some_and(|bytes| bytes < 1 << 20)
            .then_some("FreeBSD gives a program 512 MiB; `ulimit -s` raises it"),
    )
}

fn descriptors() -> Fact {
    let (now, most) = limit(Resource::Nofile);
    fact(
        "descriptors",
        format!("{}, at most {}", shown(now, ""), shown(most, "")),
        now.is_some_and(|count| count < 1024)
            .then_some("servers may run out of them; `ulimit -n` raises it"),
    )
}

/// An entry of binfmt_misc that leads to compat.
fn binfmt() -> Fact {
    const WITHOUT: &str = "a Linux program that starts a foreign one must put `compat run` in front; README.md says how to register";
    let Ok(entries) = fs::read_dir("/proc/sys/fs/binfmt_misc") else {
        return fact("binfmt", "no binfmt_misc here", Some(WITHOUT));
    };
    let ours = entries.flatten().find(|entry| {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.strip_prefix("interpreter "))
            .any(|interpreter| interpreter.ends_with("/compat-stub"))
    });
    match ours {
        Some(entry) => fact(
            "binfmt",
            format!("registered as {}", entry.file_name().display()),
            None,
        ),
        None => fact("binfmt", "not registered", Some(WITHOUT)),
    }
}

fn default_root() -> Fact {
    match root::find(None) {
        Some(path) => fact("default-root", path.display().to_string(), None),
        None => fact(
            "default-root",
            "none",
            Some("dynamic programs need --root; `compat root add` keeps one"),
        ),
    }
}
