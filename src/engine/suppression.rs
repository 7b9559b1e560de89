//! Suppression in place: `# preflight: ignore[NET001] reason`, on the line of the finding or on a line of its own above.

use std::sync::LazyLock;

use regex::Regex;

use crate::deployment::Documents;
use crate::diagnostic::{Diagnostic, Location, RepoPath, RuleId, Span};
use crate::formats::dockerfile::{Instruction, InstructionKind};
use crate::formats::frontmatter::FrontMatter;
use crate::repo::{FileKind, Source};
use crate::rules::{Selector, Suppression, SuppressionForm, SuppressionUse};

/// The texts of which a file holds one where it holds a suppression.
pub(super) const LITERALS: &[&str] = &["preflight:", "preflight ignore"];

/// A suppression with the lines, from 1, that it speaks of.
struct Comment {
    suppression: Suppression,
    lines: Vec<usize>,
}

/// Tells of a comment's sign at an offset whether a comment begins there.
type CommentTest<'d> = Box<dyn Fn(&str, usize) -> bool + 'd>;

/// Drops the findings that comments suppress; gives the others, and every comment with what became of it. `selected` says
/// of a code whether its rule ran; `known` are all rules.
pub(super) fn apply(
    documents: &Documents,
    diagnostics: Vec<Diagnostic>,
    known: &[RuleId],
    selected: &dyn Fn(&str) -> bool,
) -> (Vec<Diagnostic>, Vec<Suppression>) {
    let mut kept = diagnostics;
    let mut all = Vec::new();
    for path in documents.files_mentioning(LITERALS) {
        let Some(source) = documents.repository().source(path) else { continue };
        let mut comments = comments(documents, path, source);
        kept.retain(|diagnostic| {
            if diagnostic.location.path != *path {
                return true;
            }
            let first = source.position(diagnostic.location.span.start).line;
            let last = source.position(diagnostic.location.span.end).line;
            let mut suppressed = false;
            for comment in &mut comments {
                let is_here = comment.lines.iter().any(|line| (first..=last).contains(line));
                let is_directive = comment.suppression.form != SuppressionForm::Misspelt;
                if is_directive
                    && is_here
                    && comment.suppression.selectors.iter().any(|one| names(&one.text, diagnostic.rule))
                {
                    comment.suppression.used = SuppressionUse::Used;
                    suppressed = true;
                }
            }
            !suppressed
        });
        for comment in &mut comments {
            comment.suppression.labelled_from = labelling(&kept, path, source, comment);
        }
        all.extend(comments.into_iter().map(|comment| settle(comment.suppression, known, selected)));
    }
    (kept, all)
}

/// Where the finding stands that a comment names and that has a label on its line.
fn labelling(findings: &[Diagnostic], path: &RepoPath, source: &Source, comment: &Comment) -> Option<Location> {
    let is_here = |location: &Location| {
        location.path == *path && comment.lines.contains(&source.position(location.span.start).line)
    };
    let is_meant = |finding: &&Diagnostic| {
        comment.suppression.selectors.iter().any(|one| names(&one.text, finding.rule))
            && finding.labels.iter().any(|label| is_here(&label.location))
    };
    findings.iter().find(is_meant).map(|finding| finding.location.clone())
}

fn names(selector: &str, rule: RuleId) -> bool {
    selector.eq_ignore_ascii_case(rule.code) || selector.eq_ignore_ascii_case(rule.name)
}

/// A rule that does not run this time may have needed a suppression that nothing used.
fn settle(mut suppression: Suppression, known: &[RuleId], selected: &dyn Fn(&str) -> bool) -> Suppression {
    let find = |text: &str| known.iter().find(|rule| names(text, **rule));
    for selector in &mut suppression.selectors {
        selector.known = find(&selector.text).is_some();
    }
    let ran = |one: &Selector| find(&one.text).is_none_or(|rule| selected(rule.code));
    if suppression.used == SuppressionUse::Unused && !suppression.selectors.iter().all(ran) {
        return Suppression { used: SuppressionUse::Undecided, ..suppression };
    }
    suppression
}

/// The suppressions of a file: comments that begin with the directive, also behind another comment of the line. Text that
/// merely speaks of it is none.
fn comments(documents: &Documents, path: &RepoPath, source: &Source) -> Vec<Comment> {
    // The second alternative is what users of other linters write; with the code of a rule behind it, it is meant for us.
    static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
        #[allow(clippy::unwrap_used, reason = "a literal pattern, compiled by the tests")]
        Regex::new(concat!(
            r"(?m)(?:^|[ \t])(?P<sign>#|//|<!--)[ \t]*preflight(?::[ \t]*ignore\b(?:[ \t]*\[(?P<list>[^\]\r\n]*)\])?",
            r"|:?[ \t]*(?:ignore|noqa|disable|skip|allow)[ \t=:(\[]+(?P<misspelt>[A-Z]{2,3}\d{3}))[^\r\n]*",
        ))
        .unwrap()
    });
    let kind = documents.repository().entry(path).map_or(FileKind::Other, |entry| entry.kind());
    let is_comment = comment_test(documents, path, kind, source.text());
    DIRECTIVE
        .captures_iter(source.text())
        .filter_map(|captures| {
            let sign = captures.name("sign")?;
            if !is_comment(sign.as_str(), sign.start()) {
                return None;
            }
            let span = Span::new(sign.start(), captures.get(0)?.end());
            let misspelt = captures.name("misspelt");
            let form = match misspelt {
                Some(_) => SuppressionForm::Misspelt,
                None if kind == FileKind::Dockerfile && is_behind_instruction(documents, source, span) => {
                    SuppressionForm::BehindInstruction
                }
                None => SuppressionForm::Directive,
            };
            let list = captures.name("list").or(misspelt);
            let selectors = list.map_or_else(Vec::new, |list| selectors(path, list.as_str(), list.start()));
            let location = Location::new(path, span);
            let used = SuppressionUse::Unused;
            let suppression = Suppression { location, selectors, form, used, labelled_from: None };
            Some(Comment { suppression, lines: lines_spoken_of(source, span) })
        })
        .collect()
}

/// Whether a comment stands behind an instruction of a Dockerfile, which Docker takes for a part of it; a shell does not.
fn is_behind_instruction(documents: &Documents, source: &Source, comment: Span) -> bool {
    let Some(Ok(dockerfile)) = documents.dockerfile(source.path()) else { return false };
    let instructions = || dockerfile.stages.iter().flat_map(|stage| &stage.instructions);
    let is_shell = |one: &Instruction| matches!(one.kind, InstructionKind::Run(_)) && one.span.contains(comment.start);
    !stands_alone(source, comment) && !instructions().any(is_shell)
}

/// Tells of a sign at an offset whether a comment begins there, by the kind of file.
fn comment_test<'d>(documents: &'d Documents, path: &RepoPath, kind: FileKind, text: &'d str) -> CommentTest<'d> {
    match kind {
        // The parser knows what is a comment.
        FileKind::Python | FileKind::Notebook => {
            let module = documents.python(path);
            Box::new(move |_, start| {
                module.is_some_and(|module| module.comments.iter().any(|comment| comment.contains(start)))
            })
        }
        FileKind::Readme => {
            let card = match documents.front_matter(path) {
                Some(FrontMatter::Found { body, .. }) => *body,
                _ => Span::default(),
            };
            Box::new(move |sign, start| match sign {
                "#" => card.contains(start) && !in_quotes(text, start),
                "<!--" => !card.contains(start) && !in_fence(text, start),
                _ => false,
            })
        }
        FileKind::Rust => Box::new(move |sign, start| sign == "//" && !in_quotes(text, start)),
        _ => Box::new(move |sign, start| sign == "#" && !in_quotes(text, start)),
    }
}

/// Whether an offset lies inside double quotes, as far as its line tells.
fn in_quotes(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.replace("\\\"", "").matches('"').count() % 2 == 1
}

/// Whether an offset of a Markdown text lies in a fenced block, or in code within its line.
fn in_fence(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let fences = before.lines().map(str::trim_start).filter(|line| line.starts_with("```") || line.starts_with("~~~"));
    let line = before.rsplit('\n').next().unwrap_or_default();
    fences.count() % 2 == 1 || line.matches('`').count() % 2 == 1
}

fn selectors(path: &RepoPath, list: &str, offset: usize) -> Vec<Selector> {
    let mut at = offset;
    let mut found = Vec::new();
    for part in list.split(',') {
        let start = at + (part.len() - part.trim_start().len());
        let text = part.trim();
        if !text.is_empty() {
            let location = Location::new(path, Span::new(start, start + text.len()));
            found.push(Selector { text: text.to_owned(), location, known: false });
        }
        at += part.len() + 1;
    }
    found
}

/// The line of the comment; or, where it stands alone, the next line that is neither blank nor a comment, and the first
/// line too where nothing else stands above: findings about a file as a whole stand there.
fn lines_spoken_of(source: &Source, comment: Span) -> Vec<usize> {
    let line = source.position(comment.start).line;
    if !stands_alone(source, comment) {
        return vec![line];
    }
    let is_blank_or_comment = |line: usize| {
        let text = source.line_span(line)?.of(source.text()).trim();
        Some(text.is_empty() || text.starts_with('#') || text.starts_with("//") || text.starts_with("<!--"))
    };
    let mut lines: Vec<usize> =
        (line + 1..).find(|line| is_blank_or_comment(*line) != Some(true)).into_iter().collect();
    if (1..line).all(|line| is_blank_or_comment(line) == Some(true)) {
        lines.push(1);
    }
    lines
}

/// Whether nothing stands before a comment in its line.
fn stands_alone(source: &Source, comment: Span) -> bool {
    let line = source.line_span(source.position(comment.start).line);
    line.is_none_or(|line| Span::new(line.start, comment.start).of(source.text()).trim().is_empty())
}
