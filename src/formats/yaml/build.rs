//! From the parser's events to documents. Aliases are copied here, under a bound, so that a few nested ones can't grow
//! into gigabytes.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};

use super::{Document, DuplicateKey, MAX_ALIASED_NODES, MAX_DEPTH, Node, Style, Value, YamlError, scalar};
use crate::diagnostic::Span;

/// How often a text is read again for a bracket that stands further left than the standard wants it.
const MAX_RETRIES: usize = 16;

/// Reads all documents of `text`, with all spans moved right by `offset`.
pub(super) fn documents(text: &str, offset: usize) -> Result<Vec<Document>, YamlError> {
    let mut result = read(text, text, offset);
    let mut joined = Cow::Borrowed(text);
    for _ in 0..MAX_RETRIES {
        let Err(error) = &result else { break };
        let Some(next) = join_closing_bracket(&joined, error.span.start - offset) else { break };
        joined = Cow::Owned(next);
        result = read(text, &joined, offset);
    }
    result
}

/// The text with the line break before a closing bracket blanked out. By the standard the bracket has to stand further
/// right than the key that it belongs to; the parsers that GitHub, PyYAML and Go use don't ask for that, and neither do
/// people. `None` where no such bracket stands at `at`. The number of characters stays the same.
fn join_closing_bracket(text: &str, at: usize) -> Option<String> {
    let (before, after) = text.split_at_checked(at)?;
    if !after.starts_with([']', '}']) {
        return None;
    }
    let line_start =
        before.rfind('\n').filter(|&newline| before.get(newline..).is_some_and(|b| b.trim().is_empty()))?;
    let (above, between) = before.split_at_checked(line_start)?;
    // A comment would take the bracket in.
    let above_start = above.rfind('\n').map_or(0, |newline| newline + 1);
    let line = above.get(above_start..)?;
    let comment = line.find(" #").or_else(|| line.trim_start().starts_with('#').then_some(0)).unwrap_or(line.len());
    let mut joined = String::with_capacity(text.len());
    joined.push_str(above.get(..above_start + comment)?);
    joined.extend(line.get(comment..)?.chars().map(|_| ' '));
    joined.extend(between.chars().map(|_| ' '));
    joined.push_str(after);
    Some(joined)
}

/// Reads `text`, of which `parsed` is a copy with some characters blanked out.
fn read(text: &str, parsed: &str, offset: usize) -> Result<Vec<Document>, YamlError> {
    let mut builder = Builder {
        offsets: CharOffsets::new(text, offset),
        parser: Parser::new_from_str(parsed),
        anchors: HashMap::new(),
        open_anchors: Vec::new(),
        aliased_nodes: 0,
        duplicate_keys: Vec::new(),
    };
    let mut documents = Vec::new();
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::StreamStart | Event::DocumentEnd | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (event, span) => {
                let root = builder.node(event, span, 0)?.node;
                builder.anchors.clear();
                documents.push(Document { root, duplicate_keys: std::mem::take(&mut builder.duplicate_keys) });
            }
        }
    }
}

/// A node with what the bounds need to know of it.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Nodes in the tree.
    size: usize,
    /// Levels below.
    height: usize,
}

struct Builder<'t, 'a> {
    offsets: CharOffsets<'t>,
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Built>,
    open_anchors: Vec<usize>,
    aliased_nodes: usize,
    duplicate_keys: Vec<DuplicateKey>,
}

impl<'a> Builder<'_, 'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let start = self.offsets.byte(span.start.index());
                Ok((event, Span::new(start, self.offsets.byte(span.end.index()))))
            }
            Some(Err(error)) => {
                let start = self.offsets.byte(error.marker().index());
                let end = self.offsets.next(start);
                Err(YamlError { message: error.info().to_owned(), span: Span::new(start, end) })
            }
            None => Ok((Event::StreamEnd, Span::at(self.offsets.byte(usize::MAX)))),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Built, YamlError> {
        let fail = |message: &str| Err(YamlError { message: message.to_owned(), span });
        if depth > MAX_DEPTH {
            return fail("values nest too deep");
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.offsets.block_scalar(span),
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.offsets.quoted_scalar(span),
                    ScalarStyle::Plain => span,
                };
                let built = Built { node: scalar_node(text, style, tag.as_deref(), span), size: 1, height: 0 };
                Ok(self.remember(anchor, built))
            }
            Event::Alias(anchor) => {
                if self.open_anchors.contains(&anchor) {
                    return fail("an alias stands inside the value that it refers to");
                }
                let Some(target) = self.anchors.get(&anchor) else { return fail("an alias refers to no anchor") };
                self.aliased_nodes += target.size;
                if self.aliased_nodes > MAX_ALIASED_NODES {
                    return fail("aliases expand to too many values");
                }
                if depth + target.height > MAX_DEPTH {
                    return fail("values nest too deep");
                }
                let mut built = target.clone();
                built.node.span = span;
                Ok(built)
            }
            Event::SequenceStart(anchor, _) => {
                self.open_anchors.push(anchor);
                let mut sequence = Collection::new(span);
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, end) => {
                            sequence.close(end);
                            break;
                        }
                        (event, span) => {
                            let item = self.node(event, span, depth + 1)?;
                            items.push(sequence.take(item));
                        }
                    }
                }
                self.open_anchors.pop();
                Ok(self.remember(anchor, sequence.finish(Value::Sequence(items))))
            }
            Event::MappingStart(anchor, _) => {
                self.open_anchors.push(anchor);
                let mut mapping = Collection::new(span);
                let mut entries: Vec<(Node, Node)> = Vec::new();
                let mut names: HashMap<String, Span> = HashMap::new();
                loop {
                    let key = match self.next()? {
                        (Event::MappingEnd | Event::StreamEnd, end) => {
                            mapping.close(end);
                            break;
                        }
                        (event, span) => self.node(event, span, depth + 1)?,
                    };
                    let key = mapping.take(key);
                    if let Some(name) = key.scalar_text().filter(|&name| name != "<<") {
                        match names.get(name) {
                            Some(&first) => {
                                let key = DuplicateKey { key: name.to_owned(), first, second: key.span };
                                self.duplicate_keys.push(key);
                            }
                            None => {
                                names.insert(name.to_owned(), key.span);
                            }
                        }
                    }
                    let (event, span) = self.next()?;
                    let value = self.node(event, span, depth + 1)?;
                    entries.push((key, mapping.take(value)));
                }
                self.open_anchors.pop();
                Ok(self.remember(anchor, mapping.finish(Value::Mapping(entries))))
            }
            _ => fail("the document ends before its value does"),
        }
    }

    fn remember(&mut self, anchor: usize, built: Built) -> Built {
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        built
    }
}

/// The span and the measures of a collection while its members come in.
struct Collection {
    span: Span,
    /// Whether it is written with brackets; a block collection's own marks say nothing of its end.
    flow: bool,
    size: usize,
    height: usize,
}

impl Collection {
    fn new(start: Span) -> Self {
        Self { span: start, flow: !start.is_empty(), size: 1, height: 0 }
    }

    fn take(&mut self, member: Built) -> Node {
        self.size += member.size;
        self.height = self.height.max(member.height + 1);
        self.span.end = self.span.end.max(member.node.span.end);
        member.node
    }

    fn close(&mut self, end: Span) {
        if self.flow {
            self.span.end = self.span.end.max(end.end);
        }
    }

    fn finish(self, value: Value) -> Built {
        let node = Node { span: self.span, content: self.span, value, style: Style::Plain, literal: Box::default() };
        Built { node, size: self.size, height: self.height }
    }
}

fn scalar_node(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    };
    let value = match tag {
        None if style == Style::Plain => scalar::resolve(&text),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix != "str" => scalar::resolve(&text),
        _ => Value::String(text.clone().into_owned()),
    };
    let literal = if matches!(value, Value::String(_)) { Box::default() } else { text.into_owned().into_boxed_str() };
    Node { span, content: span, value, style, literal }
}

/// Byte offsets of character indexes: the parser counts characters, everything else here counts bytes.
struct CharOffsets<'a> {
    text: &'a str,
    /// Added to every offset.
    shift: usize,
    /// The byte offset of every [`CharOffsets::STEP`]th character; empty where the text is ASCII and both are the same.
    checkpoints: Vec<usize>,
}

impl<'a> CharOffsets<'a> {
    const STEP: usize = 64;

    fn new(text: &'a str, shift: usize) -> Self {
        let checkpoints = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(Self::STEP).map(|(offset, _)| offset).collect()
        };
        Self { text, shift, checkpoints }
    }

    /// The byte offset of the character `index`, or the end of the text.
    fn byte(&self, index: usize) -> usize {
        let offset = if self.checkpoints.is_empty() {
            index.min(self.text.len())
        } else {
            self.checkpoints
                .get(index / Self::STEP)
                .and_then(|&start| Some((start, self.text.get(start..)?)))
                .and_then(|(start, rest)| Some(start + rest.char_indices().nth(index % Self::STEP)?.0))
                .unwrap_or(self.text.len())
        };
        offset + self.shift
    }

    /// A quoted scalar's span with its quotes. The parser's own goes on to the end of a comment behind it.
    fn quoted_scalar(&self, span: Span) -> Span {
        let written = self.text.get(span.start - self.shift..span.end - self.shift).unwrap_or_default();
        let Some(quote @ (b'"' | b'\'')) = written.bytes().next() else { return span };
        let bytes = written.as_bytes();
        let mut at = 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' if quote == b'"' => at += 2,
                b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
                _ if *byte == quote => return Span::new(span.start, span.start + at + 1),
                _ => at += 1,
            }
        }
        span
    }

    /// A block scalar's span from its `|` or `>` to its last line that is not blank. The parser's own begins at its
    /// anchor or tag, at its first line that is not blank, or, where there is none, at the `|`.
    fn block_scalar(&self, span: Span) -> Span {
        let start = span.start - self.shift;
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let header = before
            .get(line_start..)
            .filter(|blank| blank.trim().is_empty())
            .and_then(|_| before.get(..line_start)?.trim_end().rfind('\n').map(|newline| newline + 1).or(Some(0)))
            .and_then(|at| Some(at + block_header(before.get(at..line_start)?)?))
            .or_else(|| Some(start + block_header(self.text.get(start..)?.lines().next()?)?))
            .unwrap_or(start);
        let end = self
            .text
            .get(header..span.end - self.shift)
            .map_or(span.end, |raw| header + raw.trim_end().len() + self.shift);
        Span::new(header + self.shift, end)
    }

    /// The offset of the character after the one at `offset`.
    fn next(&self, offset: usize) -> usize {
        let rest = self.text.get(offset - self.shift..).unwrap_or("");
        offset + rest.chars().next().map_or(0, char::len_utf8)
    }
}

/// The offset of a block scalar's indicator in the line that ends with its header: `|`, `>-`, `|2 # comment`.
fn block_header(line: &str) -> Option<usize> {
    let line = line.trim_end();
    line.match_indices(['|', '>']).map(|(at, _)| at).find(|&at| {
        let before = line.get(..at).unwrap_or("");
        let after =
            line.get(at + 1..).unwrap_or("").trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        (before.is_empty() || before.ends_with([' ', '\t']))
            && (after.is_empty() || (after.starts_with([' ', '\t']) && after.trim_start().starts_with('#')))
    })
}
