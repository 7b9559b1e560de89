//! Lists the files of a tree: by ignore files as git reads them, without links, vendored trees or git's own folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use globset::GlobSet;
use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::FxHashSet;

use super::tracked::tracked;
use crate::diagnostic::RepoPath;

/// Folders that hold other people's code or a tool's own files: known to exist, never read.
const VENDORED: &[&str] = &[
    ".git",
    ".hg",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "bower_components",
    "node_modules",
    "site-packages",
    "third_party",
    "vendor",
    "venv",
];

/// What a deployment is known by. Outside of a clone these files of the root are read although an ignore file names them.
const KNOWN_BY: &[&str] = &[".env.example", "Dockerfile", "README.md", "requirements.txt"];

/// What the walk leaves out.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Paths to leave out. Each set is matched against the path relative to the root, after what leads to the root from
    /// the folder that the patterns are relative to: empty, or `apps/api/`.
    pub exclude: Vec<(String, GlobSet)>,
    /// Whether to read files that ignore files leave out.
    pub no_ignore: bool,
}

/// What could not be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct WalkError {
    /// The path as the operating system knows it.
    pub path: PathBuf,
    /// The operating system's reason.
    pub reason: String,
}

/// One file found.
pub(super) struct WalkedFile {
    pub path: RepoPath,
    pub disk_path: PathBuf,
    pub size: u64,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Walked {
    pub files: Vec<WalkedFile>,
    /// Folders and links that exist and are not read.
    pub opaque: BTreeSet<RepoPath>,
    pub problems: Vec<WalkError>,
}

/// Walks `root` in parallel. The order of the result is that of discovery; the caller sorts.
pub(super) fn walk(root: &Path, options: &WalkOptions) -> Result<Walked, WalkError> {
    std::fs::read_dir(root).map_err(|error| WalkError { path: root.to_path_buf(), reason: error.to_string() })?;
    let walked = Mutex::new(Walked::default());
    let lock = || walked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        .ignore(!options.no_ignore)
        .git_ignore(!options.no_ignore)
        .git_exclude(!options.no_ignore)
        .git_global(false)
        .parents(!options.no_ignore)
        .threads(std::thread::available_parallelism().map_or(1, usize::from).min(8))
        .build_parallel();
    walker.run(|| {
        Box::new(|found| {
            match found {
                Ok(found) => return visit(root, options, &found, &lock),
                Err(error) => {
                    lock().problems.push(WalkError { path: error_path(&error, root), reason: reason(&error) })
                }
            }
            WalkState::Continue
        })
    });
    let mut walked = walked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !options.no_ignore {
        add_carried(root, options, &mut walked);
    }
    Ok(walked)
}

/// Adds the files that `.gitignore` names and git carries nevertheless: they were added by force, or before the pattern.
fn add_carried(root: &Path, options: &WalkOptions, walked: &mut Walked) {
    let carried = tracked(root).unwrap_or_else(|| KNOWN_BY.iter().map(|name| (*name).to_owned()).collect());
    let known: FxHashSet<&str> = walked.files.iter().map(|file| file.path.as_str()).collect();
    let missed: Vec<RepoPath> =
        carried.iter().filter(|path| !known.contains(path.as_str())).map(|path| RepoPath::new(path)).collect();
    for path in missed {
        let disk_path = root.join(path.as_str());
        let Ok(metadata) = fs::symlink_metadata(&disk_path) else { continue };
        if metadata.is_file() && !is_left_out(root, options, &walked.opaque, &path) {
            walked.files.push(WalkedFile { path, disk_path, size: metadata.len() });
        }
    }
}

/// Whether a file is left out for another reason than a `.gitignore`: it, or a folder above, is excluded, vendored or a link,
/// or an `.ignore` file, which speaks to tools and not to git, stands above it.
fn is_left_out(root: &Path, options: &WalkOptions, opaque: &BTreeSet<RepoPath>, path: &RepoPath) -> bool {
    if is_excluded(options, path) {
        return true;
    }
    let mut folder = path.parent();
    loop {
        if opaque.contains(&folder)
            || VENDORED.contains(&folder.file_name())
            || is_excluded(options, &folder)
            || root.join(folder.as_str()).join(".ignore").exists()
        {
            return true;
        }
        if folder.is_root() {
            return false;
        }
        folder = folder.parent();
    }
}

fn visit<'a, G>(root: &Path, options: &WalkOptions, found: &DirEntry, lock: &impl Fn() -> G) -> WalkState
where
    G: std::ops::DerefMut<Target = Walked> + 'a,
{
    let Some(path) = relative(root, found.path()) else { return WalkState::Continue };
    let Some(file_type) = found.file_type() else { return WalkState::Continue };
    if path.is_root() {
        return WalkState::Continue;
    }
    if is_excluded(options, &path) {
        lock().opaque.insert(path);
        return WalkState::Skip;
    }
    if file_type.is_dir() {
        if VENDORED.contains(&path.file_name()) {
            lock().opaque.insert(path);
            return WalkState::Skip;
        }
    } else if file_type.is_file() {
        let size = found.metadata().map_or(0, |metadata| metadata.len());
        lock().files.push(WalkedFile { path, disk_path: found.path().to_path_buf(), size });
    } else if file_type.is_symlink() {
        // A link may lead out of the tree or in a circle. What it points to, where inside, is read in its own place.
        lock().opaque.insert(path);
    }
    WalkState::Continue
}

fn is_excluded(options: &WalkOptions, path: &RepoPath) -> bool {
    options.exclude.iter().any(|(base, globs)| match base.as_str() {
        "" => globs.is_match(path.as_str()),
        base => globs.is_match(format!("{base}{path}")),
    })
}

/// `None` for a name that is not Unicode: nothing in the repository can refer to it.
fn relative(root: &Path, path: &Path) -> Option<RepoPath> {
    path.strip_prefix(root).ok()?.to_str().map(RepoPath::new)
}

fn error_path(error: &ignore::Error, root: &Path) -> PathBuf {
    match error {
        ignore::Error::WithPath { path, .. } => path.clone(),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err, root),
        _ => root.to_path_buf(),
    }
}

/// The innermost reason, without the path that stands beside it.
fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => reason(err),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn walked(root: &Path) -> Vec<String> {
        let walked = walk(root, &WalkOptions::default()).unwrap();
        let mut paths: Vec<String> = walked.files.iter().map(|file| file.path.to_string()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn what_git_carries_is_read_although_a_pattern_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("venv")).unwrap();
        fs::create_dir_all(root.join("docs/build")).unwrap();
        fs::write(root.join(".gitignore"), "README.md\n*.png\nvenv/\nbuild/\nnotes.txt\n").unwrap();
        for path in ["README.md", "app.py", "logo.png", "venv/lib.py", "docs/build/page.md", "notes.txt"] {
            fs::write(root.join(path), "x").unwrap();
        }
        assert_eq!(walked(root), [".gitignore", "README.md", "app.py"], "outside of a clone, the card is read");
        let git = |arguments: &[&str]| {
            let done = Command::new("git").current_dir(root).args(arguments).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        git(&["init", "-q"]);
        git(&["add", "app.py"]);
        assert_eq!(walked(root), [".gitignore", "app.py"], "git does not carry the card");
        git(&["add", "-f", "."]);
        git(&["rm", "-q", "--cached", "notes.txt"]);
        assert_eq!(walked(root), [".gitignore", "README.md", "app.py", "docs/build/page.md", "logo.png"]);
        fs::write(root.join("docs/.ignore"), "build/\n").unwrap();
        assert_eq!(walked(root), [".gitignore", "README.md", "app.py", "docs/.ignore", "logo.png"]);
    }
}
