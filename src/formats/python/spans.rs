//! From offsets in the text that was parsed to spans of the file.

use ruff_text_size::{Ranged, TextRange};

use crate::diagnostic::Span;

/// A piece of parsed text and the piece of the file that it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where it starts in the parsed text; it ends where the next starts.
    pub parsed: usize,
    /// Its place in the file. Of equal length when it stands there as it is; else an escape such as `\n` or `\u00e9`.
    pub file: Span,
    /// Whether offsets inside correspond one to one.
    pub verbatim: bool,
}

/// Maps ranges of the parsed text to spans of the file.
#[derive(Debug, Default)]
pub(super) struct SpanMap {
    /// In ascending order; empty where the parsed text is the file's own.
    pub segments: Vec<Segment>,
}

impl SpanMap {
    pub fn span(&self, item: &impl Ranged) -> Span {
        self.map(item.range())
    }

    pub fn map(&self, range: TextRange) -> Span {
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        if self.segments.is_empty() {
            return Span::new(start, end);
        }
        let Some(first) = self.segment(start) else { return Span::default() };
        let mapped = if first.verbatim { first.file.start + (start - first.parsed) } else { first.file.start };
        // The text between two cells belongs to neither, so a start there may lie past the end of its segment.
        let mapped = mapped.min(first.file.end);
        if end <= start {
            return Span::at(mapped);
        }
        let Some(last) = self.segment(end - 1) else { return Span::at(mapped) };
        let end = if last.verbatim { last.file.start + (end - last.parsed) } else { last.file.end };
        Span::new(mapped, end.min(last.file.end))
    }

    fn segment(&self, offset: usize) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.parsed <= offset);
        self.segments.get(after.checked_sub(1)?)
    }
}
