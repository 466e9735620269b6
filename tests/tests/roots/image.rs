//! OCI image layouts.

use std::fs;

use compat_tests::stage::{Stage, on_every_stage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::sample::{expected, members};
use crate::scene::{Seen, answer, assert_same, done, look, plain, store, stored, tree};
use crate::tarball::{Member, gzip, tar, xz, zstd};

/// The files of a layout, by name.
#[derive(Clone, Default)]
struct Image {
    files: Vec<(String, Vec<u8>)>,
    manifests: Vec<Value>,
}

impl Image {
    fn new() -> Image {
        let version = br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec();
        Image {
            files: vec![("oci-layout".to_owned(), version)],
            manifests: Vec::new(),
        }
    }

    /// Stores a blob and gives its descriptor.
    fn blob(&mut self, bytes: &[u8], media_type: &str) -> Value {
        let sum = Sha256::digest(bytes);
        let digits: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        self.files
            .push((format!("blobs/sha256/{digits}"), bytes.to_vec()));
        json!({
            "mediaType": media_type,
            "digest": format!("sha256:{digits}"),
            "size": bytes.len(),
        })
    }

    fn document(&mut self, document: &Value, kind: &str) -> Value {
        let media_type = format!("application/vnd.oci.image.{kind}.v1+json");
        self.blob(&serde_json::to_vec(document).expect("JSON"), &media_type)
    }

    /// An image for one platform; the platform stands in its configuration, as it always does.
    fn manifest(&mut self, os: &str, architecture: &str, layers: &[Vec<u8>]) -> Value {
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| self.blob(layer, "application/vnd.oci.image.layer.v1.tar"))
            .collect();
        let config = json!({ "os": os, "architecture": architecture });
        let config = self.document(&config, "config");
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        self.document(&manifest, "manifest")
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let index = json!({ "schemaVersion": 2, "manifests": self.manifests });
        let index = serde_json::to_vec(&index).expect("JSON");
        let mut files = self.files.clone();
        files.push(("index.json".to_owned(), index));
        files
    }

    /// The layout as an archive.
    fn archive(&self) -> Vec<u8> {
        let members = self.files().into_iter();
        let members: Vec<Member> = members
            .map(|(name, bytes)| Member::file(name, bytes))
            .collect();
        tar(&members)
    }

    /// The layout as a directory.
    fn write(&self, stage: &Stage, name: &str) -> std::path::PathBuf {
        for (file, bytes) in self.files() {
            stage.write(&format!("{name}/{file}"), bytes);
        }
        stage.work().join(name)
    }
}

/// Layers of which the later ones replace and remove.
fn layers() -> Vec<Vec<u8>> {
    let mut base = members(20);
    base.extend([
        Member::file("gone", "by whiteout"),
        Member::file("dir/gone/deep", "by whiteout of its directory"),
        Member::file("opaque/old", "hidden"),
        Member::file("opaque/sub/old", "hidden"),
        Member::file("changed", "old"),
    ]);
    let upper = [
        Member::file(".wh.gone", ""),
        Member::file("dir/.wh.gone", ""),
        Member::file("opaque/new", "shown"),
        Member::file("opaque/.wh..wh..opq", ""),
        Member::file("changed", "new"),
        Member::hard_link("linked", "bin/["),
    ];
    vec![
        gzip(&tar(&base)),
        zstd(&tar(&upper)),
        tar(&[Member::file("last", "plain")]),
    ]
}

fn assert_unpacked(stage: &Stage, context: &str) {
    let found = look(&tree(stage, "r"));
    let mut expected = expected(&members(20));
    let extra = ["dir", "opaque", "opaque/new", "changed", "linked", "last"];
    let mut rest = found.clone();
    rest.retain(|name, _| !extra.iter().any(|extra| extra.as_bytes() == &name[..]));
    expected.remove(&b""[..]);
    rest.remove(&b""[..]);
    assert_same(&rest, &expected, context);
    let content = |name: &str| found.get(name.as_bytes()).map(|found| found.kind.clone());
    assert_eq!(
        content("changed"),
        Some(Seen::File(b"new".to_vec())),
        "{context}"
    );
    assert_eq!(
        content("opaque/new"),
        Some(Seen::File(b"shown".to_vec())),
        "{context}"
    );
    assert_eq!(
        content("last"),
        Some(Seen::File(b"plain".to_vec())),
        "{context}"
    );
    assert_eq!(content("linked"), content("bin/["), "{context}");
}

#[test]
fn directories_and_archives_of_images() {
    let mut image = Image::new();
    let linux = image.manifest("linux", "amd64", &[tar(&[Member::file("linux", "")])]);
    let arm = image.manifest("freebsd", "arm64", &[tar(&[Member::file("arm", "")])]);
    let right = image.manifest("freebsd", "amd64", &layers());
    image.manifests = vec![linux, arm, right.clone()];
    // The same behind an index that names platforms.
    let mut nested = image.clone();
    let mut named = right.clone();
    named["platform"] = json!({ "os": "freebsd", "architecture": "amd64" });
    let index = nested.document(&json!({ "manifests": [named] }), "index");
    nested.manifests = vec![index];
    on_every_stage(|stage| {
        let directory = image.write(stage, "layout");
        let sources = [
            directory,
            stage.write("image.tar", image.archive()),
            stage.write("image.txz", xz(&nested.archive())),
            nested.write(stage, "nested"),
        ];
        for source in sources {
            let context = format!("{} as {}", source.display(), stage.user());
            done(stage, &["add", "r", "--from", plain(&source)]);
            assert_unpacked(stage, &context);
            done(stage, &["verify"]);
            let about = fs::read_to_string(store(stage).join("r/about")).expect("written");
            let digest = right["digest"].as_str().expect("text");
            assert!(about.contains(&format!("image {digest}\n")), "{about}");
            done(stage, &["remove", "r"]);
            assert_eq!(stored(stage), [""; 0]);
        }
    });
}

#[test]
fn wrong_images_are_refused() {
    let layer = tar(&[Member::file("a", "b")]);
    let image_with = |change: &dyn Fn(&mut Image)| {
        let mut image = Image::new();
        let manifest = image.manifest("freebsd", "amd64", std::slice::from_ref(&layer));
        image.manifests = vec![manifest];
        change(&mut image);
        image
    };
    let layer_at = |image: &Image| {
        let found = image.files.iter().position(|(_, bytes)| *bytes == layer);
        found.expect("the layer is there")
    };
    let cases: Vec<(&str, Image, &str)> = vec![
        (
            "damaged layer",
            image_with(&|image| {
                let at = layer_at(image);
                // A byte of the file's content: tar itself does not notice.
                image.files[at].1[512] = b'c';
            }),
            "SHA-256",
        ),
        (
            "something behind the layer's end",
            image_with(&|image| {
                let at = layer_at(image);
                let last = image.files[at].1.len() - 1;
                image.files[at].1[last] = 1;
            }),
            "SHA-256",
        ),
        (
            "longer layer",
            image_with(&|image| {
                let at = layer_at(image);
                image.files[at].1.push(0);
            }),
            "its descriptor says",
        ),
        (
            "missing layer",
            image_with(&|image| {
                let at = layer_at(image);
                image.files.remove(at);
            }),
            "blobs/sha256/",
        ),
        (
            "digest that climbs",
            image_with(&|image| {
                image.manifests[0]["digest"] = json!("sha256:../../outside");
            }),
            "not the SHA-256 digest",
        ),
        (
            "other platforms only",
            image_with(&|image| {
                let linux = image.manifest("linux", "amd64", &[]);
                image.manifests = vec![linux];
            }),
            "only: linux/amd64",
        ),
        (
            "endless indexes",
            image_with(&|image| {
                for _ in 0..9 {
                    let inner = json!({ "manifests": image.manifests });
                    image.manifests = vec![image.document(&inner, "index")];
                }
            }),
            "nested too deep",
        ),
        (
            "no manifests",
            image_with(&|image| image.manifests.clear()),
            "only: nothing",
        ),
    ];
    on_every_stage(|stage| {
        for (name, image, part) in &cases {
            let source = stage.write("image.tar", image.archive());
            let answer = answer(stage, &["add", "r", "--from", plain(&source)]);
            assert_eq!(answer.code, Some(125), "{name}: {answer:?}");
            assert!(answer.err.contains(part), "{name}: {answer:?}");
            assert_eq!(stored(stage), [""; 0], "{name}");
        }
    });
}
