//! The last line: what was checked, what was found, what could be fixed. And the counts per rule.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Findings, Paint};
use crate::diagnostic::{Applicability, Diagnostic, Severity, enumerated};

/// What was checked and found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files below the roots, but for those that are left out.
    pub files: usize,
    /// Deployments recognised.
    pub deployments: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity advice.
    pub advice: usize,
    /// Findings with a fix.
    pub fixable: Fixable,
}

/// Findings with a fix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fixable {
    /// With `--fix`.
    pub safe: usize,
    /// With `--unsafe-fixes` only.
    #[serde(rename = "unsafe")]
    pub unsafe_: usize,
}

impl Counts {
    /// Counts over all roots.
    #[must_use]
    pub fn of(findings: &[Findings<'_>]) -> Self {
        let mut counts = Self::default();
        for findings in findings {
            counts.files += findings.repository.entries().count();
            counts.deployments += findings.deployments;
            for diagnostic in findings.diagnostics {
                counts.add(diagnostic);
            }
        }
        counts
    }

    fn add(&mut self, diagnostic: &Diagnostic) {
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Advice => self.advice += 1,
        }
        match diagnostic.fix.as_ref().map(|fix| fix.applicability) {
            Some(Applicability::Safe) => self.fixable.safe += 1,
            Some(Applicability::Unsafe) => self.fixable.unsafe_ += 1,
            Some(Applicability::Display) | None => {}
        }
    }
}

/// Writes the last lines for people.
///
/// # Errors
/// What `out` reports.
pub fn write_summary(
    out: &mut dyn Write,
    findings: &[Findings<'_>],
    advice_shown: bool,
    paint: Paint,
) -> io::Result<()> {
    let counts = Counts::of(findings);
    let mut found = Vec::new();
    if counts.errors > 0 {
        found.push(paint.severity(Severity::Error, &number(counts.errors, "error", "errors")));
    }
    if counts.warnings > 0 {
        found.push(paint.severity(Severity::Warning, &number(counts.warnings, "warning", "warnings")));
    }
    if counts.advice > 0 {
        let advice = number(counts.advice, "piece of advice", "pieces of advice");
        found.push(if advice_shown {
            paint.severity(Severity::Advice, &advice)
        } else {
            format!("{} (shown with --advice)", paint.severity(Severity::Advice, &advice))
        });
    }
    let files = number(counts.files, "file", "files");
    let checked = match counts.deployments {
        0 => format!("Checked {files}, and no deployment is known (`preflight target` says why): "),
        deployments => format!("Checked {files} and {}: ", number(deployments, "deployment", "deployments")),
    };
    let found = if found.is_empty() { paint.good("nothing found") } else { enumerated(&found) };
    writeln!(out, "{checked}{found}.")?;
    match counts.fixable {
        Fixable { safe: 0, unsafe_: 0 } => Ok(()),
        Fixable { safe, unsafe_: 0 } => writeln!(out, "{safe} can be fixed with --fix."),
        Fixable { safe: 0, unsafe_ } => {
            writeln!(out, "{unsafe_} can be fixed with --unsafe-fixes (look those over).")
        }
        Fixable { safe, unsafe_ } => {
            writeln!(out, "{safe} can be fixed with --fix, and {unsafe_} more with --unsafe-fixes (look those over).")
        }
    }
}

/// Writes what was fixed: how many findings, in how many files.
///
/// # Errors
/// What `out` reports.
pub fn write_fixed(out: &mut dyn Write, findings: usize, files: usize, paint: Paint) -> io::Result<()> {
    let (findings, files) = (number(findings, "finding", "findings"), number(files, "file", "files"));
    writeln!(out, "{} {findings} in {files}.", paint.good("Fixed"))
}

/// Writes how often each rule reports, the most frequent first.
///
/// # Errors
/// What `out` reports.
pub fn write_statistics(out: &mut dyn Write, findings: &[Findings<'_>], paint: Paint) -> io::Result<()> {
    let mut rules: BTreeMap<(&str, &str), (usize, Severity, usize)> = BTreeMap::new();
    for diagnostic in findings.iter().flat_map(|findings| findings.diagnostics) {
        let rule = rules.entry((diagnostic.rule.code, diagnostic.rule.name)).or_insert((0, diagnostic.severity, 0));
        rule.0 += 1;
        rule.1 = rule.1.max(diagnostic.severity);
        rule.2 += usize::from(diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe));
    }
    let mut rows: Vec<_> = rules.into_iter().collect();
    rows.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    let name_width = rows.iter().map(|((_, name), _)| name.len()).max().unwrap_or(0);
    for ((code, name), (count, severity, safe)) in rows {
        let code = paint.bold(&format!("{code:<6}"));
        let word = paint.severity(severity, severity.as_str());
        write!(out, "{count:>6}  {code}  {name:<name_width$}  {word}")?;
        if safe > 0 {
            write!(out, "{}  {safe} with --fix", " ".repeat("warning".len() - severity.as_str().len()))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `1 file`, `2 files`.
pub(super) fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
