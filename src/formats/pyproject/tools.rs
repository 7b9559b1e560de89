//! The tables of uv, PDM and setuptools.

use toml_edit::{Item, TableLike};

use super::{GroupKind, ProjectKind, Pyproject, RequirementGroup};
use crate::diagnostic::Spanned;
use crate::formats::package::{Requirement, RequirementSource, table_source};
use crate::formats::toml::{TomlString, key_span, string_of, strings_of, table_at};

impl Pyproject {
    /// `[tool.uv]`, `[tool.pdm]` and `[tool.setuptools.dynamic]`.
    pub(super) fn read_tools(&mut self, text: &str, root: &dyn TableLike) {
        if let Some(uv) = table_at(root, &["tool", "uv"]) {
            self.read_uv(text, uv);
        }
        if let Some(pdm) = table_at(root, &["tool", "pdm"]) {
            if let Some(groups) = table_at(pdm, &["dev-dependencies"]) {
                self.read_lists(text, groups, GroupKind::Group);
            }
            let distribution = pdm.get("distribution").and_then(Item::as_bool);
            let package_type = pdm.get("package-type").and_then(|item| string_of(text, item));
            if distribution == Some(false) || package_type.is_some_and(|kind| kind.text == "application") {
                self.kind = ProjectKind::Application;
            }
        }
        if let Some(dynamic) = table_at(root, &["tool", "setuptools", "dynamic"]) {
            self.dependency_files = dynamic.get("dependencies").map(|item| files(text, item)).unwrap_or_default();
            if let Some(extras) = table_at(dynamic, &["optional-dependencies"]) {
                self.extra_files = extras.iter().flat_map(|(_, item)| files(text, item)).collect();
            }
        }
    }

    fn read_uv(&mut self, text: &str, uv: &dyn TableLike) {
        match uv.get("package").and_then(Item::as_bool) {
            Some(false) => self.kind = ProjectKind::Application,
            Some(true) => self.kind = ProjectKind::Library,
            None => {}
        }
        if let Some(dev) = uv.get("dev-dependencies") {
            let requirements = self.requirements(text, dev);
            let name = Spanned::new("dev".to_owned(), key_span(text, uv, "dev-dependencies"));
            self.groups.push(RequirementGroup { name, kind: GroupKind::Group, requirements, includes: Vec::new() });
        }
        if let Some(constraints) = uv.get("constraint-dependencies") {
            self.constraints = self.requirements(text, constraints);
        }
        if let Some(overrides) = uv.get("override-dependencies") {
            self.overrides = self.requirements(text, overrides);
        }
        let Some(sources) = table_at(uv, &["sources"]) else { return };
        let groups = self.groups.iter_mut().flat_map(|group| &mut group.requirements);
        for requirement in self.dependencies.iter_mut().chain(groups) {
            add_uv_source(text, sources, requirement);
        }
    }
}

/// Adds the source that `tool.uv.sources` states for a requirement. An index is no source of its own.
fn add_uv_source(text: &str, sources: &dyn TableLike, requirement: &mut Requirement) {
    let name = &requirement.name.value;
    let Some((key, item)) = sources.iter().find(|(key, _)| super::groups::normalize(key) == name.as_str()) else {
        return;
    };
    let Some(fields) = item.as_table_like() else { return };
    let is_member = fields.get("workspace").and_then(Item::as_bool) == Some(true);
    let source = if is_member {
        Some(Spanned::new(RequirementSource::Path(".".to_owned()), key_span(text, sources, key)))
    } else {
        table_source(text, fields)
    };
    requirement.source = requirement.source.take().or(source);
}

/// The files of setuptools' `{ file = "…" }` or `{ file = ["…"] }`.
fn files(text: &str, item: &Item) -> Vec<Spanned<String>> {
    let Some(file) = item.as_table_like().and_then(|table| table.get("file")) else { return Vec::new() };
    match string_of(text, file) {
        Some(one) => vec![one.spanned()],
        None => strings_of(text, file).iter().map(TomlString::spanned).collect(),
    }
}
