//! `compat root`: guest roots, which are directories with another system's files.
//!
//! [`store`] says where they lie. `add` reads a source ([`directory`], [`archive`], [`oci`]) as a sequence of [`entry::Entry`]
//! and hands each to [`unpack`], which makes it below a directory that nothing leads out of ([`tree`]).

mod about;
mod add;
mod archive;
mod command;
mod compress;
mod directory;
mod entry;
mod failure;
mod flags;
mod limits;
mod made;
mod manifest;
mod notes;
mod oci;
mod progress;
mod release;
mod store;
mod tar;
mod tree;
mod unpack;
mod verify;
mod writing;

pub(crate) use command::root;
pub(crate) use store::find;
