//! What the build and the start of an image need from the repository, and the repository does not have.

use globset::Glob;

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::Dockerfile;
use crate::knowledge::{is_kept_out_name, is_made_ending, is_made_name};
use crate::repo::{FileKind, Presence};

use super::locked_installs::UV_LOCK;
use super::{Deployment, Layout, Locate, Platform};

/// Something that is named and not there.
#[derive(Debug, Clone)]
pub struct MissingPath {
    /// Where it is named.
    pub location: Location,
    /// What is missing.
    pub kind: MissingKind,
    /// Further places of the same cause: other sources of one COPY.
    pub further: Vec<Location>,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingKind {
    /// A source of COPY or ADD, as written, with the build context.
    CopySource {
        /// The source.
        source: String,
        /// The folder that it would be in.
        context: RepoPath,
        /// A file of the context with nearly that name.
        similar: Option<String>,
        /// The file or folder of that name beside the Dockerfile, where the context is another folder.
        beside: Option<RepoPath>,
    },
    /// A source of COPY or ADD that is in the repository and that the ignore file of the build context leaves out.
    IgnoredSource {
        /// The source.
        source: String,
        /// The line that leaves it out.
        by: Location,
    },
    /// A lock file that a command installs from.
    Lock {
        /// The command: `uv sync`.
        command: String,
        /// Its option that takes nothing else.
        option: String,
    },
    /// `--from` names a stage by an index that the Dockerfile does not have.
    Stage(String),
    /// A file that the start command runs.
    Script {
        /// The path as written.
        path: String,
        /// Where in the repository the image would have it from; `None` where nothing copies it.
        expected: Option<RepoPath>,
        /// The line of the ignore file that keeps it out of the build.
        ignored_by: Option<Location>,
        /// A file of that name elsewhere in the repository.
        elsewhere: Option<RepoPath>,
    },
    /// A module that the start command serves or runs.
    StartModule {
        /// The module as written: `app.main`.
        module: String,
        /// Where it was looked for, as a path of the image.
        looked_for: String,
        /// The line of the ignore file that keeps it out of the build.
        ignored_by: Option<Location>,
        /// The file that is most likely meant, and the module's name there.
        meant: Option<(RepoPath, String)>,
    },
    /// A module that the start file imports by a name that it has outside the image only.
    Module {
        /// The module as imported.
        module: String,
        /// The file that is there under a shorter name.
        found: RepoPath,
        /// That shorter name.
        shorter: String,
    },
}

/// Names that are folders of sources wherever they stand.
const FOLDERS: &[&str] =
    &["src", "app", "backend", "frontend", "api", "server", "scripts", "config", "utils", "templates"];

impl Deployment<'_> {
    /// Everything that the image's build or start needs and the repository lacks.
    #[must_use]
    pub fn missing_paths(&self) -> Vec<MissingPath> {
        let Some((path, last)) = self.dockerfile() else { return vec![] };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return vec![] };
        let for_a_space = self.platform().value.is_any_space();
        if for_a_space && (self.is_carried_by_a_workflow(path) || self.is_replaced_by_a_workflow(path)) {
            return vec![];
        }
        let mut found = self.missing_copies(path, dockerfile, last);
        let copied = |one: &MissingPath| {
            matches!(&one.kind, MissingKind::CopySource { source, .. } if source.ends_with(UV_LOCK))
                || !one.further.is_empty()
        };
        if !found.iter().any(copied) {
            found.extend(self.missing_lock(path, dockerfile, last));
        }
        found.extend(self.missing_starts(path));
        found.extend(self.missing_modules());
        found
    }

    /// Whether a workflow or a script copies or writes a file of this name, which a build from there then has.
    pub(super) fn is_put_there(&self, name: &str) -> bool {
        let repository = self.documents().repository();
        let target = format!("/{name}");
        let mut texts = [FileKind::Workflow, FileKind::Shell]
            .into_iter()
            .flat_map(|kind| repository.of_kind(kind))
            .filter_map(|entry| entry.source().ok());
        texts.any(|source| {
            let copies = |line: &str| ["cp ", "mv ", "> "].iter().any(|command| line.contains(command));
            source
                .text()
                .lines()
                .any(|line| copies(line) && line.trim_end().trim_end_matches(['"', '\'']).ends_with(&target))
        })
    }

    fn missing_copies(&self, path: &RepoPath, dockerfile: &Dockerfile, last: usize) -> Vec<MissingPath> {
        let mut found = Vec::new();
        let mut present = 0;
        for stage in dockerfile.stages.iter().filter(|stage| stage.index <= last) {
            for copied in dockerfile.copies(stage).into_iter().filter(|copied| copied.stage.index == stage.index) {
                if let Some(from) = &copied.copy.from {
                    if from.value.parse::<usize>().is_ok_and(|index| index >= stage.index) {
                        let location = Location::new(path, from.span);
                        found.push(MissingPath {
                            location,
                            kind: MissingKind::Stage(from.value.clone()),
                            further: vec![],
                        });
                    }
                    continue;
                }
                // No shell reads such a line; that is a fault of the Dockerfile itself.
                if copied.copy.sources.iter().any(|word| matches!(word.value.as_str(), "||" | "2>/dev/null" | "&&")) {
                    continue;
                }
                let wanted = copied.sources.iter().filter_map(|one| Some((one.value.as_deref()?, one.span)));
                let known: Vec<_> = wanted.filter(|(source, _)| !source.contains("://")).collect();
                let mut of_copy: Option<MissingPath> = None;
                for (source, span) in known {
                    // A pattern may match nothing: that is a way to make a source optional.
                    if source.contains(['*', '?', '[']) {
                        continue;
                    }
                    if self.context_has(source) {
                        present += usize::from(!matches!(source, "." | "./"));
                        if let Some(by) = self.ignoring(path, source) {
                            let kind = MissingKind::IgnoredSource { source: source.to_owned(), by };
                            found.push(MissingPath { location: Location::new(path, span), kind, further: vec![] });
                        }
                    } else if let Some(missing) = &mut of_copy {
                        missing.further.push(Location::new(path, span));
                    } else if !self.is_made(source) {
                        of_copy = Some(MissingPath {
                            location: Location::new(path, span),
                            kind: MissingKind::CopySource {
                                source: source.to_owned(),
                                context: self.root().clone(),
                                similar: self.similar(source),
                                beside: self.beside(path, source),
                            },
                            further: vec![],
                        });
                    }
                }
                found.extend(of_copy);
            }
        }
        // The folder that a Dockerfile is built in is certain where the platform says so, else where something is found.
        if !self.knows_context(path) && present == 0 {
            found.retain(|missing| !matches!(missing.kind, MissingKind::CopySource { .. }));
        }
        found
    }

    /// Whether the folder that the image is built in is known rather than guessed.
    pub(super) fn knows_context(&self, dockerfile: &RepoPath) -> bool {
        matches!(self.platform().value, Platform::Space(_) | Platform::Compose) || dockerfile.parent().is_root()
    }

    /// The line of the ignore file that keeps a source, relative to the build context, out of the build.
    pub(super) fn ignoring(&self, dockerfile: &RepoPath, source: &str) -> Option<Location> {
        let (file, ignored) = self.documents().dockerignore(dockerfile, self.root())?;
        let path = self.root().join(source.trim_start_matches('/'))?;
        let span = ignored.excluding(path.relative_to(self.root())?).filter(|_| path != *self.root())?;
        Some(Location::new(&file, span))
    }

    fn context_has(&self, source: &str) -> bool {
        let repository = self.documents().repository();
        let relative = source.trim_start_matches('/');
        self.root().join(relative).is_none_or(|path| repository.presence(&path) != Presence::Absent)
    }

    /// Whether a path is one that a build makes or git is told to leave out.
    pub(super) fn is_made(&self, source: &str) -> bool {
        let parts: Vec<_> = source.trim_matches('/').split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let name = parts.last().copied().unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        // A name alone may be a program that is built before the image.
        let program = parts.len() == 1 && !name.contains('.') && !source.ends_with('/') && !FOLDERS.contains(&name);
        parts.is_empty()
            || program
            || parts.iter().any(|part| is_made_name(part) || is_kept_out_name(part) || part.starts_with(".env"))
            || is_made_ending(ending)
            || name.contains("example")
            || [RepoPath::root(), self.root().clone()].iter().any(|folder| self.is_ignored(folder, &parts))
    }

    /// Whether the ignore file of a folder speaks of one of the parts of a path.
    pub(super) fn is_ignored(&self, folder: &RepoPath, parts: &[&str]) -> bool {
        let file = folder.join(".gitignore");
        let Some(source) = file.and_then(|file| self.documents().repository().source(&file)) else { return false };
        source.text().lines().any(|line| {
            let pattern = line.trim().trim_start_matches('!').trim_matches('/');
            let last = pattern.rsplit('/').next().unwrap_or_default();
            if last.trim_matches('*').is_empty() {
                return false;
            }
            let glob = Glob::new(last).map(|glob| glob.compile_matcher());
            glob.is_ok_and(|glob| parts.iter().any(|part| glob.is_match(part)))
        })
    }

    fn beside(&self, dockerfile: &RepoPath, source: &str) -> Option<RepoPath> {
        let folder = dockerfile.parent();
        let path = folder.join(source.trim_start_matches('/')).filter(|_| folder != *self.root())?;
        (self.documents().repository().presence(&path) != Presence::Absent && path != folder).then_some(path)
    }

    fn similar(&self, source: &str) -> Option<String> {
        let wanted = self.root().join(source.trim_start_matches('/'))?;
        let folder = wanted.parent();
        let siblings = self.documents().repository().within(&folder).filter(|entry| entry.path().parent() == folder);
        let near = siblings.map(|entry| entry.path().file_name()).filter(|name| {
            name.eq_ignore_ascii_case(wanted.file_name()) || strsim::damerau_levenshtein(name, wanted.file_name()) <= 2
        });
        near.min_by_key(|name| strsim::damerau_levenshtein(name, wanted.file_name())).map(str::to_owned)
    }

    /// Imports such as `from backend.db import x` in an image that has the content of `backend` without the folder.
    fn missing_modules(&self) -> Vec<MissingPath> {
        let Layout::Image(layout) = self.layout() else { return vec![] };
        let roots = layout.import_roots();
        // What a Compose service adds to the path lies in folders that it mounts.
        let dockerfile = self.dockerfile().map(|(path, _)| path);
        let python_path = self.environment().get("PYTHONPATH");
        let is_set_elsewhere = python_path.is_some_and(|fact| fact.location().map(|at| &at.path) != dockerfile);
        if !self.reach().is_certain() || roots.is_empty() || is_set_elsewhere {
            return vec![];
        }
        let mut found = Vec::new();
        for (path, reached) in self.reach().files() {
            let Some(module) = self.documents().python(path) else { continue };
            for import in &module.imports {
                if import.level > 0 || import.main_guard || !reached.loads_at_start(import) {
                    continue;
                }
                let Some((top, rest)) = import.module.split_once('.') else { continue };
                let relative = |module: &str| module.replace('.', "/");
                let is_here = |relative: String| {
                    [format!("{relative}.py"), format!("{relative}/__init__.py")]
                        .into_iter()
                        .find_map(|file| layout.file(&file).or_else(|| self.in_roots(&roots, &file)))
                };
                let top_here = is_here(top.to_owned()).is_some()
                    || layout.source_of(top).is_some()
                    || roots.iter().any(|root| self.present(root, top));
                // One part alone could be a file that only shares its name with a part of an installed package.
                let is_own_name = rest.contains('.')
                    || self.root().file_name() == top
                    || roots.iter().any(|root| root.file_name() == top);
                if !is_own_name || top_here || self.packages().has(top) || self.packages().has(&top.replace('_', "-")) {
                    continue;
                }
                // The package of that name is in the repository, or its content without it is: both say first-party.
                if let Some(file) = is_here(relative(rest)) {
                    let kind = MissingKind::Module {
                        module: import.module.to_string(),
                        found: file,
                        shorter: rest.to_owned(),
                    };
                    found.push(MissingPath { location: Location::new(path, import.statement), kind, further: vec![] });
                }
            }
        }
        found
    }

    fn in_roots(&self, roots: &[RepoPath], file: &str) -> Option<RepoPath> {
        let mut candidates = roots.iter().filter_map(|root| root.join(file));
        candidates.find(|path| self.documents().repository().has_file(path))
    }

    fn present(&self, root: &RepoPath, name: &str) -> bool {
        root.join(name).is_some_and(|path| self.documents().repository().presence(&path) != Presence::Absent)
    }
}
