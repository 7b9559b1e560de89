//! The working folder of a job while its steps run: what is checked out where, what was made, and what can't be known.

use crate::diagnostic::RepoPath;
use crate::knowledge::{is_made_name, is_source_name};
use crate::repo::{FileKind, Presence, Repository};

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// Below the working folder of the job.
    Workspace(RepoPath),
    /// In the repository, wherever it is checked out: the folder of a composite action.
    Repository(RepoPath),
}

impl Spot {
    /// The path that `relative` leads to from here; `None` where it climbs out.
    pub(super) fn join(&self, relative: &str) -> Option<Self> {
        Some(match self {
            Self::Workspace(path) => Self::Workspace(path.join(relative)?),
            Self::Repository(path) => Self::Repository(path.join(relative)?),
        })
    }
}

/// What a step wants to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    File,
    Folder,
    Either,
}

/// What ran so far, by what it may have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ran {
    /// Nothing whose traces are not known.
    Known,
    /// A program: it may have written files of whatever name, most likely one that some file of the repository tells.
    Program,
    /// An action of somebody else: it may have brought whole folders.
    Action,
}

/// The working folder of a job.
#[derive(Debug, Clone)]
pub(super) struct Workspace<'d> {
    pub repository: &'d Repository,
    /// Folders of the workspace that hold a checkout: of this repository, or of another.
    checkouts: Vec<(RepoPath, bool)>,
    /// What steps made: files, and folders with anything in them. Paths of the workspace.
    made: Vec<RepoPath>,
    /// Whether the tree is another than the one at hand: another branch was checked out.
    pub other_tree: bool,
    /// Whether something ran that may have written files.
    pub ran: Ran,
    /// What was asked for with `test -f` and the like.
    tested: Vec<String>,
    /// What earlier commands said.
    said: String,
    /// Whether the file system takes `A` and `a` for the same.
    pub folds_case: bool,
}

impl<'d> Workspace<'d> {
    pub(super) fn new(repository: &'d Repository) -> Self {
        Self {
            repository,
            checkouts: Vec::new(),
            made: Vec::new(),
            other_tree: false,
            ran: Ran::Known,
            tested: Vec::new(),
            said: String::new(),
            folds_case: false,
        }
    }

    /// A checkout at `folder`, of this repository or of another.
    pub(super) fn check_out(&mut self, folder: RepoPath, is_own: bool) {
        if folder.is_root() && is_own {
            self.other_tree = false;
        }
        self.checkouts.retain(|(known, _)| *known != folder);
        self.checkouts.push((folder, is_own));
    }

    /// States that `spot`, and whatever is below it, may exist from now on.
    pub(super) fn make(&mut self, spot: &Spot) {
        if let Spot::Workspace(path) = spot {
            self.made.push(path.clone());
        }
    }

    /// States that something ran that may have written files.
    pub(super) fn run(&mut self, ran: Ran) {
        self.ran = self.ran.max(ran);
    }

    /// States that anything may exist from now on.
    pub(super) fn make_anything(&mut self) {
        self.made.push(RepoPath::root());
    }

    /// Keeps what a command said.
    pub(super) fn hear(&mut self, text: &str) {
        self.said.push_str(text);
        self.said.push('\n');
    }

    /// Keeps a word of a test for existence.
    pub(super) fn note_test(&mut self, word: &str) {
        let word = word.trim_start_matches("./").trim_matches('/');
        if !word.is_empty() && !word.starts_with('-') {
            self.tested.push(word.to_owned());
        }
    }

    /// The path in the repository; `None` where no checkout of it holds the spot.
    pub(super) fn repository_path(&self, spot: &Spot) -> Option<RepoPath> {
        let path = match spot {
            Spot::Repository(path) => return Some(path.clone()),
            Spot::Workspace(path) => path,
        };
        let holding = self.checkouts.iter().filter(|(folder, _)| path.is_within(folder));
        let (folder, is_own) = holding.max_by_key(|(folder, _)| folder.as_str().len())?;
        is_own.then(|| path.relative_to(folder).map(RepoPath::new))?
    }

    /// Whether `spot` is missing when the step runs: its path in the repository, and whether nothing can have made it.
    pub(super) fn missing(&self, spot: &Spot, wanted: Wanted) -> Option<(RepoPath, bool)> {
        let path = self.repository_path(spot)?;
        if self.other_tree || self.repository.presence(&path) != Presence::Absent || self.may_be_made(spot) {
            return None;
        }
        let is_ignored = self.repository.is_ignored(&path, wanted == Wanted::Folder)
            || (wanted == Wanted::Either && self.repository.is_ignored(&path, true));
        if is_ignored || self.is_in_submodule(&path) || self.was_tested(&path) || self.has_made_name(&path) {
            return None;
        }
        if self.folds_case && self.exists_in_other_case(&path) || self.has_other_dockerfile(&path) {
            return None;
        }
        if self.ran == Ran::Known {
            return Some((path, true));
        }
        // Sources are written into a folder of the tree only by what names them; all else may come from anywhere.
        let name = path.file_name();
        let is_kept = is_source_name(name) && self.repository.presence(&path.parent()) == Presence::Folder;
        (is_kept && !self.said.contains(name) && !self.is_mentioned(name)).then_some((path, false))
    }

    /// Whether a step made it, something below it, or a folder above it.
    fn may_be_made(&self, spot: &Spot) -> bool {
        let Spot::Workspace(path) = spot else { return false };
        let checkouts = self.checkouts.iter().map(|(folder, _)| folder).filter(|folder| !folder.is_root());
        self.made.iter().any(|made| path.is_within(made) || made.is_within(path))
            || checkouts.into_iter().any(|folder| folder.is_within(path))
    }

    /// Whether the path, from where it leaves the tree on, has the name of something that is built.
    fn has_made_name(&self, path: &RepoPath) -> bool {
        let mut folder = RepoPath::root();
        path.parts().any(|part| {
            folder = folder.join(part).unwrap_or_else(RepoPath::root);
            is_made_name(part) && self.repository.presence(&folder) == Presence::Absent
        })
    }

    fn is_in_submodule(&self, path: &RepoPath) -> bool {
        let modules = self.repository.source(&RepoPath::new(".gitmodules")).map_or("", |source| source.text());
        let folders = modules.lines().filter_map(|line| line.trim().strip_prefix("path")?.trim().strip_prefix('='));
        folders.into_iter().any(|folder| path.is_within(&RepoPath::new(folder.trim())))
    }

    fn was_tested(&self, path: &RepoPath) -> bool {
        self.tested.iter().any(|word| {
            path.as_str() == word
                || path.as_str().ends_with(&format!("/{word}"))
                || word.ends_with(path.file_name())
                || path.as_str().starts_with(&format!("{word}/"))
        })
    }

    /// Where `Dockerfile` is missing, docker takes `dockerfile`, and podman `Containerfile`.
    fn has_other_dockerfile(&self, path: &RepoPath) -> bool {
        let others = ["dockerfile", "Containerfile"].iter().filter_map(|name| path.parent().join(name));
        path.file_name() == "Dockerfile" && others.into_iter().any(|other| self.repository.has_file(&other))
    }

    fn exists_in_other_case(&self, path: &RepoPath) -> bool {
        let same = |other: &RepoPath| other.as_str().eq_ignore_ascii_case(path.as_str());
        self.repository.entries().any(|entry| same(entry.path())) || self.repository.folders().any(same)
    }

    /// Whether a step made something of that name.
    pub(super) fn has_made(&self, name: &str) -> bool {
        self.made.iter().any(|made| made.is_root() || made.file_name() == name)
    }

    /// Whether an earlier command or a file that may run names it.
    pub(super) fn is_mentioned_anywhere(&self, name: &str) -> bool {
        self.said.contains(name) || self.is_mentioned(name)
    }

    /// Whether a file that may run names it: what writes a file mostly does.
    fn is_mentioned(&self, name: &str) -> bool {
        let finder = memchr::memmem::Finder::new(name);
        self.repository.entries().any(|entry| {
            let may_run = !matches!(entry.kind(), FileKind::Readme | FileKind::Workflow | FileKind::Action)
                && !matches!(entry.path().extension(), "md" | "rst" | "svg" | "csv" | "lock")
                && !entry.path().file_name().ends_with("ignore")
                && entry.size() <= 1 << 20;
            may_run && entry.with_bytes(|bytes| finder.find(bytes).is_some()).unwrap_or(false)
        })
    }
}
