//! `compat root`: whatever the source, the root is what it says, whole or not at all, and nothing outside it changes.

mod escapes;
mod image;
mod killed;
mod sample;
mod scene;
mod sources;
mod stores;
mod tarball;
