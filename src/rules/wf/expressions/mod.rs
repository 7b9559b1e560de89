//! Where the expressions of a workflow stand, and the words for what is wrong with them.

use crate::diagnostic::Span;
use crate::formats::workflow::ExpressionFault;
use crate::formats::yaml::{Node, Style, Value};

/// What is wrong with an expression, up to "so GitHub refuses …", and what to do.
pub(super) fn expression_words(fault: ExpressionFault) -> (String, &'static str) {
    match fault {
        ExpressionFault::Open => {
            ("an expression is opened with `${{` and never closed".to_owned(), "close it with `}}`")
        }
        ExpressionFault::Empty => ("an expression is empty".to_owned(), "write what it stands for"),
        ExpressionFault::UnknownName(name) => (
            format!("`{name}` is neither a context nor a function of GitHub's expressions"),
            "begin with a context such as `github`, `env`, `secrets`, `vars`, `inputs`, `matrix`, `steps` or `needs`",
        ),
        ExpressionFault::BareValue => (
            "an expression holds a value where it should name one".to_owned(),
            "write `secrets.NAME` and keep the value among the repository's secrets; if it is a token, revoke it",
        ),
        ExpressionFault::DoubleQuotes => {
            ("an expression holds text in double quotes".to_owned(), "write it in single quotes")
        }
    }
}

/// Whether a name in an expression is a value.
pub(super) fn is_literal(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "nan" | "infinity")
}

/// The places of all scalars that hold an expression; of a block, without its first line, which may carry a comment.
pub(super) fn collect_scalars(node: &Node, text: &str, found: &mut Vec<Span>) {
    collect_scalars_holding(node, text, "${{", found);
}

/// The same of scalars that hold `wanted`.
pub(super) fn collect_scalars_holding(node: &Node, text: &str, wanted: &str, found: &mut Vec<Span>) {
    match &node.value {
        Value::String(value) if value.contains(wanted) && node.span == node.content => {
            let is_block = matches!(node.style, Style::Literal | Style::Folded);
            let head = if is_block { node.raw(text).find('\n').unwrap_or(0) } else { 0 };
            found.push(Span::new(node.span.start + head, node.span.end));
        }
        Value::Sequence(items) => {
            items.iter().for_each(|item| collect_scalars_holding(item, text, wanted, found));
        }
        Value::Mapping(entries) => {
            entries.iter().for_each(|(_, value)| collect_scalars_holding(value, text, wanted, found));
        }
        _ => {}
    }
}
