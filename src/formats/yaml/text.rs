//! Where the characters of a string's value stand in the file: the value and the raw text are walked side by side.

use super::Style;
use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

/// The map of `value`, written in `style` at `content` of the file's whole `text`.
pub(super) fn map(value: &str, style: Style, content: Span, text: &str) -> TextMap {
    let raw = content.of(text);
    let mut map = TextMap::default();
    let start = match style {
        Style::Plain => 0,
        Style::SingleQuoted | Style::DoubleQuoted => usize::from(raw.starts_with(['"', '\''])),
        Style::Literal | Style::Folded => raw.find('\n').map_or(raw.len(), |newline| newline + 1),
    };
    let block = matches!(style, Style::Literal | Style::Folded);
    let lines = raw.get(start..).unwrap_or("");
    let indentation = if block {
        first_indentation(lines) - first_indentation(value).min(first_indentation(lines))
    } else {
        usize::MAX
    };
    let mut at = if block { start + blanks(lines, indentation) } else { start };
    let mut index = 0;
    while let Some(character) = value.get(index..).and_then(|rest| rest.chars().next()) {
        map.push(index, content.start + at);
        let rest = raw.get(at..).unwrap_or("");
        let Some(written) = rest.chars().next() else { break };
        let (taken, consumed) = match written {
            '\r' | '\n' => {
                // A line break in the file is a line break or a space in the value, or nothing at all.
                let length = if rest.starts_with("\r\n") { 2 } else { 1 };
                let next = rest.get(length..).unwrap_or("");
                (matches!(character, '\n' | ' '), length + blanks(next, indentation))
            }
            '\'' if style == Style::SingleQuoted && character == '\'' => (true, 2),
            '\\' if style == Style::DoubleQuoted => escape(rest),
            _ => (written == character, written.len_utf8()),
        };
        if taken {
            if consumed > character.len_utf8() && !matches!(written, '\r' | '\n') {
                map.push_end(index + character.len_utf8() - 1, content.start + (at + consumed).min(raw.len()));
            }
            index += character.len_utf8();
        }
        at = (at + consumed).min(raw.len());
    }
    map.push(index, content.start + at);
    map.limit(content.end);
    map
}

/// Whether an escape sequence stands for a character, and its length.
fn escape(raw: &str) -> (bool, usize) {
    match raw.as_bytes().get(1) {
        Some(b'x') => (true, 4),
        Some(b'u') => (true, 6),
        Some(b'U') => (true, 10),
        Some(b'\r' | b'\n') => {
            let length = if raw.starts_with("\\\r\n") { 3 } else { 2 };
            (false, length + blanks(raw.get(length..).unwrap_or(""), usize::MAX))
        }
        _ => (true, 2),
    }
}

/// The number of spaces before the first line that is not blank.
fn first_indentation(text: &str) -> usize {
    let indentation = |line: &str| line.bytes().position(|byte| !matches!(byte, b' ' | b'\r'));
    text.split('\n').find_map(indentation).unwrap_or(0)
}

/// The number of blanks at the start of `text`, `limit` at most.
fn blanks(text: &str, limit: usize) -> usize {
    text.bytes().take(limit).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
