//! What formats on top of YAML keep reading: names and values, lists of strings.

use super::{Node, Style};
use crate::diagnostic::Spanned;

impl Node {
    /// The text of the scalar at `key` with its place.
    #[must_use]
    pub fn text_at(&self, key: &str) -> Option<Spanned<String>> {
        self.get(key)?.spanned_text()
    }

    /// `text` as it may stand in the place of this scalar: in the same quotes, where it has some.
    #[must_use]
    pub fn in_same_quotes(&self, text: &str) -> String {
        let quote = match self.style {
            Style::SingleQuoted => '\'',
            Style::DoubleQuoted => '"',
            _ => return text.to_owned(),
        };
        if text.contains(['"', '\'', '\\']) { text.to_owned() } else { format!("{quote}{text}{quote}") }
    }

    /// The scalars of a list, or the one scalar that stands in its place; anything else in it is left out.
    #[must_use]
    pub fn texts(&self) -> Vec<Spanned<String>> {
        self.items_or_self().iter().filter_map(Node::spanned_text).collect()
    }

    /// [`Node::texts`] of the value at `key`; empty where there is none.
    #[must_use]
    pub fn texts_at(&self, key: &str) -> Vec<Spanned<String>> {
        self.get(key).map(Node::texts).unwrap_or_default()
    }

    /// The entries of a mapping whose values are scalars, as text; merge keys are resolved. Null counts as empty text.
    #[must_use]
    pub fn text_entries(&self) -> Vec<(Spanned<String>, Spanned<String>)> {
        let entry = |(key, value): (&Node, &Node)| {
            let text =
                value.spanned_text().or_else(|| value.is_null().then(|| Spanned::new(String::new(), value.span)));
            Some((key.spanned_text()?, text?))
        };
        self.merged_entries().into_iter().filter_map(entry).collect()
    }

    /// [`Node::text_entries`] of the value at `key`; empty where there is none.
    #[must_use]
    pub fn text_entries_at(&self, key: &str) -> Vec<(Spanned<String>, Spanned<String>)> {
        self.get(key).map(Node::text_entries).unwrap_or_default()
    }
}
