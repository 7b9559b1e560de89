//! Where the characters of a string's value stand in the file: the value and the raw text are walked side by side.

use super::Style;
use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

/// The map of `value`, written in `style` at `content` of the file's whole `text`.
pub(super) fn map(value: &str, style: Style, content: Span, text: &str) -> TextMap {
    let raw = content.of(text);
    match style {
        Style::Literal | Style::Folded => {
            // The header line (`|-`, `>2 # comment`) is part of the scalar's span in some positions and not in others.
            let header = if raw.starts_with(['|', '>']) { raw.find('\n').map_or(raw.len(), |at| at + 1) } else { 0 };
            align(value.as_bytes(), raw.as_bytes(), header, style, content.start)
        }
        Style::SingleQuoted | Style::DoubleQuoted => {
            align(value.as_bytes(), raw.as_bytes(), usize::from(raw.starts_with(['"', '\''])), style, content.start)
        }
        Style::Plain => align(value.as_bytes(), raw.as_bytes(), 0, style, content.start),
    }
}

fn align(value: &[u8], raw: &[u8], start: usize, style: Style, base: usize) -> TextMap {
    let block = matches!(style, Style::Literal | Style::Folded);
    let indentation = if block { block_indentation(raw, start) } else { usize::MAX };
    let mut map = TextMap::default();
    let mut at = if block { skip_blanks(raw, start, indentation) } else { start };
    let mut index = 0;
    while let Some(&byte) = value.get(index) {
        map.push(index, base + at.min(raw.len()));
        let (taken, consumed) = match raw.get(at) {
            None => break,
            Some(b'\r' | b'\n') => {
                // A line break in the file is a line break or a space in the value, or nothing at all.
                let next = at + if raw[at..].starts_with(b"\r\n") { 2 } else { 1 };
                let next = skip_blanks(raw, next, indentation);
                (usize::from(matches!(byte, b'\n' | b' ')), next - at)
            }
            Some(b'\'') if style == Style::SingleQuoted && byte == b'\'' => (1, 2),
            Some(b'\\') if style == Style::DoubleQuoted => escape(&value[index..], &raw[at..]),
            Some(&other) if other == byte => (1, 1),
            Some(_) => (0, 1),
        };
        index += taken;
        at += consumed;
    }
    map.push(value.len(), base + at.min(raw.len()));
    map
}

/// How many bytes of the value and of the raw text an escape sequence stands for.
fn escape(value: &[u8], raw: &[u8]) -> (usize, usize) {
    let length = match raw.get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        Some(b'\r' | b'\n') => {
            let next = if raw[1..].starts_with(b"\r\n") { 3 } else { 2 };
            return (0, skip_blanks(raw, next, usize::MAX));
        }
        _ => 2,
    };
    let character = match value.first() {
        Some(0xF0..) => 4,
        Some(0xE0..) => 3,
        Some(0xC0..) => 2,
        _ => 1,
    };
    (character, length)
}

/// The indentation of a block scalar: that of its first line that is not blank.
fn block_indentation(raw: &[u8], start: usize) -> usize {
    let lines = raw.get(start..).unwrap_or_default().split(|&byte| byte == b'\n');
    lines
        .map(|line| line.iter().position(|byte| !matches!(byte, b' ' | b'\r')))
        .find_map(|indentation| indentation)
        .unwrap_or(0)
}

/// The offset after at most `limit` blanks from `at` on.
fn skip_blanks(raw: &[u8], at: usize, limit: usize) -> usize {
    let blanks = raw.get(at..).unwrap_or_default().iter().take(limit).take_while(|byte| matches!(byte, b' ' | b'\t'));
    at + blanks.count()
}
