//! Extras and dependency groups.

use toml_edit::TableLike;

use super::Pyproject;
use crate::diagnostic::Spanned;
use crate::formats::package::{PackageName, Requirement};
use crate::formats::toml::{key_span, string_of, string_value, table_at};

/// A named list of requirements beside the project's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementGroup {
    /// Its name.
    pub name: Spanned<String>,
    /// What it is part of.
    pub kind: GroupKind,
    /// Its requirements.
    pub requirements: Vec<Requirement>,
    /// The groups that it includes, by name.
    pub includes: Vec<Spanned<String>>,
}

/// What a group of requirements is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// `project.optional-dependencies` or Poetry's extras: installed with `package[extra]`.
    Extra,
    /// `dependency-groups` of PEP 735, Poetry's groups, uv's and PDM's dependencies for development: never installed by
    /// those who use the package.
    Group,
}

/// A group's name as it is compared.
pub(super) fn normalize(name: &str) -> String {
    name.parse::<PackageName>().map_or_else(|_| name.to_owned(), |name| name.as_str().to_owned())
}

impl Pyproject {
    /// `dependency-groups`.
    pub(super) fn read_groups(&mut self, text: &str, root: &dyn TableLike) {
        let Some(groups) = table_at(root, &["dependency-groups"]) else { return };
        for (name, item) in groups.iter() {
            let mut group = RequirementGroup {
                name: Spanned::new(name.to_owned(), key_span(text, groups, name)),
                kind: GroupKind::Group,
                requirements: Vec::new(),
                includes: Vec::new(),
            };
            for value in item.as_array().into_iter().flatten() {
                if let Some(string) = string_value(text, value) {
                    group.requirements.extend(self.requirement(&string));
                } else if let Some(included) = value.as_inline_table().and_then(|table| table.get("include-group")) {
                    group.includes.extend(string_value(text, included).map(|name| name.spanned()));
                }
            }
            self.groups.push(group);
        }
    }

    /// A table of named lists of requirements.
    pub(super) fn read_lists(&mut self, text: &str, table: &dyn TableLike, kind: GroupKind) {
        for (name, item) in table.iter() {
            let requirements = self.requirements(text, item);
            let name = Spanned::new(name.to_owned(), key_span(text, table, name));
            self.groups.push(RequirementGroup { name, kind, requirements, includes: Vec::new() });
        }
    }

    /// Adds the requirements of the group `name`, each group once.
    pub(super) fn collect_group<'a>(
        &'a self,
        name: &str,
        seen: &mut Vec<String>,
        requirements: &mut Vec<&'a Requirement>,
    ) {
        let mut pending = vec![name.to_owned()];
        while let Some(name) = pending.pop() {
            if seen.contains(&name) {
                continue;
            }
            for group in self.groups.iter().filter(|group| normalize(&group.name.value) == name) {
                requirements.extend(&group.requirements);
                pending.extend(group.includes.iter().map(|included| normalize(&included.value)));
            }
            seen.push(name);
        }
    }

    /// The names that a table maps to strings.
    pub(super) fn read_scripts(&mut self, text: &str, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let target = match item.as_table_like() {
                // Poetry: `name = { reference = "package:main", type = "console" }`.
                Some(fields) => fields.get("reference").and_then(|item| string_of(text, item)),
                None => string_of(text, item),
            };
            if let Some(target) = target {
                let name = Spanned::new(name.to_owned(), key_span(text, table, name));
                self.scripts.push(super::Script { name, target: target.spanned() });
            }
        }
    }
}
