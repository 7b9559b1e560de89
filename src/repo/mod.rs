//! The tree being checked: which files it holds, and their text. The only part that reads the disk for a check.

mod branches;
mod ignored;
mod kind;
mod overlay;
mod source;
mod tracked;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use crate::diagnostic::RepoPath;

pub use branches::Branches;
pub use kind::FileKind;
pub use overlay::Overlay;
pub use source::{DecodeError, Encoding, Position, Source};
pub use walk::{WalkError, WalkOptions};

/// The largest file that is read as text. A source file beyond it is generated data; reading it would cost more than the
/// rest of the tree.
pub const MAX_FILE_BYTES: u64 = 8 << 20;

/// One file of the tree.
#[derive(Debug)]
pub struct Entry {
    path: RepoPath,
    kind: FileKind,
    size: u64,
    content: Content,
    source: OnceLock<Result<Source, ReadError>>,
}

#[derive(Debug, Clone)]
enum Content {
    OnDisk(PathBuf),
    InMemory(Vec<u8>),
}

impl Entry {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// What it is, by its name.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its text, read and decoded on first use.
    ///
    /// # Errors
    /// [`ReadError`] where it can't be read or is not text; the same error on every call.
    pub fn source(&self) -> Result<&Source, &ReadError> {
        self.source.get_or_init(|| Ok(Source::decode(self.path.clone(), self.bytes()?)?)).as_ref()
    }

    /// Hands the text to `look` without keeping it, for a scan over the whole tree. UTF-8 is handed over as it is, after a
    /// byte order mark if there is one; other encodings are decoded first.
    ///
    /// # Errors
    /// [`ReadError`] as for [`Entry::source`].
    pub fn with_bytes<T>(&self, look: impl FnOnce(&[u8]) -> T) -> Result<T, ReadError> {
        if let Some(source) = self.source.get() {
            return source.as_ref().map(|source| look(source.text().as_bytes())).map_err(Clone::clone);
        }
        let bytes = self.bytes()?;
        if std::str::from_utf8(&bytes).is_ok() && memchr::memchr(0, &bytes).is_none() {
            return Ok(look(&bytes));
        }
        Ok(look(Source::decode(self.path.clone(), bytes)?.text().as_bytes()))
    }

    fn bytes(&self) -> Result<Vec<u8>, ReadError> {
        let bytes = match &self.content {
            Content::InMemory(bytes) => bytes.clone(),
            Content::OnDisk(path) => {
                // A file can grow between the walk and the read, so the bound holds for what is read, not for what was
                // promised.
                let mut bytes = Vec::with_capacity(usize::try_from(self.size.min(MAX_FILE_BYTES)).unwrap_or(0));
                File::open(path)
                    .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
                    .map_err(|error| ReadError::Io(error.to_string()))?;
                bytes
            }
        };
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge { size: self.size.max(bytes.len() as u64) });
        }
        Ok(bytes)
    }
}

/// Why a file's text is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("{0}")]
    Io(String),
    /// Beyond [`MAX_FILE_BYTES`].
    #[error("it has {size} bytes, more than the {MAX_FILE_BYTES} that are read as text")]
    TooLarge {
        /// The size in bytes.
        size: u64,
    },
    /// Not text.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// What is known of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A file of the repository.
    File,
    /// A folder that holds files of the repository.
    Folder,
    /// Inside a folder that is not read (vendored, or a link): it may exist.
    Unknown,
    /// Not in the repository.
    Absent,
}

/// The tree being checked.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    entries: BTreeMap<RepoPath, Arc<Entry>>,
    /// The same files by what they are, each list sorted by path: rules ask for a kind time and again.
    by_kind: BTreeMap<FileKind, Vec<Arc<Entry>>>,
    folders: BTreeSet<RepoPath>,
    opaque: BTreeSet<RepoPath>,
    problems: Vec<WalkError>,
    ignored: OnceLock<ignored::IgnoreRules>,
    branches: OnceLock<Option<Branches>>,
    module_names: OnceLock<FxHashSet<Box<str>>>,
}

impl Repository {
    /// Walks the folder `root`.
    ///
    /// # Errors
    /// [`WalkError`] where `root` itself can't be listed; what can't be read below it is kept in [`Repository::problems`].
    pub fn open(root: &Path, options: &WalkOptions) -> Result<Self, WalkError> {
        let walked = walk::walk(root, options)?;
        let entries = walked.files.into_iter().map(|file| {
            let content = Content::OnDisk(file.disk_path);
            Entry { kind: FileKind::of(&file.path), path: file.path, size: file.size, content, source: OnceLock::new() }
        });
        Ok(Self::assemble(root.to_path_buf(), entries, walked.opaque, walked.problems))
    }

    /// Builds a tree of files that exist nowhere but here: for standard input and tests.
    #[must_use]
    pub fn in_memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let entries = files.into_iter().map(|(path, bytes)| {
            let path = RepoPath::new(path);
            let content = Content::InMemory(bytes.to_vec());
            Entry { kind: FileKind::of(&path), path, size: bytes.len() as u64, content, source: OnceLock::new() }
        });
        Self::assemble(PathBuf::new(), entries, BTreeSet::new(), Vec::new())
    }

    fn assemble(
        root: PathBuf,
        entries: impl Iterator<Item = Entry>,
        opaque: BTreeSet<RepoPath>,
        problems: Vec<WalkError>,
    ) -> Self {
        let entries = entries.map(|entry| (entry.path.clone(), Arc::new(entry))).collect();
        Self::from_parts(root, entries, opaque, problems)
    }

    fn from_parts(
        root: PathBuf,
        entries: BTreeMap<RepoPath, Arc<Entry>>,
        opaque: BTreeSet<RepoPath>,
        problems: Vec<WalkError>,
    ) -> Self {
        let mut folders = BTreeSet::from([RepoPath::root()]);
        let mut last = RepoPath::root();
        for path in entries.keys().chain(&opaque) {
            // Neighbours mostly share their folder, which then is known.
            if path.parent_str() == last.as_str() {
                continue;
            }
            last = path.parent();
            let mut folder = last.clone();
            while folders.insert(folder.clone()) {
                folder = folder.parent();
            }
        }
        let mut by_kind: BTreeMap<FileKind, Vec<Arc<Entry>>> = BTreeMap::new();
        for entry in entries.values() {
            by_kind.entry(entry.kind).or_default().push(Arc::clone(entry));
        }
        Self {
            root,
            entries,
            by_kind,
            folders,
            opaque,
            problems,
            ignored: OnceLock::new(),
            branches: OnceLock::new(),
            module_names: OnceLock::new(),
        }
    }

    /// The folder on disk; empty for a tree in memory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All files, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(Arc::as_ref)
    }

    /// All files of one kind, sorted by path.
    pub fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = &Entry> {
        self.by_kind.get(&kind).into_iter().flatten().map(Arc::as_ref)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no file at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The file at `path`.
    #[must_use]
    pub fn entry(&self, path: &RepoPath) -> Option<&Entry> {
        self.entries.get(path).map(Arc::as_ref)
    }

    /// The text of the file at `path`; `None` where there is no such file or it can't be read as text.
    #[must_use]
    pub fn source(&self, path: &RepoPath) -> Option<&Source> {
        self.entry(path)?.source().ok()
    }

    /// The files in and below `folder`, sorted by path.
    pub fn within<'a>(&'a self, folder: &'a RepoPath) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .range::<RepoPath, _>(folder..)
            .map(|(_, entry)| entry.as_ref())
            .take_while(move |entry| folder.is_root() || entry.path.as_str().starts_with(folder.as_str()))
            .filter(move |entry| entry.path.is_within(folder))
    }

    /// Whether `path` is a file of the tree.
    #[must_use]
    pub fn has_file(&self, path: &RepoPath) -> bool {
        self.entries.contains_key(path)
    }

    /// The file at `path`, which is written as paths of the tree are.
    #[must_use]
    pub fn file_at(&self, path: &str) -> Option<RepoPath> {
        self.entries.get_key_value(path).map(|(path, _)| path.clone())
    }

    /// Whether any folder holds a Python module or a folder of that name; without, no import can find it in the tree.
    #[must_use]
    pub fn may_name_module(&self, name: &str) -> bool {
        let names = self.module_names.get_or_init(|| {
            let files = self.entries().filter_map(|entry| entry.path.file_name().strip_suffix(".py"));
            files.chain(self.folders.iter().map(RepoPath::file_name)).map(Box::from).collect()
        });
        names.contains(name)
    }

    /// Whether `path` is a folder that holds files of the tree.
    #[must_use]
    pub fn has_folder(&self, path: &RepoPath) -> bool {
        self.folders.contains(path)
    }

    /// What is known of `path`. Ignored files count as absent: what git does not carry is not deployed.
    #[must_use]
    pub fn presence(&self, path: &RepoPath) -> Presence {
        if self.entries.contains_key(path) {
            return Presence::File;
        }
        if self.folders.contains(path) {
            return Presence::Folder;
        }
        let above = std::iter::successors(Some(path.clone()), |path| (!path.is_root()).then(|| path.parent()));
        if above.into_iter().any(|path| self.opaque.contains(&path)) {
            return Presence::Unknown;
        }
        Presence::Absent
    }

    /// Whether the `.gitignore` files of the tree leave `path` out: a name for what is made, not kept. It need not exist.
    #[must_use]
    pub fn is_ignored(&self, path: &RepoPath, is_folder: bool) -> bool {
        self.ignored.get_or_init(|| ignored::IgnoreRules::read(self)).covers(path, is_folder)
    }

    /// The branches that the clone knows its remote to have; `None` where it may not know them all.
    #[must_use]
    pub fn branches(&self) -> Option<&Branches> {
        let on_disk = !self.root.as_os_str().is_empty();
        self.branches.get_or_init(|| on_disk.then(|| Branches::read(&self.root))?).as_ref()
    }

    /// The same tree with these branches known, for tests.
    #[must_use]
    pub fn with_branches(self, branches: Branches) -> Self {
        Self { branches: OnceLock::from(Some(branches)), ..self }
    }

    /// All folders that hold files, the root first, sorted by path.
    pub fn folders(&self) -> impl Iterator<Item = &RepoPath> {
        self.folders.iter()
    }

    /// What could not be listed below the root.
    #[must_use]
    pub fn problems(&self) -> &[WalkError] {
        &self.problems
    }
}

impl Repository {
    /// The folders and files below the root that could not be listed, each with the operating system's reason.
    pub fn unlisted(&self) -> impl Iterator<Item = (RepoPath, &str)> {
        self.problems.iter().map(|problem| {
            let path = problem.path.strip_prefix(&self.root).ok().and_then(Path::to_str);
            (path.map_or_else(RepoPath::root, RepoPath::new), problem.reason.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_its_files_and_folders() {
        let repo = Repository::in_memory([("a/b.py", b"".as_slice()), ("a.b/c", b""), ("a/d/e", b"")]);
        assert_eq!(repo.presence(&RepoPath::new("a/d")), Presence::Folder);
        assert_eq!(repo.presence(&RepoPath::new("a/x")), Presence::Absent);
        let folder = RepoPath::new("a");
        let within: Vec<_> = repo.within(&folder).map(|entry| entry.path().as_str()).collect();
        assert_eq!(within, ["a/b.py", "a/d/e"]);
    }
}
