//! The logical lines of a requirements file: `\` joins lines, comments go, and every part still knows its place.

use crate::diagnostic::Span;
use crate::formats::package::TextOrigin;

/// A line as pip sees it.
pub(super) struct LogicalLine {
    /// Its text: continuations joined, comment and outer blanks gone.
    pub text: String,
    /// Where it stands.
    pub origin: TextOrigin,
}

/// Joins physical lines and removes comments; blank lines are left out.
pub(super) fn logical_lines(text: &str) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut joined = Joined::new(0);
    let mut at = 0;
    for physical in text.split_inclusive('\n') {
        let start = at;
        at += physical.len();
        let line = physical.trim_end_matches(['\n', '\r']);
        let is_comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !is_comment {
            let kept = line.trim_end_matches('\\');
            joined.push(kept, start);
            continue;
        }
        // A comment line ends a continuation. It never joins the word before it.
        if is_comment && !joined.text.is_empty() {
            joined.push_blank(start);
        }
        joined.push(line, start);
        lines.extend(std::mem::replace(&mut joined, Joined::new(at)).finish());
    }
    lines.extend(joined.finish());
    lines
}

/// Physical lines joined so far.
struct Joined {
    text: String,
    origin: TextOrigin,
    /// The stretches of the file, as (length, offset), of which the text consists.
    parts: Vec<(usize, Span)>,
}

impl Joined {
    fn new(offset: usize) -> Self {
        Self { text: String::new(), origin: TextOrigin::empty(offset), parts: Vec::new() }
    }

    fn push(&mut self, text: &str, offset: usize) {
        self.text.push_str(text);
        self.parts.push((text.len(), Span::new(offset, offset + text.len())));
    }

    fn push_blank(&mut self, offset: usize) {
        self.text.push(' ');
        self.parts.push((1, Span::at(offset)));
    }

    /// The line without its comment and outer blanks; `None` where nothing is left.
    fn finish(mut self) -> Option<LogicalLine> {
        let end = comment_start(&self.text).unwrap_or(self.text.len());
        let kept = self.text.get(..end)?;
        let start = kept.len() - kept.trim_start().len();
        let end = start + kept.trim().len();
        let text = self.text.get(start..end)?.to_owned();
        if text.is_empty() {
            return None;
        }
        let mut at = 0;
        for (length, source) in self.parts {
            let (from, to) = (start.clamp(at, at + length) - at, end.clamp(at, at + length) - at);
            if source.len() == length {
                self.origin.push(to - from, Span::new(source.start + from, source.start + to));
            } else {
                self.origin.push(to - from, source);
            }
            at += length;
        }
        Some(LogicalLine { text, origin: self.origin })
    }
}

/// Where a comment begins: at a `#` that starts the line or follows a blank.
fn comment_start(line: &str) -> Option<usize> {
    line.match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace)))
}
