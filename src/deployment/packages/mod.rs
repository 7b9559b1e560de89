//! The Python packages of a deployment: what its manifests, card and commands ask for, as sets of versions.

mod edit;
mod gather;
mod neighbours;
mod setup;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use pep440_rs::Version;

use crate::diagnostic::{Location, RepoPath};
use crate::formats::package::Requirement;

use crate::knowledge::package_needs::needs_of;
use crate::knowledge::{Outcome, PythonVersion, Resolution, VersionSet, newest_for, releases};

use neighbours::Held;
pub use neighbours::Holder;

pub use edit::{add_to, narrow, options_on_own_lines};
pub(super) use gather::{Gatherer, gather_folder, invocation_words};

/// What kind of text asks for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A requirements file that is installed.
    Requirements,
    /// A constraints file: it bounds what others ask for and installs nothing by itself.
    Constraints,
    /// `pyproject.toml`.
    Pyproject,
    /// `Pipfile`.
    Pipfile,
    /// A conda environment file.
    CondaEnvironment,
    /// `setup.cfg`.
    SetupCfg,
    /// `setup.py`.
    SetupPy,
    /// The card of a Space: `sdk_version`.
    Card,
    /// A command that installs: `RUN pip install …`.
    Command,
}

/// One text that asks for a package.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The requirement; a card's `sdk_version` is the same as `gradio==VERSION`.
    pub requirement: Requirement,
    /// The file.
    pub path: RepoPath,
    /// What kind of text it is.
    pub origin: Origin,
    /// Which of the deployment's commands installs it. What one installs, a later one may replace; only what the same one
    /// reads has to go together.
    pub installation: usize,
}

impl Declaration {
    /// The package's normalised name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.requirement.name.value.as_str()
    }

    /// The requirement's place.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(&self.path, self.requirement.span)
    }
}

/// A file that the installation reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The file.
    pub path: RepoPath,
    /// What kind it is.
    pub origin: Origin,
    /// Whether what it asks for is fixed by a lock file or by hashes.
    pub locked: bool,
}

/// A package that is there before anything is installed: pip keeps it where it satisfies what is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Preinstalled {
    /// Its release, where that is known.
    pub version: Option<Version>,
    /// What brings it: the image, or the call that sends the program to one.
    pub location: Location,
}

/// The Python packages of a deployment.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    declarations: Vec<Declaration>,
    excluded: Vec<Declaration>,
    locked: BTreeMap<String, (Version, Location)>,
    /// Packages that a lock file fixes to several versions, each for other Pythons or platforms.
    forked: BTreeSet<String>,
    manifests: Vec<Manifest>,
    python: Option<PythonVersion>,
    unfollowed: bool,
    /// Whether something without a name comes from a repository or a URL.
    has_remote: bool,
    other_indexes: bool,
    names_index: bool,
    no_index: bool,
    /// Packages that other requirements files of the folder pin, where its manifest is a project's.
    pinned_beside: BTreeSet<String>,
    /// What the image comes with, by normalised name.
    preinstalled: BTreeMap<String, Preinstalled>,
    held: OnceLock<BTreeMap<String, Held>>,
    resolution: Option<Resolution>,
}

/// The versions of one package that the next build may install.
#[derive(Debug, Clone)]
pub struct Allowed<'p> {
    /// The versions that the package's own texts allow.
    pub asked: VersionSet,
    /// Those of them that packages which are pinned beside it let in.
    pub versions: VersionSet,
    /// The texts that say so, those that bound it first.
    pub evidence: Vec<Location>,
    /// The pinned packages that let in fewer versions than the texts allow.
    pub held_by: Vec<Holder>,
    /// What the next build installs: what a resolver chose, where one was asked, else the newest release in the set that
    /// fits what is pinned beside it, where the releases are known.
    pub next: Option<Version>,
    /// The resolver that chose it.
    pub resolver: Option<&'p str>,
    /// What brings it before anything is installed, where that stays.
    pub kept: Option<&'p Preinstalled>,
    /// The package's name as first written.
    pub spelling: &'p str,
    python: Option<PythonVersion>,
}

/// What a set of broken versions means for a deployment.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Every version that the repository allows is broken.
    EveryVersion,
    /// Some allowed version is not, but the next build installs this one, and it is.
    NextBuild(Version),
}

impl Packages {
    /// Everything that asks for a package.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration] {
        &self.declarations
    }

    /// Whether everything that is installed could be followed: no file that the repository lacks, no path or URL whose
    /// own requirements are not known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.unfollowed && self.declarations.iter().all(|declaration| declaration.requirement.source.is_none())
    }

    /// Whether something comes from a repository or a URL, and may need releases that nothing here tells of.
    #[must_use]
    pub fn has_remote(&self) -> bool {
        let mut named = self.declarations.iter().filter_map(|declaration| declaration.requirement.source.as_ref());
        self.has_remote || named.any(|source| source.value.is_remote())
    }

    /// Texts that would ask for a package, and whose markers leave it out on the deployment's Python.
    #[must_use]
    pub fn excluded(&self) -> &[Declaration] {
        &self.excluded
    }

    /// What asks for the package of this normalised name.
    pub fn of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Declaration> {
        self.declarations.iter().filter(move |declaration| declaration.name() == name)
    }

    /// The files that the installation reads.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Whether packages are also taken from an index or folder other than the usual one.
    #[must_use]
    pub fn has_other_indexes(&self) -> bool {
        self.other_indexes
    }

    /// Whether some file or command names an index or folder.
    #[must_use]
    pub fn names_index(&self) -> bool {
        self.names_index
    }

    /// Whether some command takes packages from a folder alone, so that their versions are fixed there.
    #[must_use]
    pub fn takes_from_folder(&self) -> bool {
        self.no_index
    }

    /// The version that a lock file fixes for the package of this normalised name.
    #[must_use]
    pub fn locked(&self, name: &str) -> Option<&(Version, Location)> {
        self.locked.get(name)
    }

    /// Whether lock files fix several versions of the package of this normalised name, each for other Pythons, platforms or
    /// installers.
    #[must_use]
    pub fn is_forked(&self, name: &str) -> bool {
        self.forked.contains(name)
    }

    /// The version that a resolver chose for the package of this normalised name, and the resolver.
    #[must_use]
    pub fn resolved(&self, name: &str) -> Option<(&Version, &str)> {
        let (versions, by) = self.all_resolved()?;
        Some((versions.get(name)?, by))
    }

    /// All versions that a resolver chose, by normalised name, and the resolver. A package without wheels, and what only
    /// that one needs, is not among them.
    #[must_use]
    pub fn all_resolved(&self) -> Option<(&BTreeMap<String, Version>, &str)> {
        let resolution = self.resolution.as_ref()?;
        let Outcome::Versions(versions) = &resolution.outcome else { return None };
        Some((versions, resolution.by.as_str()))
    }

    /// Why a resolver found no versions that fit together, and the resolver.
    #[must_use]
    pub fn unsatisfiable(&self) -> Option<(&str, &str)> {
        let resolution = self.resolution.as_ref()?;
        let Outcome::Unsatisfiable(explanation) = &resolution.outcome else { return None };
        Some((explanation, resolution.by.as_str()))
    }

    /// Takes the answer of a resolver as a fact.
    pub(in crate::deployment) fn take_resolution(&mut self, resolution: Resolution) {
        self.resolution = Some(resolution);
    }

    /// The package of this normalised name that the image comes with, or that of a job, where its release fits what is asked
    /// for or is not known.
    #[must_use]
    pub fn preinstalled(&self, name: &str) -> Option<&Preinstalled> {
        let known = self.preinstalled.get(name)?;
        let fits = |version: &Version| {
            self.of(name).all(|one| one.requirement.source.is_none() && one.requirement.allowed().contains(version))
        };
        known.version.as_ref().is_none_or(fits).then_some(known)
    }

    /// The packages that the image or job comes with.
    pub fn all_preinstalled(&self) -> impl Iterator<Item = &str> {
        self.preinstalled.keys().map(String::as_str)
    }

    /// All versions that lock files fix.
    pub fn all_locked(&self) -> impl Iterator<Item = (&str, &Version, &Location)> {
        self.locked.iter().map(|(name, (version, location))| (name.as_str(), version, location))
    }

    /// Whether some text or lock file brings the package of this normalised name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.locked(name).is_some() || self.of(name).any(|declaration| declaration.origin != Origin::Constraints)
    }

    /// The versions of the package of this normalised name that the next build may install; `None` where nothing in the
    /// repository asks for it, where it comes from a URL or path, or where the version is a build's variable.
    #[must_use]
    pub fn allowed<'p>(&'p self, name: &'p str) -> Option<Allowed<'p>> {
        if let Some((version, location)) = self.locked(name) {
            if self.forked.contains(name) {
                return None;
            }
            return Some(Allowed {
                asked: VersionSet::exact(version),
                versions: VersionSet::exact(version),
                evidence: vec![location.clone()],
                held_by: Vec::new(),
                next: None,
                resolver: None,
                kept: None,
                spelling: name,
                python: self.python,
            });
        }
        if !self.has(name) {
            // What others bring is known where a resolver was asked; what it chose is not all that it may choose.
            let (version, resolver) = self.resolved(name)?;
            let versions = self.brought(name).map(|(versions, _)| versions.clone());
            let versions = versions.filter(|versions| versions.contains(version)).unwrap_or_else(VersionSet::any);
            return Some(Allowed {
                asked: versions.clone(),
                versions,
                evidence: Vec::new(),
                held_by: Vec::new(),
                next: Some(version.clone()),
                resolver: Some(resolver),
                kept: None,
                spelling: name,
                python: self.python,
            });
        }
        let asked = self.asked(name)?;
        let bounds = |declaration: &&Declaration| !declaration.requirement.allowed().is_any();
        let (mut evidence, others): (Vec<_>, Vec<_>) = self.of(name).partition(bounds);
        evidence.extend(others);
        let spelling = evidence.first().map(|declaration| declaration.requirement.name.value.spelling())?;
        let evidence = evidence.iter().map(|declaration| declaration.location()).collect();
        let (versions, held_by) = self.beside(name, &asked);
        let kept = self.preinstalled(name).filter(|_| versions.exact_version().is_none());
        let (next, resolver) = match self.resolved(name).filter(|(version, _)| versions.contains(version)) {
            _ if kept.is_some() => (kept.and_then(|kept| kept.version.clone()), None),
            Some((version, resolver)) => (Some(version.clone()), Some(resolver)),
            None if self.may_be_held_elsewhere(name) => (None, None),
            None => (newest_version(name, &self.fitting(name, &versions), self.python), None),
        };
        Some(Allowed { asked, versions, evidence, held_by, next, resolver, kept, spelling, python: self.python })
    }

    /// Whether something that is not known may keep a package at an older release: another file that people install first,
    /// or a package whose own needs are not known and one of whose extras bears its name (`sdk[langchain]`).
    fn may_be_held_elsewhere(&self, name: &str) -> bool {
        let holds = |declaration: &Declaration| {
            declaration.requirement.has_extra(name) && needs_of(declaration.name()).is_empty()
        };
        self.pinned_beside.contains(name) || self.declarations.iter().any(holds)
    }

    /// The versions that the texts which ask for a package allow together; `None` where it comes from a URL or path, or the
    /// version is a build's variable.
    fn asked(&self, name: &str) -> Option<VersionSet> {
        self.of(name).try_fold(VersionSet::any(), |versions, declaration| {
            let requirement = &declaration.requirement;
            let known =
                requirement.source.is_none() && !requirement.has_variable && requirement.verbatim_version.is_none();
            known.then(|| versions.intersect(&requirement.allowed()))
        })
    }

    /// What it means for this deployment that `broken` versions of the package are broken; `None` where that is no
    /// concern, or can't be told.
    #[must_use]
    pub fn verdict(&self, name: &str, broken: &VersionSet) -> Option<Verdict> {
        self.allowed(name)?.verdict(broken)
    }
}

impl Allowed<'_> {
    /// What it means that `broken` versions are broken; `None` where that is no concern, or can't be told.
    #[must_use]
    pub fn verdict(&self, broken: &VersionSet) -> Option<Verdict> {
        if self.versions.is_empty() {
            return None;
        }
        if self.versions.is_subset_of(broken) {
            return Some(Verdict::EveryVersion);
        }
        let next = self.next.as_ref()?;
        broken.contains(next).then(|| Verdict::NextBuild(next.clone()))
    }

    /// Whether one of `versions` may be installed: not where the releases are known, and none of these admits the
    /// deployment's Python.
    #[must_use]
    pub fn may_take(&self, versions: &VersionSet) -> bool {
        let within = self.versions.intersect(versions);
        let admits = |python| newest_for(self.spelling, &within, Some(python)).is_some();
        !within.is_empty() && (releases(self.spelling).is_none() || self.python.is_none_or(admits))
    }

    /// The allowed versions in words: "4.19.2", "any version", ">=4.0".
    #[must_use]
    pub fn in_words(&self) -> String {
        in_words(&self.versions)
    }

    /// What the package's own texts allow, in words.
    #[must_use]
    pub fn asked_in_words(&self) -> String {
        in_words(&self.asked)
    }

    /// Whether packages beside it keep the newest release out that its own texts allow.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.resolver.is_none() && self.next != newest_version(self.spelling, &self.asked, self.python)
    }
}

/// The newest known release in a set that admits a Python; `None` for what the image brings already: where that fits, pip
/// raises nothing.
fn newest_version(name: &str, versions: &VersionSet, python: Option<PythonVersion>) -> Option<Version> {
    let without_setuptools = PythonVersion::new(3, 12);
    if name == "setuptools" && python.is_some_and(|python| python.without_patch() < without_setuptools) {
        return None;
    }
    newest_for(name, versions, python).map(|release| release.version.clone())
}

/// A set of versions in words: "4.19.2", "any version", ">=4.0".
fn in_words(versions: &VersionSet) -> String {
    match versions.exact_version() {
        Some(version) => version.to_string(),
        None if versions.is_any() => "any version".to_owned(),
        None => versions.to_string(),
    }
}
