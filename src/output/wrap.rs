//! Wraps text at spaces, so that URLs, paths and commands stay in one piece.

use textwrap::{Options, WordSeparator, WordSplitter};

/// `text` in lines of at most `width` columns where its words allow, `first` before the first line and `rest` before the
/// others.
pub(super) fn wrap(text: &str, width: usize, first: &str, rest: &str) -> String {
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
