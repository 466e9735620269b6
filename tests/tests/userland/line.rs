//! A line of `programs.txt`: a program, a harmless thing to do with it, and what comes of that.

use std::fmt;

/// One thing that a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its path below the system's root.
    pub program: String,
    /// Whom the line speaks of.
    pub who: Who,
    pub arguments: Vec<String>,
    /// The exit code.
    pub code: i32,
    pub output: Output,
}

/// Who runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anyone,
    Root,
    User,
}

/// What standard output and standard error hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing at all.
    Nothing,
    /// These pieces, in this order.
    Pieces(Vec<String>),
}

impl Line {
    /// Reads `program[@root|@user] | arguments | code | text`.
    ///
    /// Arguments are separated by blanks; between apostrophes everything stands for itself. The
    /// text's pieces are separated by ` ... `; a text of `-` means that nothing is printed.
    pub fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, " | ");
        let (program, who) = match fields.next()?.trim().split_once('@') {
            Some((program, "root")) => (program, Who::Root),
            Some((program, "user")) => (program, Who::User),
            Some(_) => return None,
            None => (line.split(" | ").next()?.trim(), Who::Anyone),
        };
        let arguments = split(fields.next()?)?;
        let code = fields.next()?.trim().parse().ok()?;
        let output = match fields.next()?.trim() {
            "-" => Output::Nothing,
            "" => return None,
            text => Output::Pieces(text.split(" ... ").map(str::to_owned).collect()),
        };
        Some(Self {
            program: program.to_owned(),
            who,
            arguments,
            code,
            output,
        })
    }

    /// Whether the line is for root or for an ordinary user.
    pub fn is_for(&self, root: bool) -> bool {
        match self.who {
            Who::Anyone => true,
            Who::Root => root,
            Who::User => !root,
        }
    }
}

impl Output {
    /// Whether `printed` is what the line says.
    pub fn fits(&self, printed: &str) -> bool {
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
        write!(f, "{} {:?}", self.program, self.arguments)
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
    let line = Line::parse("bin/echo@user | -n 'a  b' '' c | 0 | a  b ... c").unwrap();
    assert_eq!((line.program.as_str(), line.who), ("bin/echo", Who::User));
    assert_eq!(line.arguments, ["-n", "a  b", "", "c"]);
    assert!(line.output.fits("a  b  c\n") && !line.output.fits("c a  b"));
    assert_eq!(
        Line::parse("bin/true |  | 0 | -").unwrap().output,
        Output::Nothing
    );
    for wrong in ["bin/true | 0", "bin/true | 'a | 0 | -", "bin/true |  | zero | -"] {
        assert_eq!(Line::parse(wrong), None, "{wrong}");
    }
}
