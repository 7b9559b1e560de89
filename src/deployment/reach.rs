//! Which Python files run in a deployment: those that its starts lead to, over imports.

use std::collections::{BTreeMap, VecDeque};

use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Import, imported_files};
use crate::repo::FileKind;

use super::start::Role;
use super::{Documents, Start};

/// Folders whose Python files are not the program: they run elsewhere, or never.
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "example",
    "examples",
    "doc",
    "docs",
    "script",
    "scripts",
    "benchmark",
    "benchmarks",
    "notebooks",
    "migrations",
    "fixtures",
    "samples",
    "demo",
    "demos",
    "evaluation",
    "experiments",
    "reproduce",
    "eval",
    "training",
];

/// The same, but of Python at the top of a repository alone: further down, these are parts of programs, such as the tools of
/// an agent.
const ASIDE_AT_TOP: &[&str] = &["tool", "tools"];

/// Folders with what coding agents are told, and templates for them to copy.
const FOR_AGENTS: &[&str] = &[".agents", ".claude", ".codex", ".cursor"];

/// The Python files that run in a deployment.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    files: BTreeMap<RepoPath, Reached>,
    certain: bool,
}

/// How a file is reached.
#[derive(Debug, Clone)]
pub struct Reached {
    /// How it is started.
    pub role: Role,
    /// The import of it, in another file; `None` for one that starts.
    pub importer: Option<Location>,
    /// Whether it is loaded whenever the program starts, and the start fails where that fails; not where only a function, a
    /// main guard or a `try` imports it.
    pub at_start: bool,
}

impl Reached {
    /// Whether the start runs an import of this file, and fails where it fails.
    #[must_use]
    pub fn loads_at_start(&self, import: &Import) -> bool {
        self.at_start
            && !import.type_checking
            && !import.guarded
            && !import.lazy
            && (!import.main_guard || self.role == Role::Script)
    }
}

impl Reach {
    /// Follows the imports of the files that start. `installed` tells of a top-level module whether a package of its name
    /// is installed from the index: that one is imported then, and not what lies in `src/`.
    #[must_use]
    pub(super) fn from_starts(
        documents: &Documents,
        starts: &[Start],
        import_roots: &[RepoPath],
        installed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut reach = Self { files: BTreeMap::new(), certain: true };
        let mut open = VecDeque::new();
        for (path, role) in starts.iter().filter_map(|start| start.file.as_ref()) {
            let started = Reached { role: *role, importer: None, at_start: true };
            let known = reach.files.entry(path.clone()).or_insert(started);
            known.role = known.role.max(*role);
            open.push_back(path.clone());
        }
        // What the start loads for sure comes first, so that a file counts as optional only where no such way leads to it.
        reach.follow(documents, import_roots, &installed, open, true);
        let loaded: VecDeque<RepoPath> = reach.files.keys().cloned().collect();
        reach.follow(documents, import_roots, &installed, loaded, false);
        reach
    }

    /// Follows the imports of the files in `open`: with `at_start` those that are loaded whenever the program starts, else
    /// all.
    fn follow(
        &mut self,
        documents: &Documents,
        import_roots: &[RepoPath],
        installed: &impl Fn(&str) -> bool,
        mut open: VecDeque<RepoPath>,
        at_start: bool,
    ) {
        while let Some(path) = open.pop_front() {
            let (Some(module), Some(reached)) = (documents.python(&path), self.files.get(&path).cloned()) else {
                continue;
            };
            // A script finds modules beside itself; the working directory comes with `python -m` and servers.
            let mut roots = vec![path.parent()];
            roots.extend(import_roots.iter().cloned());
            let mut with_sources = roots.clone();
            with_sources.extend(import_roots.iter().filter_map(|root| root.join("src")));
            let followed = |import: &&Import| !import.type_checking && (!at_start || reached.loads_at_start(import));
            for import in module.imports.iter().filter(followed) {
                let top = import.module.split('.').next().unwrap_or_default();
                let searched = if installed(top) { &roots } else { &with_sources };
                for found in imported_files(import, &path, searched, documents.repository()) {
                    if !self.files.contains_key(&found) {
                        let importer = Location::new(&path, import.span);
                        let imported = Reached { role: Role::Imported, importer: Some(importer), at_start };
                        self.files.insert(found.clone(), imported);
                        open.push_back(found);
                    }
                }
            }
        }
    }

    /// Everything in and below `root` that looks like the program: for deployments whose start can't be told.
    #[must_use]
    pub(super) fn of_folder(documents: &Documents, root: &RepoPath) -> Self {
        // A folder with requirements of its own is a program of its own.
        let manifests =
            documents.repository().within(root).filter(|entry| entry.path().file_name() == "requirements.txt");
        let others: Vec<RepoPath> =
            manifests.map(|entry| entry.path().parent()).filter(|folder| folder != root).collect();
        let is_other = |path: &RepoPath| others.iter().any(|folder| path.is_within(folder));
        let python = documents
            .repository()
            .within(root)
            .filter(|entry| entry.kind() == FileKind::Python && !is_other(entry.path()));
        let files = python
            .filter(|entry| !is_aside(entry.path(), root))
            .map(|entry| (entry.path().clone(), Reached { role: Role::Script, importer: None, at_start: true }));
        Self { files: files.collect(), certain: false }
    }

    /// Whether the file runs there, as far as can be told.
    #[must_use]
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.files.contains_key(path)
    }

    /// How the file is reached.
    #[must_use]
    pub fn get(&self, path: &RepoPath) -> Option<&Reached> {
        self.files.get(path)
    }

    /// The files by path.
    pub fn files(&self) -> impl Iterator<Item = (&RepoPath, &Reached)> {
        self.files.iter()
    }

    /// Whether the files were followed from what starts, rather than guessed from a folder.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certain
    }
}

/// Whether a file stands aside from the program: in a folder of tests, examples, scripts, or by its own name.
#[must_use]
pub fn is_aside(path: &RepoPath, root: &RepoPath) -> bool {
    let relative = path.relative_to(root).unwrap_or(path.as_str());
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let is_one_of = |folder: &str, names: &[&str]| names.contains(&folder.to_ascii_lowercase().as_str());
    is_for_agents(path)
        || folders.split('/').any(|folder| is_one_of(folder, ASIDE))
        || folders.split('/').enumerate().any(|(depth, folder)| {
            is_one_of(folder, ASIDE_AT_TOP) && (depth == 0 || !name.ends_with(".py"))
        })
        || name.starts_with("test_")
        || ["_test.py", "-test.py", "_tests.py"].iter().any(|ending| name.ends_with(ending))
        || (name.ends_with(".py") && name.to_ascii_lowercase().contains("example"))
        || matches!(name, "conftest.py" | "setup.py" | "noxfile.py" | "fabfile.py")
        // Of Invoke at the root; elsewhere it holds tasks of Celery.
        || relative == "tasks.py"
}

/// Whether a file is there for coding agents alone.
#[must_use]
pub fn is_for_agents(path: &RepoPath) -> bool {
    path.parent().as_str().split('/').any(|folder| FOR_AGENTS.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_examples_stand_aside_by_their_names() {
        let aside = |path: &str| is_aside(&RepoPath::new(path), &RepoPath::root());
        for path in [
            "test_app.py",
            "app_test.py",
            "api-test.py",
            "unit_tests.py",
            "usage_example.py",
            "Example.py",
            "examples_of_use.py",
            "core/client_example_async.py",
            "Examples/app.py",
            "tools/release.py",
            "images/tools/Dockerfile",
            "conftest.py",
        ] {
            assert!(aside(path), "{path} is not the program");
        }
        for path in [
            "app.py",
            "latest.py",
            "contests.py",
            "attest.py",
            ".env.example",
            "example.toml",
            "sample.py",
            "agent/tools/x.py",
        ] {
            assert!(!aside(path), "{path} may be the program");
        }
    }
}
