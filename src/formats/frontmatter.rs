//! The YAML block at the head of a README, by the pattern that `huggingface_hub` reads it with.

use super::yaml::{self, Node, YamlError};
use crate::diagnostic::Span;

/// What stands at the head of a Markdown file.
#[derive(Debug, Clone, PartialEq)]
pub enum FrontMatter {
    /// No block: the first line is not `---`.
    Absent,
    /// The block is opened and never closed.
    Unterminated {
        /// The opening `---`.
        opening: Span,
    },
    /// A block.
    Found {
        /// The block with both `---` lines, without the line ending after it.
        span: Span,
        /// What stands between the `---` lines, without the line ending before the closing one; empty for an empty block.
        body: Span,
        /// The body's value: null for an empty block. It may be anything, a list or a string included.
        document: Result<Node, YamlError>,
    },
}

impl FrontMatter {
    /// Reads the head of `text`, the whole text of a Markdown file.
    ///
    /// `huggingface_hub` takes `^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))`: blank lines may come before the block,
    /// nothing may follow `---` on its line.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let unmarked = text.strip_prefix('\u{feff}').unwrap_or(text);
        let trimmed = unmarked.trim_start();
        let opening = Span::new(text.len() - trimmed.len(), text.len() - trimmed.len() + 3);
        let Some(rest) = trimmed.strip_prefix("---") else { return Self::Absent };
        if rest.is_empty() {
            return Self::Unterminated { opening };
        }
        if !rest.starts_with(['\r', '\n']) {
            return Self::Absent;
        }
        // The line endings after the opening are also those before the closing where the block is empty.
        let start = text.len() - rest.trim_start_matches(['\r', '\n']).len();
        let Some((end, closing)) = closing(text, opening.end, start) else { return Self::Unterminated { opening } };
        let body = Span::new(start, end);
        let document = yaml::parse(body.of(text), body.start).and_then(|documents| single(documents, body));
        Self::Found { span: Span::new(opening.start, closing), body, document }
    }

    /// The block's mapping, where there is one.
    #[must_use]
    pub fn mapping(&self) -> Option<&Node> {
        match self {
            Self::Found { document: Ok(node), .. } if node.is_mapping() => Some(node),
            _ => None,
        }
    }
}

/// The end of the body and the end of the closing `---`: the first such line, which begins after `opening`.
fn closing(text: &str, opening: usize, start: usize) -> Option<(usize, usize)> {
    let mut from = opening;
    loop {
        let at = from + text.get(from..)?.find("---")?;
        let after = text.get(at + 3..)?;
        let closes = after.is_empty() || after.starts_with('\n') || after.starts_with("\r\n");
        if closes && text.get(..at)?.ends_with(['\r', '\n']) {
            let end = text.get(..at)?.trim_end_matches(['\r', '\n']).len();
            return Some((end.max(start.min(at)), at + 3));
        }
        from = at + 1;
    }
}

fn single(documents: Vec<yaml::Document>, body: Span) -> Result<Node, YamlError> {
    let mut documents = documents.into_iter();
    let Some(first) = documents.next() else { return Ok(Node::null(Span::at(body.start))) };
    match documents.next() {
        None => Ok(first.root),
        Some(second) => {
            Err(YamlError { message: "the block holds more than one document".to_owned(), span: second.root.span })
        }
    }
}

/// A block that looks like front matter and is not read as such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateBlock {
    /// Its first line.
    pub opening: Span,
    /// What stands between its first and its last line.
    pub body: Span,
    /// Why it is not read, as a clause.
    pub why: &'static str,
}

/// The first block between two lines of dashes among the first lines of a Markdown file that has no front matter. Fenced
/// code is passed over: it shows a block, it is none.
#[must_use]
pub fn late_block(text: &str) -> Option<LateBlock> {
    let mut offset = 0;
    let mut fenced = false;
    let mut opening: Option<(Span, &'static str)> = None;
    let mut blank_so_far = true;
    for line in text.split_inclusive('\n').take(60) {
        let span = Span::new(offset, offset + line.trim_end().len());
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        }
        let is_dashes = !fenced && trimmed.len() >= 3 && trimmed.bytes().all(|byte| byte == b'-');
        match (opening, is_dashes) {
            (Some((opening, why)), true) => {
                return Some(LateBlock { opening, body: Span::new(opening.end, span.start), why });
            }
            (None, true) => {
                let why = match blank_so_far {
                    false => "text stands before it",
                    true if trimmed.len() > 3 => "its first line has more than three dashes",
                    true => "its first line holds more than `---`",
                };
                opening = Some((span, why));
            }
            _ => {}
        }
        blank_so_far &= trimmed.is_empty();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_as_huggingface_hub_finds_them() {
        for (text, body) in [
            ("---\ntitle: x\n---\n# T\n", "title: x"),
            ("---\r\ntitle: 日本\r\nsdk: gradio\r\n---\r\n# T", "title: 日本\r\nsdk: gradio"),
            ("\u{feff}---\na: 1\n---", "a: 1"),
            ("\n\n---\na: 1\n---\n", "a: 1"),
            ("---\n---\n", ""),
            ("---\n\n---\n", ""),
            ("---\na: b---\nc: |\n  x\n ---\n---\n", "a: b---\nc: |\n  x\n ---"),
            ("---\n- a\n---\n", "- a"),
        ] {
            let FrontMatter::Found { span, body: found, document } = FrontMatter::parse(text) else {
                panic!("nothing found in {text:?}")
            };
            assert_eq!(found.of(text), body, "{text:?}");
            assert!(span.of(text).starts_with("---") && span.of(text).ends_with("---"), "{text:?}");
            assert!(document.is_ok() || text.contains(" ---"), "{text:?}: {document:?}");
        }
        for text in ["# T\n---\na: 1\n---\n", "--- \na: 1\n---\n", "----\na\n---\n", "", "text"] {
            assert_eq!(FrontMatter::parse(text), FrontMatter::Absent, "{text:?}");
        }
        for text in ["---\na: 1\n", "---", "---\na: 1\n--- \n", "---\na: 1\n...\n"] {
            assert!(matches!(FrontMatter::parse(text), FrontMatter::Unterminated { .. }), "{text:?}");
        }
    }

    #[test]
    fn late_blocks_are_told_from_examples() {
        let why = |text: &str| late_block(text).map(|block| block.why);
        assert_eq!(why("# T\n\n---\nsdk: gradio\n---\n"), Some("text stands before it"));
        assert_eq!(why("--- \nsdk: gradio\n---\n"), Some("its first line holds more than `---`"));
        assert_eq!(why("-----\r\nsdk: gradio\r\n-----\r\n"), Some("its first line has more than three dashes"));
        assert_eq!(why("# T\n```yaml\n---\nsdk: gradio\n---\n```\n"), None);
        assert_eq!(why("# T\n---\ntext"), None);
    }

    #[test]
    fn values_stand_in_the_readme() {
        let text = "\u{feff}---\r\nemoji: 🚀\r\npython_version: 3.10\r\n---\r\n";
        let card = FrontMatter::parse(text);
        let python = card.mapping().unwrap().get("python_version").unwrap();
        assert_eq!(python.span.of(text), "3.10");
        assert_eq!(python.scalar_text(), Some("3.10"));
        let broken = "---\ntitle: a: b\n---\n";
        let FrontMatter::Found { document: Err(error), .. } = FrontMatter::parse(broken) else { panic!() };
        assert_eq!(Span::at(error.span.start).of(broken), "");
        assert!(error.span.start >= 4 && error.span.end <= broken.len());
    }
}
