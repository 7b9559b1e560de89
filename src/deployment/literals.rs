//! One scan over the tree for the literals that the rules wait for, so that only files which can matter are parsed.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, StartKind};
use rayon::prelude::*;

use crate::diagnostic::RepoPath;
use crate::repo::{Entry, FileKind, ReadError, Repository};

/// The size of a tree in bytes from which a DFA pays.
const DFA_BYTES: u64 = 4 << 20;

/// Which literals occur in which file.
#[derive(Debug)]
pub(super) struct LiteralIndex {
    literals: Vec<&'static str>,
    /// For each file that holds a literal, the indexes of those it holds, one bit each.
    hits: BTreeMap<RepoPath, Vec<u64>>,
    unreadable: Vec<(RepoPath, ReadError)>,
}

impl LiteralIndex {
    /// Scans every file whose kind can hold what a rule looks for. Files are read and let go again: only those with a hit
    /// are read a second time, so that a large tree never stands in memory as a whole.
    pub(super) fn build(repository: &Repository, literals: impl IntoIterator<Item = &'static str>) -> Self {
        let mut literals: Vec<_> = literals.into_iter().collect();
        literals.sort_unstable();
        literals.dedup();
        let entries: Vec<_> = repository.entries().filter(|entry| is_scanned(entry.kind())).collect();
        let automaton = automaton(&literals, entries.iter().map(|entry| entry.size()).sum());
        let scanned: Vec<_> = entries
            .par_iter()
            .map(|entry| (entry.path().clone(), scan(entry, automaton.as_ref(), literals.len())))
            .collect();
        let mut hits = BTreeMap::new();
        let mut unreadable = Vec::new();
        for (path, result) in scanned {
            match result {
                Ok(bits) if bits.iter().any(|word| *word != 0) => drop(hits.insert(path, bits)),
                Ok(_) => {}
                Err(error) => unreadable.push((path, error)),
            }
        }
        Self { literals, hits, unreadable }
    }

    /// The files that hold at least one of `wanted`, in the order of their paths. A literal that no rule declared is never
    /// found.
    pub(super) fn files_with<'a>(&'a self, wanted: &[&str]) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let mask = self.mask(wanted);
        self.hits.iter().filter(move |(_, bits)| bits.iter().zip(&mask).any(|(a, b)| a & b != 0)).map(|(path, _)| path)
    }

    /// The files that could not be read as text, with the reason.
    pub(super) fn unreadable(&self) -> &[(RepoPath, ReadError)] {
        &self.unreadable
    }

    fn mask(&self, wanted: &[&str]) -> Vec<u64> {
        let mut mask = vec![0; self.literals.len().div_ceil(64)];
        for literal in wanted {
            if let Ok(index) = self.literals.binary_search(literal) {
                mask[index / 64] |= 1 << (index % 64);
            }
        }
        mask
    }
}

/// The automaton for a tree of that many bytes: the table of a DFA takes milliseconds to build and is several times as
/// fast, which pays from some megabytes on.
fn automaton(literals: &[&str], bytes: u64) -> Option<AhoCorasick> {
    let kind = (bytes > DFA_BYTES).then_some(AhoCorasickKind::DFA);
    AhoCorasick::builder().kind(kind).start_kind(StartKind::Unanchored).build(literals).ok()
}

/// Files of these kinds are text by their name, so one that is not is worth a diagnostic.
fn is_scanned(kind: FileKind) -> bool {
    !matches!(kind, FileKind::Other | FileKind::Json)
}

fn scan(entry: &Entry, automaton: Option<&AhoCorasick>, count: usize) -> Result<Vec<u64>, ReadError> {
    entry.with_bytes(|bytes| {
        let mut bits = vec![0_u64; count.div_ceil(64)];
        if let Some(automaton) = automaton {
            for found in automaton.find_overlapping_iter(bytes) {
                let index = found.pattern().as_usize();
                bits[index / 64] |= 1 << (index % 64);
            }
        }
        bits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_any_of_their_literals_even_where_these_overlap() {
        let repo = Repository::in_memory([
            ("a.py", b"asyncio.get_event_loop()".as_slice()),
            ("b.py", b"x = 1"),
            ("c.py", b"\x00\x01"),
        ]);
        let index = LiteralIndex::build(&repo, ["get_event", "event_loop", "never"]);
        let files = |wanted: &[&str]| index.files_with(wanted).map(|path| path.to_string()).collect::<Vec<_>>();
        assert_eq!(files(&["event_loop"]), ["a.py"]);
        assert_eq!(files(&["get_event"]), ["a.py"]);
        assert!(files(&["never", "undeclared"]).is_empty());
        assert_eq!(index.unreadable().len(), 1);
    }
}
