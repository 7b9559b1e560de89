//! What all rounds together change on disk.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Plan;
use crate::diagnostic::RepoPath;
use crate::repo::Repository;

/// A file's text and bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Content {
    /// The text, without a byte order mark.
    pub text: String,
    /// The bytes on disk.
    pub bytes: Vec<u8>,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileChange {
    /// Where it was; `None` for a new file.
    pub origin: Option<RepoPath>,
    /// What it held when it was read; `None` for a new file, and for one that only moves.
    pub before: Option<Content>,
    /// What it will hold; `None` where it only moves.
    pub after: Option<Content>,
}

/// The changes of all rounds, by the path where each file ends up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    files: BTreeMap<RepoPath, FileChange>,
}

impl ChangeSet {
    /// The changes, sorted by the path where each file ends up.
    pub fn iter(&self) -> impl Iterator<Item = (&RepoPath, &FileChange)> {
        self.files.iter()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Number of files that change, move or are new.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Adds one round: `plan`, made for the tree `repository`.
    pub(super) fn extend(&mut self, repository: &Repository, plan: &Plan) {
        for (path, text) in &plan.texts {
            let Some(source) = repository.source(path) else { continue };
            let encode = |text: &str| Content { text: text.to_owned(), bytes: source.encode(text) };
            let change = self.files.entry(path.clone()).or_insert_with(|| FileChange {
                origin: Some(path.clone()),
                before: None,
                after: None,
            });
            if change.before.is_none() && change.origin.is_some() {
                change.before = Some(encode(source.text()));
            }
            change.after = Some(encode(text));
        }
        for step in &plan.moves {
            let change = self.files.remove(&step.from).unwrap_or_else(|| FileChange {
                origin: Some(step.from.clone()),
                before: None,
                after: None,
            });
            self.files.insert(step.to.clone(), change);
        }
        for new in &plan.creations {
            let content = Content { text: new.content.clone(), bytes: new.content.clone().into_bytes() };
            self.files.insert(new.path.clone(), FileChange { origin: None, before: None, after: Some(content) });
        }
    }

    /// A number that is the same for the same changes, and otherwise almost never.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.clone().without_no_ops().files.hash(&mut hasher);
        hasher.finish()
    }

    /// Without files that end where they were with what they held.
    pub(super) fn without_no_ops(mut self) -> Self {
        self.files.retain(|path, change| {
            let stays = change.origin.as_ref() == Some(path);
            let same = match (&change.before, &change.after) {
                (Some(before), Some(after)) => before == after,
                (_, None) => true,
                (None, Some(_)) => false,
            };
            !(stays && same)
        });
        self
    }
}
