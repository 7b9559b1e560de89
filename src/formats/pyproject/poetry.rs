//! `[tool.poetry]`.

use toml_edit::{Item, TableLike};

use super::groups::normalize;
use super::{GroupKind, ProjectKind, Pyproject, RequirementGroup};
use crate::diagnostic::Spanned;
use crate::formats::package::{ConstraintSyntax, Requirement, parse_poetry_constraint, table_requirements};
use crate::formats::toml::{key_span, string_of, strings_of, table_at};
use crate::knowledge::python_version::PythonSet;
use crate::knowledge::version_set::VersionSet;

impl Pyproject {
    /// `[tool.poetry]` and its groups.
    pub(super) fn read_poetry(&mut self, text: &str, root: &dyn TableLike) {
        let Some(poetry) = table_at(root, &["tool", "poetry"]) else { return };
        if poetry.get("package-mode").and_then(Item::as_bool) == Some(false) {
            self.kind = ProjectKind::Application;
        }
        self.is_manifest |= poetry.get("name").is_some() || poetry.get("dependencies").is_some();
        if self.name.is_none() {
            self.name = poetry.get("name").and_then(|item| string_of(text, item)).map(|name| name.spanned());
        }
        if let Some(dependencies) = table_at(poetry, &["dependencies"]) {
            if let Some(python) = dependencies.get("python")
                && self.requires_python.is_none()
            {
                self.read_poetry_python(text, python);
            }
            let mut declared = self.poetry_requirements(text, dependencies);
            let optional = declared.extract_if(.., |requirement| is_optional(dependencies, requirement)).collect();
            self.read_poetry_extras(text, poetry, optional);
            // Beside `[project]`, this table adds sources to what is declared there.
            for requirement in declared {
                let known = self.dependencies.iter_mut().find(|known| known.name.value == requirement.name.value);
                match known {
                    Some(known) if known.syntax == ConstraintSyntax::Pep508 => {
                        known.source = known.source.take().or(requirement.source);
                    }
                    _ => self.dependencies.push(requirement),
                }
            }
        }
        if let Some(dev) = table_at(poetry, &["dev-dependencies"]) {
            let requirements = self.poetry_requirements(text, dev);
            let name = Spanned::new("dev".to_owned(), key_span(text, poetry, "dev-dependencies"));
            self.groups.push(RequirementGroup { name, kind: GroupKind::Group, requirements, includes: Vec::new() });
        }
        for (name, item) in table_at(poetry, &["group"]).into_iter().flat_map(TableLike::iter) {
            let Some(group) = item.as_table_like() else { continue };
            let Some(dependencies) = table_at(group, &["dependencies"]) else { continue };
            let requirements = self.poetry_requirements(text, dependencies);
            let span = table_at(poetry, &["group"]).map(|groups| key_span(text, groups, name)).unwrap_or_default();
            let name = Spanned::new(name.to_owned(), span);
            self.groups.push(RequirementGroup { name, kind: GroupKind::Group, requirements, includes: Vec::new() });
        }
        if let Some(scripts) = table_at(poetry, &["scripts"]) {
            self.read_scripts(text, scripts);
        }
    }

    /// The optional dependencies, by the extras that bring them.
    fn read_poetry_extras(&mut self, text: &str, poetry: &dyn TableLike, optional: Vec<Requirement>) {
        let Some(extras) = table_at(poetry, &["extras"]) else { return };
        for (name, item) in extras.iter() {
            let wanted: Vec<String> = strings_of(text, item).iter().map(|name| normalize(&name.text)).collect();
            let brought = |requirement: &&Requirement| wanted.iter().any(|name| requirement.name.value == **name);
            self.groups.push(RequirementGroup {
                name: Spanned::new(name.to_owned(), key_span(text, extras, name)),
                kind: GroupKind::Extra,
                requirements: optional.iter().filter(brought).cloned().collect(),
                includes: Vec::new(),
            });
        }
    }

    fn read_poetry_python(&mut self, text: &str, item: &Item) {
        let version = string_of(text, item)
            .or_else(|| item.as_table_like()?.get("version").and_then(|version| string_of(text, version)));
        let Some(version) = version else { return };
        let set = parse_poetry_constraint(&version.text).map(|constraint| {
            let versions = constraint.alternatives;
            PythonSet::from_versions(versions.unwrap_or_else(|| VersionSet::from_specifiers(&constraint.specifiers)))
        });
        self.read_python(&version, set);
    }

    fn poetry_requirements(&mut self, text: &str, table: &dyn TableLike) -> Vec<Requirement> {
        table
            .iter()
            .filter(|(name, _)| *name != "python")
            .flat_map(|(name, _)| table_requirements(text, table, name, ConstraintSyntax::Poetry, &mut self.errors))
            .collect()
    }
}

/// Whether the entry of a requirement says `optional = true`.
fn is_optional(dependencies: &dyn TableLike, requirement: &Requirement) -> bool {
    let fields = dependencies.get(requirement.name.value.spelling()).and_then(Item::as_table_like);
    fields.and_then(|fields| fields.get("optional")).and_then(Item::as_bool) == Some(true)
}
