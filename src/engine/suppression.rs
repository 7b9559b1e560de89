//! Suppression in place: `# preflight: ignore[NET001] reason`, on the line of the finding or on a line of its own above.

use std::sync::LazyLock;

use regex::Regex;

use crate::deployment::Documents;
use crate::diagnostic::{Diagnostic, RepoPath, RuleId, Severity, Span};
use crate::repo::Source;
use crate::rules;

/// The text without which a file holds no suppression.
pub(super) const LITERAL: &str = "preflight: ignore";

const INEFFECTIVE: RuleId = RuleId { code: "SYS002", name: "ineffective-suppression" };

/// One suppression comment.
struct Suppression {
    /// From the comment's sign to its end.
    span: Span,
    /// The line, from 1, that it speaks of.
    line: usize,
    /// The rules in its brackets, as written, with their places.
    selectors: Vec<(String, Span)>,
    used: bool,
}

/// Drops the findings that comments suppress, and reports the comments that do nothing.
pub(super) fn apply(
    documents: &Documents,
    diagnostics: Vec<Diagnostic>,
    selected: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let mut kept = Vec::new();
    let mut rest = diagnostics;
    for path in documents.files_mentioning(&[LITERAL]) {
        let Some(source) = documents.repository().source(path) else { continue };
        let mut suppressions = suppressions(documents, path, source);
        rest.retain(|diagnostic| {
            if diagnostic.location.path != *path {
                return true;
            }
            let first = source.position(diagnostic.location.span.start).line;
            let last = source.position(diagnostic.location.span.end).line;
            let hit = suppressions.iter_mut().find(|one| {
                (first..=last).contains(&one.line) && one.selectors.iter().any(|(text, _)| names(text, diagnostic.rule))
            });
            hit.is_none_or(|suppression| {
                suppression.used = true;
                false
            })
        });
        if selected(INEFFECTIVE.code) {
            kept.extend(suppressions.iter().filter_map(|suppression| complaint(source, suppression, selected)));
        }
    }
    kept.extend(rest);
    kept
}

fn names(selector: &str, rule: RuleId) -> bool {
    selector.eq_ignore_ascii_case(rule.code) || selector.eq_ignore_ascii_case(rule.name)
}

/// What is wrong with a suppression, if something is.
fn complaint(source: &Source, suppression: &Suppression, selected: &dyn Fn(&str) -> bool) -> Option<Diagnostic> {
    let report = |span: Span, message: String, help: &str| {
        let mut diagnostic = Diagnostic::new(INEFFECTIVE, Severity::Warning, source.location(span), message);
        diagnostic.help(help);
        Some(diagnostic)
    };
    if suppression.selectors.is_empty() {
        let help = "name the rules in brackets and give a reason: `preflight: ignore[NET001] only reached through the sidecar`";
        return report(suppression.span, "this suppression names no rule and does nothing".to_owned(), help);
    }
    if let Some((text, span)) = suppression.selectors.iter().find(|(text, _)| rules::find(text).is_none()) {
        return report(
            *span,
            format!("this suppression names `{text}`, and there is no such rule"),
            "`preflight rules` lists the rules",
        );
    }
    // A rule that does not run this time may have needed it.
    let all_run =
        suppression.selectors.iter().all(|(text, _)| rules::find(text).is_some_and(|rule| selected(rule.id().code)));
    if !suppression.used && all_run {
        let help = "remove it, or put it on the line of the finding or on a line of its own directly above";
        return report(suppression.span, "this suppression does nothing: no such finding on its line".to_owned(), help);
    }
    None
}

/// The suppressions of a file: comments that begin with the directive. Text that merely speaks of it is none.
fn suppressions(documents: &Documents, path: &RepoPath, source: &Source) -> Vec<Suppression> {
    static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
        #[allow(clippy::unwrap_used, reason = "a literal pattern, compiled by the tests")]
        Regex::new(r"(?m)(?:^|[ \t])(#|//|<!--)[ \t]*preflight: ignore(\[([^\]\r\n]*)\])?[^\r\n]*").unwrap()
    });
    let text = source.text();
    let comments = documents.python(path).map(|module| &module.comments);
    DIRECTIVE
        .captures_iter(text)
        .filter_map(|captures| {
            let start = captures.get(1)?.start();
            // In Python the parser knows what is a comment; elsewhere the sign has to do.
            if comments.is_some_and(|comments| !comments.iter().any(|comment| comment.start == start)) {
                return None;
            }
            let span = Span::new(start, captures.get(0)?.end());
            let selectors = captures.get(3).map_or_else(Vec::new, |list| selectors(list.as_str(), list.start()));
            Some(Suppression { span, line: line_spoken_of(source, span), selectors, used: false })
        })
        .collect()
}

fn selectors(list: &str, offset: usize) -> Vec<(String, Span)> {
    let mut at = offset;
    let mut found = Vec::new();
    for part in list.split(',') {
        let start = at + (part.len() - part.trim_start().len());
        let text = part.trim();
        if !text.is_empty() {
            found.push((text.to_owned(), Span::new(start, start + text.len())));
        }
        at += part.len() + 1;
    }
    found
}

/// The line of the comment, or, where it stands alone, the next line that is neither blank nor a comment.
fn line_spoken_of(source: &Source, comment: Span) -> usize {
    let line = source.position(comment.start).line;
    let before = source.line_span(line).map_or("", |span| Span::new(span.start, comment.start).of(source.text()));
    if !before.trim().is_empty() {
        return line;
    }
    let blank_or_comment = |line: usize| {
        let text = source.line_span(line)?.of(source.text()).trim();
        Some(text.is_empty() || text.starts_with('#') || text.starts_with("//") || text.starts_with("<!--"))
    };
    (line + 1..).find(|line| blank_or_comment(*line) != Some(true)).unwrap_or(line)
}
