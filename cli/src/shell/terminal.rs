//! The terminal's type: the host's, as long as the root has heard of it.

use std::fs;
use std::path::Path;

/// The value of TERM for programs in `root`.
///
/// Systems of another age or kind lack many a type. Full-screen programs refuse to run with one they do not find, so that a
/// relative that they do find serves better.
pub(super) fn kind(root: &Path, wanted: Option<&str>) -> String {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
        return "dumb".to_owned();
    };
    // The file itself: `/etc/termcap` is a link to it.
    let Ok(known) = fs::read(root.join("usr/share/misc/termcap")) else {
        return wanted.to_owned();
    };
    let known = String::from_utf8_lossy(&known);
    let mut relatives = vec![wanted];
    let mut shorter = wanted;
    while let Some((start, _)) = shorter.rsplit_once('-') {
        relatives.push(start);
        shorter = start;
    }
    // Nearly every terminal of today understands xterm's sequences.
    relatives.push("xterm");
    relatives
        .into_iter()
        .find(|name| describes(&known, name))
        .unwrap_or(wanted)
        .to_owned()
}

/// Whether the termcap(5) text has an entry of that name: an unindented line with `name|name|long name:`.
fn describes(termcap: &str, name: &str) -> bool {
    termcap
        .lines()
        .filter(|line| !line.starts_with(['#', ' ', '\t', ':']))
        .filter_map(|line| line.split(':').next())
        .any(|names| names.split('|').any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMCAP: &str = "# xterm-kitty: no\nxterm|X11 terminal emulator:\\\n\t:am:\nscreen|VT 100/ANSI screen:\\\n\t:am:\n";

    #[test]
    fn relatives_stand_in() {
        let folder = std::env::temp_dir().join(format!("compat-termcap-{}", std::process::id()));
        let place = folder.join("usr/share/misc");
        fs::create_dir_all(&place).expect("a temporary directory");
        fs::write(place.join("termcap"), TERMCAP).expect("a file");
        for (wanted, found) in [
            (Some("xterm"), "xterm"),
            (Some("screen-256color-bce"), "screen"),
            (Some("alacritty"), "xterm"),
            (None, "dumb"),
            (Some(""), "dumb"),
        ] {
            assert_eq!(kind(&folder, wanted), found, "{wanted:?}");
        }
        fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(kind(&folder, Some("alacritty")), "alacritty");
    }
}
