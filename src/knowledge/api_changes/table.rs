//! Reads one table.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::normalized_name;
use super::super::page::FixAvailability;
use super::super::version_set::VersionSet;
use super::example::{self, ExampleText};
use super::{
    ApiFix, Change, ChangeKind, Checked, Library, Passed, PatternError, StatedSeverity, SymbolPattern, TableRule, When,
};

/// A table that does not say what a table must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not TOML, or a key that no row has.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Something is wrong with what it says.
    #[error("{problem}")]
    Row {
        /// Where.
        place: RowPlace,
        /// What is wrong, in one clause.
        problem: String,
    },
}

impl TableError {
    /// An error at a key of the table itself.
    pub(super) fn at_top(key: &'static str, problem: impl Into<String>) -> Self {
        Self::Row { place: RowPlace { row: None, key: Some(key) }, problem: problem.into() }
    }
}

/// Where in a table something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    /// The list, `change` or `example`, and the index in it; `None` for the table itself.
    pub row: Option<(&'static str, usize)>,
    /// The key there; `None` for the row as a whole.
    pub key: Option<&'static str>,
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
    rule: Option<TableRule>,
    #[serde(default, rename = "example")]
    examples: Vec<ExampleText>,
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
    passed: Option<Passed>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    beside: Vec<String>,
    #[serde(default)]
    unless_installed: Vec<String>,
    condition: Option<String>,
    when: Option<When>,
    severity: Option<StatedSeverity>,
    message: Option<String>,
    help: Option<String>,
    warns: Option<String>,
    deprecated: Option<String>,
    breaks: Option<String>,
    replacement: Option<String>,
    works: Option<String>,
    requires: Option<String>,
    fails: Option<String>,
    note: Option<String>,
    fix: Option<ApiFix>,
    applicability: Option<FixAvailability>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default = "by_documentation")]
    checked: Checked,
}

fn by_documentation() -> Checked {
    Checked::Documentation
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
    if table.library.is_empty() {
        return Err(TableError::at_top("library", "the name of the library is empty"));
    }
    if (table.library == "python") != table.modules.is_empty() {
        return Err(TableError::at_top(
            "modules",
            "`modules` names what is imported of the library; the standard library, `python`, has none",
        ));
    }
    if table.changes.is_empty() {
        return Err(TableError::at_top("change", "no `[[change]]`: the table says nothing"));
    }
    let mut changes = Vec::new();
    for (index, row) in table.changes.iter().enumerate() {
        changes.push(change(row, index, &table, sets)?);
    }
    let of = example::Table { library: &table.library, code: table.rule.as_ref().map(|rule| rule.code.as_str()) };
    let texts = table.examples.iter().enumerate();
    let examples = texts.map(|(index, text)| example::read(text, index, of)).collect::<Result<_, _>>()?;
    let TableText { library: name, modules, through, results, rule, .. } = table;
    let normalized = normalized_name(&name);
    Ok(Library { name, normalized, modules, through, results, changes, rule, examples })
}

/// Checks one row.
fn change(row: &Row, index: usize, table: &TableText, sets: &mut VersionSets) -> Result<Change, TableError> {
    let error = |key: Option<&'static str>, problem: String| TableError::Row {
        place: RowPlace { row: Some(("change", index)), key },
        problem,
    };
    let mut versions = |key: &'static str, specifiers: &Option<String>| {
        let Some(specifiers) = specifiers else { return Ok(None) };
        if let Some(set) = sets.get(specifiers) {
            return Ok(Some(set.clone()));
        }
        let set = VersionSet::parse(specifiers).map_err(|problem| error(Some(key), problem.to_string()))?;
        if set.is_empty() {
            return Err(error(Some(key), "no version is in this set".to_owned()));
        }
        sets.insert(specifiers.clone(), set.clone());
        Ok(Some(set))
    };
    let patterns = |key: &'static str, texts: &[String]| -> Result<Vec<SymbolPattern>, TableError> {
        let pattern = |text: &String| SymbolPattern::new(text);
        texts
            .iter()
            .map(pattern)
            .collect::<Result<_, PatternError>>()
            .map_err(|wrong| error(Some(key), wrong.to_string()))
    };
    if let Some((key, problem)) = contradiction(row, table) {
        return Err(error(key, problem.to_owned()));
    }
    let symbols = patterns("symbols", &row.symbols)?;
    if let Some(stray) = symbols.iter().find(|symbol| !is_within(symbol, table)) {
        return Err(error(Some("symbols"), format!("`{stray}` is in none of the `modules` of this table")));
    }
    let change = Change {
        deprecated: versions("deprecated", &row.deprecated)?,
        breaks: versions("breaks", &row.breaks)?,
        works: versions("works", &row.works)?,
        symbols,
        exceptions: patterns("except", &row.exceptions)?,
        kind: row.kind,
        parameter: row.parameter.clone(),
        position: row.position,
        values: row.values.clone(),
        passed: row.passed,
        without: row.without.clone(),
        unless: row.unless.clone(),
        beside: patterns("beside", &row.beside)?,
        unless_installed: row.unless_installed.iter().map(|name| normalized_name(name)).collect(),
        condition: row.condition.clone(),
        when: row.when,
        severity: row.severity,
        message: row.message.clone(),
        help: row.help.clone(),
        warns: row.warns.clone(),
        replacement: row.replacement.clone(),
        requires: row.requires.clone(),
        fails: row.fails.clone(),
        note: row.note.clone(),
        fix: row.fix.clone(),
        applicability: row.applicability.unwrap_or(FixAvailability::None),
        evidence: row.evidence.clone(),
        checked: row.checked,
    };
    if change.needles().is_empty() {
        return Err(error(Some("symbols"), "no part of the name is certain; the last one should be".to_owned()));
    }
    Ok(change)
}

/// What a row says that it can't mean, with the key.
fn contradiction(row: &Row, table: &TableText) -> Option<(Option<&'static str>, &'static str)> {
    let names_parameter = matches!(row.kind, ChangeKind::Parameter | ChangeKind::ParameterValue);
    let is_callable = matches!(row.kind, ChangeKind::Function | ChangeKind::Class | ChangeKind::Method);
    let own_rule = table.rule.is_some();
    if row.symbols.is_empty() {
        Some((Some("symbols"), "no symbol"))
    } else if names_parameter != row.parameter.is_some() {
        Some((Some("kind"), "`parameter` goes with the kinds parameter and parameter-value"))
    } else if (row.kind == ChangeKind::ParameterValue) == row.values.is_empty() {
        Some((Some("kind"), "`values` goes with the kind parameter-value"))
    } else if row.passed.is_some() && (row.kind != ChangeKind::Parameter || row.position.is_none()) {
        Some((Some("passed"), "`passed` goes with the kind parameter and with `position`"))
    } else if !row.without.is_empty() && !is_callable {
        Some((Some("without"), "`without` goes with the kinds function, class and method"))
    } else if (!row.unless.is_empty() || !row.beside.is_empty())
        && !matches!(row.kind, ChangeKind::Parameter | ChangeKind::ParameterValue)
    {
        let key = if row.unless.is_empty() { "beside" } else { "unless" };
        Some((Some(key), "`unless` and `beside` go with the kinds parameter and parameter-value"))
    } else if row.deprecated.is_none() && row.breaks.is_none() && !own_rule {
        Some((None, "neither `deprecated` nor `breaks`; only a table with a `[rule]` may leave both out"))
    } else if row.when.is_some() && row.kind != ChangeKind::Behaviour {
        Some((Some("when"), "`when` goes with the kind behaviour"))
    } else if row.fix.is_some() != row.applicability.is_some() {
        Some((Some(if row.fix.is_some() { "fix" } else { "applicability" }), "`fix` and `applicability` go together"))
    } else if row.fix.as_ref().is_some_and(|fix| !is_plain(fix)) {
        Some((Some("fix"), "a fix writes a name: letters, digits, `_` and dots"))
    } else if [&row.fails, &row.note, &row.replacement, &row.help].iter().all(|text| text.is_none()) {
        Some((None, "the row says neither how it fails nor what to do: `fails`, `note`, `replacement` or `help`"))
    } else {
        None
    }
}

fn is_plain(fix: &ApiFix) -> bool {
    let is_name = |name: &str| SymbolPattern::new(name).is_ok() && !name.contains(['*', '(']);
    match fix {
        ApiFix::RemoveArgument => true,
        ApiFix::ReplaceSymbol(name) => is_name(name.strip_suffix(".{name}").unwrap_or(name)),
        ApiFix::RenameParameter(name) | ApiFix::RenameAttribute(name) => is_name(name) && !name.contains('.'),
    }
}

/// Whether a symbol lies in one of the table's modules.
fn is_within(symbol: &SymbolPattern, table: &TableText) -> bool {
    table.library == "python"
        || table
            .modules
            .iter()
            .chain(&table.through)
            .any(|module| SymbolPattern::new(module).is_ok_and(|module| module.rest_of(symbol.as_str()).is_some()))
}
