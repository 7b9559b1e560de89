//! Tables that a team adds: read while the program runs, with pages made of what they say.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::super::page::{FixAvailability, RulePage};
use super::{Change, ChangeKind, Library, StatedSeverity, TableError, table};

/// Reads a team's table. Like those that are compiled in it lives as long as the program; the same text is kept once.
///
/// # Errors
/// [`TableError`] where it is not TOML, or does not say what a table must.
pub fn team_table(text: &str) -> Result<&'static Library, TableError> {
    static KEPT: LazyLock<Mutex<HashMap<String, &'static Library>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return Ok(known);
    }
    let library: &'static Library = Box::leak(Box::new(table::parse(text)?));
    kept.insert(text.to_owned(), library);
    Ok(library)
}

/// The page of the rule that a table is, made of what the table says; `None` where it has no rule of its own.
#[must_use]
pub fn team_page(library: &Library) -> Option<RulePage> {
    let rule = library.rule.as_ref()?;
    let mut body = format!("# {} ({})\n\n## What it checks\n\n", rule.name, rule.code);
    if let Some(description) = &rule.description {
        body.push_str(description.trim());
        body.push_str("\n\n");
    }
    for change in &library.changes {
        body.push_str(&format!("- {}\n", in_words(change, &library.name)));
    }
    body.push_str("\n## Examples\n");
    for example in &library.examples {
        for scene in &example.scenes {
            body.push_str(&format!("\n### {}\n\n", scene.title));
            for file in scene.files.iter().filter(|file| file.path == "app.py") {
                let side = if file.side == super::super::page::Side::Bad { "bad" } else { "good" };
                body.push_str(&format!("```python {} {side}\n{}```\n", file.path, file.text));
            }
        }
    }
    let best = library.changes.iter().map(|change| change.applicability).max_by_key(|fix| fix.rank());
    Some(RulePage {
        code: rule.code.clone(),
        name: rule.name.clone(),
        summary: rule.summary.clone(),
        severity: severities(library),
        fix: best.unwrap_or(FixAvailability::None),
        since: "this repository".to_owned(),
        symptoms: Vec::new(),
        references: rule.references.clone(),
        body,
        examples: Vec::new(),
    })
}

/// The severities that the rows of a table may report with.
fn severities(library: &Library) -> String {
    let may = |wanted: StatedSeverity| {
        library.changes.iter().any(|change| match (change.severity, wanted) {
            (Some(stated), wanted) => stated == wanted,
            (None, StatedSeverity::Error) => change.breaks.is_some(),
            (None, StatedSeverity::Warning) => true,
            (None, StatedSeverity::Advice) => change.deprecated.is_some(),
        })
    };
    let known =
        [(StatedSeverity::Error, "error"), (StatedSeverity::Warning, "warning"), (StatedSeverity::Advice, "advice")];
    known.iter().filter(|(severity, _)| may(*severity)).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

/// One row as a line of a list.
fn in_words(change: &Change, library: &str) -> String {
    let symbols: Vec<String> = change.symbols.iter().map(|symbol| format!("`{symbol}`")).collect();
    let what = match (&change.parameter, change.kind) {
        (Some(parameter), ChangeKind::ParameterValue) => {
            format!("`{parameter}={}` of {}", change.values.join("` or `"), symbols.join(", "))
        }
        (Some(parameter), _) => format!("`{parameter}=` of {}", symbols.join(", ")),
        (None, _) => symbols.join(", "),
    };
    let mut when = Vec::new();
    if let Some(breaks) = &change.breaks {
        when.push(format!("fails with {library} {breaks}"));
    }
    if let Some(deprecated) = &change.deprecated {
        when.push(format!("is deprecated in {library} {deprecated}"));
    }
    let instead = change.help.clone().or_else(|| change.use_instead().map(|new| format!("use {new}")));
    let mut line = if when.is_empty() { what } else { format!("{what} {}", when.join(" and ")) };
    if let Some(instead) = instead {
        line.push_str(&format!(": {instead}"));
    }
    line
}
