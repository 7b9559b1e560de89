//! The text of one file, decoded, with its line index.

use std::sync::{LazyLock, OnceLock};

use regex::bytes::Regex;
use ruff_source_file::{LineIndex, OneIndexed, PositionEncoding, SourceLocation};
use ruff_text_size::TextSize;

use crate::diagnostic::{Location, RepoPath, Span};

/// How a file's bytes encode its text. Kept so that a fix writes the file back the way it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 after a byte order mark.
    Utf8Bom,
    /// UTF-16, little-endian, after a byte order mark. PowerShell's redirection writes requirements files so.
    Utf16Le,
    /// UTF-16, big-endian, after a byte order mark.
    Utf16Be,
    /// What a `coding:` comment in the first two lines names, as Python reads it (PEP 263).
    Declared(&'static encoding_rs::Encoding),
}

/// Why bytes could not be read as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A NUL byte in a file that is not UTF-16: not text.
    #[error("it is a binary file")]
    Binary,
    /// Not valid in the encoding that the file has or declares.
    #[error("byte {offset} is not valid {encoding}")]
    Invalid {
        /// Offset of the first byte that does not fit.
        offset: usize,
        /// The encoding's usual name.
        encoding: &'static str,
    },
}

/// A place as people count: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
}

/// The text of one file.
#[derive(Debug)]
pub struct Source {
    path: RepoPath,
    text: String,
    encoding: Encoding,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// Takes text that needs no decoding.
    #[must_use]
    pub fn new(path: RepoPath, text: impl Into<String>) -> Self {
        Self { path, text: text.into(), encoding: Encoding::Utf8, lines: OnceLock::new() }
    }

    /// Decodes a file's bytes by its byte order mark, UTF-8 where there is none.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are not text.
    pub fn decode(path: RepoPath, bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let (text, encoding) = decode(bytes)?;
        Ok(Self { path, text, encoding, lines: OnceLock::new() })
    }

    /// The bytes of `text` in this file's encoding, with the byte order mark it had.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u8> {
        match self.encoding {
            Encoding::Declared(encoding) => encoding.encode(text).0.into_owned(),
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Bom => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Encoding::Utf16Le => {
                "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
            Encoding::Utf16Be => {
                "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
            }
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// The decoded text, without a byte order mark, line endings as they are.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the file is encoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The range `span` of this file.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        Location::new(&self.path, span)
    }

    /// The line and column of a byte offset; the end of the text for an offset past it.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = floor_char_boundary(&self.text, offset);
        let SourceLocation { line, character_offset } =
            self.index().source_location(text_size(offset), &self.text, PositionEncoding::Utf32);
        Position { line: line.get(), column: character_offset.get() }
    }

    /// The range of the given line (from 1) without its line ending; `None` past the last line.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Option<Span> {
        let line = OneIndexed::new(line)?;
        if line.get() > self.index().line_count() {
            return None;
        }
        let range = self.index().line_range(line, &self.text);
        let span = Span::new(range.start().to_usize(), range.end().to_usize());
        let trimmed = span.of(&self.text).trim_end_matches(['\n', '\r']).len();
        Some(Span::new(span.start, span.start + trimmed))
    }

    /// The range of the line that holds `offset`, without its line ending.
    #[must_use]
    pub fn line_at(&self, offset: usize) -> Span {
        self.line_span(self.position(offset).line).unwrap_or_else(|| Span::at(self.text.len()))
    }

    /// `text` in the quotes that stand around what is at `span`, where there are some.
    #[must_use]
    pub fn in_same_quotes(&self, span: Span, text: &str) -> String {
        let written = span.of(self.text());
        match written.chars().next().filter(|quote| matches!(quote, '"' | '\'') && written.len() > 1) {
            Some(quote) if written.ends_with(quote) && !text.contains(['"', '\'', '\\']) => {
                format!("{quote}{text}{quote}")
            }
            _ => text.to_owned(),
        }
    }

    /// The line ending that the file uses: that of its first line, `\n` where it has only one.
    #[must_use]
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if at > 0 && self.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        }
    }

    fn index(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::from_source_text(&self.text))
    }
}

/// Decodes bytes by their byte order mark, UTF-8 where there is none.
fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), DecodeError> {
    let utf16 = |encoding: &'static encoding_rs::Encoding, kind, name| {
        encoding
            .decode_without_bom_handling_and_without_replacement(&bytes[2..])
            .map(|text| (text.into_owned(), kind))
            .ok_or(DecodeError::Invalid { offset: 2, encoding: name })
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] => return utf16(encoding_rs::UTF_16LE, Encoding::Utf16Le, "UTF-16"),
        [0xFE, 0xFF, ..] => return utf16(encoding_rs::UTF_16BE, Encoding::Utf16Be, "UTF-16"),
        _ => {}
    }
    let (bytes, encoding) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest.to_vec(), Encoding::Utf8Bom),
        None => (bytes, Encoding::Utf8),
    };
    if memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some() {
        return Err(DecodeError::Binary);
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, encoding)),
        Err(error) => error,
    };
    if let Some(declared) = declared_encoding(error.as_bytes())
        && let Some(text) = declared.decode_without_bom_handling_and_without_replacement(error.as_bytes())
    {
        return Ok((text.into_owned(), Encoding::Declared(declared)));
    }
    Err(DecodeError::Invalid {
        offset: error.utf8_error().valid_up_to() + if encoding == Encoding::Utf8Bom { 3 } else { 0 },
        encoding: "UTF-8",
    })
}

/// The encoding that a comment such as `# -*- coding: latin-1 -*-` in one of the first two lines names.
fn declared_encoding(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    static DECLARATION: LazyLock<Regex> = LazyLock::new(|| {
        #[allow(clippy::unwrap_used, reason = "a literal pattern, compiled by the tests")]
        Regex::new(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)").unwrap()
    });
    bytes.split(|byte| *byte == b'\n').take(2).find_map(|line| {
        let label = DECLARATION.captures(line)?.get(1)?.as_bytes();
        encoding_rs::Encoding::for_label(&label.to_ascii_lowercase())
            .or_else(|| label.eq_ignore_ascii_case(b"latin-1").then_some(encoding_rs::WINDOWS_1252))
    })
}

/// Files are bounded far below 4 GiB when they are read, so an offset always fits.
fn text_size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn encodings_round_trip_and_positions_count_characters() {
        for bytes in [
            b"a\r\nb\n".to_vec(),
            b"\xEF\xBB\xBFa\n".to_vec(),
            utf16le("gradio==4.0\r\n"),
            b"# coding: latin-1\n\xE9".to_vec(),
        ] {
            let source = Source::decode(RepoPath::new("f"), bytes.clone()).unwrap();
            assert_eq!(source.encode(source.text()), bytes);
        }
        let source = Source::new(RepoPath::new("f"), "x = '日本'; y\nz");
        assert_eq!(source.position(source.text().find('y').unwrap()), Position { line: 1, column: 11 });
        assert_eq!(source.position(999), Position { line: 2, column: 2 });
        assert_eq!(source.line_span(2).unwrap().of(source.text()), "z");
        assert_eq!(source.line_span(3), None);
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_with_a_reason() {
        let decode = |bytes: &[u8]| Source::decode(RepoPath::new("f"), bytes.to_vec()).unwrap_err();
        assert_eq!(decode(b"ab\0c"), DecodeError::Binary);
        assert_eq!(decode(b"ab\xFFc"), DecodeError::Invalid { offset: 2, encoding: "UTF-8" });
    }
}
