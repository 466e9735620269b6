//! What programs said, compared so that a difference can be read.

use std::process::{Command, Output};

/// Runs a program and gives what it said and how it ended, in a form that reads well when it differs.
///
/// # Panics
/// When the program does not start.
pub fn said(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    format!(
        "{}{}{status}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    )
}

/// The first line in which a guest's words are not the expected ones, as a message.
pub fn first_difference(guest: &str, expected: &str) -> Option<String> {
    let (mut guest, mut expected) = (guest.lines(), expected.lines());
    for number in 1.. {
        let (said, should) = (guest.next(), expected.next());
        if said != should {
            let rest: Vec<&str> = guest.take(12).collect();
            let rest = rest.join("\n");
            return Some(format!(
                "line {number}\n   guest: {said:?}\nexpected: {should:?}\nand then\n{rest}"
            ));
        }
        if said.is_none() {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb", "a\nb\n"), None);
        assert!(
            first_difference("a\nb\nc", "a\nx\nc")
                .unwrap()
                .starts_with("line 2\n")
        );
        assert!(first_difference("a", "a\nb").unwrap().contains("None"));
    }
}
