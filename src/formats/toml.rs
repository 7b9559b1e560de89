//! TOML documents whose strings know where their characters stand.

use toml_edit::{Document, Item, TableLike, Value};

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::TextOrigin;

/// A string value: its text, and where that stands inside the quotes.
#[derive(Debug, Clone)]
pub struct TomlString {
    /// The decoded text.
    pub text: String,
    /// Where the characters of the text stand.
    pub origin: TextOrigin,
}

impl TomlString {
    /// The text with the place of all of it, quotes not included.
    #[must_use]
    pub fn spanned(&self) -> Spanned<String> {
        let span = if self.text.is_empty() { self.origin.whole() } else { self.origin.span(0, self.text.len()) };
        Spanned::new(self.text.clone(), span)
    }
}

/// Reads a document.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_document(text: &str) -> Result<Document<&str>, Spanned<String>> {
    Document::parse(text).map_err(|error| {
        let span = error.span().map_or_else(Span::default, Span::from);
        Spanned::new(error.message().to_owned(), inside(text, span))
    })
}

/// The table at a path of keys below `table`.
#[must_use]
pub fn table_at<'a>(table: &'a dyn TableLike, path: &[&str]) -> Option<&'a dyn TableLike> {
    path.iter().try_fold(table, |table, key| table.get(key)?.as_table_like())
}

/// The string that `item` is.
#[must_use]
pub fn string_of(text: &str, item: &Item) -> Option<TomlString> {
    string_value(text, item.as_value()?)
}

/// The string that `value` is.
#[must_use]
pub fn string_value(text: &str, value: &Value) -> Option<TomlString> {
    let Value::String(string) = value else { return None };
    let decoded = string.value().clone();
    let span = string.span().map_or_else(Span::default, Span::from);
    let origin = string_origin(text, span, &decoded);
    Some(TomlString { text: decoded, origin })
}

/// The strings of the array that `item` is; what is no string in it is left out.
#[must_use]
pub fn strings_of(text: &str, item: &Item) -> Vec<TomlString> {
    let Some(array) = item.as_array() else { return Vec::new() };
    array.iter().filter_map(|value| string_value(text, value)).collect()
}

/// The place of an item; that of the document's start where it has none.
#[must_use]
pub fn span_of(text: &str, item: &Item) -> Span {
    inside(text, item.span().map_or_else(Span::default, Span::from))
}

/// The place of the key `name` of `table`.
#[must_use]
pub fn key_span(text: &str, table: &dyn TableLike, name: &str) -> Span {
    let span = table.get_key_value(name).and_then(|(key, _)| key.span());
    let span = inside(text, span.map_or_else(Span::default, Span::from));
    let quoted = span.of(text).starts_with(['"', '\'']) && span.len() >= 2;
    if quoted { Span::new(span.start + 1, span.end - 1) } else { span }
}

/// `span` cut to what lies in `text`, on the boundaries of characters.
fn inside(text: &str, span: Span) -> Span {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    Span::new(floor(span.start), floor(span.end))
}

/// Follows the characters of the string at `span`, whose value is `decoded`, through quotes and escapes.
fn string_origin(text: &str, span: Span, decoded: &str) -> TextOrigin {
    let raw = span.of(text);
    let quote_length = ["\"\"\"", "'''"].iter().find(|quote| raw.starts_with(**quote)).map_or(1, |quote| quote.len());
    let Some(inner_length) = raw.len().checked_sub(2 * quote_length) else { return TextOrigin::opaque(span) };
    let mut start = span.start + quote_length;
    let end = start + inner_length;
    if quote_length == 3 {
        // A line break right behind the opening quotes is no part of the text.
        let rest = text.get(start..end).unwrap_or_default();
        start += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let inner = text.get(start..end).unwrap_or_default();
    if inner == decoded {
        return if decoded.is_empty() {
            TextOrigin::opaque(Span::at(start))
        } else {
            TextOrigin::verbatim(start, inner.len())
        };
    }
    let mut origin = TextOrigin::empty(start);
    let mut length = 0;
    let mut at = 0;
    while let Some(rest) = inner.get(at..).filter(|rest| !rest.is_empty()) {
        let (from, to) = unit(rest, raw.starts_with('"'));
        let source = Span::new(start + at, start + at + from);
        origin.push(to, source);
        length += to;
        at += from;
    }
    if length == decoded.len() { origin } else { TextOrigin::opaque(span) }
}

/// The next unit of a string's inside: how many bytes it takes in the file, and how many in the decoded text.
fn unit(rest: &str, escapes: bool) -> (usize, usize) {
    let plain = rest.chars().next().map_or(1, char::len_utf8);
    if !escapes || !rest.starts_with('\\') {
        return if rest.starts_with("\r\n") { (2, 1) } else { (plain, plain) };
    }
    let hex = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => hex(2),
        Some(b'u') => hex(4),
        Some(b'U') => hex(8),
        Some(b' ' | b'\t' | b'\r' | b'\n') => {
            let after = rest.get(1..).unwrap_or_default();
            (1 + after.len() - after.trim_start().len(), 0)
        }
        _ => (2.min(rest.len()), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_found_through_quotes_and_escapes() {
        let text = "a = \"fl\\u0061sk>=2\"\nb = '''\nplain'''\nc = \"\"\"x\\\n   y\"\"\"\n\"d e\" = ''\n";
        let document = parse_document(text).unwrap();
        let string = |key: &str| string_of(text, document.get(key).unwrap()).unwrap();
        let a = string("a");
        assert_eq!(a.origin.span(0, 5).of(text), "fl\\u0061sk");
        assert_eq!(a.origin.span(5, 8).of(text), ">=2");
        assert_eq!(string("b").spanned().span.of(text), "plain");
        let c = string("c");
        assert_eq!((c.text.as_str(), c.origin.span(1, 2).of(text)), ("xy", "y"));
        assert_eq!(key_span(text, document.as_table(), "d e").of(text), "d e");
        assert_eq!(parse_document("a = \"é\n").unwrap_err().span.of("a = \"é\n").chars().count(), 0);
    }
}
