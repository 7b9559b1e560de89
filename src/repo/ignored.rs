//! Which paths git would leave out, by the `.gitignore` files of the tree: names of what is made, not kept.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Repository;
use crate::diagnostic::RepoPath;

/// The patterns of all `.gitignore` files of a tree, each with its folder.
#[derive(Debug)]
pub(super) struct IgnoreRules(Vec<(RepoPath, Gitignore)>);

impl IgnoreRules {
    /// Reads the `.gitignore` files of `repository`; lines that are no patterns count for nothing, as for git.
    pub(super) fn read(repository: &Repository) -> Self {
        let files = repository.entries().filter(|entry| entry.path().file_name() == ".gitignore");
        let rules = files.filter_map(|entry| {
            let mut builder = GitignoreBuilder::new("");
            for line in entry.source().ok()?.text().lines() {
                // A line that is no pattern is no error of ours.
                let _ = builder.add_line(None, line);
            }
            Some((entry.path().parent(), builder.build().ok()?))
        });
        Self(rules.collect())
    }

    /// Whether a pattern leaves `path`, or a folder above it, out. The deepest `.gitignore` that says anything decides.
    pub(super) fn covers(&self, path: &RepoPath, is_folder: bool) -> bool {
        let decided = self.0.iter().rev().filter(|(folder, _)| path.is_within(folder)).find_map(|(folder, rules)| {
            let inside = path.relative_to(folder).filter(|inside| !inside.is_empty())?;
            let found = rules.matched_path_or_any_parents(inside, is_folder);
            (!found.is_none()).then(|| found.is_ignore())
        });
        decided.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_below_their_folder() {
        let repository = Repository::in_memory([
            (".gitignore", b"*.log\n/dist/\nsecrets/*\n!secrets/example.env\n".as_slice()),
            ("web/.gitignore", b"generated.js\n!keep.log\n"),
        ]);
        for (path, is_folder, ignored) in [
            ("a/b.log", false, true),
            ("dist", true, true),
            ("dist/x/y.py", false, true),
            ("web/dist/x", false, false),
            ("secrets/key", false, true),
            ("secrets/example.env", false, false),
            ("web/src/generated.js", false, true),
            ("generated.js", false, false),
            ("web/keep.log", false, false),
            ("src/é.py", false, false),
        ] {
            assert_eq!(repository.is_ignored(&RepoPath::new(path), is_folder), ignored, "{path}");
        }
    }
}
