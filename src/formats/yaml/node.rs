//! The tree of a YAML document: values that know where they stand.

use super::text;
use crate::diagnostic::{Span, Spanned};
use crate::formats::text_map::TextMap;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes; also every sequence and mapping.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// A value by the YAML 1.2 core schema: `on`, `yes` and `no` are strings, `3.10` is the float 3.1 (see
/// [`Node::scalar_text`] for what was written).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written, duplicates included.
    Mapping(Vec<(Node, Node)>),
}

/// One value of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands: quotes and brackets included; a block collection from its first to its last member; for an alias
    /// the alias itself (`*name`).
    pub span: Span,
    /// Where its text stands: the same as `span`, except for an alias, where it is the anchored value's.
    pub content: Span,
    /// What it is.
    pub value: Value,
    /// How it is written.
    pub style: Style,
    /// The scalar as written, for the scalars whose value does not hold it; else empty.
    pub(super) literal: Box<str>,
}

impl Node {
    /// The null that stands for nothing written at `span`.
    #[must_use]
    pub fn null(span: Span) -> Self {
        Self::new(span, Value::Null, Style::Plain, "")
    }

    /// A node that stands at `span`; `literal` is the scalar as written where the value does not hold it.
    pub(crate) fn new(span: Span, value: Value, style: Style, literal: &str) -> Self {
        Self { span, content: span, value, style, literal: literal.into() }
    }

    /// The value of `key`, for a mapping; through merge keys (`<<`) where the mapping itself lacks it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and its value, for a mapping; through merge keys (`<<`) where the mapping itself lacks it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let own = self.entries().iter().find(|(name, _)| name.scalar_text() == Some(key));
        if let Some((key, value)) = own {
            return Some((key, value));
        }
        self.merged_mappings().find_map(|mapping| mapping.entry(key))
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, for a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value, for a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The text of any scalar but null: a string's value, else what was written (`3.10`, `True`).
    #[must_use]
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) => Some(&self.literal),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// [`Node::scalar_text`] with its place.
    #[must_use]
    pub fn spanned_text(&self) -> Option<Spanned<String>> {
        self.scalar_text().map(|text| Spanned::new(text.to_owned(), self.span))
    }

    /// The members of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The members of a sequence, or the node itself where it is anything else but null: what formats mean that take
    /// "a string or a list of strings".
    #[must_use]
    pub fn items_or_self(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of a mapping as written, merge keys included; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a mapping with merge keys resolved: its own first, then those that it merges and does not override.
    #[must_use]
    pub fn merged_entries(&self) -> Vec<(&Node, &Node)> {
        let mut seen = std::collections::HashSet::new();
        let mut found = Vec::new();
        self.collect_merged(&mut seen, &mut found);
        found
    }

    fn collect_merged<'a>(
        &'a self,
        seen: &mut std::collections::HashSet<&'a str>,
        found: &mut Vec<(&'a Node, &'a Node)>,
    ) {
        for (key, value) in self.entries().iter().filter(|(key, _)| !key.is_merge()) {
            if key.scalar_text().is_none_or(|name| seen.insert(name)) {
                found.push((key, value));
            }
        }
        for mapping in self.merged_mappings() {
            mapping.collect_merged(seen, found);
        }
    }

    /// Whether it is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text as it stands in the file, quotes and indentation included. `text` is the whole file's.
    #[must_use]
    pub fn raw<'a>(&self, text: &'a str) -> &'a str {
        self.content.of(text)
    }

    /// For a string: from offsets in its value to offsets in the file, whose whole text is `text`.
    #[must_use]
    pub fn text_map(&self, text: &str) -> TextMap {
        match &self.value {
            Value::String(value) => text::map(value, self.style, self.content, text),
            _ => TextMap::shift(self.content.start),
        }
    }

    fn is_merge(&self) -> bool {
        self.style == Style::Plain && self.as_str() == Some("<<")
    }

    fn merged_mappings(&self) -> impl Iterator<Item = &Node> {
        self.entries()
            .iter()
            .filter(|(key, _)| key.is_merge())
            .flat_map(|(_, value)| value.items_or_self())
            .filter(|node| node.is_mapping())
    }
}
