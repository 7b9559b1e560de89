//! YAML: documents as trees of values with spans, by the 1.2 core schema. Depth and alias expansion are bounded.

mod build;
mod node;
mod read;
mod scalar;
mod text;

#[cfg(test)]
mod tests;

use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

pub use node::{Node, Style, Value};

/// How deep values may nest. Real manifests stay below 40.
pub const MAX_DEPTH: usize = 128;

/// How many nodes aliases may add to a file's documents.
pub const MAX_ALIASED_NODES: usize = 50_000;

/// One document of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its value; null for an empty document.
    pub root: Node,
    /// Keys that a mapping holds more than once, in the order of the later ones.
    pub duplicate_keys: Vec<DuplicateKey>,
}

/// A key that its mapping already holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key.
    pub key: String,
    /// Where it stands first.
    pub first: Span,
    /// Where it stands again.
    pub second: Span,
}

/// Why text is not YAML, or not YAML that is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// The reason, as a clause.
    pub message: String,
    /// Where it was noticed.
    pub span: Span,
}

/// Reads all documents of `text`. All spans are moved right by `offset`, for YAML that stands inside a larger file.
///
/// # Errors
/// [`YamlError`] where the text is not YAML, nests deeper than [`MAX_DEPTH`], or its aliases add more than
/// [`MAX_ALIASED_NODES`] nodes.
pub fn parse(text: &str, offset: usize) -> Result<Vec<Document>, YamlError> {
    build::documents(text, offset)
}

/// From offsets in the value of a JSON string to offsets in the file, whose whole text is `text`; `span` holds the string
/// with its quotes. JSON's escapes are among YAML's.
pub(crate) fn json_string_map(value: &str, span: Span, text: &str) -> TextMap {
    text::map(value, Style::DoubleQuoted, span, text)
}
