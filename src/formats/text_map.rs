//! From offsets in a decoded value (an unquoted string, a block scalar without its indentation) back to the file's text.

use crate::diagnostic::Span;

/// Where each byte of a decoded value stands in the file: runs of bytes that are the same in both, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMap {
    /// `(offset in the value, offset in the file)` of each run's first byte; strictly rising in the first.
    runs: Vec<(usize, usize)>,
    /// `(offset in the value, end in the file)` of last bytes that take more than one byte in the file: of escapes.
    ends: Vec<(usize, usize)>,
    /// The end of the value in the file, which no offset exceeds.
    limit: usize,
}

impl Default for TextMap {
    fn default() -> Self {
        Self { runs: Vec::new(), ends: Vec::new(), limit: usize::MAX }
    }
}

impl TextMap {
    /// The map of a value that stands in the file as it is, from `offset` on.
    #[must_use]
    pub fn shift(offset: usize) -> Self {
        Self { runs: vec![(0, offset)], ..Self::default() }
    }

    /// States that no byte of the value stands at or after `end` of the file.
    pub(crate) fn limit(&mut self, end: usize) {
        self.limit = self.limit.min(end);
    }

    /// States that the value's byte at `value` stands at `file`, and that those after it follow one by one. Calls must
    /// come with rising `value`; a second call for the same `value` replaces the first.
    pub(crate) fn push(&mut self, value: usize, file: usize) {
        while self.runs.last().is_some_and(|&(last, _)| last >= value) {
            self.runs.pop();
        }
        if self.runs.last().is_none_or(|&(last_value, last_file)| last_file + (value - last_value) != file) {
            self.runs.push((value, file));
        }
    }

    /// States that the value's byte at `value`, the last of an escaped character, ends in the file at `end`.
    pub(crate) fn push_end(&mut self, value: usize, end: usize) {
        self.ends.push((value, end));
    }

    /// The file's offset for an offset in the value.
    #[must_use]
    pub fn offset(&self, value: usize) -> usize {
        let index = self.runs.partition_point(|&(start, _)| start <= value);
        let offset = match index.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(&(start, file)) => file + (value - start),
            None => self.runs.first().map_or(value, |&(_, file)| file),
        };
        offset.min(self.limit)
    }

    /// The file's range for a range in the value. The end is taken just past the last byte inside, so that a range that
    /// ends where a line does stays on that line.
    #[must_use]
    pub fn span(&self, span: Span) -> Span {
        if span.is_empty() {
            return Span::at(self.offset(span.start));
        }
        let last = span.end - 1;
        let end = match self.ends.binary_search_by_key(&last, |&(value, _)| value) {
            Ok(index) => self.ends.get(index).map_or(0, |&(_, end)| end),
            Err(_) => self.offset(last) + 1,
        };
        Span::new(self.offset(span.start), end.min(self.limit))
    }

    /// Adds to `target` what this map knows of the value's `range`, whose first byte is `at` in the value of `target`.
    pub(crate) fn copy_range(&self, range: Span, at: usize, target: &mut TextMap) {
        target.limit(self.limit);
        target.push(at, self.offset(range.start));
        let first = self.runs.partition_point(|&(start, _)| start <= range.start);
        for &(start, file) in self.runs.iter().skip(first).take_while(|&&(start, _)| start < range.end) {
            target.push(at + (start - range.start), file);
        }
        let first = self.ends.partition_point(|&(value, _)| value < range.start);
        for &(value, end) in self.ends.iter().skip(first).take_while(|&&(value, _)| value < range.end) {
            target.push_end(at + (value - range.start), end);
        }
    }

    /// The map of the value's part that starts at `from`.
    #[must_use]
    pub fn suffix(&self, from: usize) -> Self {
        let mut map = Self::default();
        self.copy_range(Span::new(from, usize::MAX), 0, &mut map);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_runs() {
        let mut map = TextMap::shift(10);
        map.push(4, 20);
        map.push(6, 22);
        assert_eq!([0, 3, 4, 7].map(|at| map.offset(at)), [10, 13, 20, 23]);
        assert_eq!(map.span(Span::new(1, 4)), Span::new(11, 14));
        assert_eq!([0, 1, 2, 3].map(|at| map.suffix(3).offset(at)), [13, 20, 21, 22]);
    }
}
