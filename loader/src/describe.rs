//! What a person asks about an image and the stub does not.

use alloc::string::String;
use alloc::vec::Vec;

use crate::dynamic::read_dynamic;
use crate::sections::Sections;
use crate::{GoBuild, Image, ObjectType, ReadAt, Refusal, gobuild};

/// Libraries and build information of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The libraries it names (`DT_NEEDED`), in order; names come from the file, so escape them.
    pub libraries: Vec<String>,
    /// What Go's linker wrote, for Go programs.
    pub go: Option<GoBuild>,
    /// A short noun phrase for what kind of ELF file it is.
    pub kind: &'static str,
}

/// Collects the details with bounded reads. The only refusal is an unreadable file.
pub fn describe(source: &(impl ReadAt + ?Sized), image: &Image) -> Result<Details, Refusal> {
    let dynamic = read_dynamic(source, &image.headers)?;
    let sections = Sections::read(source, &image.headers)?;
    let go = gobuild::find(source, &image.headers, &sections)?;
    Ok(Details {
        kind: kind(image, dynamic.pie),
        libraries: dynamic.libraries,
        go,
    })
}

fn kind(image: &Image, marked_pie: bool) -> &'static str {
    match (image.object_type, image.is_static()) {
        (ObjectType::Exec, true) => "static executable",
        (ObjectType::Exec, false) => "dynamic executable",
        (ObjectType::Dyn, false) => "dynamic PIE executable",
        (ObjectType::Dyn, true) if marked_pie => "static PIE executable",
        (ObjectType::Dyn, true) if image.headers.header.e_entry == 0 => "shared library",
        (ObjectType::Dyn, true) => "static PIE or library",
        (ObjectType::Rel, _) => "object file",
        (ObjectType::Core, _) => "core dump",
        (ObjectType::Other(_), _) => "ELF file of unknown type",
    }
}
