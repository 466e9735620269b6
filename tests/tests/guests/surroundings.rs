//! Starting under circumstances that are not the usual ones. A shell arranges them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use compat_tests::stage::{Stage, on_every_stage};
use nix::errno::Errno;
use nix::libc;

use crate::program::program;
use crate::refuse::refuse;

/// Runs a shell script in which `$RUN` is `compat run -q <guest>`, unquoted.
fn shell(stage: &Stage, script: &str) -> Output {
    shell_command(stage, script)
        .output()
        .expect("there is a shell")
}

fn shell_command(stage: &Stage, script: &str) -> Command {
    let guest = program("guest-surroundings");
    let run = stage.guest(&guest);
    let words: Vec<&str> = [run.get_program()]
        .into_iter()
        .chain(run.get_args())
        .map(|word| word.to_str().expect("paths of the stage are text"))
        .collect();
    let mut command = stage.host("bash");
    command.args(["-c", script]).env("RUN", words.join(" "));
    only_standard_streams(&mut command);
    command
}

/// Whoever runs the suite may have left it more descriptors than it needs.
pub(crate) fn only_standard_streams(command: &mut Command) {
    let mark = || {
        // SAFETY: a system call without pointers.
        unsafe {
            libc::syscall(
                libc::SYS_close_range,
                3,
                u32::MAX,
                libc::CLOSE_RANGE_CLOEXEC,
            )
        };
        Ok(())
    };
    // SAFETY: only a system call between fork and exec.
    unsafe { command.pre_exec(mark) };
}

#[track_caller]
fn says(output: &Output, expected: &str) {
    assert_eq!(
        (
            String::from_utf8_lossy(&output.stdout).as_ref(),
            String::from_utf8_lossy(&output.stderr).as_ref(),
            output.status.code()
        ),
        (expected, "", Some(0))
    );
}

#[test]
fn the_guest_has_the_descriptors_it_was_given_and_no_others() {
    on_every_stage(|stage| {
        says(&shell(stage, "exec $RUN descriptors"), "0\n1\n2\n");
        says(
            &shell(stage, "exec $RUN descriptors 7</dev/null"),
            "0\n1\n2\n7\n",
        );
        // Also after an exec of its own.
        says(&shell(stage, "exec $RUN exec 7</dev/null"), "0\n1\n2\n7\n");
    });
}

#[test]
fn the_host_sees_no_other_descriptors_either() {
    on_every_stage(|stage| {
        let mut child = shell_command(stage, "exec $RUN sleep")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("it says its number");
        assert_eq!(
            line.trim(),
            child.id().to_string(),
            "the process is the one that was started"
        );
        let mut found: Vec<String> = Path::new("/proc")
            .join(line.trim())
            .join("fd")
            .read_dir()
            .expect("the process lives")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        found.sort();
        assert_eq!(found, ["0", "1", "2"]);
        assert!(child.wait().expect("it ends").success());
    });
}

#[test]
fn closed_standard_streams_stay_closed() {
    on_every_stage(|stage| {
        for (redirection, lowest) in [
            ("", 3),
            ("<&-", 0),
            (">&-", 1),
            ("2>&-", 2),
            ("<&- >&- 2>&-", 0),
        ] {
            let ended = shell(stage, &format!("exec $RUN lowest {redirection}"));
            assert_eq!(ended.status.code(), Some(lowest), "{redirection}");
        }
    });
}

#[test]
fn small_and_unlimited_stacks_will_do() {
    on_every_stage(|stage| {
        for limit in ["128", "1024", "unlimited"] {
            let ended = shell(stage, &format!("ulimit -s {limit} && exec $RUN stack"));
            says(&ended, "41\n");
        }
    });
}

#[test]
fn little_address_space_and_fixed_addresses_will_do() {
    on_every_stage(|stage| {
        says(&shell(stage, "ulimit -v 65536 && exec $RUN stack"), "41\n");
        says(&shell(stage, "exec setarch -R $RUN stack"), "41\n");
        says(&shell(stage, "exec setarch -L $RUN stack"), "41\n");
    });
}

#[test]
fn compat_goes_on_when_its_file_is_removed_or_another_takes_its_place() {
    const ANOTHER: &str =
        "printf '#!/bin/sh\necho wrong\n' >other && chmod +x other && mv -f other own";
    on_every_stage(|stage| {
        for change in ["true", "rm own", "rm own && mkdir own", ANOTHER] {
            let script = format!(
                "set -- $RUN && cp $1 own && shift && mkfifo go && : >said &&
                 {{ ./own \"$@\" exec-when-told <go >said & }} && exec 5>go &&
                 until grep -q ready said; do sleep 0.01; done &&
                 {change} && echo >&5 && exec 5>&- && wait $! && cat said && rm -rf go said own"
            );
            says(&shell(stage, &script), "ready\n0\n1\n2\n");
        }
    });
}

#[test]
fn one_free_descriptor_is_enough_and_none_is_said() {
    on_every_stage(|stage| {
        says(
            &shell(stage, "ulimit -n 4 && exec $RUN descriptors"),
            "0\n1\n2\n",
        );
        let ended = shell(stage, "ulimit -n 3 && exec $RUN descriptors");
        assert_eq!(ended.status.code(), Some(126));
        assert_eq!(String::from_utf8_lossy(&ended.stderr).lines().count(), 1);
    });
}

#[test]
fn blocked_and_ignored_signals_are_inherited_and_harm_nobody() {
    on_every_stage(|stage| {
        says(&shell(stage, "exec $RUN signals"), "");
        let script = "exec env --block-signal=SEGV,SYS,USR1,TERM $RUN signals";
        // SIGSEGV, SIGSYS, SIGTERM, SIGUSR1.
        let blocked = "blocked 11\nblocked 12\nblocked 15\nblocked 30\n";
        says(&shell(stage, script), blocked);
        let script = "exec env --ignore-signal=SEGV,SYS,USR1,BUS $RUN signals";
        let ignored = "ignored 10\nignored 11\nignored 12\nignored 30\n";
        says(&shell(stage, script), ignored);
        let all = shell(stage, "exec env --block-signal --ignore-signal $RUN stack");
        says(&all, "41\n");
    });
}

#[test]
fn no_new_privileges_will_do() {
    on_every_stage(|stage| {
        says(
            &shell(stage, "exec setpriv --no-new-privs $RUN stack"),
            "41\n",
        );
        says(
            &shell(stage, "exec setpriv --no-new-privs $RUN exec"),
            "0\n1\n2\n",
        );
    });
}

#[test]
fn an_unreadable_working_directory_will_do() {
    on_every_stage(|stage| {
        let script = "mkdir -p closed && cd closed && chmod 0 . && exec $RUN exec";
        says(&shell(stage, script), "0\n1\n2\n");
        // And one that is gone.
        let script = "mkdir gone && cd gone && rmdir ../gone && exec $RUN exec";
        says(&shell(stage, script), "0\n1\n2\n");
    });
}

#[test]
fn megabytes_of_arguments_and_variables_arrive() {
    on_every_stage(|stage| {
        let guest = program("guest-surroundings");
        let piece = "x".repeat(100_000);
        let mut command = stage.guest(&guest);
        let name = stage.copy_name(&guest).as_os_str().len();
        command
            .arg("lengths")
            .args([piece.as_str(); 10])
            .env_clear();
        for variable in 0..10 {
            command.env(format!("V{variable}"), &piece);
        }
        let expected = format!("12 {} 10 1000030\n", name + 7 + 1_000_000);
        says(&command.output().expect("compat starts"), &expected);
    });
}

#[test]
fn an_empty_name_for_ourselves_will_do() {
    on_every_stage(|stage| {
        says(&shell(stage, "exec -a '' $RUN stack"), "41\n");
        says(&shell(stage, "exec -a '' $RUN exec"), "0\n1\n2\n");
    });
}

#[test]
fn a_host_without_proc_will_do() {
    on_every_stage(|stage| {
        // Only root can take it away.
        if stage.user() != "this user" || !nix::unistd::geteuid().is_root() {
            return;
        }
        let script =
            |role: &str| format!("exec unshare -m bash -c 'umount -l /proc && exec $RUN {role}'");
        if !shell(stage, "unshare -m umount -l /proc").status.success() {
            return;
        }
        says(&shell(stage, &script("stack")), "41\n");
        says(&shell(stage, &script("exec")), "0\n1\n2\n");
    });
}

#[test]
fn a_seccomp_filter_will_do() {
    on_every_stage(|stage| {
        let mut harmless = shell_command(stage, "exec $RUN exec");
        refuse(&mut harmless, &[(libc::SYS_prctl, 12345)], Errno::EPERM);
        says(&harmless.output().expect("there is a shell"), "0\n1\n2\n");
    });
}

/// Nobody gets another user's rights by a program that compat runs, and is told so.
#[test]
fn bits_that_change_the_user_are_not_heeded() {
    on_every_stage(|stage| {
        let copy = stage.copy(&program("guest-hello"));
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o6755)).expect("the copy is ours");
        let mut command = stage.compat();
        command.arg("run").arg(&copy);
        let ran = command.output().expect("compat starts");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        let told = said.contains("set-user-ID and set-group-ID bits of programs (1x)");
        assert_eq!(told, stage.user() != "this user", "{said}");
        assert_eq!(said.lines().count(), usize::from(told), "{said}");
        assert_eq!(ran.status.code(), Some(0));
    });
}

/// A script that a program of the host reads: the host runs it, with the signals that compat was started with.
#[test]
fn a_script_for_a_program_of_the_host_is_the_hosts() {
    on_every_stage(|stage| {
        let script = stage.write(
            "script",
            "#!/bin/sh -e\necho \"$0\" \"$@\"; cat /proc/self/status | grep SigIgn; exit 3\n",
        );
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("the file is ours");
        let name = script.to_str().expect("UTF-8");
        for options in ["", "--root ."] {
            let shell = format!(
                "exec env --default-signal --ignore-signal=SEGV,USR1 $COMPAT run {options} {name} 'a b' c"
            );
            let mut command = stage.host("bash");
            command
                .args(["-c", &shell])
                .env("COMPAT", stage.compat().get_program());
            let ran = command.output().expect("there is a shell");
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert_eq!(said, format!("{name} a b c\nSigIgn:\t0000000000000600\n"));
            assert_eq!(
                (ran.stderr.as_slice(), ran.status.code()),
                (&b""[..], Some(3))
            );
        }
        let mut rooted = stage.compat();
        rooted.args(["run", "--root", "/", "--root-only", name]);
        let ran = rooted.output().expect("compat starts");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(
            said.contains("/bin/sh is a Linux program") && said.lines().count() == 1,
            "{said}"
        );
        assert_eq!(ran.status.code(), Some(126));
    });
}

/// Gone when dropped.
struct Segment(i32);

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: no pointers.
        unsafe { libc::shmctl(self.0, libc::IPC_RMID, std::ptr::null_mut()) };
    }
}

#[test]
fn a_segment_that_the_host_made_has_the_size_that_it_has() {
    on_every_stage(|stage| {
        let key = 0x5eed_0000 | (std::process::id() as i32 & 0xffff);
        // SAFETY: no pointers.
        let id = unsafe { libc::shmget(key, 100, libc::IPC_CREAT | libc::IPC_EXCL | 0o666) };
        assert!(id >= 0, "{}", Errno::last());
        let _segment = Segment(id);
        says(
            &shell(stage, &format!("exec $RUN segment {key}")),
            "[true, true, false] Err(22)\n",
        );
    });
}
