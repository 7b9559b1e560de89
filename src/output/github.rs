//! Annotations of a GitHub workflow run. GitHub shows only the first ten of each kind, so the worst come first.

use std::io::{self, Write};

use super::{Findings, Presentation, Region, sanitize};
use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn write(out: &mut dyn Write, findings: &[Findings<'_>], presentation: Presentation) -> io::Result<()> {
    for findings in findings {
        for diagnostic in findings.by_severity(presentation.advice) {
            annotation(out, findings, diagnostic)?;
        }
    }
    Ok(())
}

fn annotation(out: &mut dyn Write, findings: &Findings<'_>, diagnostic: &Diagnostic) -> io::Result<()> {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let file = property(&findings.shown(&diagnostic.location.path));
    let Region { start, end } = findings.region(&diagnostic.location);
    write!(out, "::{command} file={file},line={},endLine={},col={}", start.line, end.line, start.column)?;
    // GitHub refuses an end column on another line.
    if start.line == end.line && end.column > start.column {
        write!(out, ",endColumn={}", end.column - 1)?;
    }
    let title = property(&format!("{} {}", diagnostic.rule.code, diagnostic.rule.name));
    writeln!(out, ",title={title}::{}", message(&body(findings, diagnostic)))
}

/// The message with what else a reader of the annotation needs: the evidence and what to do.
fn body(findings: &Findings<'_>, diagnostic: &Diagnostic) -> String {
    let mut body = diagnostic.message.clone();
    for label in &diagnostic.labels {
        let at = findings.region(&label.location).start;
        body.push_str(&format!("\n{}:{}: {}", findings.shown(&label.location.path), at.line, label.message));
    }
    if let Some(help) = &diagnostic.help {
        body.push_str(&format!("\nhelp: {help}"));
    }
    body
}

/// Escapes what ends a message.
fn message(text: &str) -> String {
    sanitize::text(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what ends a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
