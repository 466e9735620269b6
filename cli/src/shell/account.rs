//! Who the user is in a root: passwd(5).

use std::env;
use std::fs;
use std::path::Path;

/// A line of the root's `/etc/passwd`, as far as a session needs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) home: String,
    pub(super) shell: String,
}

/// Every FreeBSD has it.
const USUAL_SHELL: &str = "/bin/sh";

impl Account {
    /// The caller's account in `root`. Whoever is unknown there, keeps the name and gets the usual shell.
    pub(super) fn find(root: &Path) -> Account {
        let user = rustix::process::getuid().as_raw();
        let text = fs::read(root.join("etc/passwd")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut account = parse(&text, user).unwrap_or_else(|| Account {
            name: env::var("USER").unwrap_or_else(|_| user.to_string()),
            home: "/".to_owned(),
            shell: USUAL_SHELL.to_owned(),
        });
        if !is_in(root, &account.shell) {
            account.shell = USUAL_SHELL.to_owned();
        }
        account
    }
}

fn parse(passwd: &str, user: u32) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let &[name, _, id, _, _, home, shell] = &fields[..] else {
            return None;
        };
        if id.parse() != Ok(user) || name.is_empty() {
            return None;
        }
        // An empty field stands for the usual (passwd(5)).
        let or = |field: &str, usual: &str| {
            if field.starts_with('/') { field } else { usual }.to_owned()
        };
        Some(Account {
            name: name.to_owned(),
            home: or(home, "/"),
            shell: or(shell, USUAL_SHELL),
        })
    })
}

/// Whether the root has a file of that absolute name, or a link, which is for the root itself to follow.
pub(super) fn is_in(root: &Path, name: &str) -> bool {
    root.join(name.trim_start_matches('/'))
        .symlink_metadata()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_with_the_number_counts() {
        let passwd =
            "# comment\nroot:*:0:0:Charlie &:/root:/bin/csh\ntoor:*:0:0::/root:\nme:*:7:7:::\n";
        let account = |name: &str, home: &str, shell: &str| {
            Some(Account {
                name: name.to_owned(),
                home: home.to_owned(),
                shell: shell.to_owned(),
            })
        };
        assert_eq!(parse(passwd, 0), account("root", "/root", "/bin/csh"));
        assert_eq!(parse(passwd, 7), account("me", "/", "/bin/sh"));
        assert_eq!(parse(passwd, 8), None);
    }
}
