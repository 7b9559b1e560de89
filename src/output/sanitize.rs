//! Makes text from a repository harmless: no control character, escape sequence or change of direction reaches a
//! terminal, an annotation or a log raw.

use std::borrow::Cow;

/// One line of text: control characters, line breaks among them, become visible signs. Tabs stay.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, |c| c == '\t')
}

/// Text of several lines: as [`line`], and line feeds stay.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    clean(text, |c| c == '\t' || c == '\n')
}

fn clean(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|c| kept(c) || visible(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if kept(c) { c } else { visible(c) }).collect())
}

/// The character itself, or the sign to show in its place. One character stays one character, so columns stay right.
pub(super) fn visible(c: char) -> char {
    match c {
        // Unicode has a picture for each control character of ASCII.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_invisible(c) => '\u{fffd}',
        _ => c,
    }
}

/// Control characters beyond ASCII, line separators, and the marks that turn the direction of text: with these, text can
/// be shown as something else than it is.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(line("a\x1b[31mb\r\n\tc"), "a␛[31mb␍␊\tc");
        assert_eq!(text("a\nb\u{9b}31m\u{202e}\x7f"), "a\nb\u{fffd}31m\u{fffd}␡");
        assert!(matches!(line("日本 👩‍👩‍👧 é"), Cow::Borrowed(_)));
    }
}
