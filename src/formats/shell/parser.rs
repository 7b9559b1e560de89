//! From tokens to a flat list of commands. Unbalanced keywords are taken as they come.

use super::lexer::{self, Token};
use super::{Assignment, Command, Construct, Redirection, Separator, Word};
use crate::diagnostic::{Span, Spanned};
use crate::formats::text_map::TextMap;

/// How deep substitutions may nest; deeper ones are not looked into.
const MAX_SUBSTITUTIONS: usize = 8;

/// How deep constructs may nest; deeper ones are counted as the outer.
const MAX_CONSTRUCTS: usize = 64;

/// Lists the commands of `text`.
pub(super) fn parse(text: &str, map: &TextMap) -> Vec<Command> {
    let mut commands = Vec::new();
    parse_into(text, map, &[], 0, &mut commands);
    commands
}

fn parse_into(text: &str, map: &TextMap, inside: &[Construct], depth: usize, commands: &mut Vec<Command>) {
    let mut parser = Parser {
        text,
        map,
        depth,
        stack: inside.to_vec(),
        commands,
        current: Pending::default(),
        before: None,
        last: None,
        expect: Expect::Command,
    };
    for token in lexer::tokens(text, map) {
        parser.token(token);
    }
    parser.finish(None);
}

/// The command being read.
#[derive(Default)]
struct Pending {
    assignments: Vec<Assignment>,
    words: Vec<Word>,
    redirections: Vec<Redirection>,
    span: Option<Span>,
}

impl Pending {
    fn cover(&mut self, span: Span) {
        self.span = Some(self.span.map_or(span, |own| Span::new(own.start.min(span.start), own.end.max(span.end))));
    }

    fn is_empty(&self) -> bool {
        self.span.is_none()
    }
}

/// What the next word may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A keyword or a command's first word.
    Command,
    /// An argument.
    Argument,
    /// The target of the redirection read last.
    Target,
    /// Words of `for x in …` or `case x in`, up to the next separator or `in`.
    Header(Construct),
    /// A pattern of `case`, up to its `)`.
    Pattern,
    /// The name after `function`.
    FunctionName,
    /// The parentheses of a function's head, if there are any, then its body.
    FunctionBody,
}

struct Parser<'a> {
    text: &'a str,
    map: &'a TextMap,
    depth: usize,
    stack: Vec<Construct>,
    commands: &'a mut Vec<Command>,
    current: Pending,
    before: Option<Separator>,
    /// The index of the command that the next separator follows.
    last: Option<usize>,
    expect: Expect,
}

impl Parser<'_> {
    fn token(&mut self, token: Token) {
        if self.is_in_test() && !matches!(token, Token::Word { .. }) {
            // Between `[[` and `]]` operators compare and join; line breaks mean nothing.
            return;
        }
        match token {
            Token::Word { word, quoted, substitutions } => {
                self.substitutions(&substitutions);
                self.word(word, quoted);
            }
            Token::Redirection(operator, span) => {
                self.current.cover(span);
                self.current.redirections.push(Redirection { operator, target: None, span });
                self.expect = Expect::Target;
            }
            Token::Newline => self.separator(Separator::Sequence),
            Token::Operator(operator, _) => self.operator(operator),
        }
    }

    fn is_in_test(&self) -> bool {
        let words = &self.current.words;
        words.first().is_some_and(|word| word.text == "[[") && words.last().is_none_or(|word| word.text != "]]")
    }

    fn substitutions(&mut self, ranges: &[Span]) {
        if self.depth >= MAX_SUBSTITUTIONS {
            return;
        }
        for range in ranges {
            let mut map = TextMap::default();
            self.map.copy_range(*range, 0, &mut map);
            let mut inside = self.stack.clone();
            inside.push(Construct::Substitution);
            parse_into(range.of(self.text), &map, &inside, self.depth + 1, self.commands);
        }
    }

    fn word(&mut self, word: Word, quoted: bool) {
        match self.expect {
            Expect::Target => {
                self.current.cover(word.span);
                if let Some(redirection) = self.current.redirections.last_mut() {
                    redirection.span.end = redirection.span.end.max(word.span.end);
                    redirection.target = Some(word);
                }
                self.expect = if self.current.words.is_empty() { Expect::Command } else { Expect::Argument };
            }
            Expect::Pattern => {
                if word.text == "esac" && !quoted {
                    self.pop(Construct::Case);
                    self.expect = Expect::Argument;
                }
            }
            Expect::FunctionName => self.expect = Expect::FunctionBody,
            Expect::Header(Construct::Case) => {
                if word.text == "in" && !quoted {
                    self.push(Construct::Case);
                    self.expect = Expect::Pattern;
                }
            }
            Expect::Header(_) => {}
            Expect::Command | Expect::FunctionBody => self.first_word(word, quoted),
            Expect::Argument => self.argument(word),
        }
    }

    fn first_word(&mut self, word: Word, quoted: bool) {
        self.expect = Expect::Command;
        if !quoted && self.current.is_empty() && self.keyword(&word) {
            return;
        }
        match assignment(&word) {
            Some(assignment) if self.current.words.is_empty() => {
                self.current.cover(word.span);
                self.current.assignments.push(assignment);
            }
            _ => self.argument(word),
        }
    }

    fn argument(&mut self, word: Word) {
        self.current.cover(word.span);
        self.current.words.push(word);
        self.expect = Expect::Argument;
    }

    /// Takes a reserved word; `false` where it is none.
    fn keyword(&mut self, word: &Word) -> bool {
        match word.text.as_str() {
            "if" => self.push(Construct::If),
            "while" | "until" => self.push(Construct::Loop),
            "for" | "select" => {
                self.push(Construct::Loop);
                self.expect = Expect::Header(Construct::Loop);
            }
            "case" => self.expect = Expect::Header(Construct::Case),
            "then" | "elif" | "else" | "do" | "!" => {}
            "fi" => self.close(Construct::If),
            "done" => self.close(Construct::Loop),
            "esac" => self.close(Construct::Case),
            "{" => self.push(Construct::Group),
            "}" => {
                self.close(Construct::Group);
                if self.stack.last() == Some(&Construct::Function) {
                    self.stack.pop();
                }
            }
            "function" => {
                self.push(Construct::Function);
                self.expect = Expect::FunctionName;
            }
            _ => return false,
        }
        true
    }

    fn operator(&mut self, operator: &'static str) {
        if self.expect == Expect::Pattern {
            if operator == ")" {
                self.expect = Expect::Command;
                self.before = None;
                self.last = None;
            }
            return;
        }
        match operator {
            "&&" => self.separator(Separator::And),
            "||" => self.separator(Separator::Or),
            ";" => self.separator(Separator::Sequence),
            "|" | "|&" => self.separator(Separator::Pipe),
            "&" => self.separator(Separator::Background),
            ";;" | ";&" | ";;&" => {
                self.finish(None);
                self.expect = if self.stack.contains(&Construct::Case) { Expect::Pattern } else { Expect::Command };
            }
            "(" => {
                if self.current.words.len() == 1 && self.current.assignments.is_empty() {
                    // `name ()`: a function's head; its `)` closes nothing.
                    self.current = Pending::default();
                    self.push(Construct::Function);
                    self.expect = Expect::FunctionBody;
                } else if self.expect == Expect::FunctionBody {
                    // The parentheses after `function name`.
                } else if self.current.is_empty() && self.expect != Expect::Header(Construct::Loop) {
                    self.push(Construct::Subshell);
                    self.expect = Expect::Command;
                }
            }
            _ if self.expect == Expect::FunctionBody => {}
            _ => {
                if !self.current.is_empty() {
                    self.finish(None);
                }
                self.pop(Construct::Subshell);
                if self.stack.last() == Some(&Construct::Function) {
                    self.stack.pop();
                }
                self.expect = Expect::Argument;
            }
        }
    }

    fn separator(&mut self, separator: Separator) {
        if matches!(self.expect, Expect::Pattern | Expect::Header(Construct::Case) | Expect::FunctionBody) {
            return;
        }
        if self.current.is_empty() {
            // What follows a group or `fi`; a line break after `&&` changes nothing.
            if separator != Separator::Sequence || self.expect == Expect::Argument {
                self.join(separator);
            }
        } else {
            self.finish(Some(separator));
        }
        self.expect = Expect::Command;
    }

    fn join(&mut self, separator: Separator) {
        if let Some(command) = self.last.and_then(|index| self.commands.get_mut(index)) {
            command.after = Some(separator);
        }
        self.before = Some(separator);
    }

    /// Ends the command being read.
    fn finish(&mut self, separator: Option<Separator>) {
        let pending = std::mem::take(&mut self.current);
        if let Some(span) = pending.span {
            self.last = Some(self.commands.len());
            self.commands.push(Command {
                assignments: pending.assignments,
                words: pending.words,
                redirections: pending.redirections,
                span,
                before: self.before.take(),
                after: None,
                inside: self.stack.clone(),
            });
        }
        match separator {
            Some(separator) => self.join(separator),
            None => self.before = None,
        }
    }

    fn push(&mut self, construct: Construct) {
        if self.stack.len() < MAX_CONSTRUCTS {
            self.stack.push(construct);
        }
    }

    /// A closing keyword, after which only separators and redirections may come.
    fn close(&mut self, construct: Construct) {
        self.pop(construct);
        self.expect = Expect::Argument;
    }

    /// Leaves the innermost `construct` with all that was left open inside it.
    fn pop(&mut self, construct: Construct) {
        if let Some(at) = self.stack.iter().rposition(|open| *open == construct) {
            self.stack.truncate(at);
        }
    }
}

/// `NAME=value`, where the word is one.
fn assignment(word: &Word) -> Option<Assignment> {
    let (name, _) = word.text.split_once('=')?;
    let length = name.len() + 1;
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return None;
    }
    let value = word.suffix(length)?;
    Some(Assignment { name: Spanned::new(name.to_owned(), word.map.span(Span::new(0, name.len()))), value })
}
