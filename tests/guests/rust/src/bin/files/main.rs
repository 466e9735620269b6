//! Files, directories and descriptors, by the calls of every release.
#![no_std]
#![no_main]

mod attributes;
mod descriptors;
mod directories;
mod extents;
mod file;
mod locks;
mod long;
mod mounts;
mod names;
mod opening;
mod status;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("open/flags", opening::flags),
        ("open/descriptors-by-name", opening::descriptors_by_name),
        ("open/errors", opening::errors),
        ("open/links", opening::links),
        ("open/beneath", opening::beneath),
        ("open/empty-path", opening::empty_path),
        ("open/to-search", opening::to_search),
        ("open/locks", opening::locks),
        ("open/creat", opening::creat),
        ("status/layouts", status::layouts),
        ("status/links", status::links),
        ("status/devices", status::devices),
        ("status/working-directory", status::working_directory),
        ("directories/entries", directories::entries),
        ("directories/small-buffers", directories::small_buffers),
        ("directories/seeking", directories::seeking),
        ("directories/older-calls", directories::older_calls),
        ("directories/errors", directories::errors),
        ("descriptors/copies", descriptors::copies),
        ("descriptors/flags", descriptors::flags),
        ("descriptors/closing", descriptors::closing),
        ("descriptors/pipes", descriptors::pipes),
        ("locks/records", locks::records),
        ("locks/waiting", locks::waiting),
        ("locks/whole-files", locks::whole_files),
        ("names/links", names::links),
        ("names/removing", names::removing),
        ("names/renaming", names::renaming),
        ("names/slashes", names::slashes),
        ("names/where", names::whereabouts),
        ("names/long", long::paths),
        ("attributes/modes", attributes::modes),
        ("attributes/times", attributes::times),
        ("attributes/flags", attributes::flags),
        ("attributes/extended", attributes::extended),
        ("attributes/lists", attributes::lists),
        ("attributes/access", attributes::access),
        ("extents/padded", extents::padded),
        ("extents/errors-as-values", extents::errors_as_values),
        ("extents/copying", extents::copying),
        ("extents/holes", extents::holes),
        ("extents/shared-memory", extents::shared_memory),
        ("mounts/layouts", mounts::layouts),
        ("mounts/list", mounts::list),
        ("mounts/limits", mounts::limits),
    ]);
}
