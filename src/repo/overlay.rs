//! A tree as it would be after changes that nobody has written yet.

use std::sync::{Arc, OnceLock};

use super::{Content, Entry, FileKind, Repository};
use crate::diagnostic::RepoPath;

/// Changes to lay over a tree: first the moves, in order, then the writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Files that move, as (from, to).
    pub moves: Vec<(RepoPath, RepoPath)>,
    /// Files with their whole new bytes; a path that did not exist is created.
    pub writes: Vec<(RepoPath, Vec<u8>)>,
}

impl Repository {
    /// This tree with `changes` laid over it. The disk stays as it is, and texts already read are not read again.
    #[must_use]
    pub fn with_overlay(&self, changes: Overlay) -> Self {
        let mut entries = self.entries.clone();
        for (from, to) in changes.moves {
            let Some(entry) = entries.remove(&from) else { continue };
            let moved = Entry {
                kind: FileKind::of(&to),
                path: to.clone(),
                size: entry.size,
                content: entry.content.clone(),
                source: OnceLock::new(),
            };
            entries.insert(to, Arc::new(moved));
        }
        for (path, bytes) in changes.writes {
            let written = Entry {
                kind: FileKind::of(&path),
                path: path.clone(),
                size: bytes.len() as u64,
                content: Content::InMemory(bytes),
                source: OnceLock::new(),
            };
            entries.insert(path, Arc::new(written));
        }
        Self::from_parts(self.root.clone(), entries, self.opaque.clone(), self.problems.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Presence;

    #[test]
    fn moves_come_first_and_folders_follow_the_files() {
        let before = Repository::in_memory([("old/a.py", b"a".as_slice()), ("b.py", b"b")]);
        let (from, to) = (RepoPath::new("old/a.py"), RepoPath::new("new/a.py"));
        let after = before.with_overlay(Overlay {
            moves: vec![(from.clone(), to.clone())],
            writes: vec![(to.clone(), b"A".to_vec()), (RepoPath::new("c"), b"c".to_vec())],
        });
        assert_eq!(after.source(&to).unwrap().text(), "A");
        assert_eq!(after.source(&RepoPath::new("b.py")).unwrap().text(), "b");
        assert_eq!(after.presence(&RepoPath::new("old")), Presence::Absent);
        assert_eq!(after.presence(&RepoPath::new("c")), Presence::File);
        assert_eq!(before.presence(&from), Presence::File);
    }
}
