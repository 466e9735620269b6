//! Which packages' tests are run.

/// One standard-library package.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its import path.
    pub path: &'static str,
    /// Whether it is in the subset that is quick enough for every change.
    pub ci: bool,
}

impl Package {
    /// The import path as a file name.
    pub fn file_name(&self) -> String {
        self.path.replace('/', "_")
    }
}

const fn quick(path: &'static str) -> Package {
    Package { path, ci: true }
}

const fn slow(path: &'static str) -> Package {
    Package { path, ci: false }
}

/// Every package that is run, those with results from a FreeBSD kernel first.
pub const PACKAGES: &[Package] = &[
    quick("os"),
    quick("os/exec"),
    quick("os/signal"),
    quick("os/user"),
    quick("io/fs"),
    quick("path/filepath"),
    quick("net"),
    quick("syscall"),
    quick("time"),
    quick("sync"),
    quick("sync/atomic"),
    quick("context"),
    quick("runtime/debug"),
    quick("internal/poll"),
    quick("internal/syscall/unix"),
    quick("internal/routebsd"),
    quick("crypto/rand"),
    quick("archive/tar"),
    quick("log/syslog"),
    quick("testing"),
    quick("cmd/go/internal/lockedfile/internal/filelock"),
    quick("io"),
    quick("io/ioutil"),
    slow("net/http"),
    quick("net/http/httptest"),
    slow("runtime"),
    slow("crypto/tls"),
    slow("archive/zip"),
    slow("compress/gzip"),
    slow("database/sql"),
    slow("encoding/json"),
    quick("log"),
    slow("log/slog"),
    slow("testing/fstest"),
    slow("mime"),
    slow("text/template"),
    slow("go/build"),
    slow("debug/elf"),
];
