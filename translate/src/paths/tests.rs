extern crate std;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};

use super::space::{Bind, Space};
use super::*;
use crate::settings::KernelVersion;

/// A directory with a root and something beside it, gone when dropped.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(std::format!("compat-paths-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for part in ["root/usr/lib", "root/etc", "beside"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let folder = folder.canonicalize().unwrap();
        let scene = Self(folder);
        fs::write(scene.at("root/usr/lib/libc.so.7"), "guest").unwrap();
        symlink("/usr/lib/libc.so.7", scene.at("root/usr/lib/libc.so")).unwrap();
        symlink("/usr/lib", scene.at("root/lib")).unwrap();
        symlink("../..", scene.at("root/etc/up")).unwrap();
        symlink("loop", scene.at("root/loop")).unwrap();
        fs::write(scene.at("beside/host"), "host").unwrap();
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn space(&self, rooted: bool, binds: &[&str]) -> Space {
        let binds = binds.iter().map(|text| Bind::parse(text).unwrap());
        Space::new(
            self.at("root").to_str().unwrap().as_bytes(),
            rooted,
            binds.collect(),
        )
    }

    /// What `path` leads to, relative to the scene.
    fn find(&self, space: &Space, path: &str, look: Look) -> String {
        let both = [
            space
                .locate(path.as_bytes(), look)
                .map(|found| found.map(|found| found.text)),
            super::walk::walk(space, path.as_bytes(), look).map(Some),
        ];
        let both = both.map(|found| match found {
            Ok(found) => {
                let found = found.unwrap_or_else(|| path.as_bytes().to_vec());
                let found = String::from_utf8(found).unwrap();
                match found.strip_prefix(self.0.to_str().unwrap()) {
                    Some(rest) => rest.trim_start_matches('/').to_string(),
                    None => found,
                }
            }
            Err(error) => std::format!("{error:?}"),
        });
        assert_eq!(both[0], both[1], "checked and walked: {path}");
        both[0].clone()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_string()
}

#[test]
fn links_of_the_root_stay_in_the_root() {
    let scene = Scene::new("links");
    for rooted in [true, false] {
        let space = scene.space(rooted, &[]);
        for (path, found) in [
            ("/usr/lib/libc.so.7", "root/usr/lib/libc.so.7"),
            ("/usr/lib/libc.so", "root/usr/lib/libc.so.7"),
            ("//usr/./lib//libc.so", "root/usr/lib/libc.so.7"),
            ("/lib/libc.so", "root/usr/lib/libc.so.7"),
            ("/lib/../../..//usr/lib/libc.so", "root/usr/lib/libc.so.7"),
            ("/etc/up/../lib/libc.so.7", "root/usr/lib/libc.so.7"),
            ("/lib/", "root/usr/lib/"),
            ("/lib/./", "root/usr/lib/."),
            ("/usr/lib/.", "root/usr/lib/."),
        ] {
            assert_eq!(scene.find(&space, path, Look::FOLLOW), found, "{path}");
        }
        assert_eq!(
            scene.find(&space, "/lib/libc.so", Look::LINK),
            "root/usr/lib/libc.so"
        );
        assert_eq!(
            scene.find(&space, "/lib/new", Look::NAME),
            "root/usr/lib/new"
        );
        let endless = space.locate(b"/loop", Look::FOLLOW);
        assert_eq!(endless.err(), Some(HostErrno::ELOOP));
    }
}

#[test]
fn nothing_leads_up_from_a_file() {
    let scene = Scene::new("files");
    let space = scene.space(true, &[]);
    for path in [
        "/usr/lib/libc.so.7/..",
        "/usr/lib/libc.so.7/../libc.so.7",
        "/usr/lib/libc.so/../libc.so.7",
        "/lib/libc.so/./../../lib",
        "/dev/null/..",
    ] {
        let error = std::format!("{:?}", HostErrno::ENOTDIR);
        assert_eq!(scene.find(&space, path, Look::FOLLOW), error, "{path}");
    }
    assert_eq!(
        scene.find(&space, "/lib/../lib/..", Look::FOLLOW),
        "root/usr/"
    );
}

#[test]
fn nothing_leads_out_of_a_rooted_guest() {
    let scene = Scene::new("rooted");
    let space = scene.space(true, &[]);
    symlink(scene.at("beside"), scene.at("root/out")).unwrap();
    symlink("../beside", scene.at("root/up")).unwrap();
    for path in [
        "/out/host",
        "/up/host",
        "/../beside/host",
        "/etc/up/../beside/host",
    ] {
        let found = scene.find(&space, path, Look::FOLLOW);
        assert!(
            !Path::new(&found).exists() && !found.starts_with("beside"),
            "{path}: {found}"
        );
    }
    let outside = text(&scene.at("beside"));
    assert_eq!(space.guest_name(outside.as_bytes()), None);
}

#[test]
fn an_overlay_goes_on_to_the_host() {
    let scene = Scene::new("overlay");
    let space = scene.space(false, &[]);
    let beside = text(&scene.at("beside/host"));
    assert_eq!(scene.find(&space, &beside, Look::FOLLOW), "beside/host");
    symlink(&beside, scene.at("root/usr/lib/outside")).unwrap();
    assert_eq!(
        scene.find(&space, "/usr/lib/outside", Look::FOLLOW),
        "beside/host"
    );
    // What neither has is made where its directory is.
    assert_eq!(scene.find(&space, "/etc/new", Look::NAME), "root/etc/new");
    let new = text(&scene.at("beside/new"));
    assert_eq!(scene.find(&space, &new, Look::NAME), "beside/new");
    assert_eq!(scene.find(&space, "/dev/null", Look::FOLLOW), "/dev/null");
    assert_eq!(
        space.guest_name(text(&scene.at("root/usr/lib")).as_bytes()),
        Some(b"/usr/lib".to_vec())
    );
    assert_eq!(
        space.guest_name(beside.as_bytes()),
        Some(beside.into_bytes())
    );
}

#[test]
fn a_link_of_the_hosts_means_what_the_guest_sees() {
    let scene = Scene::new("host-links");
    let beside = scene.at("beside");
    symlink("/usr/lib/libc.so", beside.join("absolute")).unwrap();
    symlink("absolute", beside.join("twice")).unwrap();
    symlink("/dev", beside.join("devices")).unwrap();
    symlink(["..", "root", "etc"].join("/"), beside.join("up")).unwrap();
    let folder = fs::File::open(&beside).unwrap();
    // In a place that an overlay leaves to the host, and in any other.
    let under_tmp = scene.space(false, &[]);
    let elsewhere = Space {
        binds: Vec::from([Bind::parse("/dev:host").unwrap()]),
        ..under_tmp.clone()
    };
    for space in [&under_tmp, &elsewhere] {
        for (path, expected) in [
            ("host", "beside/host"),
            ("absolute", "root/usr/lib/libc.so.7"),
            ("twice", "root/usr/lib/libc.so.7"),
            ("up/../usr/lib/libc.so", "root/usr/lib/libc.so.7"),
            ("devices/null", "/dev/null"),
            ("new", "beside/new"),
        ] {
            let whole = text(&beside.join(path));
            assert_eq!(scene.find(space, &whole, Look::FOLLOW), expected, "{path}");
            // The same from the directory, where what the host finds by itself keeps its name.
            let seen = super::found(
                space,
                std::os::fd::AsRawFd::as_raw_fd(&folder) as u64,
                path.into(),
                Look::FOLLOW,
            );
            let seen = seen.unwrap().map(|found| found.text).unwrap_or_default();
            let seen = String::from_utf8(seen).unwrap();
            let expected = match expected.strip_prefix("beside/") {
                Some(_) => String::new(),
                None if expected.starts_with('/') => expected.into(),
                None => text(&scene.at(expected)),
            };
            assert_eq!(seen, expected, "{path} from its directory");
        }
        let link = text(&beside.join("absolute"));
        assert_eq!(scene.find(space, &link, Look::LINK), "beside/absolute");
    }
}

#[test]
fn what_leads_up_from_a_place_of_the_hosts_leads_into_the_root() {
    let scene = Scene::new("above");
    let space = scene.space(false, &["/tmp:host"]);
    let above = |folder: &str, path: &str| {
        let found = space.above(folder.as_bytes(), path.as_bytes());
        found.map(|found| String::from_utf8(found).unwrap())
    };
    for (folder, path, found) in [
        ("/tmp/a", "../..", Some("/")),
        ("/tmp/a", "../../", Some("/")),
        ("/tmp/a", "./..//.././etc/motd", Some("/etc/motd")),
        ("/tmp/a", "../../..", Some("/")),
        ("/srv/a", "..", Some("/srv/")),
        ("/srv/a", "../b/../c", Some("/srv/b/../c")),
        ("/", "..", Some("/")),
        // The host's own affair.
        ("/tmp/a", "..", None),
        ("/tmp/a/b", "../../c", None),
        ("/srv/a", "b/../../..", None),
        ("/srv/a", "..b", None),
        ("/srv/a", ".", None),
        ("/srv/a", "b", None),
    ] {
        assert_eq!(above(folder, path).as_deref(), found, "{folder} {path}");
    }
}

#[test]
fn the_guests_programs_come_before_the_hosts() {
    let scene = Scene::new("programs");
    let space = scene.space(false, &[]);
    assert_eq!(
        scene.find(&space, "/usr/bin/env", Look::FOLLOW),
        "/usr/bin/env"
    );
    fs::create_dir(scene.at("root/bin")).unwrap();
    fs::write(scene.at("root/bin/env"), "guest").unwrap();
    assert_eq!(scene.find(&space, "/bin/env", Look::FOLLOW), "root/bin/env");
    assert_eq!(
        scene.find(&space, "/usr/bin/env", Look::FOLLOW),
        "root/usr/bin/env"
    );
}

#[test]
fn where_the_host_has_its_libraries_is_not_the_guests_concern() {
    let scene = Scene::new("linker");
    let space = scene.space(false, &[]);
    assert_eq!(
        scene.find(&space, "/etc/ld.so.conf", Look::FOLLOW),
        "root/etc/ld.so.conf"
    );
    assert_eq!(
        scene.find(&space, "/etc/passwd", Look::FOLLOW),
        "/etc/passwd"
    );
}

#[test]
fn binds_have_their_place() {
    let scene = Scene::new("binds");
    let bind = std::format!("{}:/mnt/here:ro", text(&scene.at("beside")));
    let space = scene.space(true, &[&bind]);
    symlink("/usr/lib/libc.so", scene.at("beside/to-root")).unwrap();
    symlink("/mnt/here", scene.at("root/way")).unwrap();
    for (path, found) in [
        ("/mnt/here/host", "beside/host"),
        ("/way/host", "beside/host"),
        ("/mnt/here/to-root", "root/usr/lib/libc.so.7"),
        ("/mnt/here/../../etc/up", "root"),
    ] {
        assert_eq!(
            scene.find(&space, path, Look::FOLLOW).trim_end_matches('/'),
            found,
            "{path}"
        );
    }
    assert_eq!(
        scene.find(&space, "/mnt/here/new", Look::NAME),
        std::format!("{:?}", HostErrno::EROFS)
    );
    let name = space.guest_name(text(&scene.at("beside/host")).as_bytes());
    assert_eq!(name, Some(b"/mnt/here/host".to_vec()));
}

#[test]
fn a_bind_is_read_as_it_is_written() {
    for text in ["/a:/b", "/a:/b:ro", "/dev:/dev:host"] {
        let bind = Bind::parse(text).unwrap();
        let mut settings = crate::settings::Settings::default();
        let space = Space {
            root: b"/r".to_vec(),
            rooted: true,
            binds: Vec::from([bind]),
            made_for: Some(KernelVersion {
                system: "NetBSD".into(),
                number: 1_001_000_000,
            }),
        };
        space.tell(&mut settings);
        assert_eq!(Space::from_settings(b"/r", &settings), Ok(space), "{text}");
    }
    for text in ["", "a", "/a:b", "/a:/", "/a:/b:rw"] {
        assert_eq!(Bind::parse(text), None, "{text}");
    }
}

#[test]
fn a_bind_below_a_place_of_the_hosts_is_found_through_links() {
    let scene = Scene::new("nested");
    symlink("host", scene.at("beside/link")).unwrap();
    let bind = std::format!("{}:/home/me", text(&scene.at("beside")));
    for rooted in [false, true] {
        let space = scene.space(rooted, &[&bind]);
        assert_eq!(
            scene.find(&space, "/home/me/link", Look::FOLLOW),
            "beside/host"
        );
    }
}
