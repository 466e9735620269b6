//! From a row to what can be measured.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::inputs::{GO, Npm, Target};
use compat_tests::root;

use crate::column::Column;
use crate::place::Place;
use crate::program::{Program, Programs, go_program, guest};
use crate::rows::{Kind, Row};
use crate::subject::{Fresh, Served, Subject, Whole, Worker};

/// What the rows share.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) place: Place,
    /// Whose programs.
    pub(crate) os: Target,
    pub(crate) programs: Programs,
    compiler: OnceCell<Option<Compiler>>,
    userland: OnceCell<Option<PathBuf>>,
}

/// Go's compiler for the guest's system and for Linux, and what it compiles.
#[derive(Debug)]
struct Compiler {
    guest: PathBuf,
    linux: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

/// Nothing when a row is not for this column or lacks an input, which has been said then.
type Started = Result<Option<Box<dyn Subject>>, String>;

impl Bench {
    pub(crate) fn new(place: Place, os: Target) -> Self {
        Self {
            place,
            os,
            programs: Programs::new(os),
            compiler: OnceCell::new(),
            userland: OnceCell::new(),
        }
    }

    /// Starts what the row measures in that column.
    ///
    /// # Errors
    /// Why it did not start.
    pub(crate) fn start<'a>(
        &'a self,
        row: &Row,
        column: Column,
    ) -> Result<Option<Box<dyn Subject + 'a>>, String> {
        match row.kind {
            Kind::Asked(program, work, argument) => {
                let number = argument.map(|number| number.to_string());
                let arguments: Vec<&str> = [work].into_iter().chain(number.as_deref()).collect();
                self.asked(program, column, &arguments)
            }
            Kind::InRoot(program, work) => self.in_root(program, column, work),
            Kind::Fresh(program, work) => {
                let Some(twin) = self.programs.get(program, &self.place) else {
                    return Ok(None);
                };
                let command = move || twin.command(&self.place, column, &[work]);
                Ok(command().map(|_| Box::new(Fresh(command)) as Box<dyn Subject>))
            }
            Kind::Served => self.served(column),
            Kind::Started(program) => {
                let twin = self.programs.get(program, &self.place);
                let command = twin.and_then(|twin| twin.command(&self.place, column, &[]));
                Ok(command.map(|command| whole(command, None, false)))
            }
            Kind::Shell(script) => self.shell(column, script),
            Kind::Esbuild(guest, linux) => self.esbuild(column, guest, linux),
            Kind::Compile => self.compile(column),
        }
    }

    /// A worker of that program.
    pub(crate) fn worker(
        &self,
        program: Program,
        column: Column,
        arguments: &[&str],
    ) -> Result<Option<Worker>, String> {
        let twin = self.programs.get(program, &self.place);
        let command = twin.and_then(|twin| twin.command(&self.place, column, arguments));
        command.map(Worker::start).transpose()
    }

    /// A whole FreeBSD; the first who asks hears why there is none.
    pub(crate) fn userland(&self) -> Option<&Path> {
        let found = self.userland.get_or_init(|| root::find("freebsd-10.1"));
        found.as_deref()
    }

    fn asked(&self, program: Program, column: Column, arguments: &[&str]) -> Started {
        let worker = self.worker(program, column, arguments)?;
        Ok(worker.map(|worker| Box::new(worker) as Box<dyn Subject>))
    }

    fn in_root(&self, program: Program, column: Column, work: &str) -> Started {
        // With what is looked for, so that the host is not asked after it.
        let root = self.place.file("root");
        fs::create_dir_all(root.join("etc"))
            .and_then(|()| fs::write(root.join("etc/passwd"), "nobody:*:65534:\n"))
            .map_err(|error| error.to_string())?;
        let twin = self.programs.get(program, &self.place);
        let command =
            twin.and_then(|twin| twin.rooted_command(&self.place, column, &[work], Some(&root)));
        let worker = command.map(Worker::start).transpose()?;
        Ok(worker.map(|worker| Box::new(worker) as Box<dyn Subject>))
    }

    fn served(&self, column: Column) -> Started {
        let Some(mut server) = self.worker(Program::Go, column, &["serve"])? else {
            return Ok(None);
        };
        let address = server.hear()?;
        let client = self.worker(Program::Go, Column::Linux, &["load", &address])?;
        Ok(client.map(|client| Box::new(Served { client, server }) as Box<dyn Subject>))
    }

    /// FreeBSD's `sh` against the host's own: not the same program, but the same work.
    fn shell(&self, column: Column, script: &str) -> Started {
        let Some(system) = self.userland() else {
            return Ok(None);
        };
        let shell = Path::new("/bin/sh");
        let mut command = match column {
            Column::Armed => return Ok(None),
            Column::Linux => Command::new(shell),
            _ => guest(&self.place, column, Some(system), shell),
        };
        command.args(["-c", script]);
        Ok(Some(whole(command, Some(self.output(column)), false)))
    }

    /// Minifies TypeScript's compiler, nine megabytes in one file.
    fn esbuild(&self, column: Column, own: &str, linux: &str) -> Started {
        let file = |package: &str, inside| {
            let found = Npm::named(package)?.file(inside);
            if found.is_none() {
                println!("skipped: {package} is not here");
            }
            found
        };
        let Some(source) = file("typescript", "lib/typescript.js") else {
            return Ok(None);
        };
        let package = match column {
            Column::Armed => return Ok(None),
            Column::Linux => linux,
            _ => own,
        };
        let Some(program) = file(package, "bin/esbuild") else {
            return Ok(None);
        };
        let mut command = match column {
            Column::Linux => Command::new(program),
            _ => guest(&self.place, column, None, &program),
        };
        command
            .args(["--bundle", "--minify"])
            .args(["--platform=node", "--log-level=error"])
            .arg(source);
        Ok(Some(whole(command, Some(self.output(column)), false)))
    }

    fn compile(&self, column: Column) -> Started {
        let compiler = self
            .compiler
            .get_or_init(|| Compiler::build(&self.place, self.os));
        let Some(compiler) = compiler else {
            return Ok(None);
        };
        let mut command = match column {
            Column::Armed => return Ok(None),
            Column::Linux => Command::new(&compiler.linux),
            _ => guest(&self.place, column, None, &compiler.guest),
        };
        // For the same system by both.
        let output = self.output(column);
        command
            .env("GOOS", "linux")
            .env("GOARCH", "amd64")
            .current_dir(&compiler.folder)
            .arg("-o")
            .arg(&output)
            .args(&compiler.arguments);
        Ok(Some(whole(command, Some(output), true)))
    }

    fn output(&self, column: Column) -> PathBuf {
        self.place.work(column).join("output")
    }
}

fn whole(command: Command, output: Option<PathBuf>, writes_itself: bool) -> Box<dyn Subject> {
    Box::new(Whole {
        command,
        output,
        writes_itself,
    })
}

impl Compiler {
    /// Builds it, and all that the package `go/types` is compiled from.
    fn build(place: &Place, os: Target) -> Option<Self> {
        let source = GO.root().join("src");
        let build = |target| go_program(place, target, &source, "cmd/compile", "compile");
        let (linux, guest) = (build(Target::Linux)?, build(os)?);
        let list = |arguments: &[&str]| {
            let mut go = GO.command(Target::Linux);
            let listed = go.arg("list").args(arguments).arg("go/types").output();
            let listed = listed.ok().filter(|output| output.status.success())?;
            String::from_utf8(listed.stdout).ok()
        };
        let exports = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}";
        let configuration = place.file("importcfg");
        fs::write(&configuration, list(&["-export", "-deps", "-f", exports])?).ok()?;
        let files = list(&["-f", "{{range .GoFiles}}{{println .}}{{end}}"])?;
        let fixed = ["-p", "go/types", "-std", "-complete", "-c=2", "-importcfg"];
        let arguments = fixed.map(str::to_owned).into_iter();
        let arguments = arguments
            .chain([configuration.to_str()?.to_owned()])
            .chain(files.split_whitespace().map(str::to_owned));
        Some(Self {
            guest,
            linux,
            arguments: arguments.collect(),
            folder: source.join("go/types"),
        })
    }
}
