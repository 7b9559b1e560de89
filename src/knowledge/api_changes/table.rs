//! Reads one table.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::page::FixAvailability;
use super::super::version_set::VersionSet;
use super::{ApiFix, Change, ChangeKind, Checked, Library, PatternError, SymbolPattern};

/// A table that does not say what a table must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not TOML, or a key that no row has.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A symbol that is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Something is wrong with a row.
    #[error("{symbol}: {problem}")]
    Row {
        /// The first symbol of the row.
        symbol: String,
        /// What is wrong, in one clause.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    library: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    through: Vec<String>,
    #[serde(default)]
    results: BTreeMap<String, String>,
    #[serde(default, rename = "change")]
    changes: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    symbols: Vec<String>,
    #[serde(default, rename = "except")]
    exceptions: Vec<String>,
    kind: ChangeKind,
    parameter: Option<String>,
    position: Option<usize>,
    #[serde(default)]
    values: Vec<String>,
    condition: Option<String>,
    deprecated: Option<String>,
    breaks: Option<String>,
    replacement: Option<String>,
    works: Option<String>,
    requires: Option<String>,
    fails: Option<String>,
    note: Option<String>,
    fix: Option<ApiFix>,
    applicability: Option<FixAvailability>,
    evidence: Vec<String>,
    checked: Checked,
}

/// Reads the text of a table.
///
/// # Errors
/// [`TableError`] where it is not TOML, or a row does not say what a row must.
pub fn parse(text: &str) -> Result<Library, TableError> {
    library(toml::from_str(text)?, &mut VersionSets::new())
}

/// The tables that the build script has put together; those that can't be read are left out.
pub(super) fn compiled_in() -> Vec<Library> {
    let text = include_str!(concat!(env!("OUT_DIR"), "/api_changes.json"));
    let tables: Vec<TableText> = serde_json::from_str(text).unwrap_or_default();
    let mut sets = VersionSets::new();
    tables.into_iter().filter_map(|table| library(table, &mut sets).ok()).collect()
}

/// The sets that have been read: few specifiers stand in many rows.
type VersionSets = HashMap<String, VersionSet>;

/// Checks one table.
fn library(table: TableText, sets: &mut VersionSets) -> Result<Library, TableError> {
    let changes = table.changes.into_iter().map(|row| change(row, sets)).collect::<Result<_, _>>()?;
    Ok(Library { name: table.library, modules: table.modules, through: table.through, results: table.results, changes })
}

fn patterns(texts: &[String]) -> Result<Vec<SymbolPattern>, PatternError> {
    texts.iter().map(|text| SymbolPattern::new(text)).collect()
}

/// Checks one row.
fn change(row: Row, sets: &mut VersionSets) -> Result<Change, TableError> {
    let symbol = row.symbols.first().cloned().unwrap_or_default();
    let error = |problem: &str| TableError::Row { symbol: symbol.clone(), problem: problem.to_owned() };
    let mut versions = |specifiers: &Option<String>| {
        let Some(specifiers) = specifiers else { return Ok(None) };
        if let Some(set) = sets.get(specifiers) {
            return Ok(Some(set.clone()));
        }
        let set = VersionSet::parse(specifiers).map_err(|problem| error(&problem.to_string()))?;
        if set.is_empty() {
            return Err(error("a set of versions is empty"));
        }
        sets.insert(specifiers.clone(), set.clone());
        Ok(Some(set))
    };
    let names_parameter = matches!(row.kind, ChangeKind::Parameter | ChangeKind::ParameterValue);
    if row.symbols.is_empty() {
        return Err(error("no symbol"));
    }
    if names_parameter != row.parameter.is_some() {
        return Err(error("`parameter` goes with the kinds parameter and parameter-value"));
    }
    if (row.kind == ChangeKind::ParameterValue) == row.values.is_empty() {
        return Err(error("`values` goes with the kind parameter-value"));
    }
    if row.deprecated.is_none() && row.breaks.is_none() {
        return Err(error("neither `deprecated` nor `breaks`"));
    }
    if row.evidence.iter().all(|evidence| evidence.trim().is_empty()) {
        return Err(error("no evidence"));
    }
    if row.fix.is_some() != row.applicability.is_some() {
        return Err(error("`fix` and `applicability` go together"));
    }
    Ok(Change {
        deprecated: versions(&row.deprecated)?,
        breaks: versions(&row.breaks)?,
        works: versions(&row.works)?,
        symbols: patterns(&row.symbols)?,
        exceptions: patterns(&row.exceptions)?,
        kind: row.kind,
        parameter: row.parameter,
        position: row.position,
        values: row.values,
        condition: row.condition,
        replacement: row.replacement,
        requires: row.requires,
        fails: row.fails,
        note: row.note,
        fix: row.fix,
        applicability: row.applicability.unwrap_or(FixAvailability::None),
        evidence: row.evidence,
        checked: row.checked,
    })
}
