//! Files that the Hub refuses when a tree is pushed to it: too large for git, and not kept in LFS or Xet.

use std::collections::BTreeMap;

use crate::diagnostic::RepoPath;
use crate::formats::gitattributes::GitAttributes;
use crate::knowledge::space_card;
use crate::repo::{DecodeError, Entry, ReadError};

use super::Deployment;

/// A file that the Hub refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// The file.
    pub path: RepoPath,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is refused only for being binary.
    pub for_being_binary: bool,
}

impl Deployment<'_> {
    /// The files of the deployed folder that a push with git would bring as they are and the Hub would refuse, the largest
    /// first.
    #[must_use]
    pub fn files_refused_by_the_hub(&self) -> Vec<RefusedFile> {
        let repository = self.documents().repository();
        let limits = &space_card().limits;
        let mut attributes: BTreeMap<RepoPath, Option<GitAttributes>> = BTreeMap::new();
        let mut found = Vec::new();
        for entry in repository.within(self.root()).filter(|entry| entry.size() > limits.pushed_binary_file) {
            let for_being_binary = entry.size() <= limits.pushed_file;
            if for_being_binary && !is_binary(entry) {
                continue;
            }
            let folders = std::iter::successors(Some(entry.path().parent()), |folder| {
                (!folder.is_root()).then(|| folder.parent())
            });
            let stored = folders.into_iter().find_map(|folder| {
                let own = attributes.entry(folder.clone()).or_insert_with(|| {
                    let source = repository.source(&folder.join(".gitattributes")?)?;
                    Some(GitAttributes::parse(source.text()))
                });
                own.as_ref()?.stores_elsewhere(entry.path().relative_to(&folder)?)
            });
            if stored != Some(true) {
                found.push(RefusedFile { path: entry.path().clone(), size: entry.size(), for_being_binary });
            }
        }
        found.sort_by_key(|file| std::cmp::Reverse(file.size));
        found
    }
}

/// Whether the file is known to be binary; one that is too large to be read as text is not known to be.
fn is_binary(entry: &Entry) -> bool {
    matches!(entry.source(), Err(ReadError::Decode(DecodeError::Binary)))
}
