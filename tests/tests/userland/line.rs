//! A line of `programs.txt`: a program, a harmless thing to do with it, and what comes of that.

use std::fmt;

/// One thing that a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its path below the system's root.
    pub(crate) program: String,
    /// Whom the line speaks of.
    pub(crate) who: Who,
    /// The program and its arguments, or the shell and what it is to do.
    pub(crate) command: Vec<String>,
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) output: Output,
}

/// Who runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Anyone,
    Root,
    User,
}

/// What standard output and standard error hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Nothing at all.
    Nothing,
    /// These pieces, in this order.
    Pieces(Vec<String>),
}

impl Line {
    /// Reads `program[@root|@user] :: arguments :: code :: text`.
    ///
    /// Arguments are separated by blanks; between apostrophes everything stands for itself. With
    /// `$` in front they are instead a command for the system's shell, which uses the program. The
    /// text's pieces are separated by ` ... `; a text of `-` means that nothing is printed.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, " ::");
        let name = fields.next()?.trim();
        let (program, who) = match name.split_once('@') {
            Some((program, "root")) => (program, Who::Root),
            Some((program, "user")) => (program, Who::User),
            Some(_) => return None,
            None => (name, Who::Anyone),
        };
        let command = match fields.next()?.trim() {
            shell if shell.starts_with("$ ") => ["/bin/sh", "-c", shell.trim_start_matches("$ ")]
                .map(str::to_owned)
                .to_vec(),
            arguments => {
                let mut command = vec![format!("/{program}")];
                command.extend(split(arguments)?);
                command
            }
        };
        let code = fields.next()?.trim().parse().ok()?;
        let output = match fields.next()?.trim() {
            "-" => Output::Nothing,
            "" => return None,
            text => Output::Pieces(text.split(" ... ").map(str::to_owned).collect()),
        };
        Some(Self {
            program: program.to_owned(),
            who,
            command,
            code,
            output,
        })
    }

    /// Whether the line is for root or for an ordinary user.
    pub(crate) fn is_for(&self, root: bool) -> bool {
        match self.who {
            Who::Anyone => true,
            Who::Root => root,
            Who::User => !root,
        }
    }
}

impl Output {
    /// Whether `printed` is what the line says.
    pub(crate) fn fits(&self, printed: &str) -> bool {
        match self {
            Self::Nothing => printed.is_empty(),
            Self::Pieces(pieces) => {
                let mut rest = Some(printed);
                for piece in pieces {
                    rest = rest.and_then(|rest| rest.split_once(piece.as_str()).map(|(_, r)| r));
                }
                rest.is_some()
            }
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.command)
    }
}

/// The words of a command line.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

#[test]
fn a_line_is_read() {
    let line = Line::parse("bin/echo@user :: -n 'a  b' '' c :: 0 :: a  b ... c").unwrap();
    assert_eq!((line.program.as_str(), line.who), ("bin/echo", Who::User));
    assert_eq!(line.command, ["/bin/echo", "-n", "a  b", "", "c"]);
    assert!(line.output.fits("a  b  c\n") && !line.output.fits("c a  b"));
    let line = Line::parse("usr/bin/yes :: $ yes 'no' | head :: 0 :: -").unwrap();
    assert_eq!(line.command, ["/bin/sh", "-c", "yes 'no' | head"]);
    let line = Line::parse("bin/true ::  :: 0 :: -").unwrap();
    assert_eq!(line.command, ["/bin/true"]);
    assert!(line.output.fits("") && !line.output.fits("a"));
    for wrong in [
        "bin/true :: 0",
        "bin/true :: 'a :: 0 :: -",
        "bin/true ::  :: zero :: -",
        "bin/true@me ::  :: 0 :: -",
    ] {
        assert_eq!(Line::parse(wrong), None, "{wrong}");
    }
}
