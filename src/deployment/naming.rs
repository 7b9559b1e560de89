//! Which Python files spell a name: asked name by name while a call graph widens, so that only the files that can matter
//! are parsed. One look through the tree leaves a small filter for each file; a name is then looked for in the files whose
//! filter does not rule it out.

use std::hash::Hasher;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use crate::diagnostic::RepoPath;
use crate::repo::{FileKind, Repository};

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    filters: OnceLock<Vec<(RepoPath, Filter)>>,
    known: Mutex<FxHashMap<String, Arc<[RepoPath]>>>,
}

impl NameIndex {
    /// The Python files in which `name` stands as a word, in the order of their paths.
    pub(super) fn files(&self, repository: &Repository, name: &str) -> Arc<[RepoPath]> {
        if name.is_empty() {
            return Arc::from([]);
        }
        if let Ok(known) = self.known.lock()
            && let Some(files) = known.get(name)
        {
            return Arc::clone(files);
        }
        // No lock is held while the tree is read: this thread may take up other work meanwhile that asks here too. For the
        // same reason two threads may both look through the tree the first time.
        if self.filters.get().is_none() {
            let _ = self.filters.set(filters(repository));
        }
        let finder = memchr::memmem::Finder::new(name.as_bytes());
        let hash = hash(name.as_bytes());
        let candidates = self.filters.get().into_iter().flatten().filter(|(_, filter)| filter.may_hold(hash));
        let files = candidates.filter(|(path, _)| {
            let entry = repository.entry(path);
            entry.is_some_and(|entry| entry.with_bytes(|bytes| stands_in(bytes, &finder, name.len())).unwrap_or(false))
        });
        let files: Arc<[RepoPath]> = files.map(|(path, _)| path.clone()).collect();
        if let Ok(mut known) = self.known.lock() {
            known.insert(name.to_owned(), Arc::clone(&files));
        }
        files
    }
}

/// The words of a file, as bits: a word that it holds is never ruled out.
#[derive(Debug)]
struct Filter(Vec<u64>);

impl Filter {
    fn of(bytes: &[u8]) -> Self {
        // A bit or two for eight bytes of text leave few false hits, since words repeat.
        let mut filter = Self(vec![0; (bytes.len() / 512).next_power_of_two()]);
        for word in bytes.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty()) {
            for (at, bit) in filter.bits(hash(word)) {
                if let Some(found) = filter.0.get_mut(at) {
                    *found |= bit;
                }
            }
        }
        filter
    }

    fn may_hold(&self, hash: u64) -> bool {
        self.bits(hash).into_iter().all(|(at, bit)| self.0.get(at).is_some_and(|found| found & bit != 0))
    }

    /// The two bits of a word.
    fn bits(&self, hash: u64) -> [(usize, u64); 2] {
        let mask = self.0.len() - 1;
        [hash, hash >> 32].map(|hash| ((hash >> 6) as usize & mask, 1 << (hash & 63)))
    }
}

fn filters(repository: &Repository) -> Vec<(RepoPath, Filter)> {
    let python: Vec<_> = repository.of_kind(FileKind::Python).collect();
    let filtered = python.par_iter().filter_map(|entry| {
        let filter = entry.with_bytes(Filter::of).ok()?;
        Some((entry.path().clone(), filter))
    });
    filtered.collect()
}

fn hash(word: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word);
    hasher.finish()
}

/// Whether a byte belongs to a name; those beyond ASCII may.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn stands_in(bytes: &[u8], finder: &memchr::memmem::Finder<'_>, length: usize) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !is_word(*byte));
    finder.find_iter(bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        ends(before) && ends(bytes.get(at + length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_whole_words() {
        let files: [(&str, &[u8]); 4] = [
            ("a.py", b"def run(): ..."),
            ("b.py", b"x.run"),
            ("c.py", b"rerun(run_all)"),
            ("d.py", "größe = 1".as_bytes()),
        ];
        let repository = Repository::in_memory(files);
        let index = NameIndex::default();
        let found = |name| index.files(&repository, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("run"), ["a.py", "b.py"]);
        assert_eq!(found("run"), ["a.py", "b.py"]);
        assert_eq!(found("größe"), ["d.py"]);
        assert!(found("").is_empty() && found("absent").is_empty());
    }
}
