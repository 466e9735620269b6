//! Smaller programs: turbo, ngrok, snapbuild, local-functions-proxy.

use std::fs;

use compat_tests::stage::on_every_stage;

use crate::twins::{Twins, finish, text};

#[test]
fn turbo() {
    let Some(twins) = Twins::from_npm("turbo-freebsd-64", "turbo-linux-64", "bin/turbo") else {
        return;
    };
    on_every_stage(|stage| {
        for arguments in [["--version"], ["--help"], ["prune"]] {
            twins.agree(stage, &arguments);
        }
    });
}

#[test]
fn ngrok() {
    let packages = ["@expo/ngrok-bin-freebsd-x64", "@expo/ngrok-bin-linux-x64"];
    let Some(twins) = Twins::from_npm(packages[0], packages[1], "ngrok") else {
        return;
    };
    on_every_stage(|stage| {
        for arguments in [
            &["version"][..],
            &["help"],
            &["help", "http"],
            &["authtoken"],
        ] {
            twins.agree(stage, arguments);
        }
    });
}

#[test]
fn snapbuild() {
    let packages = [
        "@cypress/snapbuild-freebsd-64",
        "@cypress/snapbuild-linux-64",
    ];
    let Some(twins) = Twins::from_npm(packages[0], packages[1], "bin/snapshot") else {
        return;
    };
    on_every_stage(|stage| {
        twins.agree(stage, &["--help"]);
        stage.write("dep.js", "exports.x = 1\n");
        stage.write(
            "entry.js",
            "exports.x = require('./dep').x; exports.up = () => require('path').sep\n",
        );
        let directory = stage.work();
        let built = |name: &str, by: &mut std::process::Command| {
            let settings = format!(
                r#"{{"entryfile":"{0}/entry.js","outfile":"{0}/{name}","basedir":"{0}","metafile":true}}"#,
                directory.display(),
            );
            let configuration = stage.write("snapshot.json", settings);
            let said = finish(by.arg(&configuration));
            assert!(said.status.success(), "{}", text(&said.stderr));
            (
                said.stdout,
                fs::read(directory.join(name)).expect("the bundle was written"),
            )
        };
        let native = built("native.js", &mut stage.native(&twins.linux, &twins.guest));
        let guest = built("guest.js", &mut stage.guest(&twins.guest));
        assert_eq!(text(&guest.1), text(&native.1));
        assert_eq!(
            text(&guest.0).replace("guest.js", "native.js"),
            text(&native.0)
        );
    });
}

#[test]
fn local_functions_proxy() {
    let packages = [
        "@netlify/local-functions-proxy-freebsd-x64",
        "@netlify/local-functions-proxy-linux-x64",
    ];
    let Some(twins) = Twins::from_npm(packages[0], packages[1], "bin/local-functions-proxy") else {
        return;
    };
    on_every_stage(|stage| {
        twins.agree(stage, &["-help"]);
        twins.agree(stage, &["-timeout", "nonsense"]);
        // A function that ends at once: the proxy starts it, cannot reach it, and says so.
        let event =
            r#"{"headers":{},"path":"/","httpMethod":"GET","queryStringParameters":{},"body":""}"#;
        let arguments = ["-command", "true", "-timeout", "1s", "-event", event];
        let native = finish(stage.native(&twins.linux, &twins.guest).args(arguments));
        let guest = finish(stage.guest(&twins.guest).args(arguments));
        assert_eq!(guest.status, native.status, "{}", text(&guest.stderr));
    });
}
