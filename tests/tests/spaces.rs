//! Roots: the suite's own Go programs live in one, see the same files through it, and never get out of it.
//!
//! A guest whose root is `/` must find everything as one without a root does, although each of its paths is translated.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use compat_tests::go::guests::guest;
use compat_tests::inputs::Target;
use compat_tests::stage::{Stage, on_every_stage};
use compat_tests::words::{first_difference, said};

/// The host's `/`, as a root.
const EVERYTHING: [&str; 5] = ["--root", "/", "--root-only", "-b", "/proc:/proc:host"];

fn agree_in(options: impl Fn(&Stage) -> Vec<String>, prepare: fn(&mut Command)) {
    for name in ["tree", "files", "unixfd", "pipelines"] {
        let (Some(guest), Some(linux)) = (guest(name, Target::FreeBsd), guest(name, Target::Linux))
        else {
            return;
        };
        on_every_stage(|stage| {
            let native = said(&mut stage.native(&linux, &guest));
            let options = options(stage);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let mut command = stage.guest_with(&options, &guest);
            prepare(&mut command);
            if let Some(difference) = first_difference(&said(&mut command), &native) {
                panic!("{name} as {}, {options:?}: {difference}", stage.user());
            }
        });
    }
}

#[test]
fn a_root_that_is_everything_changes_nothing() {
    agree_in(|_| EVERYTHING.map(String::from).to_vec(), |_| {});
}

#[test]
fn paths_are_walked_where_openat2_is_refused() {
    agree_in(|_| EVERYTHING.map(String::from).to_vec(), refuse_openat2);
}

#[test]
fn an_overlay_that_lacks_everything_changes_nothing() {
    agree_in(
        |stage| {
            let root = stage.work().with_file_name("empty");
            let _ = fs::create_dir(&root);
            vec!["--root".into(), root.to_str().expect("UTF-8").into()]
        },
        |_| {},
    );
}

/// Some sandboxes know nothing of `openat2`.
fn refuse_openat2(command: &mut Command) {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let step = |code, jt, k| libc::sock_filter { code, jt, jf: 0, k };
    let mut filter = [
        step(LOAD_WORD, 0, 0),
        libc::sock_filter {
            jf: 1,
            ..step(JUMP_IF_EQUAL, 0, libc::SYS_openat2 as u32)
        },
        step(RETURN, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(RETURN, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let install = move || {
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: plain numbers, and a filter that lives as long as the call.
        let refused = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::prctl(
                    libc::PR_SET_SECCOMP,
                    libc::SECCOMP_MODE_FILTER,
                    &raw const program,
                ) != 0
        };
        if refused {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    };
    // SAFETY: only async-signal-safe calls.
    unsafe { command.pre_exec(install) };
}

/// A root with copies of the programs of this suite, and links that try to get out.
fn make_root(stage: &Stage, programs: &[&Path]) -> String {
    let root = stage.work().with_file_name("root");
    for folder in ["bin", "etc", "work"] {
        fs::create_dir_all(root.join(folder)).expect("the stage is writable");
    }
    fs::set_permissions(root.join("work"), fs::Permissions::from_mode(0o777))
        .expect("the stage is ours");
    for program in programs {
        let name = program.file_name().expect("a program has a name");
        let copy = root.join("bin").join(name);
        fs::copy(program, &copy).expect("the stage is writable");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("the stage is ours");
    }
    // As `compat root add` leaves a file that an archive calls schg and uarch.
    let flagged = root.join("etc/flagged");
    fs::write(&flagged, "").expect("the stage is writable");
    keep_flags(&flagged, 0x2_0800);
    symlink("/", root.join("etc/top")).expect("the stage is writable");
    symlink("../../../../..", root.join("etc/out")).expect("the stage is writable");
    root.to_str().expect("UTF-8").into()
}

fn keep_flags(file: &Path, flags: u32) {
    let path = CString::new(file.as_os_str().as_bytes()).expect("no NUL");
    let name = c"user.freebsd.flags".as_ptr();
    let value = flags.to_le_bytes();
    // SAFETY: NUL-terminated names and a value of the length given.
    let done =
        unsafe { libc::setxattr(path.as_ptr(), name, value.as_ptr().cast(), value.len(), 0) };
    assert_eq!(
        done,
        0,
        "{}: {}",
        file.display(),
        io::Error::last_os_error()
    );
}

#[test]
fn a_rooted_guest_lives_in_its_root() {
    let Some(program) = guest("rooted", Target::FreeBsd) else {
        return;
    };
    on_every_stage(|stage| {
        let root = make_root(stage, &[&program]);
        let secret = stage.write("secret", "the host's own");
        let shared = stage.work().with_file_name("shared");
        fs::create_dir_all(&shared).expect("the stage is writable");
        fs::write(shared.join("gift"), "from the host").expect("the stage is writable");
        let bind = format!("{}:/mnt/shared:ro", shared.display());
        let mut command = stage.compat();
        command.args(["run", "--root", &root, "--root-only", "-b", &bind]);
        command.arg("/bin/rooted").arg(&secret);
        let told = said(&mut command);
        let expected = format!(
            "{}exit status: 0",
            include_str!("../guests/go/rooted/expected.txt")
        );
        if let Some(difference) = first_difference(&told, &expected) {
            panic!("as {}: {difference}", stage.user());
        }
        assert!(
            Path::new(&root).join("work/made").exists(),
            "what the guest made is in its root"
        );
    });
}

#[test]
fn roots_that_are_not_there_are_named() {
    on_every_stage(|stage| {
        for (options, cause, fix) in [
            (
                &["--root", "nosuch"][..],
                "no such root",
                "compat root add nosuch",
            ),
            (&["--root", "./nosuch"], "not a directory", "errno 2"),
            (&["--root-only"], "no default root", "compat root add"),
            (
                &["--root", "/", "-b", "relative"],
                "-b relative",
                "HOST[:GUEST][:ro]",
            ),
        ] {
            let mut command = stage.compat();
            command
                .env_remove("XDG_DATA_HOME")
                .arg("run")
                .args(options)
                .arg("/bin/true");
            let told = said(&mut command);
            assert!(
                told.contains(cause) && told.contains(fix) && told.ends_with("exit status: 125"),
                "{options:?}: {told}"
            );
        }
    });
}
