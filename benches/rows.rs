//! Everything that is measured, in groups.

use compat_tests::inputs::Target;

use crate::program::Program::{self, Go, Libc, Raw};

/// One workload.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    /// Which program, in a few letters.
    pub(crate) what: &'static str,
    /// How many of what the row is named after are done at a time.
    pub(crate) per: u32,
    /// How often a check does it, and a turn at the very least.
    pub(crate) least: u64,
    /// Whether a turn does exactly that much.
    pub(crate) exactly: bool,
    pub(crate) kind: Kind,
}

/// How the work is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// By a program that is asked for turns: the name of the work, its argument.
    Asked(Program, &'static str, Option<u32>),
    /// The same with a root that the program does not need, to see what looking paths up there costs.
    InRoot(Program, &'static str),
    /// By one that starts anew for each.
    Fresh(Program, &'static str),
    /// By a server, asked by a Linux program.
    Served,
    /// A program that starts and ends.
    Started(Program),
    /// A shell with a script, the system's own.
    Shell(&'static str),
    /// esbuild, from these packages: the guest's, Linux's.
    Esbuild(&'static str, &'static str),
    /// Go's compiler.
    Compile,
}

impl Row {
    fn new(group: &'static str, name: impl Into<String>, kind: Kind) -> Self {
        let what = match kind {
            Kind::Asked(program, ..)
            | Kind::InRoot(program, _)
            | Kind::Fresh(program, _)
            | Kind::Started(program) => program.title(),
            Kind::Shell(_) => "sh",
            Kind::Served | Kind::Esbuild(..) | Kind::Compile => "Go",
        };
        Self {
            group,
            name: name.into(),
            what,
            per: 1,
            least: 1,
            exactly: false,
            kind,
        }
    }

    /// Whether a process may open as many files as the row needs; a line tells when it may not.
    pub(crate) fn fits(&self) -> bool {
        let Kind::Asked(_, "events", Some(descriptors)) = self.kind else {
            return true;
        };
        let most = most_descriptors();
        // The programs open a few more.
        let fits = u64::from(descriptors) + 50 <= most;
        if !fits {
            println!("no {}: processes here may open {most} files", self.name);
        }
        fits
    }

    /// Whether the guest needs its system's libraries or programs.
    fn needs_root(&self) -> bool {
        match self.kind {
            Kind::Asked(program, ..) | Kind::Fresh(program, _) | Kind::Started(program) => {
                program == Libc
            }
            Kind::Shell(_) => true,
            Kind::InRoot(..) | Kind::Served | Kind::Esbuild(..) | Kind::Compile => false,
        }
    }

    /// Whether most of the work is done by processes that the one asked for it starts.
    pub(crate) fn starts_processes(&self) -> bool {
        matches!(self.kind, Kind::Asked(..)) && self.group == "processes"
    }

    fn per(self, per: u32) -> Self {
        Self { per, ..self }
    }

    fn least(self, least: u64) -> Self {
        Self { least, ..self }
    }
}

/// All rows that there are programs of that system for. `full` makes the largest as large as they are named after.
pub(crate) fn all(os: Target, full: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    calls(&mut rows);
    memory_and_signals(&mut rows);
    waiting(&mut rows);
    processes(&mut rows);
    programs(&mut rows, os, full);
    for what in ["getppid", "read", "pipe"] {
        threads(&mut rows, what);
    }
    queues(&mut rows);
    rows.retain(|row| os == Target::FreeBsd || !row.needs_root());
    rows
}

fn calls(rows: &mut Vec<Row>) {
    let mut row = |name: &str, program, work| {
        rows.push(Row::new("calls", name, Kind::Asked(program, work, None)).least(100));
    };
    row("getpid", Raw, "getpid");
    row("getppid", Raw, "getppid");
    row("getppid (libc)", Libc, "getppid");
    row("getppid (Go)", Go, "getppid");
    row("getppid, unpatchable", Raw, "copied");
    row("read 1 B", Raw, "read");
    row("read 1 B (Go)", Go, "read");
    row("pread 4 KiB", Raw, "pread");
    row("write /dev/null", Raw, "write");
    row("stat", Raw, "stat");
    row("open+close", Raw, "open");
    row("pipe, write+read", Raw, "pipe");
    row("clock_gettime", Raw, "clock");
    row("clock_gettime (libc)", Libc, "clock");
    row("time.Now", Go, "now");
    row("sigprocmask query", Raw, "mask");
    for (name, work) in [
        ("stat /etc, in a root", "absolute-stat"),
        ("open+close /etc, in a root", "absolute-open"),
    ] {
        rows.push(Row::new("calls", name, Kind::InRoot(Raw, work)).least(100));
    }
}

fn memory_and_signals(rows: &mut Vec<Row>) {
    let mut row = |name: &str, work, per| {
        let kind = Kind::Asked(Raw, work, None);
        rows.push(Row::new("memory", name, kind).per(per).least(4));
    };
    row("signal round trip", "signal", 1);
    row("mmap+munmap 64 KiB", "map", 1);
    row("page fault", "fault", 1024);
}

fn waiting(rows: &mut Vec<Row>) {
    let mut row = |name: &str, program, work, argument| {
        rows.push(Row::new("waiting", name, Kind::Asked(program, work, argument)).least(50));
    };
    row("pipe ping-pong", Raw, "pipes", None);
    row("TCP request", Raw, "tcp", None);
    row("TCP request (Go)", Go, "tcp", None);
    row("TCP stream 64 KiB", Raw, "stream", None);
    row("mutex, 2 threads", Libc, "mutex", Some(2));
    row("condvar ping-pong", Libc, "condition", Some(2));
    row("thread create+join", Libc, "create", None);
}

fn processes(rows: &mut Vec<Row>) {
    let mut row =
        |name: &str, kind, per| rows.push(Row::new("processes", name, kind).per(per).least(2));
    row("fork+wait", Kind::Asked(Raw, "fork", None), 1);
    row("fork+wait (libc)", Kind::Asked(Libc, "fork", None), 1);
    row("vfork+exec+wait, static", Kind::Asked(Raw, "exec", None), 1);
    row(
        "vfork+exec+wait, dynamic",
        Kind::Asked(Libc, "exec", None),
        1,
    );
    row("start, static C", Kind::Started(Raw), 1);
    row("start, dynamic C", Kind::Started(Libc), 1);
    row("start, static Go", Kind::Started(Go), 1);
    row("sh -c :", Kind::Shell(":"), 1);
    let thousand = "i=0; while [ $i -lt 1000 ]; do /bin/echo $i; i=$((i+1)); done";
    rows.push(Row::new("processes", "sh, 1000 processes", Kind::Shell(thousand)).per(1000));
}

fn programs(rows: &mut Vec<Row>, os: Target, full: bool) {
    let mut row = |name: &str, kind| rows.push(Row::new("programs", name, kind));
    row("lines, stdio", Kind::Asked(Libc, "lines", None));
    row("database file", Kind::Asked(Raw, "database", None));
    row("sha256 of 1 MiB", Kind::Asked(Go, "sha256", None));
    row("HTTP request", Kind::Served);
    if let Some(package) = esbuild(os) {
        row("esbuild 0.28", Kind::Esbuild(package, "@esbuild/linux-x64"));
    }
    if os == Target::FreeBsd {
        row(
            "esbuild 0.15",
            Kind::Esbuild("esbuild-freebsd-64", "esbuild-linux-64"),
        );
    }
    let (name, mebibytes) = match full {
        true => ("sort of 1 GiB", 1024),
        false => ("sort of 32 MiB", 32),
    };
    rows.push(Row {
        exactly: true,
        ..Row::new("programs", name, Kind::Fresh(Go, "sort")).least(mebibytes)
    });
    rows.push(Row::new("compile", "go compile", Kind::Compile));
}

/// The package with esbuild for that system, if there is one.
pub(crate) fn esbuild(os: Target) -> Option<&'static str> {
    match os {
        Target::FreeBsd => Some("@esbuild/freebsd-x64"),
        Target::NetBsd => Some("@esbuild/netbsd-x64"),
        Target::DragonFly | Target::Linux => None,
    }
}

fn queues(rows: &mut Vec<Row>) {
    let watch = Kind::Asked(Raw, "watch", None);
    rows.push(Row::new("queues", "kevent, add", watch).per(100));
    for descriptors in [1, 10, 100, 1_000, 10_000, 100_000] {
        let kind = Kind::Asked(Raw, "events", Some(descriptors));
        rows.push(Row::new("queues", format!("kevent, {descriptors} watched"), kind).least(50));
    }
}

/// How many files a process may open, having asked for it.
fn most_descriptors() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel fills in a structure that is ours.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } {
        0 => limit.rlim_max,
        _ => 0,
    }
}

fn threads(rows: &mut Vec<Row>, what: &'static str) {
    let work = match what {
        "getppid" => "threads-getppid",
        "read" => "threads-read",
        _ => "threads-pipe",
    };
    for threads in [1, 2, 4, 8, 16, 32] {
        let kind = Kind::Asked(Libc, work, Some(threads));
        let row = Row::new("threads", format!("{what} x {threads}"), kind);
        // Long enough for the start of a turn not to count.
        rows.push(row.per(threads).least(2_000));
    }
}
