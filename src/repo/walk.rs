//! Lists the files of a tree: by ignore files as git reads them, without links, vendored trees or git's own folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use globset::GlobSet;
use ignore::{DirEntry, WalkBuilder, WalkState};

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
    Ok(walked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
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
