//! Follows what an installation reads: requirements with their includes, manifests, lock files, commands.

use std::collections::BTreeSet;

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::package::{Requirement, RequirementSource, Target};
use crate::formats::pip_command::parse_pip_command;
use crate::formats::shell::{Command, Invocation, invocations};
use crate::knowledge::PythonVersion;
use crate::repo::FileKind;

use super::super::locked_installs::insists_on_lock;
use super::super::{Documents, Locate};
use super::{Declaration, Manifest, Origin, Packages, Preinstalled};

/// The lock files of a `pyproject.toml`, in the order in which a folder's installer prefers them.
const LOCK_FILES: &[&str] = &["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"];

/// Whether an installation from a manifest takes a lock file beside it.
type TakesLock<'a> = dyn Fn(&RepoPath, &RepoPath) -> bool + 'a;

/// Collects the packages of one deployment.
pub(in crate::deployment) struct Gatherer<'d> {
    documents: &'d Documents,
    target: Option<Target>,
    packages: Packages,
    seen: BTreeSet<RepoPath>,
    /// How many installing commands were read so far.
    installation: usize,
}

impl<'d> Gatherer<'d> {
    /// Starts with nothing; markers are judged for `python` where it is known.
    pub(in crate::deployment) fn new(documents: &'d Documents, python: Option<PythonVersion>) -> Self {
        let packages = Packages { python, ..Packages::default() };
        Self { documents, target: python.map(Target::linux), packages, seen: BTreeSet::new(), installation: 0 }
    }

    /// What was collected.
    pub(in crate::deployment) fn finish(self) -> Packages {
        self.packages
    }

    /// The repository's files.
    pub(super) fn documents(&self) -> &'d Documents {
        self.documents
    }

    /// Notes a manifest; whether it was not known before.
    pub(super) fn note(&mut self, manifest: Manifest) -> bool {
        let new = self.seen.insert(manifest.path.clone());
        if new {
            self.packages.manifests.push(manifest);
        }
        new
    }

    /// Notes a package that is there before anything is installed.
    pub(in crate::deployment) fn note_preinstalled(&mut self, name: &str, package: Preinstalled) {
        self.packages.preinstalled.entry(name.to_owned()).or_insert(package);
    }

    /// How many texts ask for a package so far.
    pub(in crate::deployment) fn declared(&self) -> usize {
        self.packages.declarations.len()
    }

    /// Notes that something that is installed can't be told.
    pub(in crate::deployment) fn leave_unfollowed(&mut self) {
        self.packages.unfollowed = true;
    }

    /// Notes an option that names an index or folder. That of PyTorch has the same wheels of all but PyTorch as the usual one.
    fn note_index(&mut self, option: &str, value: Option<&Spanned<String>>) {
        let is_at = |host: &str| value.is_some_and(|value| value.value.contains(host));
        let names_one = is_index_option(option);
        self.packages.other_indexes |= names_one && option != "--torch-backend" && !is_at("download.pytorch.org");
        self.packages.names_index |= names_one;
    }

    /// Adds a requirement, unless its marker leaves it out on the target.
    pub(in crate::deployment) fn declare(&mut self, requirement: &Requirement, path: &RepoPath, origin: Origin) {
        let installation = self.installation;
        let declaration = Declaration { requirement: requirement.clone(), path: path.clone(), origin, installation };
        if self.target.as_ref().is_none_or(|target| requirement.applies_to(target)) {
            self.packages.declarations.push(declaration);
        } else {
            self.packages.excluded.push(declaration);
        }
    }

    /// Adds a requirements or constraints file with all that it includes.
    pub(in crate::deployment) fn requirements(&mut self, path: &RepoPath, origin: Origin) {
        let documents = self.documents;
        let Some(file) = documents.requirements(path) else {
            self.packages.unfollowed = true;
            return;
        };
        self.packages.unfollowed |= !file.unnamed.is_empty() || !file.errors.is_empty();
        for option in &file.options {
            self.note_index(option.name, option.value.as_ref());
        }
        if !self.seen.insert(path.clone()) {
            return;
        }
        let hashed =
            !file.requirements.is_empty() && file.requirements.iter().all(|requirement| requirement.hashes > 0);
        let locked = hashed || file.compiled_by.is_some();
        self.packages.manifests.push(Manifest { path: path.clone(), origin, locked });
        for requirement in &file.requirements {
            self.declare(requirement, path, origin);
        }
        for unnamed in &file.unnamed {
            self.packages.has_remote |= unnamed.source.value.is_remote();
            if let RequirementSource::Path(folder) = &unnamed.source.value
                && let Some(folder) = path.parent().join(folder)
            {
                self.installed_project(&folder, &unnamed.extras);
            }
        }
        let beside = |name: &Spanned<String>| path.parent().join(&name.value);
        for include in file.includes.iter().filter_map(beside) {
            self.requirements(&include, origin);
        }
        for constraints in file.constraints.iter().filter_map(beside) {
            self.requirements(&constraints, Origin::Constraints);
        }
    }

    /// Adds the project in `folder`: its `pyproject.toml` or `Pipfile`, with the lock file beside it where the installation
    /// from that manifest takes it. Whether there is one that was not known before.
    pub(in crate::deployment) fn project(&mut self, folder: &RepoPath, takes_lock: &TakesLock<'_>) -> bool {
        let documents = self.documents;
        let mut found = false;
        if let Some(path) = folder.join("pyproject.toml")
            && let Some(project) = documents.pyproject(&path)
            && self.begin(&path, Origin::Pyproject, LOCK_FILES, takes_lock)
        {
            for requirement in &project.dependencies {
                self.declare(requirement, &path, Origin::Pyproject);
            }
            for requirement in &project.constraints {
                self.declare(requirement, &path, Origin::Constraints);
            }
            for file in project.dependency_files.iter().filter_map(|file| folder.join(&file.value)) {
                self.requirements(&file, Origin::Requirements);
            }
            found = true;
        }
        if let Some(path) = folder.join("Pipfile")
            && let Some(pipfile) = documents.pipfile(&path)
            && self.begin(&path, Origin::Pipfile, &["Pipfile.lock"], takes_lock)
        {
            for requirement in &pipfile.packages {
                self.declare(requirement, &path, Origin::Pipfile);
            }
            found = true;
        }
        found
    }

    /// Notes a manifest that is installed with the first of these lock files that is there, if the installation takes it, as
    /// a later one may do where an earlier did not. Whether the manifest was not known before.
    fn begin(&mut self, path: &RepoPath, origin: Origin, locks: &[&str], takes_lock: &TakesLock<'_>) -> bool {
        let is_new = self.note(Manifest { path: path.clone(), origin, locked: false });
        let manifest = self.packages.manifests.iter().position(|one| one.path == *path && !one.locked);
        if let Some(manifest) = manifest
            && self.lock(path, locks, takes_lock)
            && let Some(manifest) = self.packages.manifests.get_mut(manifest)
        {
            manifest.locked = true;
        }
        is_new
    }

    fn lock(&mut self, manifest: &RepoPath, names: &[&str], takes_lock: &TakesLock<'_>) -> bool {
        let folder = manifest.parent();
        let locks = names.iter().filter_map(|name| folder.join(name)).filter(|path| takes_lock(manifest, path));
        let Some((path, lock)) = locks.filter_map(|path| Some((path.clone(), self.documents.lock(&path)?))).next()
        else {
            return false;
        };
        for package in &lock.packages {
            if let Some(version) = package.version.clone().filter(|_| !package.is_local) {
                let location = Location::new(&path, package.span);
                let name = package.name.value.as_str();
                let known = self.packages.locked.get(name).is_some_and(|(known, _)| *known != version);
                if known {
                    self.packages.forked.insert(name.to_owned());
                }
                self.packages.locked.insert(name.to_owned(), (version, location));
            }
        }
        true
    }

    /// Notes what the requirements files of a folder pin that nothing here is known to install: people install one of them
    /// before the project itself.
    fn note_pins_beside(&mut self, folder: &RepoPath) {
        let documents = self.documents;
        let entries = documents.repository().within(folder).map(|entry| (entry.kind(), entry.path()));
        let files = entries.filter(|(kind, path)| *kind == FileKind::Requirements && path.parent() == *folder);
        let pinned = files.filter_map(|(_, path)| documents.requirements(path)).flat_map(|file| &file.requirements);
        let names = pinned.filter(|one| one.is_pinned()).map(|one| one.name.value.as_str().to_owned());
        self.packages.pinned_beside.extend(names);
    }

    fn conda(&mut self, path: &RepoPath) {
        self.packages.unfollowed = true;
        let Some(environment) = self.documents.conda_environment(path) else { return };
        if self.seen.insert(path.clone()) {
            self.packages.manifests.push(Manifest {
                path: path.clone(),
                origin: Origin::CondaEnvironment,
                locked: false,
            });
            for requirement in environment.dependencies.iter().chain(&environment.pip) {
                self.declare(requirement, path, Origin::CondaEnvironment);
            }
        }
    }

    /// Adds what commands install: `pip install …`, `uv sync`, `poetry install`. `path` is the file in which they stand.
    pub(in crate::deployment) fn commands(&mut self, commands: &[Command], path: &RepoPath, locate: &dyn Locate) {
        for invocation in commands.iter().flat_map(invocations) {
            self.installation += 1;
            let first = invocation.arguments.iter().map(|word| word.text.as_str()).find(|word| !word.starts_with('-'));
            match (invocation.name(), first) {
                ("uv", Some("sync"))
                | ("poetry" | "pdm", Some("install" | "sync"))
                | ("pipenv", Some("install" | "sync")) => {
                    let roots = [
                        invocation.flag(&["--project", "--directory", "-C"]).map(|word| word.text),
                        Some(".".to_owned()),
                    ];
                    let folder = roots.into_iter().flatten().find_map(|root| {
                        ["pyproject.toml", "Pipfile"].iter().find_map(|name| locate.file(&format!("{root}/{name}")))
                    });
                    // Groups and extras may bring more.
                    self.packages.unfollowed = true;
                    if let Some(manifest) = folder {
                        let insists = insists_on_lock(&invocation).is_some() || stops_without_lock(&invocation);
                        let sees = |manifest: &RepoPath, lock: &RepoPath| insists || locate.sees_lock(manifest, lock);
                        self.project(&manifest.parent(), &sees);
                    }
                }
                ("conda" | "mamba" | "micromamba", Some("env" | "create" | "install")) => {
                    if let Some(file) = invocation.flag(&["-f", "--file"]).and_then(|word| locate.file(&word.text)) {
                        self.conda(&file);
                    }
                }
                _ => self.pip(&invocation_words(&invocation), path, locate),
            }
        }
    }

    fn pip(&mut self, words: &[Spanned<String>], path: &RepoPath, locate: &dyn Locate) {
        let Some(command) = parse_pip_command(words) else { return };
        for option in &command.options {
            self.note_index(&option.name, option.value.as_ref());
        }
        for requirement in &command.requirements {
            // Build tools are upgraded in passing; they are not what the program imports.
            if !matches!(requirement.name.value.as_str(), "pip" | "wheel" | "uv" | "poetry" | "pipenv" | "pdm") {
                self.declare(requirement, path, Origin::Command);
            }
        }
        let missing = command.requirement_files.iter().any(|file| locate.file(&file.value).is_none());
        self.packages.unfollowed |= missing || !command.unnamed.is_empty() || !command.errors.is_empty();
        for file in command.requirement_files.iter().filter_map(|file| locate.file(&file.value)) {
            if self.documents.repository().entry(&file).is_some_and(|entry| entry.kind() == FileKind::Pyproject) {
                self.project(&file.parent(), &|_, _| false);
            } else {
                self.requirements(&file, Origin::Requirements);
            }
        }
        for file in command.constraint_files.iter().filter_map(|file| locate.file(&file.value)) {
            self.requirements(&file, Origin::Constraints);
        }
        self.packages.no_index |= command.options.iter().any(|option| option.name == "--no-index");
        for unnamed in &command.unnamed {
            self.packages.has_remote |= unnamed.source.value.is_remote();
            if let RequirementSource::Path(folder) = &unnamed.source.value {
                let folder = folder.trim_end_matches('/');
                let manifests = ["pyproject.toml", "setup.py", "setup.cfg"];
                let mut manifests = manifests.iter().filter_map(|name| locate.file(&format!("{folder}/{name}")));
                if let Some(manifest) = manifests.next() {
                    self.installed_project(&manifest.parent(), &unnamed.extras);
                }
            }
        }
    }
}

/// Whether an invocation of pdm or Pipenv stops where there is no lock file.
fn stops_without_lock(invocation: &Invocation) -> bool {
    let has = |text: &str| invocation.arguments.iter().any(|word| word.text == text);
    match invocation.name() {
        "pdm" => has("sync") || has("--frozen-lockfile"),
        "pipenv" => has("sync") || has("--deploy") || has("--ignore-pipfile"),
        _ => false,
    }
}

/// Whether an option of pip or uv names an index or a folder.
fn is_index_option(name: &str) -> bool {
    matches!(
        name,
        "--index-url"
            | "-i"
            | "--extra-index-url"
            | "--find-links"
            | "-f"
            | "--index"
            | "--default-index"
            | "--no-index"
            | "--torch-backend"
    )
}

/// The words of a command as the reader of pip's commands takes them.
pub(in crate::deployment) fn invocation_words(invocation: &Invocation) -> Vec<Spanned<String>> {
    let program = match &invocation.module {
        Some(module) => Spanned::new(module.text.clone(), module.span),
        None => Spanned::new(invocation.name().to_owned(), invocation.program.span),
    };
    let arguments = invocation.arguments.iter().map(|word| Spanned::new(word.text.clone(), word.span));
    std::iter::once(program).chain(arguments).collect()
}

/// The packages that a platform installs for the program in `folder` by itself: what buildpacks and people do with the
/// manifests that lie there.
pub(in crate::deployment) fn gather_folder(documents: &Documents, folder: &RepoPath, gatherer: &mut Gatherer<'_>) {
    let requirements = folder.join("requirements.txt");
    match requirements.filter(|path| documents.repository().has_file(path)) {
        Some(path) => gatherer.requirements(&path, Origin::Requirements),
        None => {
            gatherer.note_pins_beside(folder);
            if !gatherer.project(folder, &|_, _| true) {
                for name in ["environment.yml", "environment.yaml"] {
                    if let Some(path) = folder.join(name) {
                        gatherer.conda(&path);
                    }
                }
            }
        }
    }
}
