//! Where the characters of a decoded text stand in its file: through line continuations, quotes and escapes.

use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

/// Maps ranges of a decoded text back to ranges of the file that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOrigin {
    /// Stretches in the order of the text, without gaps in the decoded text.
    pieces: Vec<Piece>,
    /// The whole text's place.
    whole: Span,
}

/// A stretch of decoded text and the stretch of the file that it stands for: the same bytes where the lengths agree,
/// otherwise an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    decoded: Span,
    source: Span,
}

impl TextOrigin {
    /// A text of `length` bytes that stands at `offset` as it is.
    #[must_use]
    pub fn verbatim(offset: usize, length: usize) -> Self {
        let source = Span::new(offset, offset + length);
        Self { pieces: vec![Piece { decoded: Span::new(0, length), source }], whole: source }
    }

    /// A text that stands somewhere in `span`, in a form that can't be followed: each part of it maps to all of `span`.
    #[must_use]
    pub fn opaque(span: Span) -> Self {
        Self { pieces: Vec::new(), whole: span }
    }

    /// A word of a command line that reads `text` and stands at `span`, perhaps in quotes. Where the word's own map is at
    /// hand, [`Self::mapped`] knows better.
    #[must_use]
    pub fn word(text: &str, span: Span) -> Self {
        match span.len().checked_sub(text.len()) {
            Some(0) => Self::verbatim(span.start, text.len()),
            // Two bytes more are two quotes, or two escapes; beyond ASCII, those could put a place inside a character.
            Some(2) if text.is_ascii() => Self { whole: span, ..Self::verbatim(span.start + 1, text.len()) },
            _ => Self::opaque(span),
        }
    }

    /// A text of which `map` says where each character stands, all of it in `whole`.
    #[must_use]
    pub fn mapped(text: &str, map: &TextMap, whole: Span) -> Self {
        let mut origin = Self::empty(whole.start);
        for (at, c) in text.char_indices() {
            origin.push(c.len_utf8(), map.span(Span::new(at, at + c.len_utf8())));
        }
        Self { whole, ..origin }
    }

    /// A text to which stretches are added with [`Self::push`].
    #[must_use]
    pub(crate) fn empty(offset: usize) -> Self {
        Self { pieces: Vec::new(), whole: Span::at(offset) }
    }

    /// Adds `length` decoded bytes that stand for `source`.
    pub(crate) fn push(&mut self, length: usize, source: Span) {
        if length == 0 {
            return;
        }
        let start = self.pieces.last().map_or(0, |piece| piece.decoded.end);
        self.whole = Span::new(self.whole.start.min(source.start), source.end);
        if let Some(last) = self.pieces.last_mut()
            && last.decoded.len() == last.source.len()
            && length == source.len()
            && last.source.end == source.start
        {
            last.decoded.end += length;
            last.source.end = source.end;
            return;
        }
        self.pieces.push(Piece { decoded: Span::new(start, start + length), source });
    }

    /// The place of the decoded bytes `start..end`.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        if self.pieces.is_empty() {
            return self.whole;
        }
        let start_at = self.offset(start);
        if end <= start {
            return Span::at(start_at);
        }
        let end_at = match self.piece_at(end - 1) {
            Some(piece) if piece.decoded.len() == piece.source.len() => {
                piece.source.start + (end - piece.decoded.start)
            }
            Some(piece) => piece.source.end,
            None => self.whole.end,
        };
        Span::new(start_at, end_at)
    }

    /// The place in the file of the decoded offset `at`: that of the byte there; at the end, just past the last one.
    #[must_use]
    pub fn offset(&self, at: usize) -> usize {
        match self.piece_at(at) {
            Some(piece) if piece.decoded.len() == piece.source.len() => piece.source.start + (at - piece.decoded.start),
            Some(piece) => piece.source.start,
            None => self.pieces.last().map_or(self.whole.end, |piece| piece.source.end),
        }
    }

    /// The place just past the decoded byte before `at`: where an insertion after it goes.
    #[must_use]
    pub fn offset_after(&self, at: usize) -> usize {
        if at == 0 || self.pieces.is_empty() { self.offset(at) } else { self.span(at - 1, at).end }
    }

    /// The place of the whole text.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.whole
    }

    fn piece_at(&self, at: usize) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.decoded.end <= at);
        self.pieces.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_map_through_gaps_and_escapes() {
        // The file reads `ab\⏎cd\u0041e` from offset 10; decoded: `abcdAe`.
        let mut origin = TextOrigin::empty(10);
        origin.push(2, Span::new(10, 12));
        origin.push(2, Span::new(14, 16));
        origin.push(1, Span::new(16, 22));
        origin.push(1, Span::new(22, 23));
        assert_eq!(origin.span(0, 2), Span::new(10, 12));
        assert_eq!(origin.span(1, 3), Span::new(11, 15));
        assert_eq!(origin.span(4, 5), Span::new(16, 22));
        assert_eq!(origin.span(4, 6), Span::new(16, 23));
        assert_eq!(origin.offset(2), 14);
        assert_eq!(origin.offset_after(2), 12);
        assert_eq!(origin.offset(99), 23);
        assert_eq!(TextOrigin::word("a>1", Span::new(5, 10)).span(0, 1), Span::new(6, 7));
        assert_eq!(TextOrigin::word("a>1", Span::new(5, 20)).span(0, 1), Span::new(5, 20));
    }
}
