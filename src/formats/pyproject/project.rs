//! The standard tables: `[project]` (PEP 621) and `[build-system]` (PEP 518).

use toml_edit::{Item, TableLike};

use super::{GroupKind, ProjectKind, Pyproject};
use crate::diagnostic::Spanned;
use crate::formats::package::{ParsedRequirement, Requirement, parse_requirement};
use crate::formats::toml::{TomlString, string_of, strings_of, table_at};
use crate::knowledge::python_version::PythonSet;

impl Pyproject {
    /// `[project]` and `[build-system]`.
    pub(super) fn read_project(&mut self, text: &str, root: &dyn TableLike) {
        if let Some(build) = table_at(root, &["build-system"]) {
            self.kind = ProjectKind::Library;
            if let Some(requires) = build.get("requires") {
                self.build_requires = self.requirements(text, requires);
            }
            if build.get("backend-path").is_none() {
                let backend = build.get("build-backend").and_then(|item| string_of(text, item));
                self.build_backend = backend.map(|backend| backend.spanned());
            }
        }
        let Some(project) = table_at(root, &["project"]) else { return };
        self.is_manifest = true;
        self.name = project.get("name").and_then(|item| string_of(text, item)).map(|name| name.spanned());
        if let Some(requires) = project.get("requires-python").and_then(|item| string_of(text, item)) {
            self.read_python(&requires, PythonSet::parse(&requires.text).map_err(|error| error.to_string()));
        }
        if let Some(dependencies) = project.get("dependencies") {
            self.dependencies = self.requirements(text, dependencies);
        }
        if let Some(extras) = table_at(project, &["optional-dependencies"]) {
            self.read_lists(text, extras, GroupKind::Extra);
        }
        for table in ["scripts", "gui-scripts"] {
            if let Some(scripts) = table_at(project, &[table]) {
                self.read_scripts(text, scripts);
            }
        }
        if let Some(dynamic) = project.get("dynamic") {
            self.dynamic = strings_of(text, dynamic).iter().map(TomlString::spanned).collect();
        }
        let classifiers = project.get("classifiers").map(|item| strings_of(text, item)).unwrap_or_default();
        if classifiers.iter().any(|classifier| classifier.text.starts_with("Private ::")) {
            self.kind = ProjectKind::Application;
        }
    }

    /// Keeps the Pythons that a string states, or the reason why it states none.
    pub(super) fn read_python(&mut self, written: &TomlString, read: Result<PythonSet, String>) {
        let span = written.spanned().span;
        match read {
            Ok(set) => self.requires_python = Some(Spanned::new(set, span)),
            Err(message) => self.errors.push(Spanned::new(message, span)),
        }
    }

    /// The requirements of an array of strings.
    pub(super) fn requirements(&mut self, text: &str, item: &Item) -> Vec<Requirement> {
        strings_of(text, item).iter().filter_map(|string| self.requirement(string)).collect()
    }

    /// The requirement that a string is. A path or URL without a name is not allowed here.
    pub(super) fn requirement(&mut self, string: &TomlString) -> Option<Requirement> {
        match parse_requirement(&string.text, &string.origin) {
            Ok(ParsedRequirement::Named(requirement)) => return Some(requirement),
            Ok(ParsedRequirement::Unnamed(unnamed)) => {
                let message = "a requirement here begins with the name of a package: `name @ URL`";
                self.errors.push(Spanned::new(message.to_owned(), unnamed.span));
            }
            Err(error) => self.errors.push(error),
        }
        None
    }
}
