//! The arguments of `ENV`, `ARG`, `LABEL` and `EXPOSE`: words and `name=value` pairs with quotes and continuations.

use crate::diagnostic::{Span, Spanned};
use crate::formats::text_map::TextMap;

/// A word with its quotes taken off; `raw_start` and the map tell where it stands.
pub(super) struct RawWord {
    /// The text without quotes, expansions as written. An escaped `$` keeps its escape.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
    map: TextMap,
}

impl RawWord {
    /// `name=value` in two; `None` for the value where there is no `=`.
    pub(super) fn split(self) -> (Spanned<String>, Option<Spanned<String>>) {
        match self.text.split_once('=') {
            None => (Spanned::new(self.text, self.span), None),
            Some((name, value)) => {
                let at = (self.map.offset(name.len()) + 1).clamp(self.span.start, self.span.end);
                let name_span = self.map.span(Span::new(0, name.len()));
                (
                    Spanned::new(name.to_owned(), name_span),
                    Some(Spanned::new(value.to_owned(), Span::new(at, self.span.end))),
                )
            }
        }
    }
}

/// Splits `range` of the file's `text` into words. Line continuations and comment lines after them are passed over.
pub(super) fn words(text: &str, range: Span, escape: char) -> Vec<RawWord> {
    let source = range.of(text);
    let mut words = Vec::new();
    let mut current: Option<RawWord> = None;
    let mut quote: Option<char> = None;
    let mut at = 0;
    while let Some(character) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let length = character.len_utf8();
        let position = range.start + at;
        let rest = source.get(at + length..).unwrap_or("");
        if character == escape && quote != Some('\'') {
            if let Some(skip) = continuation(rest) {
                at += length + skip;
                continue;
            }
            let next = rest.chars().next();
            let kept = next.is_none_or(|next| next == '$' || (quote.is_some() && !matches!(next, '"' | '\\')));
            if kept {
                push(&mut current, character, position);
            }
            at += length;
            if let Some(next) = next.filter(|next| *next != '$') {
                push(&mut current, next, position + length);
                at += next.len_utf8();
            }
            continue;
        }
        match quote {
            Some(open) if character == open => {
                quote = None;
                touch(&mut current, position, length);
            }
            None if matches!(character, '"' | '\'') => {
                quote = Some(character);
                touch(&mut current, position, length);
            }
            None if character.is_whitespace() => words.extend(current.take()),
            Some('\'') if character == '$' => {
                // Single quotes keep a variable from being replaced, and so does the escape.
                push(&mut current, escape, position);
                push(&mut current, character, position);
            }
            _ => push(&mut current, character, position),
        }
        at += length;
    }
    words.extend(current);
    words
}

/// The value of the old form `ENV name value with spaces`: the text after the first word, taken as one.
pub(super) fn name_and_rest(text: &str, range: Span, escape: char) -> Option<(Spanned<String>, Spanned<String>)> {
    let source = range.of(text);
    let length = source.find(char::is_whitespace)?;
    let value_start = range.start + length + source.get(length..)?.len() - source.get(length..)?.trim_start().len();
    let value_span = Span::new(value_start, value_start + text.get(value_start..range.end)?.trim_end().len());
    let mut value = String::new();
    for word in words(text, value_span, escape) {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(&word.text);
    }
    let name = Spanned::new(source.get(..length)?.to_owned(), Span::new(range.start, range.start + length));
    Some((name, Spanned::new(value, value_span)))
}

fn touch(current: &mut Option<RawWord>, position: usize, length: usize) -> &mut RawWord {
    let word = current.get_or_insert_with(|| RawWord {
        text: String::new(),
        span: Span::at(position),
        map: TextMap::default(),
    });
    word.span.end = position + length;
    word
}

fn push(current: &mut Option<RawWord>, character: char, position: usize) {
    let word = touch(current, position, character.len_utf8());
    word.map.push(word.text.len(), position);
    word.text.push(character);
}

/// The length of a line break after an escape, with the comment lines and blank lines that may follow it.
fn continuation(rest: &str) -> Option<usize> {
    let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let mut length = blank + usize::from(rest.get(blank..)?.starts_with('\n'));
    if length == blank {
        return None;
    }
    loop {
        let line = rest.get(length..)?;
        let line = line.get(..line.find('\n')? + 1)?;
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            return Some(length);
        }
        length += line.len();
    }
}
