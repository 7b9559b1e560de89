//! Reading a file: parse, walk, resolve; and freeing the tree without a deep recursion.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, ModModule, PySourceType};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::diagnostic::Spanned;
use crate::repo::Source;

use super::spans::SpanMap;
use super::{Module, build, depth, notebook, walk};

impl Module {
    /// Reads a Python file. Never fails: what could not be parsed is in `syntax_errors`, the rest in the tables.
    #[must_use]
    pub fn parse(source: &Source) -> Self {
        read(source.text(), source.text().len(), &SpanMap::default(), ParseOptions::from(PySourceType::Python))
    }

    /// Reads a notebook: its code cells, one after the other, as one module. Spans are places in the notebook's JSON text.
    /// A file that is no notebook gives an empty module with a syntax error.
    #[must_use]
    pub fn parse_notebook(source: &Source) -> Self {
        let cells = match notebook::code_cells(source.text()) {
            Ok(cells) => cells,
            Err(error) => return Self { syntax_errors: vec![error], notebook: true, ..Self::default() },
        };
        let options = ParseOptions::from(Mode::Ipython);
        Self { notebook: true, ..read(&cells.text, source.text().len(), &cells.spans, options) }
    }
}

fn read(text: &str, file_len: usize, spans: &SpanMap, options: ParseOptions) -> Module {
    let parsed: Parsed<Mod> = parse_unchecked(text, options);
    let mut module = match parsed.syntax() {
        Mod::Module(ModModule { body, .. }) => build::finish(walk::walk(body, text, file_len, spans), text, spans),
        Mod::Expression(_) => Module::default(),
    };
    let comments = parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
    module.comments = comments.map(|token| spans.map(token.range())).collect();
    let errors = parsed.errors().iter();
    module.syntax_errors =
        errors.map(|error| Spanned::new(error.error.to_string(), spans.map(error.location))).collect();
    let depth = depth::bound(parsed.tokens());
    depth::free(parsed, depth);
    module
}
