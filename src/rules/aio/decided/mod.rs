//! What an author has decided for another linter that asks the same: `# noqa: RUF006` beside a task that nothing keeps.

use crate::diagnostic::Span;
use crate::formats::python::{Call, Module};
use crate::repo::Source;

/// Whether a comment on a line of the call silences one of `codes`, or all that begin so, by name. A bare `# noqa` says
/// nothing about what it means.
pub(super) fn is_decided(source: &Source, module: &Module, call: &Call, codes: &[&str]) -> bool {
    let lines = Span::new(source.line_at(call.span.start).start, source.line_at(call.span.end).end);
    let here = module.comments.iter().filter(|comment| lines.covers(**comment));
    here.into_iter().any(|comment| {
        let text = comment.of(source.text());
        let named = text.to_ascii_lowercase().find("noqa:").and_then(|at| text.get(at + "noqa:".len()..));
        let mut names = named.unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric());
        names.any(|name| !name.is_empty() && codes.iter().any(|code| name.to_ascii_uppercase().starts_with(code)))
    })
}
