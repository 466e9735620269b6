//! Rust programs with FreeBSD's own run-time linker and libraries: lightningcss and pagefind. They need a root.

use std::collections::BTreeMap;
use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use compat_tests::root;
use compat_tests::stage::{Stage, on_every_stage};

use crate::twins::{Twins, finish, text};

/// Plays `scene` on every stage with a root that has the libraries, shown on it: the user may not be able to reach the
/// original. Each has a thread of its own, because what is shown is shown to the thread.
fn with_root(scene: impl Fn(&Stage, &Path) + Sync) {
    let Some(found) = root::find("freebsd-13.5") else {
        return;
    };
    on_every_stage(|stage| {
        let play = || {
            if !nix::unistd::geteuid().is_root() {
                return scene(stage, &found);
            }
            let folder = stage.work();
            let folder = folder.parent().expect("a folder on the stage");
            scene(stage, &root::show(&found, folder).expect("root may mount"));
        };
        thread::scope(|threads| {
            if let Err(panic) = threads.spawn(play).join() {
                resume_unwind(panic);
            }
        });
    });
}

#[test]
fn lightningcss_writes_the_same_style_sheets() {
    let Some(twins) = Twins::from_npm(
        "lightningcss-cli-freebsd-x64",
        "lightningcss-cli-linux-x64-gnu",
        "lightningcss",
    ) else {
        return;
    };
    with_root(|stage, root| {
        stage.write(
            "main.css",
            "@import 'part.css';\n.foo { color: rgba(255, 0, 0, 0.5); &:hover { color: lab(50% 40 30) } }\n\
             @media (min-width: 300px) and (max-width: 500px) { .bar { inset: 0; margin: 1px 1px } }\n",
        );
        stage.write(
            "part.css",
            ".x { transition: opacity .3s ease; background: url(i.png) }\n",
        );
        for arguments in [
            &["--version"][..],
            &["--minify", "main.css"],
            &["--bundle", "--minify", "main.css"],
            &["--targets", ">=0.25%", "main.css"],
            &["--minify", "nosuch.css"],
            &["--minify", "--sourcemap", "-o", "out.css", "main.css"],
        ] {
            let native = finish(stage.native(&twins.linux, &twins.guest).args(arguments));
            let written = fs::read(stage.work().join("out.css")).ok();
            let options = ["--root", root.to_str().expect("UTF-8")];
            let guest = finish(stage.guest_with(&options, &twins.guest).args(arguments));
            assert_eq!(guest.status.code(), native.status.code(), "{arguments:?}");
            assert_eq!(text(&guest.stdout), text(&native.stdout), "{arguments:?}");
            assert_eq!(fs::read(stage.work().join("out.css")).ok(), written);
        }
    });
}

#[test]
fn pagefind_builds_the_same_index() {
    let packages = ["@pagefind/freebsd-x64", "@pagefind/linux-x64"];
    let Some(twins) = Twins::from_npm(packages[0], packages[1], "bin/pagefind_extended") else {
        return;
    };
    with_root(|stage, root| {
        for page in 0..80 {
            stage.write(
                &format!("site/{}/page{page}.html", page % 7),
                format!(
                    "<html lang=en><head><title>Page {page}</title></head><body><main><h1>Heading {page}</h1>\
                     <p>Words about topic{} and number {page}; running runners ran.</p></main></body></html>",
                    page % 11
                ),
            );
        }
        let build = |mut command: std::process::Command, place: &str| {
            command.args(["--site", "site", "--output-path", place]);
            let said = finish(&mut command);
            assert!(said.status.success(), "{}", text(&said.stderr));
            files(&stage.work().join(place))
        };
        let native = build(stage.native(&twins.linux, &twins.guest), "native");
        let options = ["--root", root.to_str().expect("UTF-8")];
        let guest = build(stage.guest_with(&options, &twins.guest), "guest");
        assert!(
            native.len() > 20,
            "an index has many files, not {}",
            native.len()
        );
        assert!(guest.keys().eq(native.keys()), "the same files");
        for (name, content) in &guest {
            assert!(content == &native[name], "{name} is the same");
        }
    });
}

/// All files below a directory, by their names from there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)
            .expect("the directory is there")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .expect("below")
                .display()
                .to_string();
            let mut content = fs::read(&path).expect("the file is there");
            // A gzip header begins with the time of compression: when each program was built.
            if let [0x1f, 0x8b, 8, _, time @ ..] = &mut content[..]
                && name.starts_with("wasm.")
                && let Some(time) = time.first_chunk_mut::<4>()
            {
                *time = [0; 4];
            }
            found.insert(name, content);
        }
    }
    found
}
