//! TOML as the same tree that YAML gives, so that a platform's file is read one way whatever its format.

use toml_edit::{Document, Item, Key, TableLike, Value as TomlValue};

use super::PlatformFileError;
use crate::diagnostic::Span;
use crate::formats::yaml::{Node, Style, Value};

/// Reads TOML.
pub(super) fn parse(text: &str) -> Result<Node, PlatformFileError> {
    let document = Document::parse(text).map_err(|error| PlatformFileError {
        message: error.message().to_owned(),
        span: error.span().map_or(Span::at(0), Span::from),
    })?;
    Ok(table(document.as_table(), Span::new(0, text.len()), text))
}

fn table(table: &dyn TableLike, span: Span, text: &str) -> Node {
    let entry = |(name, item): (&str, &Item)| {
        let value = item_node(item, text)?;
        let key = table.key(name).and_then(Key::span).map_or(Span::at(value.span.start), Span::from);
        Some((Node::new(key, Value::String(name.to_owned()), Style::Plain, ""), value))
    };
    Node::new(span, Value::Mapping(table.iter().filter_map(entry).collect()), Style::Plain, "")
}

fn item_node(item: &Item, text: &str) -> Option<Node> {
    let span = item.span().map(Span::from).unwrap_or_default();
    match item {
        Item::None => None,
        Item::Value(value) => Some(value_node(value, text)),
        Item::Table(inner) => Some(table(inner, span, text)),
        Item::ArrayOfTables(tables) => {
            let node = |inner: &toml_edit::Table| table(inner, inner.span().map(Span::from).unwrap_or(span), text);
            Some(Node::new(span, Value::Sequence(tables.iter().map(node).collect()), Style::Plain, ""))
        }
    }
}

fn value_node(value: &TomlValue, text: &str) -> Node {
    let span = value.span().map(Span::from).unwrap_or_default();
    let written = span.of(text);
    match value {
        TomlValue::String(string) => {
            let style = if written.starts_with('"') { Style::DoubleQuoted } else { Style::SingleQuoted };
            Node::new(span, Value::String(string.value().clone()), style, "")
        }
        TomlValue::Integer(number) => Node::new(span, Value::Integer(*number.value()), Style::Plain, written),
        TomlValue::Float(number) => Node::new(span, Value::Float(*number.value()), Style::Plain, written),
        TomlValue::Boolean(boolean) => Node::new(span, Value::Bool(*boolean.value()), Style::Plain, written),
        TomlValue::Datetime(_) => Node::new(span, Value::String(written.to_owned()), Style::Plain, ""),
        TomlValue::Array(array) => {
            let items = array.iter().map(|item| value_node(item, text)).collect();
            Node::new(span, Value::Sequence(items), Style::Plain, "")
        }
        TomlValue::InlineTable(inner) => table(inner, span, text),
    }
}
