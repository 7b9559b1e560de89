//! Tokens of a shell script: words, operators, line breaks; comments and heredoc bodies are dropped here.

use super::word::{Part, Word};
use crate::diagnostic::Span;
use crate::formats::text_map::TextMap;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word. `quoted` tells `"if"` from `if`.
    Word { word: Word, quoted: bool, substitutions: Vec<Span> },
    /// An operator, with its span in the file.
    Operator(&'static str, Span),
    /// A redirection's operator without its descriptor, with the descriptor in its span.
    Redirection(&'static str, Span),
    /// A line break.
    Newline,
}

/// Longest first, so that the first that fits is the right one.
const REDIRECTIONS: [&str; 12] = ["&>>", "<<<", "<<-", "&>", ">>", "<<", ">&", "<&", ">|", "<>", ">", "<"];
const OPERATORS: [&str; 11] = ["&&", "||", ";;&", ";;", ";&", "|&", ";", "|", "&", "(", ")"];

/// Splits `text`. Substitutions inside words are given as ranges of `text`.
pub(super) fn tokens(text: &str, map: &TextMap) -> Vec<Token> {
    let mut lexer = Lexer { text, map, at: 0, tokens: Vec::new(), heredocs: Vec::new() };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    map: &'a TextMap,
    at: usize,
    tokens: Vec<Token>,
    /// Delimiters of heredocs whose bodies begin after the current line, and whether tabs before them are ignored.
    heredocs: Vec<(String, bool)>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn span(&self, start: usize) -> Span {
        self.map.span(Span::new(start, self.at))
    }

    fn run(&mut self) {
        while let Some(character) = self.peek() {
            let rest = self.rest();
            if let Some(length) = continuation(rest) {
                self.at += length;
            } else if character == '\n' {
                self.at += 1;
                self.tokens.push(Token::Newline);
                self.skip_heredocs();
            } else if character.is_whitespace() {
                self.at += character.len_utf8();
            } else if character == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("((") && self.begins_command() {
                // Arithmetic: `(( … ))` and the head of `for (( … ))`.
                self.at += window(rest).find("))").map_or(2, |end| end + 2);
            } else if let Some((operator, digits)) = redirection(rest) {
                let start = self.at;
                self.at += digits + operator.len();
                self.tokens.push(Token::Redirection(operator, self.span(start)));
                if matches!(operator, "<<" | "<<-") {
                    self.heredoc_delimiter(operator == "<<-");
                }
            } else if let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) {
                let start = self.at;
                self.at += operator.len();
                self.tokens.push(Token::Operator(operator, self.span(start)));
            } else {
                let mut reader = WordReader::new(self.text, self.map, self.at);
                reader.is_operand = !self.begins_command();
                let token = reader.read();
                self.at = token.1;
                let is_assigned =
                    matches!(&token.0, Token::Word { word, quoted: false, .. } if word.text.ends_with('='));
                self.tokens.push(token.0);
                if is_assigned && self.rest().starts_with('(') {
                    // `NAME=(…)`: the members of an array are data.
                    self.at += balanced(self.rest());
                }
            }
        }
    }

    /// Whether what comes next can be no argument.
    fn begins_command(&self) -> bool {
        match self.tokens.last() {
            None | Some(Token::Newline) | Some(Token::Operator(..)) => true,
            Some(Token::Word { word, quoted, .. }) => {
                !quoted
                    && matches!(
                        word.text.as_str(),
                        "for" | "if" | "while" | "until" | "elif" | "then" | "do" | "else" | "!"
                    )
            }
            Some(Token::Redirection(..)) => false,
        }
    }

    fn heredoc_delimiter(&mut self, tabs: bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if self.peek().is_none_or(|c| c == '\n' || c == '\r') {
            return;
        }
        let (token, end) = WordReader::new(self.text, self.map, self.at).read();
        // A reader that takes nothing would loop: what can't begin a word is left to the caller.
        if end > self.at {
            if let Token::Word { word, .. } = &token {
                self.heredocs.push((word.text.clone(), tabs));
            }
            self.at = end;
            self.tokens.push(token);
        }
    }

    fn skip_heredocs(&mut self) {
        for (delimiter, tabs) in std::mem::take(&mut self.heredocs) {
            let mut at = self.at;
            loop {
                let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) else {
                    self.at = self.text.len();
                    return;
                };
                let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
                let line = rest.get(..length).unwrap_or(rest).trim_end_matches(['\n', '\r']);
                let line = if tabs { line.trim_start_matches('\t') } else { line };
                at += length;
                if line == delimiter {
                    break;
                }
            }
            self.at = at;
        }
    }
}

/// The length of an escaped line break at the start of `rest`.
fn continuation(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\\')?;
    if after.starts_with('\n') {
        Some(2)
    } else if after.starts_with("\r\n") {
        Some(3)
    } else {
        None
    }
}

/// The redirection at the start of `rest` and the length of the descriptor before it. Process substitutions are words.
fn redirection(rest: &str) -> Option<(&'static str, usize)> {
    if rest.starts_with("<(") || rest.starts_with(">(") {
        return None;
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.get(digits..)?;
    if digits > 0 && after.starts_with('&') {
        return None;
    }
    REDIRECTIONS.into_iter().find(|operator| after.starts_with(operator)).map(|operator| (operator, digits))
}

/// Whether `rest` begins with a pattern such as `!(name)`, which bash knows with `shopt -s extglob`.
fn begins_extended_pattern(rest: &str) -> bool {
    rest.strip_prefix(['!', '@', '+', '*', '?']).is_some_and(|rest| rest.starts_with('('))
}

/// Reads one word.
struct WordReader<'a> {
    text: &'a str,
    map: &'a TextMap,
    start: usize,
    at: usize,
    word: String,
    word_map: TextMap,
    parts: Vec<Part>,
    quoted: bool,
    /// Whether a command stands before it: `!(…)` is a pattern there, and the contrary of a subshell's success elsewhere.
    is_operand: bool,
    substitutions: Vec<Span>,
}

impl<'a> WordReader<'a> {
    fn new(text: &'a str, map: &'a TextMap, at: usize) -> Self {
        Self {
            text,
            map,
            start: at,
            at,
            word: String::new(),
            word_map: TextMap::default(),
            parts: Vec::new(),
            quoted: false,
            is_operand: false,
            substitutions: Vec::new(),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn read(mut self) -> (Token, usize) {
        while let Some(character) = self.rest().chars().next() {
            let rest = self.rest();
            match character {
                '\\' => {
                    if let Some(length) = continuation(rest) {
                        self.at += length;
                        continue;
                    }
                    self.at += 1;
                    self.quoted = true;
                    match self.rest().chars().next() {
                        Some(next) => self.literal(next.len_utf8()),
                        None => {
                            self.at -= 1;
                            self.literal(1);
                        }
                    }
                }
                '\'' => self.single_quoted(),
                '"' => self.double_quoted(),
                '$' if rest.starts_with("$'") => {
                    self.at += 1;
                    self.single_quoted();
                }
                '$' | '`' => self.expansion(),
                '{' if rest.starts_with("{{") => self.template(2),
                '<' | '>' if rest.get(1..).is_some_and(|after| after.starts_with('(')) => {
                    let length = 1 + balanced(rest.get(1..).unwrap_or(""));
                    self.substitutions.push(Span::new(self.at + 2, (self.at + length - 1).max(self.at + 2)));
                    self.part(length, Part::Substitution);
                }
                '!' | '@' | '+' | '*' | '?' if self.is_operand && begins_extended_pattern(rest) => {
                    let length = 1 + balanced(rest.get(1..).unwrap_or(""));
                    self.part(length, Part::Glob);
                }
                '*' | '?' => self.part(1, Part::Glob),
                '[' if bracket_pattern(rest).is_some() => {
                    let length = bracket_pattern(rest).unwrap_or(1);
                    self.part(length, Part::Glob);
                }
                _ if character.is_whitespace() || matches!(character, ';' | '|' | '&' | '(' | ')' | '<' | '>') => break,
                _ => {
                    let ends = |c: char| {
                        c.is_whitespace()
                            || matches!(
                                c,
                                '\\' | '\''
                                    | '"'
                                    | '$'
                                    | '`'
                                    | '{'
                                    | '*'
                                    | '?'
                                    | '['
                                    | ';'
                                    | '|'
                                    | '&'
                                    | '('
                                    | ')'
                                    | '<'
                                    | '>'
                            )
                    };
                    let first = character.len_utf8();
                    let length = rest.get(first..).and_then(|rest| rest.find(ends)).map_or(rest.len(), |at| at + first);
                    let begins_pattern = length > first
                        && self.is_operand
                        && rest.get(length - 1..).is_some_and(begins_extended_pattern);
                    self.literal(if begins_pattern { length - 1 } else { length });
                }
            }
        }
        if self.at == self.start {
            // Nothing that the caller could pass over: take one character, whatever it is.
            let length = self.rest().chars().next().map_or(1, char::len_utf8);
            self.literal(length);
        }
        if self.word.is_empty() {
            self.word_map = TextMap::shift(self.map.offset((self.start + 1).min(self.at)));
        }
        let span = self.map.span(Span::new(self.start, self.at));
        let word = Word { text: self.word, span, parts: self.parts, map: self.word_map };
        (Token::Word { word, quoted: self.quoted, substitutions: self.substitutions }, self.at)
    }

    /// Takes the next `length` bytes as they are.
    fn literal(&mut self, length: usize) {
        let taken = self.take(length);
        match self.parts.last_mut() {
            Some(Part::Literal(text)) => text.push_str(taken),
            _ => self.parts.push(Part::Literal(taken.to_owned())),
        }
    }

    fn part(&mut self, length: usize, make: impl FnOnce(String) -> Part) {
        let taken = self.take(length).to_owned();
        self.parts.push(make(taken));
    }

    fn take(&mut self, length: usize) -> &'a str {
        let end = (self.at + length).min(self.text.len());
        let taken = self.text.get(self.at..end).unwrap_or("");
        if !taken.is_empty() {
            self.map.copy_range(Span::new(self.at, end), self.word.len(), &mut self.word_map);
        }
        self.word.push_str(taken);
        self.at = end;
        taken
    }

    fn single_quoted(&mut self) {
        self.quoted = true;
        self.at += 1;
        let rest = self.rest();
        let end = rest.find('\'').unwrap_or(rest.len());
        // A workflow's expression is replaced before the shell sees the quotes.
        let mut from = 0;
        while let Some(open) = rest.get(from..end).and_then(|inside| inside.find("${{")).map(|at| from + at) {
            self.literal(open - from);
            let length = template_length(rest.get(open..end).unwrap_or(""), 3);
            self.part(length, Part::Template);
            from = open + length;
        }
        if from < end {
            self.literal(end - from);
        }
        self.at = (self.at + 1).min(self.text.len());
    }

    fn double_quoted(&mut self) {
        self.quoted = true;
        self.at += 1;
        loop {
            let rest = self.rest();
            match rest.chars().next() {
                None => return,
                Some('"') => {
                    self.at += 1;
                    return;
                }
                Some('\\') => {
                    if let Some(length) = continuation(rest) {
                        self.at += length;
                    } else if rest.get(1..).is_some_and(|after| after.starts_with(['"', '\\', '$', '`'])) {
                        self.at += 1;
                        self.literal(1);
                    } else {
                        self.literal(1);
                    }
                }
                Some('$' | '`') => self.expansion(),
                Some('{') if rest.starts_with("{{") => self.template(2),
                Some(character) => {
                    let first = character.len_utf8();
                    let ends = ['"', '\\', '$', '`', '{'];
                    let length = rest.get(first..).and_then(|rest| rest.find(ends)).map_or(rest.len(), |at| at + first);
                    self.literal(length);
                }
            }
        }
    }

    fn template(&mut self, opening: usize) {
        let length = template_length(self.rest(), opening);
        self.part(length, Part::Template);
    }

    /// What begins with `$` or a backtick.
    fn expansion(&mut self) {
        let rest = self.rest();
        if rest.starts_with("${{") {
            self.template(3);
        } else if let Some(after) = rest.strip_prefix('`') {
            let end = backtick_end(after);
            self.substitutions.push(Span::new(self.at + 1, self.at + 1 + end));
            self.part((end + 2).min(rest.len()), Part::Substitution);
        } else if let Some(after) = rest.strip_prefix("${") {
            let inner_length = braces(after);
            let inner = after.get(..inner_length).unwrap_or(after);
            let (name, default) = parameter(inner);
            let (name, default) = (name.to_owned(), default.map(str::to_owned));
            self.part((inner_length + 3).min(rest.len()), |raw| Part::Variable { name, default, raw });
        } else if rest.starts_with("$(") {
            let length = 1 + balanced(rest.get(1..).unwrap_or(""));
            if !rest.starts_with("$((") {
                let end =
                    if rest.get(..length).is_some_and(|taken| taken.ends_with(')')) { length - 1 } else { length };
                self.substitutions.push(Span::new(self.at + 2, (self.at + end).max(self.at + 2)));
            }
            self.part(length, Part::Substitution);
        } else {
            let after = rest.get(1..).unwrap_or("");
            let name = after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let starts_with_digit = after.starts_with(|c: char| c.is_ascii_digit());
            let length = match name {
                0 => usize::from(after.starts_with(['@', '*', '#', '?', '$', '!', '-'])),
                _ if starts_with_digit => 1,
                length => length,
            };
            if length == 0 {
                self.literal(1);
            } else {
                let name = after.get(..length).unwrap_or("").to_owned();
                self.part(1 + length, |raw| Part::Variable { name, default: None, raw });
            }
        }
    }
}

/// As much of `text` as is searched for the end of a thing that may have none; without a bound, a file full of openings
/// would be read over and over.
fn window(text: &str) -> &str {
    text.get(..text.floor_char_boundary(2048)).unwrap_or(text)
}

/// The name in `NAME:-default` and the default.
fn parameter(inner: &str) -> (&str, Option<&str>) {
    let inner = inner.strip_prefix(['!', '#']).filter(|rest| !rest.is_empty()).unwrap_or(inner);
    let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count().max(1);
    let Some(name) = inner.get(..length) else { return (inner, None) };
    let after = inner.get(length..).unwrap_or("");
    let default = [":-", ":=", "-", "="].into_iter().find_map(|operator| after.strip_prefix(operator));
    (name, default.map(|text| text.trim_matches(['"', '\''])))
}

/// The length of `[a-z]` or `[!x]` at the start of `text`. `[oauth]` is a pattern too, but what people mean by it is the
/// extra of a package, and a shell that finds no such file passes it on.
fn bracket_pattern(text: &str) -> Option<usize> {
    let inner = window(text).strip_prefix('[')?;
    let inner = inner.get(..inner.find(']')?)?;
    let is_range = inner.len() % 3 == 0 && inner.as_bytes().get(1) == Some(&b'-');
    let is_pattern = inner.starts_with(['!', '^']) || inner.chars().count() == 1 || is_range;
    (is_pattern && !inner.contains(char::is_whitespace)).then_some(inner.len() + 2)
}

/// The length of the text up to the `}` that closes a brace opened before `text`; up to the line's end where none does.
fn braces(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in window(text).bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.find('\n').unwrap_or(text.len())
}

/// The length of a text that begins with `(`, up to the `)` that closes it; quotes inside are passed over.
fn balanced(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            _ if escaped => escaped = false,
            (b'\\', None | Some(b'"')) => escaped = true,
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'(', None) => depth += 1,
            (b')', None) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn backtick_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'`' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of `${{ … }}` or `{{ … }}` at the start of `text`; only the opening where it is not closed.
fn template_length(text: &str, opening: usize) -> usize {
    window(text).find("}}").map_or(opening.min(text.len()), |end| end + 2)
}
