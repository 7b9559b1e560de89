//! The code cells of a notebook as one text, with the place of every piece in the notebook's JSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::diagnostic::{Span, Spanned};

use super::spans::{Segment, SpanMap};

/// The code of a notebook.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// All code cells, a line break after each.
    pub text: String,
    /// Where its pieces stand in the file.
    pub spans: SpanMap,
}

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow, default)]
    cells: Vec<Cell<'a>>,
    #[serde(borrow, default)]
    worksheets: Vec<Worksheet<'a>>,
}

/// Where version 3 of the format keeps its cells.
#[derive(Deserialize)]
struct Worksheet<'a> {
    #[serde(borrow, default)]
    cells: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    #[serde(default)]
    cell_type: String,
    #[serde(borrow, default, alias = "input")]
    source: Option<&'a RawValue>,
}

/// The code cells of the notebook `text`.
///
/// # Errors
/// Why it is no notebook, at the place where that shows.
pub(super) fn code_cells(text: &str) -> Result<Cells, Spanned<String>> {
    let notebook: Notebook<'_> = serde_json::from_str(text).map_err(|error| {
        let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        Spanned::new(format!("not a notebook: {error}"), Span::at(offset))
    })?;
    let mut cells = Cells::default();
    let all = notebook.cells.iter().chain(notebook.worksheets.iter().flat_map(|sheet| &sheet.cells));
    for cell in all.filter(|cell| cell.cell_type == "code") {
        let Some(source) = cell.source else { continue };
        cells.add(source, text);
    }
    Ok(cells)
}

impl Cells {
    fn add(&mut self, source: &RawValue, file: &str) {
        let start = self.text.len();
        if let Ok(lines) = serde_json::from_str::<Vec<&RawValue>>(source.get()) {
            for line in lines {
                self.add_literal(line.get(), file);
            }
        } else {
            self.add_literal(source.get(), file);
        }
        if start < self.text.len() && is_cell_magic(self.text.get(start..).unwrap_or("")) {
            // `%%bash` makes the whole cell another language.
            self.text.truncate(start);
            self.spans.segments.retain(|segment| segment.parsed < start);
        } else if start < self.text.len() && !self.text.ends_with('\n') {
            let end = self.spans.segments.last().map_or(0, |segment| segment.file.end);
            self.spans.segments.push(Segment { parsed: self.text.len(), file: Span::at(end), verbatim: false });
            self.text.push('\n');
        }
    }

    /// Adds the string of a JSON literal, which is a piece of `file`.
    fn add_literal(&mut self, literal: &str, file: &str) {
        let offset = (literal.as_ptr() as usize).wrapping_sub(file.as_ptr() as usize);
        if file.get(offset..offset.saturating_add(literal.len())) != Some(literal) {
            return;
        }
        let Some(inner) = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return };
        let mut at = 0;
        while let Some(rest) = inner.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.find('\\').unwrap_or(rest.len());
            if plain > 0 {
                self.push(rest.get(..plain).unwrap_or(""), Span::at(offset + 1 + at), plain, true);
                at += plain;
                continue;
            }
            let len = escape_len(rest);
            let escape = rest.get(..len).unwrap_or(rest);
            let decoded =
                serde_json::from_str::<String>(&format!("\"{escape}\"")).unwrap_or_else(|_| "\u{fffd}".into());
            self.push(&decoded, Span::at(offset + 1 + at), escape.len(), false);
            at += escape.len();
        }
    }

    fn push(&mut self, piece: &str, at: Span, file_len: usize, verbatim: bool) {
        let file = Span::new(at.start, at.start + file_len);
        self.spans.segments.push(Segment { parsed: self.text.len(), file, verbatim });
        self.text.push_str(piece);
    }
}

/// Number of bytes of the escape that `rest` starts with; a surrogate pair is one.
fn escape_len(rest: &str) -> usize {
    let unicode = |rest: &str| rest.starts_with("\\u");
    if !unicode(rest) {
        return rest.len().min(2);
    }
    let is_high =
        rest.get(2..4).is_some_and(|digits| matches!(digits.to_ascii_lowercase().as_str(), "d8" | "d9" | "da" | "db"));
    let pair = is_high && rest.get(6..).is_some_and(unicode);
    rest.len().min(if pair { 12 } else { 6 })
}

fn is_cell_magic(cell: &str) -> bool {
    let Some(magic) = cell.trim_start().strip_prefix("%%") else { return false };
    let name = magic.split_whitespace().next().unwrap_or("");
    !matches!(name, "time" | "timeit" | "capture" | "prun" | "debug")
}
