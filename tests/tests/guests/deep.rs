//! A root whose own name leaves little room in the host's structures.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::program::{program, these_checks_hold_in};

#[test]
fn unix_sockets_have_their_names_in_a_root_far_down() {
    let guest = program("guest-sockets");
    let checks = ["unix-names", "relative-names", "long-names"];
    these_checks_hold_in("guest-sockets", &checks, |stage| {
        let root = stage.work().with_file_name("d".repeat(120));
        if !root.exists() {
            fs::create_dir_all(root.join("tmp")).expect("the stage can be written to");
            let anybody = fs::Permissions::from_mode(0o777);
            fs::set_permissions(root.join("tmp"), anybody).expect("the directory is ours");
            // By another process, for the reason that `Stage` has.
            fs::rename(stage.copy(&guest), root.join("guest")).expect("a copy can be renamed");
        }
        let mut command = stage.compat();
        command.args(["run", "-q", "--root-only", "--root"]);
        command.arg(&root).arg("/guest");
        command
    });
}
