//! Getters that make something when they are first asked: `if _client is None: _client = Client()`.

use crate::deployment::call_graph::FunctionAt;
use crate::diagnostic::Span;
use crate::formats::python::{Assignment, BlockId, BlockKind};
use crate::repo::Source;

/// Whether a place in a function runs only as long as something that outlives the call is not there, which the function
/// then makes. What waits there waits once; in two threads it may be made twice.
pub(super) fn is_made_once(source: &Source, function: FunctionAt<'_>, place: Span, block: BlockId) -> bool {
    let module = function.module;
    let outlives = |name: &str| {
        let assigned = |row: &&Assignment| &*row.target == name;
        let rows = || module.assignments.iter().filter(assigned);
        rows().any(|row| row.function == Some(function.id))
            && (name.contains('.') || rows().any(|row| row.function.is_none()))
    };
    let text = |test: Span| test.of(source.text()).trim();
    let under = module.conditions(block).any(|(test, _, negated)| {
        let name = if negated { present(text(test)) } else { absent(text(test)) };
        name.is_some_and(outlives)
    });
    let body = function.row().body;
    under
        || module.blocks.iter().any(|other| {
            let BlockKind::Branch { test, negated: false, .. } = &other.kind else { return false };
            other.leaves
                && other.span.end <= place.start
                && other.parent.is_some_and(|parent| {
                    parent == body || module.enclosing_in_function(block).any(|(id, _)| id == parent)
                })
                && present(text(*test)).is_some_and(outlives)
        })
}

/// The name of which a test says that nothing is there: `x is None`, `not x`.
fn absent(test: &str) -> Option<&str> {
    let name = test.strip_suffix(" is None").or_else(|| test.strip_prefix("not "))?.trim();
    is_dotted(name).then_some(name)
}

/// The name of which a test says that something is there: `x is not None`, `x`.
fn present(test: &str) -> Option<&str> {
    let name = test.strip_suffix(" is not None").unwrap_or(test).trim();
    is_dotted(name).then_some(name)
}

fn is_dotted(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}
