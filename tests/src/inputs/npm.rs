//! Programs for FreeBSD and NetBSD, and their Linux twins, from the npm registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FetchError, client, directory, in_scratch};

/// One package at one version, unpacked under `npm/<name with '/' as '_'>/package`.
#[derive(Clone, Copy, Debug)]
pub struct Npm {
    /// The name in the registry, with its scope.
    pub name: &'static str,
    /// The exact version.
    pub version: &'static str,
}

const fn npm(name: &'static str, version: &'static str) -> Npm {
    Npm { name, version }
}

/// Every package the suites use. A FreeBSD package stands before its Linux twin.
pub const NPM: &[Npm] = &[
    npm("@esbuild/freebsd-x64", "0.28.2"),
    npm("@esbuild/linux-x64", "0.28.2"),
    npm("esbuild-freebsd-64", "0.15.18"),
    npm("esbuild-linux-64", "0.15.18"),
    npm("@esbuild/netbsd-x64", "0.28.2"),
    npm("esbuild-netbsd-64", "0.15.18"),
    npm("lefthook-freebsd-x64", "2.2.2"),
    npm("lefthook-linux-x64", "2.2.2"),
    npm("turbo-freebsd-64", "1.4.7"),
    npm("turbo-linux-64", "1.4.7"),
    npm("@expo/ngrok-bin-freebsd-x64", "2.3.41"),
    npm("@expo/ngrok-bin-linux-x64", "2.3.41"),
    npm("@cypress/snapbuild-freebsd-64", "1.0.4"),
    npm("@cypress/snapbuild-linux-64", "1.0.4"),
    npm("@netlify/local-functions-proxy-freebsd-x64", "1.1.1"),
    npm("@netlify/local-functions-proxy-linux-x64", "1.1.1"),
    // For other machines and systems: refused, with one line each.
    npm("@esbuild/freebsd-arm64", "0.28.2"),
    npm("@esbuild/openbsd-x64", "0.28.2"),
    npm("@esbuild/sunos-x64", "0.28.2"),
    npm("lefthook-openbsd-x64", "2.2.2"),
    npm("@expo/ngrok-bin-freebsd-ia32", "2.3.41"),
    // Dynamic: they also need a root with FreeBSD's libraries.
    npm("lightningcss-cli-freebsd-x64", "1.33.0"),
    npm("lightningcss-cli-linux-x64-gnu", "1.33.0"),
    npm("@pagefind/freebsd-x64", "1.5.2"),
    npm("@pagefind/linux-x64", "1.5.2"),
    // Sources to bundle. TypeScript 5 is the last whose compiler is JavaScript.
    npm("typescript", "5.9.3"),
    npm("three", "0.187.0"),
];

impl Npm {
    /// The listed package of this name, or `None` where [`NPM`] has none.
    pub fn named(name: &str) -> Option<&'static Npm> {
        NPM.iter().find(|package| package.name == name)
    }

    fn place(&self) -> PathBuf {
        directory().join("npm").join(self.name.replace('/', "_"))
    }

    /// A file of the package, or `None` when the right version was not fetched or lacks the file.
    pub fn file(&self, inside: &str) -> Option<PathBuf> {
        let path = self.place().join("package").join(inside);
        (self.is_here() && path.exists()).then_some(path)
    }

    /// Whether this very version is unpacked.
    pub fn is_here(&self) -> bool {
        let manifest = self.place().join("package/package.json");
        fs::read_to_string(manifest).is_ok_and(|text| version_in(&text) == Some(self.version))
    }

    /// Fetches and unpacks the package with `npm pack` and `tar`. The client checks the integrity.
    pub fn fetch(&self) -> Result<(), FetchError> {
        let unpack = |fresh: &Path| {
            let spec = format!("{}@{}", self.name, self.version);
            let printed = client(
                Command::new("npm")
                    .args(["pack", "--loglevel=error", &spec])
                    .current_dir(fresh),
            )?;
            let archive = fresh.join(printed.lines().last().unwrap_or_default().trim());
            // The archive's top directory has any name; npm itself drops it too.
            let package = fresh.join("package");
            fs::create_dir(&package).map_err(|e| FetchError::new("inputs", e))?;
            client(
                Command::new("tar")
                    .arg("-xzf")
                    .arg(&archive)
                    .args(["--strip-components=1", "-C"])
                    .arg(&package),
            )?;
            fs::remove_file(&archive).map_err(|e| FetchError::new("inputs", e))?;
            let manifest = fs::read_to_string(package.join("package.json")).unwrap_or_default();
            if version_in(&manifest) != Some(self.version) {
                return Err(FetchError::new("package.json", "names another version"));
            }
            Ok(fresh.to_owned())
        };
        in_scratch(unpack, &self.place())
    }
}

/// The value of the first `"version"` key. npm writes it at the top level of its manifests.
fn version_in(manifest: &str) -> Option<&str> {
    let (_, after) = manifest.split_once("\"version\"")?;
    after.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_a_manifest() {
        assert_eq!(
            version_in(r#"{"name":"x", "version" : "1.2.3"}"#),
            Some("1.2.3")
        );
        assert_eq!(version_in("{}"), None);
    }

    #[test]
    fn no_package_is_listed_twice() {
        for (at, package) in NPM.iter().enumerate() {
            assert!(
                NPM[..at].iter().all(|other| other.name != package.name),
                "{}",
                package.name
            );
        }
    }
}
