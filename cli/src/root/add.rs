//! `compat root add NAME --from SOURCE`.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::Path;

use super::about::About;
use super::archive::{self, Whiteouts};
use super::directory;
use super::failure::{Doing, Failure, Result, refuse};
use super::limits::Limits;
use super::manifest;
use super::oci::{self, Layout};
use super::progress::Progress;
use super::release::{self, Release};
use super::store::{Name, Staging, Store};
use super::tree::Tree;
use super::unpack::Unpacker;

/// What an `add` has to say at its end.
pub(crate) struct Added {
    pub(crate) entries: usize,
    pub(crate) release: Release,
    pub(crate) notes: Vec<String>,
}

/// Adds a root, or leaves none. What an `add` that was killed has left is used.
pub(crate) fn add(store: &Store, name: &Name, from: &Path, limits: Limits) -> Result<Added> {
    let named = name.text();
    if store.has(name) {
        return refuse(format!(
            "there is a root '{named}' already: choose another name, or `compat root remove {named}` first"
        ));
    }
    let source = Source::open(from)?;
    let staging = store.stage(name)?;
    match unpack(store, &staging, source, from, limits) {
        Ok(added) => {
            store.commit(staging, name)?;
            Ok(added)
        }
        Err(Failure::Refused(reason)) => {
            drop(staging);
            store.discard(name)?;
            refuse(format!("{}: {reason}; nothing was added", from.display()))
        }
        Err(Failure::Machine(reason)) => Err(Failure::Machine(format!(
            "{reason}; the same command goes on from here, `compat root remove {named}` gives up"
        ))),
    }
}

/// What `--from` names.
enum Source {
    Directory(Tree),
    Layout(Layout),
    Archive(File),
    /// An archive of an image layout, perhaps packed.
    LayoutArchive(File),
}

impl Source {
    fn open(path: &Path) -> Result<Source> {
        let doing = || format!("open {}", path.display());
        let found = fs::metadata(path).or_cannot(doing)?;
        if found.is_dir() {
            let layout = path.join("oci-layout").is_file() && path.join("index.json").is_file();
            return Ok(match layout {
                true => Source::Layout(Layout::Directory(path.to_owned())),
                false => Source::Directory(Tree::open(path).or_cannot(doing)?),
            });
        }
        if !found.is_file() {
            return refuse(format!(
                "{} is neither a directory nor a file",
                path.display()
            ));
        }
        let mut file = File::open(path).or_cannot(doing)?;
        let layout = archive::looks_like_layout(Box::new(&file));
        let layout = layout.map_err(|failure| match failure {
            Failure::Refused(reason) => Failure::Refused(format!(
                "{} is no archive that compat can unpack (tar, plain or packed with gzip, xz or zstd): {reason}",
                path.display()
            )),
            machine => machine,
        })?;
        file.rewind().or_cannot(doing)?;
        Ok(if layout {
            Source::LayoutArchive(file)
        } else {
            Source::Archive(file)
        })
    }
}

fn unpack(
    store: &Store,
    staging: &Staging,
    source: Source,
    from: &Path,
    limits: Limits,
) -> Result<Added> {
    let at = |name: &str| staging.path().join(name);
    let tree = make_tree(staging)?;
    let mut unpacker = Unpacker::new(tree, limits, Progress::new());
    let mut image = None;
    match source {
        Source::Directory(tree) => directory::copy(tree, store.identity()?, &mut unpacker)?,
        Source::Archive(file) => archive::unpack(Box::new(file), Whiteouts::Keep, &mut unpacker)?,
        Source::Layout(layout) => image = Some(oci::unpack(&layout, &mut unpacker)?),
        Source::LayoutArchive(file) => {
            let plain = spooled(&file, &at("layout.tar"), &unpacker.limits)?;
            match Layout::of_archive(plain)? {
                Some(layout) => image = Some(oci::unpack(&layout, &mut unpacker)?),
                None => {
                    let mut file = file;
                    file.rewind()
                        .or_cannot(|| format!("read {}", from.display()))?;
                    archive::unpack(Box::new(file), Whiteouts::Keep, &mut unpacker)?;
                }
            }
            fs::remove_file(at("layout.tar"))
                .or_cannot(|| "remove the unpacked layout".to_owned())?;
        }
    }
    let bytes = unpacker.limits.bytes();
    let (contents, notes, kept) = unpacker.finish()?;
    let mut notes: Vec<String> = notes.lines().collect();
    if kept > 0 {
        notes.push(format!(
            "an earlier add that did not end had unpacked {kept} files already"
        ));
    }
    let release =
        release::find(&mut Tree::open(&at("root")).or_cannot(|| "open the new root".to_owned())?);
    if !release.linker {
        notes.push(
            "it has no run-time linker in libexec: dynamic programs will not start in it"
                .to_owned(),
        );
    }
    let absolute = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let mut about = About::new(&absolute.to_string_lossy(), contents.len(), bytes);
    if let Some(image) = image {
        about.add("image", &image);
    }
    about.add_release(&release);
    for note in &notes {
        about.add("note", note);
    }
    write(&at("manifest"), &manifest::write(&contents))?;
    write(&at("about"), &about.to_text())?;
    Ok(Added {
        entries: contents.len(),
        release,
        notes,
    })
}

/// The tree to unpack into; all of it is reachable, whatever modes an earlier run has set.
fn make_tree(staging: &Staging) -> Result<Tree> {
    let path = staging.path().join("root");
    let doing = || format!("open {}", path.display());
    match fs::create_dir(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).or_cannot(doing)?
        }
        _ => {}
    }
    if staging.resumed {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).or_cannot(doing)?;
    }
    let tree = Tree::open(&path).or_cannot(doing)?;
    if staging.resumed {
        tree.open_up()?;
    }
    Ok(tree)
}

/// The archive unpacked, in a file beside the tree, because blobs come in no order.
fn spooled(packed: &File, path: &Path, limits: &Limits) -> Result<File> {
    let doing = || format!("write {}", path.display());
    let options = || {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .clone()
    };
    let mut spool = options().open(path).or_cannot(doing)?;
    archive::spool(Box::new(packed), limits, &mut spool).or_cannot(doing)?;
    spool.rewind().or_cannot(doing)?;
    Ok(spool)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).or_cannot(|| format!("write {}", path.display()))
}
