//! The lines of source that a finding shows. A finding's places can lie in several files, and lines can be hostile or
//! endless, so miette is given excerpts that are cleaned, cut to the width, and laid end to end as one text.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use textwrap::core::display_width;

use super::wrap::wrap;
use super::{Findings, sanitize};
use crate::diagnostic::{Diagnostic, Location, RepoPath, Span};
use crate::repo::Source;

/// Lines shown around a place.
const CONTEXT: usize = 1;
/// Places shown of one finding; the rest is counted.
const MAX_PLACES: usize = 10;
/// The longest range of lines that is marked as a whole.
const MAX_LINES: usize = 6;
/// What the line numbers, the frame and the ellipses take of the width.
const FRAME: usize = 12;

/// The excerpts of one finding.
#[derive(Debug, Default)]
pub(super) struct Snippets {
    excerpts: Vec<Excerpt>,
    labels: Vec<LabeledSpan>,
    /// Places that are a file as a whole, or in a file that can't be shown: the path and the remark.
    pub whole_files: Vec<(String, Option<String>)>,
    /// Whether the finding's own place is the first of `whole_files`.
    pub starts_with_whole_file: bool,
    /// How many places are not shown.
    pub hidden: usize,
    /// Text that must not be shown.
    masked: Vec<Location>,
}

/// Some lines of one file, cleaned.
#[derive(Debug)]
struct Excerpt {
    name: String,
    /// Where the excerpt starts in the text that miette sees.
    base: usize,
    text: String,
    /// Number of the first line, from 0.
    first_line: usize,
    line_count: usize,
    /// Where labels start in the text that miette sees, each with its line and column in the file, from 0.
    starts: Vec<(usize, usize, usize)>,
}

struct Place {
    span: Span,
    remark: Option<String>,
    primary: bool,
}

impl Place {
    /// Two remarks on the same range are one label.
    fn add_remark(&mut self, remark: Option<String>) {
        self.remark = match (self.remark.take(), remark) {
            (Some(first), Some(second)) => Some(format!("{first}; {second}")),
            (first, second) => first.or(second),
        };
    }
}

impl Snippets {
    /// Collects what to show of `diagnostic` in `width` columns.
    pub fn new(findings: &Findings<'_>, diagnostic: &Diagnostic, width: usize) -> Self {
        let masked = findings.diagnostics.iter().chain([diagnostic]).flat_map(|one| &one.masked).cloned().collect();
        let mut snippets = Self { masked, ..Self::default() };
        let mut files: Vec<(&RepoPath, Vec<Place>)> = Vec::new();
        let own = (&diagnostic.location, diagnostic.remark.as_deref(), true);
        let labels = diagnostic.labels.iter().map(|label| (&label.location, Some(label.message.as_str()), false));
        for (index, (location, remark, primary)) in std::iter::once(own).chain(labels).enumerate() {
            if index >= MAX_PLACES {
                snippets.hidden += 1;
                continue;
            }
            let Location { path, span } = location;
            if *span == Span::default() || findings.repository.source(path).is_none() {
                snippets.starts_with_whole_file |= primary;
                let remark = remark.map(|remark| sanitize::line(remark).into_owned());
                snippets.whole_files.push((findings.shown(path), remark));
                continue;
            }
            let place = Place { span: *span, remark: remark.map(str::to_owned), primary };
            match files.iter_mut().find(|(known, _)| *known == path) {
                Some((_, places)) => match places.iter_mut().find(|known| known.span == place.span) {
                    Some(known) => known.add_remark(place.remark),
                    None => places.push(place),
                },
                None => files.push((path, vec![place])),
            }
        }
        for (path, mut places) in files {
            let Some(source) = findings.repository.source(path) else { continue };
            places.sort_by_key(|place| place.span);
            name_the_nameless(source, &mut places);
            snippets.add_file(&findings.shown(path), source, &places, width);
        }
        snippets
    }

    /// What to show of one place in one file.
    pub fn of_place(name: &str, source: &Source, span: Span, remark: &str, width: usize) -> Self {
        let mut snippets = Self::default();
        let place = Place { span, remark: Some(remark.to_owned()), primary: true };
        snippets.add_file(&sanitize::line(name), source, &[place], width);
        snippets
    }

    /// Whether there are lines to show.
    pub fn has_lines(&self) -> bool {
        !self.excerpts.is_empty()
    }

    /// What miette marks.
    pub fn labels(&self) -> &[LabeledSpan] {
        &self.labels
    }

    /// Adds the places of one file, in excerpts of neighbouring lines.
    fn add_file(&mut self, name: &str, source: &Source, places: &[Place], width: usize) {
        let mut group: Vec<&Place> = Vec::new();
        let mut last_line = 0;
        for place in places {
            let (first, last) = lines_of(source, place.span);
            if !group.is_empty() && first > last_line + 2 * CONTEXT + 1 {
                self.add_excerpt(name, source, &group, width);
                group.clear();
            }
            last_line = if group.is_empty() { last } else { last_line.max(last) };
            group.push(place);
        }
        self.add_excerpt(name, source, &group, width);
    }

    fn add_excerpt(&mut self, name: &str, source: &Source, places: &[&Place], width: usize) {
        let lines = places.iter().map(|place| lines_of(source, place.span));
        let Some((first, last)) = lines.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return };
        // Two apart, so that an empty label at the end of one excerpt is not also at the start of the next.
        let base = self.excerpts.last().map_or(0, |excerpt| excerpt.base + excerpt.text.len() + 2);
        let mut excerpt = Excerpt {
            name: name.to_owned(),
            base,
            text: String::new(),
            first_line: first.saturating_sub(CONTEXT).max(1) - 1,
            line_count: 0,
            starts: Vec::new(),
        };
        let masked = self.masked.iter().filter(|place| place.path == *source.path()).map(|place| place.span);
        let mut projection = Projection { masked: masked.collect(), ..Projection::default() };
        for number in excerpt.first_line + 1..=last + CONTEXT {
            let Some(span) = source.line_span(number) else { break };
            // An empty last line is no line that anyone sees.
            if number > last && span.is_empty() && span.end == source.text().len() {
                break;
            }
            let marked =
                places.iter().map(|place| place.span.start).find(|start| span.start <= *start && *start <= span.end);
            projection.push_line(&mut excerpt.text, source.text(), span, marked, width.saturating_sub(FRAME).max(24));
            excerpt.line_count += 1;
        }
        let spans: Vec<Span> = places.iter().map(|place| shortened(source, place.span)).collect();
        for (index, place) in places.iter().enumerate() {
            let span = apart(&spans, index);
            let start = base + projection.of(span.start);
            let end = (base + projection.of(span.end)).max(start);
            let position = source.position(place.span.start);
            excerpt.starts.push((start, position.line - 1, position.column - 1));
            let column = display_width(&excerpt.text[line_start(&excerpt.text, start - base)..start - base]);
            let remark = place.remark.as_ref().map(|remark| {
                let middle = column + (end - start) / 2 + 10;
                wrap(&sanitize::line(remark), width.saturating_sub(middle).max(30), "", "")
            });
            self.labels.push(if place.primary {
                LabeledSpan::new_primary_with_span(remark, start..end)
            } else {
                LabeledSpan::new_with_span(remark, start..end)
            });
        }
        self.excerpts.push(excerpt);
    }
}

impl SourceCode for Snippets {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let excerpt = self
            .excerpts
            .iter()
            .find(|excerpt| excerpt.base <= start && end <= excerpt.base + excerpt.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        // miette asks without context for the place to name in the frame, and with context for the lines to draw.
        let asked_for_place = context_before == 0 && context_after == 0;
        let place = excerpt.starts.iter().find(|(offset, ..)| asked_for_place && *offset == start);
        let (line, column) = place.map_or((excerpt.first_line, 0), |(_, line, column)| (*line, *column));
        Ok(Box::new(MietteSpanContents::new_named(
            excerpt.name.clone(),
            excerpt.text.as_bytes(),
            SourceSpan::from((excerpt.base, excerpt.text.len())),
            line,
            column,
            excerpt.line_count,
        )))
    }
}

/// Maps offsets in a file to offsets in its excerpt.
#[derive(Default)]
struct Projection {
    /// Offset in the file and in the excerpt of every character shown, and of every line's end.
    characters: Vec<(usize, usize)>,
    /// Text of the file that must not be shown.
    masked: Vec<Span>,
}

impl Projection {
    /// Appends a line, cleaned, and cut to `columns` around the offset `marked`.
    fn push_line(&mut self, excerpt: &mut String, text: &str, line: Span, marked: Option<usize>, columns: usize) {
        let content = line.of(text);
        // The width of a line matters only up to the cut, and a line can be megabytes long.
        let fits = content.len() <= columns || content.len() <= columns * 4 && display_width(content) <= columns;
        let mut shown_from = line.start;
        if let (false, Some(marked)) = (fits, marked) {
            let before = text.get(line.start..marked).unwrap_or("");
            let kept = columns / 3;
            if before.chars().nth(columns * 2 / 3).is_some() {
                shown_from = before.char_indices().rev().nth(kept).map_or(line.start, |(at, _)| line.start + at);
            }
        }
        if shown_from > line.start {
            excerpt.push('…');
        }
        let mut used = 0;
        for (at, c) in text.get(shown_from..line.end).unwrap_or("").char_indices() {
            let hidden = self.masked.iter().any(|span| span.contains(shown_from + at));
            let c = if hidden {
                '*'
            } else if c == '\t' {
                c
            } else {
                sanitize::visible(c)
            };
            used += if c == '\t' { 4 } else { display_width(c.encode_utf8(&mut [0; 4])) };
            if !fits && used > columns {
                excerpt.push('…');
                break;
            }
            self.characters.push((shown_from + at, excerpt.len()));
            excerpt.push(c);
        }
        self.characters.push((line.end, excerpt.len()));
        excerpt.push('\n');
    }

    /// The offset in the excerpt of an offset in the file; the nearest that is shown.
    fn of(&self, offset: usize) -> usize {
        let at = self.characters.partition_point(|(file, _)| *file < offset);
        self.characters.get(at).or(self.characters.last()).map_or(0, |(_, excerpt)| *excerpt)
    }
}

/// miette draws a line down from every range that shares its line with a labelled one, so such a range needs a label too.
fn name_the_nameless(source: &Source, places: &mut [Place]) {
    let labelled: Vec<usize> =
        places.iter().filter(|place| place.remark.is_some()).map(|place| lines_of(source, place.span).0).collect();
    for place in places.iter_mut().filter(|place| place.remark.is_none()) {
        if labelled.contains(&lines_of(source, place.span).0) {
            place.remark = Some("here".to_owned());
        }
    }
}

/// A range that is short enough to be marked: long ones are marked on their first line.
fn shortened(source: &Source, span: Span) -> Span {
    let (first, last) = (source.position(span.start).line, source.position(span.end).line);
    if last - first < MAX_LINES {
        return span;
    }
    Span::new(span.start, source.line_at(span.start).end)
}

/// The range at `index`, cut so that no other range lies inside: miette underlines ranges side by side, never one in
/// another. What stands inside keeps its place, what stands around is marked up to it, or after it.
fn apart(spans: &[Span], index: usize) -> Span {
    let mut own = spans[index];
    for (at, other) in spans.iter().enumerate() {
        if at == index || other.is_empty() || !own.covers(*other) || own == *other {
            continue;
        }
        if own.start < other.start {
            own.end = other.start;
        } else {
            own.start = other.end;
        }
    }
    own
}

/// First and last line, from 1, of what is marked of a range. A line break at the end belongs to the line that it ends.
fn lines_of(source: &Source, span: Span) -> (usize, usize) {
    let span = shortened(source, span);
    let end = if span.of(source.text()).ends_with('\n') { span.end - 1 } else { span.end };
    (source.position(span.start).line, source.position(end).line)
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}
