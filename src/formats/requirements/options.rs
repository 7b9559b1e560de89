//! The options that pip knows in requirements files, and how it reads them.

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::TextOrigin;

/// Where pip heeds an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a line of its own.
    OwnLine,
    /// On the line of a requirement.
    Requirement,
}

/// One option as used.
#[derive(Debug)]
pub(super) struct OptionUse {
    pub name: &'static str,
    pub place: Place,
    pub value: Option<Spanned<String>>,
    pub span: Span,
}

struct Known {
    name: &'static str,
    short: Option<char>,
    takes_value: bool,
    place: Place,
}

const fn on_own_line(name: &'static str, short: Option<char>, takes_value: bool) -> Known {
    Known { name, short, takes_value, place: Place::OwnLine }
}

const fn on_requirement(name: &'static str) -> Known {
    Known { name, short: None, takes_value: true, place: Place::Requirement }
}

/// The options of `pip/_internal/req/req_file.py`, `SUPPORTED_OPTIONS` and `SUPPORTED_OPTIONS_REQ`.
const KNOWN: &[Known] = &[
    on_own_line("--index-url", Some('i'), true),
    on_own_line("--pypi-url", None, true),
    on_own_line("--extra-index-url", None, true),
    on_own_line("--no-index", None, false),
    on_own_line("--constraint", Some('c'), true),
    on_own_line("--requirement", Some('r'), true),
    on_own_line("--editable", Some('e'), true),
    on_own_line("--find-links", Some('f'), true),
    on_own_line("--no-binary", None, true),
    on_own_line("--only-binary", None, true),
    on_own_line("--prefer-binary", None, false),
    on_own_line("--require-hashes", None, false),
    on_own_line("--pre", None, false),
    on_own_line("--trusted-host", None, true),
    on_own_line("--use-feature", None, true),
    on_requirement("--global-option"),
    on_requirement("--install-option"),
    on_requirement("--config-settings"),
    on_requirement("--hash"),
];

/// A word of the option part of a line, with its offsets in the logical line.
struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// Reads the option part of a line, which begins at `offset` of the logical line.
///
/// # Errors
/// Why pip would refuse the line, and the place.
pub(super) fn parse_options(text: &str, offset: usize, origin: &TextOrigin) -> Result<Vec<OptionUse>, Spanned<String>> {
    let words = split_words(text, offset)
        .map_err(|at| Spanned::new("the quote is not closed".to_owned(), origin.span(at, offset + text.len())))?;
    let mut options = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let span = origin.span(word.start, word.end);
        let refuse = |message: String| Err(Spanned::new(message, span));
        let Some((known, attached)) = known_option(&word.text) else {
            return refuse(if word.text.starts_with('-') {
                format!("pip knows no option `{}` in a requirements file", shorten(&word.text))
            } else {
                format!("`{}` follows an option and belongs to nothing", shorten(&word.text))
            });
        };
        let value = if !known.takes_value {
            if attached.is_some() {
                return refuse(format!("`{}` takes no value", known.name));
            }
            None
        } else if let Some(attached) = attached {
            Some(Spanned::new(word.text.get(attached..).unwrap_or_default().to_owned(), {
                // In a quoted word the offsets inside are not known.
                let verbatim = word.text.len() == word.end - word.start;
                if verbatim { origin.span(word.start + attached, word.end) } else { span }
            }))
        } else if let Some(next) = words.next() {
            Some(Spanned::new(next.text, origin.span(next.start, next.end)))
        } else {
            return refuse(format!("`{}` needs a value", known.name));
        };
        let end = value.as_ref().map_or(span.end, |value| value.span.end);
        let name = if known.name == "--pypi-url" { "--index-url" } else { known.name };
        options.push(OptionUse { name, place: known.place, value, span: Span::new(span.start, end) });
    }
    Ok(options)
}

/// The option that a word names, by its full name, a prefix that no other has, or its letter; and the offset of a value
/// that is attached to it.
fn known_option(word: &str) -> Option<(&'static Known, Option<usize>)> {
    if word.starts_with("--") {
        let equals = word.find('=');
        let name = word.get(..equals.unwrap_or(word.len()))?;
        let attached = equals.map(|at| at + 1);
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            return Some((known, attached));
        }
        let mut candidates = KNOWN.iter().filter(|known| name.len() > 2 && known.name.starts_with(name));
        return match (candidates.next(), candidates.next()) {
            (Some(known), None) => Some((known, attached)),
            _ => None,
        };
    }
    let letter = word.strip_prefix('-')?.chars().next()?;
    let known = KNOWN.iter().find(|known| known.short == Some(letter))?;
    Some((known, (word.len() > 2).then_some(2)))
}

/// Splits as a POSIX shell would, without expansion. `Err` with the offset of a quote that is not closed.
fn split_words(text: &str, offset: usize) -> Result<Vec<Word>, usize> {
    let mut words: Vec<Word> = Vec::new();
    let mut current: Option<Word> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            words.extend(current.take());
            continue;
        }
        let word = current.get_or_insert_with(|| Word { text: String::new(), start: offset + at, end: offset + at });
        match c {
            '\'' | '"' => {
                let mut closed = false;
                while let Some((_, inner)) = chars.next() {
                    if inner == c {
                        closed = true;
                        break;
                    }
                    let escaped = inner == '\\' && c == '"';
                    match chars.peek() {
                        Some((_, next)) if escaped && matches!(next, '"' | '\\') => {
                            word.text.push(*next);
                            chars.next();
                        }
                        _ => word.text.push(inner),
                    }
                }
                if !closed {
                    return Err(offset + at);
                }
            }
            '\\' => {
                if let Some((_, next)) = chars.next() {
                    word.text.push(next);
                }
            }
            c => word.text.push(c),
        }
        word.end = offset + chars.peek().map_or(text.len(), |(next, _)| *next);
    }
    words.extend(current);
    Ok(words)
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
