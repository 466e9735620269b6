//! Changes to files: one inotify for all files of a kqueue.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::event::{FileChanges, Flags, News, Wanted};
use super::note::{Found, Note};
use super::ready::stat;
use super::token::{Token, control};
use super::{Change, Objects};
use crate::host::{self, HostResult, linux, nr};

const IN: u32 = 1;

/// A knote for changes to a file.
#[derive(Debug)]
pub(super) struct FileNote {
    pub(super) note: Note,
    wanted: FileChanges,
    happened: FileChanges,
    links: u64,
    size: i64,
}

impl FileNote {
    pub(super) fn new(change: &Change, fd: i32) -> HostResult<Self> {
        let now = stat(fd)?;
        let mut file = Self {
            note: Note::new(change),
            wanted: FileChanges::NONE,
            happened: FileChanges::NONE,
            links: now.st_nlink,
            size: now.st_size,
        };
        file.details(change);
        Ok(file)
    }

    pub(super) fn change(&mut self, change: &Change) {
        self.note.change(change);
        self.details(change);
    }

    fn details(&mut self, change: &Change) {
        if let Wanted::File(wanted) = change.wanted {
            self.wanted = wanted;
        }
    }

    /// What inotify is asked for.
    pub(super) fn mask(&self) -> u32 {
        use FileChanges as C;
        let pairs = [
            // Removed names show as a change of attributes for as long as the file is open.
            (
                C::DELETE.with(C::LINK).with(C::ATTRIB),
                linux::IN_ATTRIB | linux::IN_DELETE_SELF,
            ),
            (
                C::WRITE.with(C::EXTEND).with(C::LINK),
                linux::IN_MODIFY | ENTRIES,
            ),
            (C::RENAME, linux::IN_MOVE_SELF),
            (C::REVOKE, linux::IN_UNMOUNT),
            (C::OPEN, linux::IN_OPEN),
            (C::CLOSE, linux::IN_CLOSE_NOWRITE),
            (C::CLOSE_WRITE, linux::IN_CLOSE_WRITE),
            (C::READ, linux::IN_ACCESS),
        ];
        pairs
            .iter()
            .filter(|(changes, _)| self.wanted.any(*changes))
            .fold(0, |mask, (_, bits)| mask | bits)
    }

    /// inotify said `mask` about the file, or about an entry of the directory when `named`; whether that is news.
    pub(super) fn hear(&mut self, fd: i32, mask: u32, named: bool) -> bool {
        let mut happened = FileChanges::NONE;
        if mask & ENTRIES != 0 && named {
            happened = happened.with(FileChanges::WRITE);
            if mask & linux::IN_ISDIR != 0 {
                happened = happened.with(FileChanges::LINK);
            }
        }
        if !named {
            happened = happened.with(self.of_itself(fd, mask));
        }
        self.happened = self.happened.with(happened.and(self.wanted));
        self.look().is_some()
    }

    fn of_itself(&mut self, fd: i32, mask: u32) -> FileChanges {
        use FileChanges as C;
        let plain = [
            (linux::IN_MODIFY, C::WRITE),
            (linux::IN_DELETE_SELF, C::DELETE),
            (linux::IN_MOVE_SELF, C::RENAME),
            (linux::IN_UNMOUNT, C::REVOKE),
            (linux::IN_OPEN, C::OPEN),
            (linux::IN_CLOSE_NOWRITE, C::CLOSE),
            (linux::IN_CLOSE_WRITE, C::CLOSE_WRITE),
            (linux::IN_ACCESS, C::READ),
        ];
        let mut happened = plain
            .iter()
            .filter(|(bit, _)| mask & bit != 0)
            .fold(C::NONE, |all, (_, change)| all.with(*change));
        if mask & (linux::IN_MODIFY | linux::IN_ATTRIB) == 0 {
            return happened;
        }
        let Ok(now) = stat(fd) else {
            return happened;
        };
        if mask & linux::IN_ATTRIB != 0 {
            happened = happened.with(match now.st_nlink.cmp(&self.links) {
                core::cmp::Ordering::Less => C::DELETE,
                core::cmp::Ordering::Equal => C::ATTRIB,
                core::cmp::Ordering::Greater => C::LINK,
            });
        }
        if now.st_size > self.size {
            happened = happened.with(C::EXTEND);
        }
        self.links = now.st_nlink;
        self.size = now.st_size;
        happened
    }

    pub(super) fn look(&self) -> Option<Found> {
        (self.happened != FileChanges::NONE).then_some(Found {
            news: News::File(self.happened),
            ..Found::plain(0)
        })
    }

    /// Its state after a report; `false` when it is to go.
    pub(super) fn reported(&mut self) -> bool {
        if self.note.flags.has(Flags::CLEAR) {
            self.happened = FileChanges::NONE;
        }
        self.note.reported()
    }
}

/// Changes to a directory's entries.
const ENTRIES: u32 =
    linux::IN_CREATE | linux::IN_DELETE | linux::IN_MOVED_FROM | linux::IN_MOVED_TO;

/// The inotify, and which descriptors each of its marks serves.
#[derive(Default)]
pub(super) struct Files {
    fd: Option<i32>,
    marks: BTreeMap<i32, Vec<i32>>,
}

/// Something inotify said.
pub(super) struct Heard {
    pub(super) fd: i32,
    pub(super) mask: u32,
    /// About an entry of a directory.
    pub(super) named: bool,
}

impl Files {
    /// Listens for `mask` on the file behind `fd` from now on.
    ///
    /// # Errors
    /// `EMFILE`, `ENOSPC` at the user's limits.
    pub(super) fn listen(
        &mut self,
        objects: &Objects,
        epoll: i32,
        fd: i32,
        mask: u32,
    ) -> HostResult<()> {
        let inotify = self.inotify(objects, epoll)?;
        let path = alloc::format!("/proc/self/fd/{fd}\0");
        let args = [
            inotify as u64,
            path.as_ptr() as u64,
            u64::from(mask | linux::IN_MASK_ADD),
        ];
        // SAFETY: a NUL-terminated path.
        let mark = unsafe { host::call_n(nr::inotify_add_watch, args) }? as i32;
        let fds = self.marks.entry(mark).or_default();
        if !fds.contains(&fd) {
            fds.push(fd);
        }
        Ok(())
    }

    fn inotify(&mut self, objects: &Objects, epoll: i32) -> HostResult<i32> {
        const IN_CLOEXEC_NONBLOCK: u64 = 0x80800;
        if let Some(fd) = self.fd {
            return Ok(fd);
        }
        // SAFETY: no memory is involved.
        let fd = unsafe { host::call_n(nr::inotify_init1, [IN_CLOEXEC_NONBLOCK]) }? as i32;
        let fd = objects.hidden.hide(fd);
        self.fd = Some(fd);
        control(epoll, linux::EPOLL_CTL_ADD, fd, IN, Token::Files)?;
        Ok(fd)
    }

    /// No longer listens on behalf of `fd`.
    pub(super) fn forget(&mut self, fd: i32) {
        let Some(inotify) = self.fd else {
            return;
        };
        self.marks.retain(|&mark, fds| {
            fds.retain(|&other| other != fd);
            if fds.is_empty() {
                // SAFETY: no memory is involved.
                let _ =
                    unsafe { host::call_n(nr::inotify_rm_watch, [inotify as u64, mark as u64]) };
            }
            !fds.is_empty()
        });
    }

    /// Everything that inotify has to say, by descriptor.
    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        let Some(inotify) = self.fd else {
            return heard;
        };
        let mut buffer = [0u8; 4096];
        loop {
            let args = [
                inotify as u64,
                buffer.as_mut_ptr() as u64,
                buffer.len() as u64,
            ];
            // SAFETY: `buffer` is valid for writing.
            let Ok(size @ 1..) = (unsafe { host::call_n(nr::read, args) }) else {
                return heard;
            };
            for (mark, mask, named) in parse(buffer.get(..size as usize).unwrap_or_default()) {
                let fds = self.marks.get(&mark).map_or(&[][..], Vec::as_slice);
                heard.extend(fds.iter().map(|&fd| Heard { fd, mask, named }));
                if mask & linux::IN_IGNORED != 0 {
                    self.marks.remove(&mark);
                }
            }
        }
    }

    pub(super) fn moved(&mut self, epoll: i32, old: i32, new: i32) {
        if self.fd == Some(old) {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Files);
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, IN, Token::Files);
            self.fd = Some(new);
        }
    }

    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        if let Some(fd) = self.fd.take() {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, fd, 0, Token::Files);
            objects.hidden.close(fd);
        }
    }
}

/// The records of an inotify: mark, mask, and whether a name follows.
fn parse(mut bytes: &[u8]) -> impl Iterator<Item = (i32, u32, bool)> {
    core::iter::from_fn(move || {
        // wd, mask, cookie, length of the name.
        let (header, rest) = bytes.split_first_chunk::<16>()?;
        let word = |index: usize| {
            header
                .get(index * 4..)
                .and_then(<[u8]>::first_chunk)
                .map_or(0, |word| u32::from_ne_bytes(*word))
        };
        bytes = rest.get(word(3) as usize..).unwrap_or_default();
        Some((word(0) as i32, word(1), word(3) != 0))
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use alloc::vec::Vec;

    fn record(mark: i32, mask: u32, name: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(mark.to_ne_bytes());
        bytes.extend(mask.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        bytes.extend((name.len() as u32).to_ne_bytes());
        bytes.extend(name);
        bytes
    }

    #[test]
    fn records_with_and_without_names_are_told_apart() {
        let mut bytes = record(1, 2, b"");
        bytes.extend(record(3, 4, b"name\0\0\0\0"));
        bytes.extend(record(5, 6, b""));
        let found: Vec<_> = parse(&bytes).collect();
        assert_eq!(found, [(1, 2, false), (3, 4, true), (5, 6, false)]);
    }

    #[test]
    fn a_torn_record_ends_the_list() {
        let mut bytes = record(1, 2, b"");
        bytes.extend([0; 9]);
        assert_eq!(parse(&bytes).count(), 1);
        assert_eq!(parse(&record(1, 2, b"12345678")[..20]).count(), 1);
    }
}
