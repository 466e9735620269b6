//! esbuild minifying TypeScript's compiler, nine megabytes in one file.

use std::process::Command;

use compat_tests::compat;
use compat_tests::inputs::Npm;

use crate::turns::Turns;

pub(crate) fn run() -> Option<()> {
    let file = |package, inside| {
        let found = Npm::named(package)?.file(inside);
        if found.is_none() {
            println!("skipped: {package} is not here");
        }
        found
    };
    let source = file("typescript", "lib/typescript.js")?;
    let pairs = [
        (
            "esbuild 0.28 (Go 1.2x)",
            "@esbuild/freebsd-x64",
            "@esbuild/linux-x64",
        ),
        (
            "esbuild 0.15 (Go 1.19)",
            "esbuild-freebsd-64",
            "esbuild-linux-64",
        ),
    ];
    for (what, freebsd, linux) in pairs {
        let mut guest = compat::guest(&file(freebsd, "bin/esbuild")?);
        let mut native = Command::new(file(linux, "bin/esbuild")?);
        for command in [&mut guest, &mut native] {
            command
                .args([
                    "--bundle",
                    "--minify",
                    "--platform=node",
                    "--log-level=error",
                ])
                .arg(&source);
        }
        Turns::take(15, &mut guest, &mut native).report(what);
    }
    Some(())
}
