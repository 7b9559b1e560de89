//! Requirements that are entries of a TOML table, as Poetry and Pipenv write them: `flask = "^2.0"`.

use toml_edit::{Item, TableLike};

use super::requirement::{ConstraintSyntax, Requirement, RequirementSource};
use super::{Marker, PackageName, parse_poetry_constraint};
use crate::diagnostic::{Span, Spanned};
use crate::formats::toml::{TomlString, key_span, span_of, string_of, strings_of};
use crate::knowledge::version_set::parse_specifiers;

/// Reads the entry `key` of `table`; what can't be read goes to `errors`. Poetry allows several entries for one package,
/// in an array, under different markers.
pub(crate) fn table_requirements(
    text: &str,
    table: &dyn TableLike,
    key: &str,
    syntax: ConstraintSyntax,
    errors: &mut Vec<Spanned<String>>,
) -> Vec<Requirement> {
    let Some(item) = table.get(key) else { return Vec::new() };
    let name_span = key_span(text, table, key);
    let Ok(name) = key.parse::<PackageName>() else {
        errors.push(Spanned::new(format!("`{key}` is not the name of a package"), name_span));
        return Vec::new();
    };
    let mut bare = Requirement::bare(Spanned::new(name, name_span), name_span, syntax);
    bare.insert_at = span_of(text, item).end;
    let read = |item: &Item, errors: &mut Vec<Spanned<String>>| {
        let mut requirement = bare.clone();
        let item_span = span_of(text, item);
        // The header of a table of its own stands before the entries, that of an entry right before its value.
        requirement.span = Span::new(name_span.start.min(item_span.start), name_span.end.max(item_span.end));
        if let Some(version) = string_of(text, item) {
            read_version(&version, &mut requirement, errors);
        } else if let Some(fields) = item.as_table_like() {
            read_fields(text, fields, &mut requirement, errors);
        }
        requirement
    };
    match (item.as_array(), item.as_array_of_tables()) {
        (Some(array), _) => array.iter().map(|value| read(&Item::Value(value.clone()), errors)).collect(),
        (_, Some(tables)) => tables.iter().map(|table| read(&Item::Table(table.clone()), errors)).collect(),
        _ => vec![read(item, errors)],
    }
}

fn read_version(version: &TomlString, requirement: &mut Requirement, errors: &mut Vec<Spanned<String>>) {
    let Spanned { value, span } = version.spanned();
    requirement.insert_at = span.end;
    let value = value.trim();
    if value == "*" || value.is_empty() {
        requirement.specifier_span = Some(span);
        return;
    }
    let read = if requirement.syntax == ConstraintSyntax::Poetry {
        parse_poetry_constraint(value).map(|constraint| {
            requirement.specifiers = constraint.specifiers;
            requirement.alternatives = constraint.alternatives;
        })
    } else {
        parse_specifiers(value).map(|specifiers| requirement.specifiers = specifiers).map_err(|error| error.to_string())
    };
    match read {
        Ok(()) => requirement.specifier_span = Some(span),
        Err(message) => errors.push(Spanned::new(message, span)),
    }
}

fn read_fields(text: &str, fields: &dyn TableLike, requirement: &mut Requirement, errors: &mut Vec<Spanned<String>>) {
    let string = |key: &str| fields.get(key).and_then(|item| string_of(text, item));
    if let Some(version) = string("version") {
        read_version(&version, requirement, errors);
    }
    if let Some(extras) = fields.get("extras") {
        requirement.extras = strings_of(text, extras)
            .iter()
            .map(|extra| {
                let extra = extra.spanned();
                let normalized = extra.value.parse::<PackageName>().map(|name| name.as_str().to_owned());
                extra.map(|written| normalized.unwrap_or(written))
            })
            .collect();
    }
    if let Some(marker) = string("markers") {
        match Marker::parse(&marker.text) {
            Ok(read) => requirement.marker = Some(Spanned::new(read, marker.spanned().span)),
            Err((at, message)) => errors.push(Spanned::new(message, marker.origin.span(at, marker.text.len()))),
        }
    }
    if let Some(python) = string("python")
        && let Ok(constraint) = parse_poetry_constraint(&python.text)
        && requirement.marker.is_none()
    {
        let marker = Marker::python_version(&constraint.specifiers);
        requirement.marker = Some(Spanned::new(marker, python.spanned().span));
    }
    requirement.editable = fields.get("editable").and_then(Item::as_bool).unwrap_or(false);
    requirement.source = table_source(text, fields);
}

/// The source that the fields `git`, `url`, `path` or `file` state.
pub(crate) fn table_source(text: &str, fields: &dyn TableLike) -> Option<Spanned<RequirementSource>> {
    let string = |key: &str| fields.get(key).and_then(|item| string_of(text, item)).map(|value| value.spanned());
    if let Some(git) = string("git") {
        let revision = ["rev", "ref", "tag", "branch"].iter().find_map(|key| string(key)).map(|value| value.value);
        return Some(git.map(|url| {
            let url = if url.starts_with("git+") { url } else { format!("git+{url}") };
            RequirementSource::Vcs { url, revision }
        }));
    }
    if let Some(url) = string("url") {
        return Some(url.map(RequirementSource::Url));
    }
    ["path", "file"].iter().find_map(|key| string(key)).map(|path| path.map(|path| super::parse_source(&path)))
}
