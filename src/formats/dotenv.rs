//! `.env` files: `NAME=value` lines.

use crate::diagnostic::{Span, Spanned};

/// One line that sets a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The variable.
    pub name: Spanned<String>,
    /// The value without quotes, expansions and escapes as written; empty where nothing follows `=`. `None` for a bare
    /// name without `=`.
    pub value: Option<Spanned<String>>,
}

/// Reads a `.env` file. Lines that set nothing are passed over.
#[must_use]
pub fn parse(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let line_end = at + line.len();
        let (entry, end) = entry(text, at, line_end);
        entries.extend(entry);
        at = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| end + newline + 1);
    }
    entries
}

/// The entry of the line `start..line_end` and where it ends: later than the line where a quoted value goes on.
fn entry(text: &str, start: usize, line_end: usize) -> (Option<Entry>, usize) {
    let line = text.get(start..line_end).unwrap_or("");
    let mut trimmed = line.trim_start();
    if let Some(rest) = trimmed.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])) {
        trimmed = rest.trim_start();
    }
    let name_start = line_end - trimmed.len();
    let name_end = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    let name_end = name_start + name_end.unwrap_or(trimmed.len());
    let name = text.get(name_start..name_end).unwrap_or("");
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return (None, line_end);
    }
    let name = Spanned::new(name.to_owned(), Span::new(name_start, name_end));
    let rest = text.get(name_end..line_end).unwrap_or("").trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return (Some(Entry { name, value: None }), line_end);
    }
    let Some(rest) = rest.strip_prefix('=') else { return (None, line_end) };
    let value = rest.trim_start();
    let value_start = line_end - value.len();
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(end) = closing_quote(text, value_start + 1, quote)
    {
        let span = Span::new(value_start + 1, end);
        return (Some(Entry { name, value: Some(Spanned::new(span.of(text).to_owned(), span)) }), end + 1);
    }
    let comment = value
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || value.get(..at).is_some_and(|before| before.ends_with([' ', '\t'])));
    let value = value.get(..comment.unwrap_or(value.len())).unwrap_or(value).trim_end();
    let span = Span::new(value_start, value_start + value.len());
    (Some(Entry { name, value: Some(Spanned::new(value.to_owned(), span)) }), line_end)
}

fn closing_quote(text: &str, start: usize, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.get(start..)?.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote == '"' {
            escaped = true;
        } else if character == quote {
            return Some(start + at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let text = "# c\nA=1\r\nexport B = \"x # y\" # c\nC='日本'\nD=a#b # c\nE=\nF\nG=\"two\nlines\"\nH=`k`\n1X=2\nI=\"open\nJ=2";
        let entries = parse(text);
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.name.value.as_str(), entry.value.as_ref().map(|value| value.value.as_str())))
            .collect();
        assert_eq!(
            found,
            [
                ("A", Some("1")),
                ("B", Some("x # y")),
                ("C", Some("日本")),
                ("D", Some("a#b")),
                ("E", Some("")),
                ("F", None),
                ("G", Some("two\nlines")),
                ("H", Some("k")),
                ("I", Some("\"open")),
                ("J", Some("2")),
            ]
        );
        for entry in &entries {
            assert_eq!(entry.name.span.of(text), entry.name.value);
            if let Some(value) = &entry.value {
                assert_eq!(value.span.of(text), value.value);
            }
        }
    }
}
