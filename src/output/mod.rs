//! What was found, written for people and for machines: one file per format. Nothing here prints; all write to a writer.

mod concise;
mod fingerprint;
mod full;
mod github;
mod json;
pub mod markdown;
mod mask;
mod paint;
mod problem;
mod rules;
mod sanitize;
mod sarif;
mod snippet;
mod summary;
mod target;
mod wrap;

use std::io::{self, Write};
use std::path::Path;

use crate::diagnostic::{Diagnostic, Location, RepoPath, Severity};
use crate::knowledge::RulePage;
use crate::repo::{Position, Repository};

pub use mask::{hide, secrets};
pub use paint::Paint;
pub use problem::{Problem, write_problem};
pub use rules::{write_rules_json, write_rules_text};
pub use sanitize::{line, text};
pub use summary::{Counts, write_fixed, write_statistics, write_summary};
pub use target::{Target, Tree, write_target_json, write_target_text};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For reading: source, evidence, help and fix.
    Full,
    /// One line a finding.
    Concise,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow run.
    Github,
}

/// What was found below one root.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// The tree.
    pub repository: &'a Repository,
    /// What was found, sorted by place.
    pub diagnostics: &'a [Diagnostic],
    /// Number of deployments that were recognised.
    pub deployments: usize,
    /// What leads from where the user stands to the root: empty, or `apps/api/`. It stands before paths meant for people.
    pub prefix: &'a str,
    /// The folder of the tree in which the user stands, where they stand below the root: paths below it are shown as seen
    /// from there.
    pub stands_in: Option<&'a RepoPath>,
    /// The root as an absolute path; `None` for a tree in memory.
    pub absolute_root: Option<&'a Path>,
}

/// How the formats for people look.
#[derive(Debug, Clone, Copy)]
pub struct Presentation {
    /// Whether to colour.
    pub paint: Paint,
    /// The columns to fill at most.
    pub width: usize,
    /// Whether advice is shown in full.
    pub advice: bool,
}

/// Writes all findings in one format. The formats for people leave out advice unless asked for; the formats for machines
/// hold everything.
///
/// # Errors
/// What `out` reports.
pub fn write_findings(
    out: &mut dyn Write,
    format: Format,
    findings: &[Findings<'_>],
    pages: &[RulePage],
    presentation: Presentation,
) -> io::Result<()> {
    match format {
        Format::Full => full::write(out, findings, presentation),
        Format::Concise => concise::write(out, findings, presentation),
        Format::Json => json::write(out, findings),
        Format::Sarif => sarif::write(out, findings, pages),
        Format::Github => github::write(out, findings, presentation),
    }
}

/// A range as people and editors count: from 1, columns in characters, the end just past the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Region {
    start: Position,
    end: Position,
}

impl Findings<'_> {
    /// The range of a location; the start of the file where the file can't be read.
    fn region(&self, location: &Location) -> Region {
        match self.repository.source(&location.path) {
            Some(source) => Region {
                start: source.position(location.span.start),
                end: source.position(location.span.end.max(location.span.start)),
            },
            None => {
                let start = Position { line: 1, column: 1 };
                Region { start, end: start }
            }
        }
    }

    /// A path for people: as seen from where the user stands, and harmless to show.
    fn shown(&self, path: &RepoPath) -> String {
        if let Some(near) = self.stands_in.and_then(|folder| path.relative_to(folder)).filter(|near| !near.is_empty()) {
            return line(near).into_owned();
        }
        let path = if path.is_root() && !self.prefix.is_empty() { "" } else { path_text(path) };
        line(&format!("{}{path}", self.prefix)).into_owned()
    }

    /// The findings for people: by severity, the worst first, then by deployment, then as they came.
    fn by_severity(&self, advice: bool) -> Vec<&Diagnostic> {
        let shown = |diagnostic: &&Diagnostic| advice || diagnostic.severity != Severity::Advice;
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().filter(shown).collect();
        sorted.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.deployment.cmp(&b.deployment)));
        sorted
    }
}

fn path_text(path: &RepoPath) -> &str {
    if path.is_root() { "." } else { path.as_str() }
}

#[cfg(test)]
mod tests;
