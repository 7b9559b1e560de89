//! Command lines of a POSIX-like shell, as far as a linter needs them: every simple command with its words, wherever it
//! stands in `if`, loops, functions, subshells and substitutions. Nothing is executed and nothing is an error.

mod invocation;
mod lexer;
mod parser;
mod word;

#[cfg(test)]
mod tests;

use super::text_map::TextMap;
use crate::diagnostic::{Span, Spanned};

pub(crate) use invocation::shell_words;
pub use invocation::{Invocation, invocations, program};
pub use word::{Part, Word};

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;` or a line break.
    Sequence,
    /// `|` or `|&`
    Pipe,
    /// `&`
    Background,
}

/// What a command stands inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Construct {
    /// The condition or a branch of `if`.
    If,
    /// The condition or body of `for`, `while`, `until` or `select`.
    Loop,
    /// A branch of `case`.
    Case,
    /// A function's body.
    Function,
    /// `{ …; }`
    Group,
    /// `( … )`
    Subshell,
    /// `$( … )`, backticks or `<( … )`.
    Substitution,
}

/// `NAME=value` before a command's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Spanned<String>,
    /// What it is set to.
    pub value: Word,
}

/// `> file`, `2>&1`, `<<EOF`.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirection {
    /// The operator without a file descriptor: `>`, `>>`, `<`, `<<`, `<<<`, `>&`, `&>`.
    pub operator: &'static str,
    /// The file, descriptor or delimiter.
    pub target: Option<Word>,
    /// Where it stands, descriptor included.
    pub span: Span,
}

/// A simple command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Variables set for it; where there are no words, for the shell.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// Its redirections.
    pub redirections: Vec<Redirection>,
    /// From its first to its last part.
    pub span: Span,
    /// What joins it to the command before; `None` for the first of a list.
    pub before: Option<Separator>,
    /// What joins it to the command after; `None` for the last of a list.
    pub after: Option<Separator>,
    /// What it stands inside of, outermost first.
    pub inside: Vec<Construct>,
}

impl Command {
    /// The command that an exec form (`["uvicorn", "app:app"]`) or a YAML list runs.
    #[must_use]
    pub fn from_words(words: Vec<Word>) -> Self {
        let start = words.first().map_or(0, |word| word.span.start);
        let span = Span::new(start, words.last().map_or(start, |word| word.span.end));
        Self {
            assignments: Vec::new(),
            words,
            redirections: Vec::new(),
            span,
            before: None,
            after: None,
            inside: Vec::new(),
        }
    }

    /// How many subshells and substitutions it stands inside of.
    #[must_use]
    pub fn subshell_depth(&self) -> usize {
        let own_shell = |construct: &&Construct| matches!(construct, Construct::Subshell | Construct::Substitution);
        self.inside.iter().filter(own_shell).count()
    }

    /// Whether it may be passed over: it stands in a branch, a loop or a function, or after `||`.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        let branch = |construct: &Construct| {
            matches!(construct, Construct::If | Construct::Loop | Construct::Case | Construct::Function)
        };
        self.before == Some(Separator::Or) || self.inside.iter().any(branch)
    }

    /// Whether a failure of it goes unnoticed: `|| …` follows, or it runs in the background.
    #[must_use]
    pub fn is_failure_swallowed(&self) -> bool {
        matches!(self.after, Some(Separator::Or | Separator::Background))
    }
}

/// Lists the commands of `text` in the order in which they are written, those of a substitution before the command that
/// holds it. Spans are moved right by `offset`.
#[must_use]
pub fn commands(text: &str, offset: usize) -> Vec<Command> {
    commands_in(text, &TextMap::shift(offset))
}

/// [`commands`] for a value whose text does not stand in the file as it is; `map` says where.
#[must_use]
pub fn commands_in(text: &str, map: &TextMap) -> Vec<Command> {
    parser::parse(text, map)
}
