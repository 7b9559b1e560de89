//! What went wrong with what the user asked for: not a finding, but a reason that there can't be any.

use std::io::{self, Write};

use super::full::{View, handler};
use super::snippet::Snippets;
use super::wrap::wrap;
use super::{Presentation, sanitize};
use crate::diagnostic::{RepoPath, Severity, Span};
use crate::repo::Source;

/// What went wrong.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// In one sentence.
    pub message: &'a str,
    /// Where: the file's name and text, the range, and a remark at it.
    pub place: Option<(&'a str, &'a str, Span, &'a str)>,
    /// What to do about it.
    pub help: Option<&'a str>,
}

/// Writes a problem for people.
///
/// # Errors
/// What `out` reports.
pub fn write_problem(out: &mut dyn Write, problem: &Problem<'_>, presentation: Presentation) -> io::Result<()> {
    let Presentation { paint, width, .. } = presentation;
    let message = sanitize::text(problem.message);
    match problem.place {
        None => {
            let word = paint.severity(Severity::Error, "error:");
            writeln!(out, "{word} {message}")?;
        }
        Some((name, text, span, remark)) => {
            let source = Source::new(RepoPath::new(name), text);
            let snippets = Snippets::of_place(name, &source, span, remark, width);
            let view = View { severity: Severity::Error, message: &message, snippets: Some(&snippets) };
            let mut rendered = String::new();
            handler(presentation).render_report(&mut rendered, &view).map_err(io::Error::other)?;
            for line in rendered.lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
    }
    if let Some(help) = problem.help {
        let first = format!("  {} ", paint.accent("help:"));
        writeln!(out, "{}", wrap(&sanitize::text(help), width, &first, "        "))?;
    }
    Ok(())
}
