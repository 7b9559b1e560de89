//! Which tree a job pushes: what its commands before the push do to the checkout.

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::{Command, Invocation};

use super::{SpaceSync, names_a_space};

/// What the commands before the push say about the tree that is pushed.
#[derive(Default)]
pub(super) struct Narrowing {
    /// The folder that the commands of this step stand in, relative to the checkout.
    folder: Option<String>,
    split: Option<(String, Span)>,
    copied: Option<(String, Span)>,
    /// `git init`, and the folder in which it was called.
    own_repository: Option<(Option<String>, Span)>,
    cloned: bool,
    /// The remotes that a command gave the address of a Space.
    space_remotes: Vec<String>,
    /// Whether something was fetched from a Space, which `FETCH_HEAD` then stands for.
    fetched: bool,
    /// Whether the Space's own content was merged into the checkout.
    merged: bool,
    /// Whether a copy leaves the README out.
    leaves_readme_out: bool,
    /// Branches made in the job from what is checked out.
    branches: Vec<String>,
    /// Whether the checkout is of another branch than the one that is looked at.
    other_checkout: bool,
    /// Whether a command changes which files the push sends, or how: `git lfs track`, `git rm`, `rm`.
    changes_files: bool,
    /// The one copy of a README: what is copied, and the folder that it comes to lie in.
    copied_readme: Option<(RepoPath, String)>,
    /// The folders that Spaces were cloned into.
    clones: Vec<String>,
    /// Whether a command writes a README, so that the card is not the one in the repository.
    pub(super) writes_readme: bool,
}

impl Narrowing {
    /// A step begins: its commands stand in `folder` of the checkout.
    pub(super) fn begin_step(&mut self, folder: Option<&str>) {
        self.folder = folder.map(|folder| trim_folder(folder).to_owned());
    }

    /// The checkout action was asked for `reference`.
    pub(super) fn check_out(&mut self, reference: &str) {
        let usual = ["main", "master", "", "HEAD"];
        self.other_checkout |= !usual.contains(&reference) && !reference.contains("github.");
    }

    pub(super) fn note(&mut self, command: &Command, invocation: &Invocation) {
        let words: Vec<_> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
        let written = command.redirections.iter().filter(|redirection| redirection.operator.starts_with('>'));
        let mut targets = written.filter_map(|redirection| redirection.target.as_ref());
        self.writes_readme |= targets.any(|target| names_readme(&target.text));
        match (invocation.name(), words.as_slice()) {
            ("cd" | "pushd", [folder, ..]) => {
                let folder = trim_folder(folder);
                self.folder = Some(match &self.folder {
                    Some(base) if !folder.starts_with(['/', '$', '~']) => format!("{base}/{folder}"),
                    _ => folder.to_owned(),
                });
            }
            ("git", ["init", rest @ ..]) => {
                let named = rest.iter().find(|word| !word.starts_with('-') && !matches!(**word, "main" | "master"));
                let folder = named.map(|folder| (*folder).to_owned()).or_else(|| self.folder.clone());
                self.own_repository = Some((folder, invocation.span));
            }
            ("git", ["clone", rest @ ..]) => {
                if let Some(at) = rest.iter().position(|word| names_a_space(word)) {
                    self.cloned = true;
                    let name = |address: &str| address.rsplit('/').next().unwrap_or_default().to_owned();
                    let folder = rest.get(at + 1).map(|folder| (*folder).to_owned());
                    let folder = folder.unwrap_or_else(|| name(rest.get(at).copied().unwrap_or_default()));
                    self.clones.push(self.seen_from_checkout(&folder));
                }
            }
            ("git", ["remote", "add" | "set-url", rest @ ..]) => {
                if let [.., name, address] = rest
                    && names_a_space(address)
                {
                    self.space_remotes.push((*name).to_owned());
                }
            }
            ("git", ["fetch", rest @ ..]) => self.fetched |= rest.iter().any(|word| self.is_of_a_space(word)),
            ("git", ["pull" | "merge" | "rebase", rest @ ..]) => {
                // `ours`, as a strategy or as an option of one, keeps the checkout's files whatever the Space holds.
                let keeps_own = rest.iter().any(|word| matches!(*word, "ours" | "-Xours") || word.ends_with("=ours"));
                self.merged |= !keeps_own && rest.iter().any(|word| self.is_of_a_space(word));
            }
            // A README that is taken back from the Space, or put aside.
            ("git", ["checkout" | "restore" | "show" | "reset", rest @ ..])
                if rest.iter().any(|word| names_readme(word)) =>
            {
                self.writes_readme = true;
            }
            ("git", ["subtree", ..]) => {
                if let Some(prefix) = invocation.flag(&["--prefix", "-P"]) {
                    self.split = Some((prefix.text, prefix.span));
                }
                self.branches.extend(invocation.flag(&["-b", "--branch"]).map(|branch| branch.text));
            }
            ("git", ["filter-branch" | "filter-repo", ..]) => {
                self.changes_files = true;
                if let Some(prefix) = invocation.flag(&["--subdirectory-filter"]) {
                    self.split = Some((prefix.text, prefix.span));
                }
            }
            ("git", ["checkout" | "switch", rest @ ..])
                if rest.iter().any(|word| matches!(*word, "--orphan" | "-b" | "-B" | "-c" | "-C")) =>
            {
                self.branches.extend(rest.iter().rfind(|word| !word.starts_with('-')).map(|name| (*name).to_owned()));
            }
            ("git", ["branch", rest @ ..]) => {
                self.branches.extend(rest.iter().filter(|word| !word.starts_with('-')).map(|name| (*name).to_owned()));
            }
            ("cp" | "rsync" | "mv", _) => {
                let excludes = |word: &&str| word.strip_prefix("--exclude=").is_some_and(names_readme);
                self.leaves_readme_out |= words.iter().any(excludes);
                self.changes_files |= words.iter().any(|word| word.starts_with("--delete"));
                let paths: Vec<_> = invocation.arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
                let texts: Vec<&str> = paths.iter().map(|path| path.text.as_str()).collect();
                match self.readme_copy(&texts).filter(|_| self.copied_readme.is_none()) {
                    Some(copy) => self.copied_readme = Some(copy),
                    None => self.writes_readme |= texts.iter().any(|path| names_readme(path)),
                }
                if let [sources @ .., _] = paths.as_slice()
                    && let Some(source) = sources.iter().find(|word| is_content(&word.text))
                {
                    self.copied = Some((content_folder(&source.text), command.span));
                }
            }
            ("git", ["lfs", "track" | "migrate", ..] | ["rm", ..]) | ("rm" | "find" | "bfg" | "git-filter-repo", _) => {
                self.changes_files = true;
            }
            ("sed" | "tee" | "perl" | "awk", _) => self.writes_readme |= words.iter().any(|word| names_readme(word)),
            _ => {}
        }
    }

    /// The push at `location`, which sends the branch `source` where it names one.
    pub(super) fn sync(&self, location: Location, source: Option<&str>) -> SpaceSync {
        let at = |span: Span| Some(Location::new(&location.path, span));
        let narrowed = |folder: &str, span: Span| {
            let plain = !folder.contains(['$', '*', '{', '`']);
            (plain.then(|| RepoPath::root().join(folder)).flatten(), at(span))
        };
        let (pushed, narrowed_by) = if let Some((folder, span)) = &self.split {
            narrowed(folder, *span)
        } else if let Some((folder, span)) = &self.copied {
            narrowed(folder, *span)
        } else if let Some((folder, span)) = &self.own_repository {
            narrowed(folder.as_deref().unwrap_or("."), *span)
        } else if self.cloned || !self.is_this_tree(source) {
            (None, None)
        } else {
            (Some(RepoPath::root()), None)
        };
        SpaceSync {
            location,
            pushed,
            narrowed_by,
            keeps_remote_files: self.cloned && self.copied.is_some() && !self.changes_files,
            writes_card: self.writes_readme || self.copied_readme.is_some(),
            brought_readme: self.brought_readme(),
            merges_space: self.merged,
            sends_history: self.copied.is_none()
                && self.own_repository.is_none()
                && !self.cloned
                && !self.changes_files,
            leaves_readme_out: self.leaves_readme_out,
            is_forced: self.cloned,
            other_branch: None,
            by_hand: false,
        }
    }

    /// What `cp` does to a README: the one that it copies, and the folder that this comes to lie in. `None` where no source
    /// is a README of the checkout, or where that can't be told.
    fn readme_copy(&self, paths: &[&str]) -> Option<(RepoPath, String)> {
        let (target, sources) = paths.split_last()?;
        let is_readme = |path: &str| path.rsplit('/').next() == Some("README.md");
        let source = sources.iter().find(|source| is_readme(source))?;
        let source = self.seen_from_checkout(source);
        if source.contains(['$', '*', '`', '{']) || source.starts_with(['/', '~']) {
            return None;
        }
        let folder = if is_readme(target) { target.trim_end_matches("README.md") } else { target };
        (is_readme(target) || !names_readme(target))
            .then(|| Some((RepoPath::root().join(&source)?, self.seen_from_checkout(folder))))
            .flatten()
    }

    /// The README that is copied to the head of what is pushed.
    fn brought_readme(&self) -> Option<RepoPath> {
        let (readme, folder) = self.copied_readme.as_ref().filter(|_| !self.writes_readme)?;
        let own =
            self.own_repository.as_ref().map(|(folder, _)| trim_folder(folder.as_deref().unwrap_or(".")).to_owned());
        let mut heads = self.clones.iter().chain(&own);
        heads.any(|head| trim_folder(head) == folder.as_str()).then(|| readme.clone())
    }

    /// Whether the commands stand in a clone of a Space, which they gave a README.
    pub(super) fn brings_readme_to_a_clone(&self) -> bool {
        let folder = self.folder.as_deref().map(trim_folder);
        self.clones.iter().any(|clone| Some(trim_folder(clone)) == folder) && self.brought_readme().is_some()
    }

    /// A path as seen from the checkout, where this step stands in a folder of it.
    fn seen_from_checkout(&self, path: &str) -> String {
        let path = trim_folder(path);
        match &self.folder {
            Some(base) if !path.starts_with(['/', '$', '~']) && path != "." && !path.is_empty() => {
                format!("{base}/{path}")
            }
            Some(base) if path == "." || path.is_empty() => base.clone(),
            _ => path.to_owned(),
        }
    }

    /// Whether a word of a command stands for a Space or for what came from one: its address, its remote, a branch of it.
    fn is_of_a_space(&self, word: &str) -> bool {
        let remote = word.split('/').next().unwrap_or(word);
        names_a_space(word)
            || self.space_remotes.iter().any(|known| known == remote)
            || (self.fetched && word == "FETCH_HEAD")
    }

    /// Whether the branch that is pushed holds the tree that is looked at.
    fn is_this_tree(&self, source: Option<&str>) -> bool {
        let made_here = |branch: &str| self.branches.iter().any(|made| made == branch);
        match source {
            None | Some("HEAD" | "main" | "master" | "@") => !self.other_checkout,
            // A variable is nearly always the name of the branch that started the run.
            Some(branch) => !self.other_checkout && (made_here(branch) || branch.contains('$')),
        }
    }
}

fn trim_folder(folder: &str) -> &str {
    folder.trim_start_matches("./").trim_end_matches('/')
}

fn names_readme(word: &str) -> bool {
    word.to_ascii_lowercase().contains("readme")
}

/// Whether the source of a copy stands for all that a folder holds: `dir/*`, `dir/.`, `dir/`.
fn is_content(source: &str) -> bool {
    source.ends_with("/*") || source.ends_with("/.") || source.ends_with('/') || matches!(source, "." | "*")
}

fn content_folder(source: &str) -> String {
    source.trim_end_matches(['*', '.']).trim_end_matches('/').to_owned()
}
