//! OCI image layouts as a source: `index.json`, a manifest, layers, each blob checked by its SHA-256.
//!
//! The layout may be a directory or a tar archive of one, as FreeBSD publishes its container images.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::archive;
use super::failure::{Doing, Failure, Refusal, Result, refuse, shown};
use super::manifest::hex;
use super::tar::Tar;
use super::unpack::Unpacker;

/// Manifests are some KB.
const LONGEST_DOCUMENT: u64 = 4 << 20;
/// An index may point to an index; images do it once.
const DEEPEST_INDEX: usize = 4;
const MOST_LAYERS: usize = 512;

/// Where blobs are.
pub(crate) enum Layout {
    Directory(PathBuf),
    /// A tar archive that is not packed, and where the files in it begin and how long they are.
    Archive {
        file: Rc<File>,
        index: HashMap<Vec<u8>, (u64, u64)>,
    },
}

impl Layout {
    /// Reads the table of contents of an archive; `None` if it holds no layout.
    pub(crate) fn of_archive(file: File) -> Result<Option<Layout>> {
        let mut index = HashMap::new();
        let mut tar = Tar::new(io::BufReader::new(&file));
        while let Some(entry) = tar.next()? {
            index.insert(entry.place.bytes().to_vec(), tar.content_at());
            if index.len() > 100_000 {
                return Ok(None);
            }
        }
        let whole = ["oci-layout", "index.json"]
            .iter()
            .all(|name| index.contains_key(name.as_bytes()));
        Ok(whole.then(|| Layout::Archive {
            file: Rc::new(file),
            index,
        }))
    }

    /// A file of the layout, and its size.
    fn open(&self, name: &str) -> Result<(Box<dyn Read>, u64)> {
        let doing = || format!("open {name} of the image");
        match self {
            Layout::Directory(path) => {
                let file = File::open(path.join(name)).or_cannot(doing)?;
                let size = file.metadata().or_cannot(doing)?.len();
                Ok((Box::new(file), size))
            }
            Layout::Archive { file, index } => {
                let Some(&(offset, size)) = index.get(name.as_bytes()) else {
                    return refuse(format!("the image lacks {name}"));
                };
                let mut file = file.try_clone().or_cannot(doing)?;
                file.seek(SeekFrom::Start(offset)).or_cannot(doing)?;
                Ok((Box::new(file.take(size)), size))
            }
        }
    }

    /// The blob that a descriptor describes. Reading it to its end fails unless size and sum are right.
    fn blob(&self, descriptor: &Value) -> Result<Blob> {
        let digest = digest_of(descriptor)?;
        let name = format!("blobs/sha256/{digest}");
        let (inner, size) = self.open(&name)?;
        if descriptor["size"].as_u64() != Some(size) {
            return refuse(format!(
                "{name} is {size} bytes long, its descriptor says {}",
                descriptor["size"]
            ));
        }
        Ok(Blob {
            inner,
            sha256: Some(Sha256::new()),
            digest,
        })
    }

    /// A JSON document, whole.
    fn document(&self, descriptor: &Value) -> Result<Value> {
        let blob = self.blob(descriptor)?;
        parse(blob, &shown(descriptor["digest"].to_string().as_bytes()))
    }
}

/// A blob whose sum is checked where it ends.
struct Blob {
    inner: Box<dyn Read>,
    sha256: Option<Sha256>,
    digest: String,
}

impl Read for Blob {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        if count > 0 {
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(into.get(..count).unwrap_or_default());
            }
        } else if !into.is_empty()
            && let Some(sha256) = self.sha256.take()
            && hex(&sha256.finalize()) != self.digest
        {
            let digest = &self.digest;
            return Err(Refusal(format!(
                "a blob is damaged: its SHA-256 is not {digest}: fetch the image again"
            ))
            .into());
        }
        Ok(count)
    }
}

/// Unpacks the image for FreeBSD/amd64, and says which it was.
pub(crate) fn unpack(layout: &Layout, into: &mut Unpacker) -> Result<String> {
    let (index, _) = layout.open("index.json")?;
    let index = parse(index, "index.json")?;
    let descriptor = choose(layout, &index)?;
    let manifest = layout.document(&descriptor)?;
    let layers = manifest["layers"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if layers.is_empty() || layers.len() > MOST_LAYERS {
        return refuse(format!("the image has {} layers", layers.len()));
    }
    for (number, layer) in layers.iter().enumerate() {
        let mut blob = layout.blob(layer)?;
        into.layer = number as u32;
        archive::unpack(Box::new(&mut blob), archive::Whiteouts::Apply, into)?;
        // Whatever a decoder left unread belongs to the sum, too.
        io::copy(&mut blob, &mut io::sink()).or_cannot(|| "read a layer".to_owned())?;
    }
    Ok(descriptor["digest"].as_str().unwrap_or_default().to_owned())
}

/// The descriptor of the manifest to unpack.
fn choose(layout: &Layout, index: &Value) -> Result<Value> {
    let mut others = Vec::new();
    let mut waiting = vec![(index.clone(), 0)];
    while let Some((index, depth)) = waiting.pop() {
        for descriptor in index["manifests"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let media_type = descriptor["mediaType"].as_str().unwrap_or_default();
            if media_type.ends_with(".image.index.v1+json")
                || media_type.ends_with(".manifest.list.v2+json")
            {
                if depth >= DEEPEST_INDEX || waiting.len() > 100 {
                    return refuse("the image's indexes are nested too deep");
                }
                waiting.push((layout.document(descriptor)?, depth + 1));
                continue;
            }
            let platform = match &descriptor["platform"] {
                Value::Null => platform_of_config(layout, descriptor)?,
                platform => platform_name(platform),
            };
            if platform == "freebsd/amd64" {
                return Ok(descriptor.clone());
            }
            others.push(platform);
        }
    }
    others.truncate(8);
    refuse(format!(
        "the image has nothing for freebsd/amd64, only: {}",
        if others.is_empty() {
            "nothing".to_owned()
        } else {
            others.join(", ")
        }
    ))
}

/// A descriptor may leave the platform to the image's configuration.
fn platform_of_config(layout: &Layout, descriptor: &Value) -> Result<String> {
    let manifest = layout.document(descriptor)?;
    let config = layout.document(&manifest["config"])?;
    Ok(platform_name(&config))
}

fn platform_name(platform: &Value) -> String {
    let part = |key: &str| shown(platform[key].as_str().unwrap_or("unknown").as_bytes());
    format!("{}/{}", part("os"), part("architecture"))
}

/// The hexadecimal digits of a descriptor's SHA-256: they become part of a path.
fn digest_of(descriptor: &Value) -> Result<String> {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    match digest.strip_prefix("sha256:") {
        Some(hex)
            if hex.len() == 64
                && hex
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) =>
        {
            Ok(hex.to_owned())
        }
        _ => refuse(format!(
            "'{}' is not the SHA-256 digest of a blob",
            shown(digest.as_bytes())
        )),
    }
}

fn parse(reader: impl Read, name: &str) -> Result<Value> {
    let mut bytes = Vec::new();
    let mut bounded = reader.take(LONGEST_DOCUMENT);
    bounded
        .read_to_end(&mut bytes)
        .or_cannot(|| format!("read {name} of the image"))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::Refused(format!(
            "{name} of the image is not JSON as it should be: {error}"
        ))
    })
}
