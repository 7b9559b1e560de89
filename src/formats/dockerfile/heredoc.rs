//! Heredocs of `RUN`. They may stand anywhere on the line and there may be several, which the parser does not know, so
//! they are found here and blanked out of the text that the parser gets; every other offset stays as it is.

use std::borrow::Cow;

use super::DockerfileError;
use super::script::joined;
use crate::diagnostic::Span;
use crate::formats::shell::{self, Command};

/// A heredoc of a `RUN` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The instruction's line, continuations included.
    pub line: Span,
    /// The body without the line of the delimiter.
    pub body: Span,
    /// Whether leading tabs are taken off (`<<-`).
    pub strip_tabs: bool,
    /// Whether a shell reads the body: it is the script itself.
    pub is_script: bool,
}

/// The text with the heredocs of `RUN` blanked out, and those heredocs.
pub(super) fn mask(text: &str, escape: char) -> Result<(Cow<'_, str>, Vec<Heredoc>), DockerfileError> {
    let mut found = Vec::new();
    let mut blanks = Vec::new();
    if !text.contains("<<") {
        return Ok((Cow::Borrowed(text), found));
    }
    let mut at = 0;
    while at < text.len() {
        let line = Span::new(at, logical_line_end(text, at, escape));
        at = line.end;
        let source = line.of(text);
        let content = source.trim_start();
        let runs = instruction(content, "RUN").is_some();
        if content.starts_with('#') || !source.contains("<<") || !(runs || copies(content)) {
            continue;
        }
        let (joined, map) = joined(text, line, escape);
        let commands = shell::commands_in(&joined, &map);
        for (command, redirection) in commands.iter().flat_map(|c| c.redirections.iter().map(move |r| (c, r))) {
            let strip_tabs = redirection.operator == "<<-";
            let Some(delimiter) = redirection.target.as_ref().filter(|_| strip_tabs || redirection.operator == "<<")
            else {
                continue;
            };
            let Some((body_end, end)) = body(text, at, &delimiter.text, strip_tabs) else {
                let message = format!("the heredoc is not closed by a line {}", delimiter.text);
                return Err(DockerfileError { message, span: redirection.span });
            };
            if runs {
                blanks.push((Span::new(redirection.span.start, redirection.span.start + 2), b':'));
                blanks.push((Span::new(at, end), b' '));
                let is_script = reads_script(command);
                found.push(Heredoc { line, body: Span::new(at, body_end), strip_tabs, is_script });
            }
            at = end;
        }
    }
    if blanks.is_empty() {
        return Ok((Cow::Borrowed(text), found));
    }
    let mut masked = text.as_bytes().to_vec();
    for (span, blank) in blanks {
        for byte in masked.iter_mut().take(span.end).skip(span.start) {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = blank;
            }
        }
    }
    // Whole characters are blanked out, so this is text still.
    Ok((String::from_utf8(masked).map_or(Cow::Borrowed(text), Cow::Owned), found))
}

/// What follows the keyword, where `line` is that instruction, with or without `ONBUILD` before it.
fn instruction<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let word_end = line.find(char::is_whitespace)?;
    let (word, rest) = line.split_at_checked(word_end)?;
    if word.eq_ignore_ascii_case("ONBUILD") {
        return instruction(rest.trim_start(), keyword);
    }
    word.eq_ignore_ascii_case(keyword).then_some(rest)
}

fn copies(line: &str) -> bool {
    instruction(line, "COPY").is_some() || instruction(line, "ADD").is_some()
}

/// The end of the line at `at` with those that continue it, line ending included.
fn logical_line_end(text: &str, at: usize, escape: char) -> usize {
    let mut end = at;
    let mut continued = false;
    for line in text.get(at..).unwrap_or("").split_inclusive('\n') {
        let content = line.trim();
        let passed_over = continued && (content.is_empty() || content.starts_with('#'));
        end += line.len();
        if !passed_over {
            continued = content.ends_with(escape) && !content.starts_with('#');
        }
        if !continued {
            break;
        }
    }
    end
}

/// The end of the body that starts at `at`, and the end of the line of its delimiter.
fn body(text: &str, at: usize, delimiter: &str, strip_tabs: bool) -> Option<(usize, usize)> {
    let mut end = at;
    for line in text.get(at..)?.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let content = if strip_tabs { content.trim_start_matches('\t') } else { content };
        if content == delimiter {
            return Some((end, end + line.len()));
        }
        end += line.len();
    }
    None
}

/// Whether the heredoc of this command is a script for a shell: nothing else stands there, or a shell does.
fn reads_script(command: &Command) -> bool {
    // The instruction's own keyword and flags come first.
    let is_own =
        |text: &str| text.eq_ignore_ascii_case("RUN") || text.eq_ignore_ascii_case("ONBUILD") || text.starts_with("--");
    let mut words = command.words.iter().skip_while(|word| is_own(&word.text));
    let Some(program) = words.next() else { return true };
    let name = program.text.rsplit('/').next().unwrap_or("");
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh") && words.all(|option| option.text.starts_with('-'))
}

/// The character that continues lines: what a `# escape=` directive at the head of the file says, else a backslash.
pub(super) fn escape_directive(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|directive| directive.split_once('=')) else {
            break;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "escape" => return if value.trim() == "`" { '`' } else { '\\' },
            "syntax" | "check" => {}
            _ => break,
        }
    }
    '\\'
}
