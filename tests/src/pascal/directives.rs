//! What a test of Free Pascal says of itself in its first comments: `{ %RESULT=2 }`.

/// How a test is to be built and run, or why it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// Options the compiler needs.
    pub options: Vec<String>,
    /// The exit code of a test that passes.
    pub result: i32,
    /// Why the test is not for a FreeBSD/amd64 program without libc; `None` when it is.
    pub unfit: Option<&'static str>,
}

impl Directives {
    /// Reads the directives of a test's source. They stand in comments before the program.
    pub fn parse(source: &str) -> Self {
        let mut read = Self::default();
        for line in source.lines() {
            let line = line.trim();
            let Some(comment) = line
                .strip_prefix('{')
                .and_then(|rest| rest.split('}').next())
            else {
                if line.is_empty() || line.starts_with("//") {
                    continue;
                }
                break;
            };
            if let Some(said) = comment.trim().strip_prefix('%') {
                let (name, value) = said.split_once('=').unwrap_or((said, ""));
                read.take(&name.trim().to_ascii_uppercase(), value.trim());
            }
        }
        read
    }

    fn take(&mut self, name: &str, value: &str) {
        let lists = |wanted: &str| {
            value
                .split(',')
                .any(|one| one.trim().eq_ignore_ascii_case(wanted))
        };
        match name {
            "OPT" => self
                .options
                .extend(value.split_whitespace().map(str::to_owned)),
            "RESULT" => self.result = value.parse().unwrap_or(0),
            "FAIL" => self.unfit = Some("must not compile"),
            "NORUN" => self.unfit = Some("is not to be run"),
            "INTERACTIVE" | "GRAPH" => self.unfit = Some("needs a person"),
            "NEEDLIBRARY" | "WPOPARAS" | "WPOPASSES" | "DELOPT" => {
                self.unfit = Some("needs more than one build")
            }
            "KNOWNRUNERROR" | "KNOWNCOMPILEERROR" => self.unfit = Some("is known to fail"),
            "TARGET" if !lists("freebsd") => self.unfit = Some("is for other systems"),
            "SKIPTARGET" if lists("freebsd") => self.unfit = Some("is not for FreeBSD"),
            "CPU" if !lists("x86_64") => self.unfit = Some("is for other processors"),
            "SKIPCPU" if lists("x86_64") => self.unfit = Some("is not for amd64"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_end_where_the_program_begins() {
        let read = Directives::parse("{ %OPT=-O2 -Sd }\n{ %result=3 }\n\nprogram x;\n{ %FAIL }\n");
        assert_eq!((read.options.len(), read.result, read.unfit), (2, 3, None));
    }

    #[test]
    fn tests_for_others_are_unfit() {
        assert_eq!(Directives::parse("{%TARGET=win32,FreeBSD}\n").unfit, None);
        assert!(Directives::parse("{%target=win32}\n").unfit.is_some());
        assert!(Directives::parse("{ %CPU=i386,m68k }\n").unfit.is_some());
        assert_eq!(Directives::parse("{ %cpu=i386,x86_64 }\n").unfit, None);
    }
}
