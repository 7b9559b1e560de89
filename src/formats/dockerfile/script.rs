//! The command lines of `RUN`, `CMD`, `ENTRYPOINT` and `HEALTHCHECK`: shell form, exec form and heredocs.

use parse_dockerfile as raw;

use super::heredoc::Heredoc;
use super::{CommandLine, Form};
use crate::diagnostic::Span;
use crate::formats::shell::{self, Command, Word};
use crate::formats::text_map::TextMap;
use crate::formats::yaml;

/// How the instructions of a stage are to be read.
pub(super) struct Reader<'a> {
    /// The file's text.
    pub text: &'a str,
    /// The heredocs of `RUN` instructions.
    pub heredocs: Vec<Heredoc>,
    /// What continues a line.
    pub escape: char,
    /// Whether the stage's shell is POSIX-like; else the commands of shell forms are not listed.
    pub posix_shell: bool,
}

impl Reader<'_> {
    /// A span of the parser's, made to fit the text.
    pub(super) fn span(&self, span: &raw::Span) -> Span {
        let start = self.text.floor_char_boundary(span.start);
        Span::new(start, self.text.ceil_char_boundary(span.end.min(self.text.len())))
    }

    /// Reads a command line.
    pub(super) fn command_line(&self, command: &raw::Command<'_>) -> CommandLine {
        match command {
            raw::Command::Exec(words) => {
                let span = self.span(&words.span);
                let words = words.value.iter().map(|word| self.exec_word(word)).collect();
                let commands = vec![Command::from_words(words)];
                CommandLine {
                    form: Form::Exec,
                    span,
                    text: span.of(self.text).to_owned(),
                    commands,
                    map: TextMap::shift(span.start),
                }
            }
            raw::Command::Shell(line) => {
                let span = self.span(&line.span);
                let (text, map) = joined(self.text, span, self.escape);
                let commands = if self.posix_shell { shell::commands_in(&text, &map) } else { Vec::new() };
                CommandLine { form: Form::Shell, span, text, commands, map }
            }
            _ => CommandLine {
                form: Form::Shell,
                span: Span::default(),
                text: String::new(),
                commands: Vec::new(),
                map: TextMap::default(),
            },
        }
    }

    /// Reads the command line of `RUN` with its heredocs.
    pub(super) fn run(&self, run: &raw::RunInstruction<'_>) -> CommandLine {
        let mut line = self.command_line(&run.arguments);
        let keyword = self.span(&run.run.span);
        let first = self.heredocs.partition_point(|heredoc| heredoc.line.end <= keyword.start);
        let own = self.heredocs.iter().skip(first).take_while(|heredoc| heredoc.line.covers(keyword));
        for heredoc in own {
            line.span.end = line.span.end.max(heredoc.body.end);
            let body = heredoc.body.of(self.text);
            if self.posix_shell && heredoc.is_script && !foreign_interpreter(body) {
                let (script, map) = unindented(body, heredoc);
                line.commands.extend(shell::commands_in(&script, &map));
            }
        }
        line
    }

    fn exec_word(&self, word: &raw::UnescapedString<'_>) -> Word {
        let span = self.span(&word.span);
        // The parser's span is that of the text between the quotes.
        let quoted = Span::new(span.start.saturating_sub(1), (span.end + 1).min(self.text.len()));
        let is_quoted = quoted.of(self.text).starts_with('"') && quoted.of(self.text).ends_with('"');
        let span = if is_quoted && !span.of(self.text).starts_with('"') { quoted } else { span };
        let map = yaml::json_string_map(&word.value, span, self.text);
        Word::literal(word.value.clone().into_owned(), span, map)
    }
}

fn foreign_interpreter(body: &str) -> bool {
    body.lines().next().is_some_and(|line| line.starts_with("#!") && !line.contains("sh"))
}

/// A heredoc's body as the shell reads it.
fn unindented(body: &str, heredoc: &Heredoc) -> (String, TextMap) {
    let mut script = String::with_capacity(body.len());
    let mut map = TextMap::default();
    let mut at = heredoc.body.start;
    for line in body.split_inclusive('\n') {
        let kept = if heredoc.strip_tabs { line.trim_start_matches('\t') } else { line };
        map.push(script.len(), at + line.len() - kept.len());
        script.push_str(kept);
        at += line.len();
    }
    map.limit(heredoc.body.end);
    (script, map)
}

/// The line that the shell gets: escaped line breaks and the comment and blank lines after them are taken out.
pub(super) fn joined(text: &str, span: Span, escape: char) -> (String, TextMap) {
    let source = span.of(text);
    let mut result = String::with_capacity(source.len());
    let mut map = TextMap::default();
    let mut at = 0;
    let mut continued = false;
    for line in source.split_inclusive('\n') {
        let start = span.start + at;
        at += line.len();
        let content = line.trim_end();
        if continued && (content.is_empty() || content.trim_start().starts_with('#')) {
            continue;
        }
        continued = line.ends_with('\n') && content.ends_with(escape);
        let kept = if continued { content.strip_suffix(escape).unwrap_or(content) } else { line };
        map.push(result.len(), start);
        result.push_str(kept);
    }
    map.limit(span.end);
    (result, map)
}
