//! The branches that a clone knows its remote to have, read from git's own files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The most refs and the deepest folders that are looked at.
const MAX_REFS: usize = 20_000;
const MAX_DEPTH: usize = 12;

/// Git's files are small; a larger one is not read.
const MAX_BYTES: u64 = 4 << 20;

/// The branches of the remote `origin`, as of the last fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// Their names.
    pub names: BTreeSet<String>,
    /// The one that a clone checks out.
    pub default: Option<String>,
}

impl Branches {
    /// Reads them for the clone at `root`. `None` where they can't be known to be all: a shallow clone, one that fetches
    /// single branches, a worktree, no remote.
    pub(super) fn read(root: &Path) -> Option<Self> {
        let git = root.join(".git");
        let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
        if !is_folder(&git)
            || fs::symlink_metadata(git.join("shallow")).is_ok()
            || !fetches_all(&text(&git.join("config"))?)
        {
            return None;
        }
        let mut names = BTreeSet::new();
        for line in text(&git.join("packed-refs")).unwrap_or_default().lines().take(MAX_REFS) {
            let name = line.split_once(' ').and_then(|(_, name)| name.trim().strip_prefix("refs/remotes/origin/"));
            names.extend(name.map(str::to_owned));
        }
        let remote = git.join("refs/remotes/origin");
        if is_folder(&remote) {
            loose(&remote, "", 0, &mut names);
        }
        names.remove("HEAD");
        let head = text(&remote.join("HEAD")).unwrap_or_default();
        let default = head.trim().strip_prefix("ref: refs/remotes/origin/").map(str::to_owned);
        (!names.is_empty()).then_some(Self { names, default })
    }
}

/// Whether the configuration says that all branches of `origin` are fetched.
fn fetches_all(config: &str) -> bool {
    let mut in_origin = false;
    let mut patterns = Vec::new();
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line.replace(' ', "") == "[remote\"origin\"]";
        } else if in_origin
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "fetch"
        {
            patterns.push(value.trim());
        }
    }
    patterns.iter().any(|pattern| pattern.trim_start_matches('+') == "refs/heads/*:refs/remotes/origin/*")
        && !patterns.iter().any(|pattern| pattern.starts_with('^'))
}

/// Adds the refs that lie in files of their own.
fn loose(folder: &Path, prefix: &str, depth: usize, names: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (Ok(kind), Some(name)) = (entry.file_type(), entry.file_name().to_str().map(str::to_owned)) else {
            continue;
        };
        let name = format!("{prefix}{name}");
        if kind.is_dir() && depth < MAX_DEPTH {
            loose(&entry.path(), &format!("{name}/"), depth + 1, names);
        } else if kind.is_file() && names.len() < MAX_REFS {
            names.insert(name);
        }
    }
}

/// The text of one of git's files, where it is a plain file.
fn text(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return None;
    }
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = x\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n";

    fn clone(files: &[(&str, &str)]) -> Option<Branches> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(".git").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Branches::read(folder.path())
    }

    #[test]
    fn packed_and_loose_refs_are_read() {
        let packed =
            "# pack-refs with: peeled\nab refs/heads/local\nab refs/remotes/origin/main\nab refs/tags/v1\n^cd\n";
        let found = clone(&[
            ("config", CONFIG),
            ("packed-refs", packed),
            ("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main\n"),
            ("refs/remotes/origin/feature/a", "ab\n"),
            ("refs/remotes/other/x", "ab\n"),
        ])
        .unwrap();
        assert_eq!(found.names, BTreeSet::from(["main".to_owned(), "feature/a".to_owned()]));
        assert_eq!(found.default.as_deref(), Some("main"));
    }

    #[test]
    fn clones_that_know_a_part_only_tell_nothing() {
        let remote = ("refs/remotes/origin/main", "ab\n");
        let single = CONFIG.replace('*', "main");
        for files in [
            &[("config", CONFIG), remote, ("shallow", "ab\n")][..],
            &[("config", &single), remote],
            &[("config", "[core]\n"), remote],
            &[("config", CONFIG)],
            &[remote],
        ] {
            assert_eq!(clone(files), None, "{files:?}");
        }
    }
}
