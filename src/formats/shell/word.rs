//! Words of a command line: the text without quotes, and what of it the shell would still expand.

use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stays as it is.
    Literal(String),
    /// `$NAME` or `${NAME…}`.
    Variable {
        /// The name.
        name: String,
        /// The text after `:-`, `-`, `:=` or `=` in braces.
        default: Option<String>,
        /// As written.
        raw: String,
    },
    /// `$(…)`, `` `…` ``, `<(…)` or `$((…))`, as written.
    Substitution(String),
    /// `${{ … }}` or `{{ … }}` of a template engine, as written.
    Template(String),
    /// An unquoted `*`, `?` or `[…]`, as written.
    Glob(String),
}

impl Part {
    /// The piece as it stands in [`Word::text`].
    #[must_use]
    pub fn as_written(&self) -> &str {
        match self {
            Part::Literal(text)
            | Part::Variable { raw: text, .. }
            | Part::Substitution(text)
            | Part::Template(text)
            | Part::Glob(text) => text,
        }
    }
}

/// A word of a command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The text without quotes and escapes; expansions as written (`${PORT:-8000}`).
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
    /// The text in pieces.
    pub parts: Vec<Part>,
    /// From offsets in `text` to offsets in the file.
    pub map: TextMap,
}

impl Word {
    /// A word that no shell expands: a member of an exec form. `map` says where its text stands.
    #[must_use]
    pub fn literal(text: impl Into<String>, span: Span, map: TextMap) -> Self {
        let text = text.into();
        Self { parts: vec![Part::Literal(text.clone())], text, span, map }
    }

    /// Whether the shell would replace some of it.
    #[must_use]
    pub fn has_expansion(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Literal(_)))
    }

    /// The text where nothing is left to expand.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        (!self.has_expansion()).then_some(self.text.as_str())
    }

    /// The variables that it uses, with their defaults.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, default, .. } => Some((name.as_str(), default.as_deref())),
            _ => None,
        })
    }

    /// The text with variables replaced by what `lookup` gives for their names, else by their defaults. `None` where a
    /// variable has neither, or where something else is left to expand.
    #[must_use]
    pub fn expand(&self, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable { name, default, .. } => {
                    text.push_str(&lookup(name).or_else(|| default.clone().filter(|text| !text.contains('$')))?);
                }
                Part::Substitution(_) | Part::Template(_) | Part::Glob(_) => return None,
            }
        }
        Some(text)
    }

    /// The word that is left without its first `from` bytes: the value in `--host=0.0.0.0`. `None` where `from` lies
    /// inside a character or past the end.
    #[must_use]
    pub fn suffix(&self, from: usize) -> Option<Self> {
        let text = self.text.get(from..)?.to_owned();
        let map = self.map.suffix(from);
        let mut skip = from;
        let mut parts = Vec::new();
        for part in &self.parts {
            let written = part.as_written();
            if skip >= written.len() {
                skip -= written.len();
            } else if skip == 0 {
                parts.push(part.clone());
            } else {
                // Only a literal can be cut and stay what it is.
                parts.push(Part::Literal(written.get(skip..).unwrap_or(written).to_owned()));
                skip = 0;
            }
        }
        let start = map.offset(0).clamp(self.span.start, self.span.end);
        let end = if text.is_empty() { start } else { map.span(Span::new(0, text.len())).end };
        Some(Self { text, span: Span::new(start, end.clamp(start, self.span.end)), parts, map })
    }
}
