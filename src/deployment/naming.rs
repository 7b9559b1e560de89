//! Which Python files spell a name: asked name by name while a call graph widens, so that only the files that can matter
//! are parsed.

use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::diagnostic::RepoPath;
use crate::repo::{FileKind, Repository};

/// Names looked up in one repository; beyond that nothing more is found, so that no tree can make a run endless.
const MAX_NAMES: usize = 2000;

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    known: Mutex<FxHashMap<String, Arc<[RepoPath]>>>,
}

impl NameIndex {
    /// The Python files in which `name` stands as a word, in the order of their paths.
    pub(super) fn files(&self, repository: &Repository, name: &str) -> Arc<[RepoPath]> {
        if name.is_empty() {
            return Arc::from([]);
        }
        if let Ok(known) = self.known.lock() {
            if let Some(files) = known.get(name) {
                return Arc::clone(files);
            }
            if known.len() >= MAX_NAMES {
                return Arc::from([]);
            }
        }
        // The lock is free while the tree is read: this thread may take up other work meanwhile that asks here too.
        let finder = memchr::memmem::Finder::new(name.as_bytes());
        let python: Vec<_> = repository.of_kind(FileKind::Python).collect();
        let files: Vec<RepoPath> = python
            .par_iter()
            .filter(|entry| entry.with_bytes(|bytes| stands_in(bytes, &finder, name.len())).unwrap_or(false))
            .map(|entry| entry.path().clone())
            .collect();
        let files: Arc<[RepoPath]> = files.into();
        if let Ok(mut known) = self.known.lock() {
            known.insert(name.to_owned(), Arc::clone(&files));
        }
        files
    }
}

fn stands_in(bytes: &[u8], finder: &memchr::memmem::Finder<'_>, length: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    finder.find_iter(bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !is_word(before) && !is_word(bytes.get(at + length))
    })
}
