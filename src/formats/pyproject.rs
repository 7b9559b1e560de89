//! `pyproject.toml`: what a Python project says of itself and of the packages it needs, in every dialect that is in use.

mod groups;
mod poetry;
mod project;
mod tools;

use crate::diagnostic::Spanned;
use crate::formats::package::Requirement;
use crate::formats::toml::parse_document;
use crate::knowledge::python_version::PythonSet;

pub use groups::{GroupKind, RequirementGroup};

/// What a `pyproject.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pyproject {
    /// The project's name.
    pub name: Option<Spanned<String>>,
    /// The Pythons it allows: `requires-python`, or Poetry's dependency on `python`.
    pub requires_python: Option<Spanned<PythonSet>>,
    /// What it needs to run: `project.dependencies`, and Poetry's main dependencies.
    pub dependencies: Vec<Requirement>,
    /// Extras and dependency groups.
    pub groups: Vec<RequirementGroup>,
    /// What it needs to be built: `build-system.requires`.
    pub build_requires: Vec<Requirement>,
    /// The module that builds it, where it is not one of its own: `build-system.build-backend`.
    pub build_backend: Option<Spanned<String>>,
    /// Bounds on packages that are needed anyway: `tool.uv.constraint-dependencies`.
    pub constraints: Vec<Requirement>,
    /// Versions that replace what packages ask for: `tool.uv.override-dependencies`.
    pub overrides: Vec<Requirement>,
    /// Commands that it installs: `project.scripts`, `project.gui-scripts`, Poetry's scripts.
    pub scripts: Vec<Script>,
    /// The fields that the build fills in: `project.dynamic`.
    pub dynamic: Vec<Spanned<String>>,
    /// Requirements files from which setuptools fills in the dependencies.
    pub dependency_files: Vec<Spanned<String>>,
    /// Requirements files from which setuptools fills in extras.
    pub extra_files: Vec<Spanned<String>>,
    /// Whether there is a `[project]` or `[tool.poetry]` table: only then is this file a manifest.
    pub is_manifest: bool,
    /// Whether it is packaged for others or run on its own, as far as it says.
    pub kind: ProjectKind,
    /// What can't be read, and why.
    pub errors: Vec<Spanned<String>>,
}

/// What a project is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectKind {
    /// Built into a package: it has a build system and says nothing to the contrary.
    Library,
    /// Not built: `tool.uv.package = false`, Poetry's `package-mode = false`, or the classifier `Private :: Do Not Upload`.
    Application,
    /// It does not say.
    #[default]
    Unknown,
}

/// A command that an installation brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The command's name.
    pub name: Spanned<String>,
    /// What it calls: `package.module:function`.
    pub target: Spanned<String>,
}

impl Pyproject {
    /// Reads a file's text. Where it is not TOML, [`Self::errors`] says so and nothing else is known.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut read = Self::default();
        match parse_document(text) {
            Ok(document) => {
                let root = document.as_table();
                read.read_project(text, root);
                read.read_groups(text, root);
                read.read_poetry(text, root);
                read.read_tools(text, root);
            }
            Err(error) => read.errors.push(error),
        }
        read
    }

    /// The requirements of a group or extra, given by its name, with those of the groups that it includes.
    #[must_use]
    pub fn group(&self, name: &str) -> Vec<&Requirement> {
        let mut seen = Vec::new();
        let mut requirements = Vec::new();
        self.collect_group(&groups::normalize(name), &mut seen, &mut requirements);
        requirements
    }
}

#[cfg(test)]
mod tests;
