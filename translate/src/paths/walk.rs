//! A path followed name by name, as the guest's kernel would in its own file system.

use alloc::vec::Vec;

use crate::host::{self, HostErrno, HostResult, linux};

use super::Look;
use super::space::{Layers, Space, parent, without_slash};

/// How many links a path may lead through (MAXSYMLINKS).
const MOST_LINKS: usize = 32;

/// What is at a host path.
enum Node {
    Missing,
    Link(Vec<u8>),
    Other,
}

fn look_at(path: &[u8]) -> HostResult<Node> {
    match host::read_link_at(i64::from(linux::AT_FDCWD) as u64, path) {
        Ok(target) => Ok(Node::Link(target)),
        Err(HostErrno::EINVAL) => Ok(Node::Other),
        Err(HostErrno::ENOENT | HostErrno::ENOTDIR) => Ok(Node::Missing),
        Err(error) => Err(error),
    }
}

/// Whether `..` can be asked of `path`, which is there: for that it has to be a directory, and one that may be searched.
fn may_be_left(path: &[u8]) -> HostResult<()> {
    let itself = [path, b"/."].concat();
    match host::read_link_at(i64::from(linux::AT_FDCWD) as u64, &itself) {
        Ok(_) | Err(HostErrno::EINVAL) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the host has anything at `path`.
pub(super) fn is_there(path: &[u8]) -> bool {
    look_at(path).is_ok_and(|node| !matches!(node, Node::Missing))
}

/// The host's path for the absolute guest path `path`.
///
/// # Errors
/// `ELOOP`; `EROFS` for a change in what is bound read-only; `ENOTDIR` for `..` of a file; what the host says about a
/// directory that cannot be searched.
pub(super) fn walk(space: &Space, path: &[u8], look: Look) -> HostResult<Vec<u8>> {
    // The guest path so far, without links: empty for the root. And the host's, where it was found.
    let mut here = Vec::new();
    let mut found = match space.layers(b"") {
        Layers::Bound(bind, _) => bind.host.clone(),
        Layers::Root(root) => root,
    };
    let mut rest = path.to_vec();
    let mut links = 0;
    // Whether what is at `found` was found there by its name alone.
    let mut unsure = false;
    loop {
        let start = rest.iter().position(|&byte| byte != b'/');
        let Some(start) = start else {
            // Nothing left but slashes: the file must be a directory.
            if !rest.is_empty() || found.is_empty() {
                found.push(b'/');
            }
            return Ok(found);
        };
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail
            .iter()
            .position(|&byte| byte == b'/')
            .unwrap_or(tail.len());
        let (name, after) = tail.split_at_checked(end).unwrap_or((tail, &[]));
        let (name, after) = (name.to_vec(), after.to_vec());
        match &name[..] {
            b"." => {
                if without_slash(&after).is_empty() {
                    return Ok([found, b"/.".to_vec()].concat());
                }
                rest = after;
                continue;
            }
            b".." => {
                if core::mem::take(&mut unsure) {
                    may_be_left(&found)?;
                }
                here.truncate(without_slash(parent(&here)).len());
                found = place(space, &here)?;
                rest = if after.is_empty() {
                    b"/".to_vec()
                } else {
                    after
                };
                continue;
            }
            _ => {}
        }
        let last = without_slash(&after).is_empty();
        let next = [&here, &b"/"[..], &name].concat();
        let (candidate, node) = match space.layers(&next) {
            Layers::Bound(bind, host) => {
                if bind.read_only && look.change && last {
                    return Err(HostErrno::EROFS);
                }
                // Below a place of the host's there may be a bind again.
                if bind.of_host && !leaves(&after) && !space.leads_below(&next) {
                    return Ok([host, after].concat());
                }
                let node = if bind.of_host {
                    Node::Other
                } else {
                    look_at(&host)?
                };
                (host, node)
            }
            Layers::Root(host) => {
                let node = look_at(&host)?;
                if matches!(node, Node::Missing) && !space.rooted && !space.hides(&next) {
                    match look_at(&next)? {
                        // Neither has it: it would be made where its directory is.
                        Node::Missing => (found_in(&found, &name), Node::Missing),
                        node => (next.clone(), node),
                    }
                } else {
                    (host, node)
                }
            }
        };
        match node {
            Node::Link(target) if !last || look.follow || !after.is_empty() => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(HostErrno::ELOOP);
                }
                if target.starts_with(b"/") {
                    unsure = false;
                    here.clear();
                    found = place(space, &here)?;
                }
                rest = if target.is_empty() {
                    return Err(HostErrno::ENOENT);
                } else {
                    [target, after].concat()
                };
            }
            // A directory that only the place of a bind makes necessary.
            Node::Missing if !last && space.leads_to_bind(&next) => {
                unsure = false;
                here = next;
                found = candidate;
                rest = after;
            }
            // The host will say what is wrong with it.
            Node::Missing => return Ok([candidate, after].concat()),
            _ => {
                unsure = true;
                here = next;
                found = candidate;
                rest = after;
                if rest.is_empty() {
                    return Ok(found);
                }
            }
        }
    }
}

/// Where the guest directory `path`, which was seen before, lies.
fn place(space: &Space, path: &[u8]) -> HostResult<Vec<u8>> {
    Ok(match space.layers(path) {
        Layers::Bound(_, host) => host,
        Layers::Root(host) => {
            if !space.rooted && !path.is_empty() && matches!(look_at(&host)?, Node::Missing) {
                path.to_vec()
            } else {
                host
            }
        }
    })
}

fn found_in(folder: &[u8], name: &[u8]) -> Vec<u8> {
    [without_slash(folder), b"/", name].concat()
}

/// Whether a path has `..` in it.
fn leaves(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|name| name == b"..")
}
