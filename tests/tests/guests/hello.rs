//! The README's first program.

use compat_tests::stage::on_every_stage;

use crate::program::program;

#[test]
fn hello_says_hello_from_fixed_and_from_moved_addresses() {
    for name in ["guest-hello", "guest-hello-pie"] {
        let guest = program(name);
        on_every_stage(|stage| {
            for (arguments, whom) in [(&[][..], "world"), (&["you"][..], "you")] {
                let said = stage
                    .guest(&guest)
                    .args(arguments)
                    .output()
                    .expect("compat starts");
                assert_eq!(
                    String::from_utf8_lossy(&said.stdout),
                    format!("Hello {whom} from FreeBSD 14.2!\n"),
                    "{name}"
                );
                assert_eq!(String::from_utf8_lossy(&said.stderr), "");
                assert_eq!(said.status.code(), Some(0));
            }
        });
    }
}
