//! What would mend a diagnostic: edits of text, moves and creations of files.

use serde::Serialize;

use super::{RepoPath, Span};

/// How far a fix can be trusted without a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Shown to the reader, never applied.
    Display,
    /// Applied with `--unsafe-fixes`: it may change what the program does, so it needs a look.
    Unsafe,
    /// Applied with `--fix`: afterwards the program does what was meant.
    Safe,
}

/// One replacement of text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edit {
    /// The file.
    pub path: RepoPath,
    /// The bytes to replace; empty to insert.
    #[serde(skip)]
    pub span: Span,
    /// The new text.
    pub content: String,
}

/// A file that moves to another place, folders created as needed, never over an existing file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Where it is.
    pub from: RepoPath,
    /// Where it goes.
    pub to: RepoPath,
}

/// A file to create; never over an existing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Creation {
    /// Where it goes.
    pub path: RepoPath,
    /// Its whole text.
    pub content: String,
}

/// A fix: all its parts are applied, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// What applying it does, in the imperative: "Pin gradio to 5.4.0".
    pub message: String,
    /// Replacements of text.
    pub edits: Vec<Edit>,
    /// Files to move.
    pub moves: Vec<Move>,
    /// Files to create.
    pub creations: Vec<Creation>,
}

impl Fix {
    fn new(applicability: Applicability, message: impl Into<String>) -> Self {
        Self { applicability, message: message.into(), edits: vec![], moves: vec![], creations: vec![] }
    }

    /// A fix that `--fix` applies.
    #[must_use]
    pub fn safe(message: impl Into<String>) -> Self {
        Self::new(Applicability::Safe, message)
    }

    /// A fix that only `--unsafe-fixes` applies.
    #[must_use]
    pub fn unsafe_(message: impl Into<String>) -> Self {
        Self::new(Applicability::Unsafe, message)
    }

    /// A fix that is shown and never applied.
    #[must_use]
    pub fn display(message: impl Into<String>) -> Self {
        Self::new(Applicability::Display, message)
    }

    /// Adds the replacement of `span` in `path` by `content`.
    #[must_use]
    pub fn replace(mut self, path: &RepoPath, span: Span, content: impl Into<String>) -> Self {
        self.edits.push(Edit { path: path.clone(), span, content: content.into() });
        self
    }

    /// Adds the insertion of `content` before the byte at `offset` of `path`.
    #[must_use]
    pub fn insert(self, path: &RepoPath, offset: usize, content: impl Into<String>) -> Self {
        self.replace(path, Span::at(offset), content)
    }

    /// Adds the move of a file.
    #[must_use]
    pub fn move_file(mut self, from: &RepoPath, to: &RepoPath) -> Self {
        self.moves.push(Move { from: from.clone(), to: to.clone() });
        self
    }

    /// Adds the creation of a file.
    #[must_use]
    pub fn create(mut self, path: &RepoPath, content: impl Into<String>) -> Self {
        self.creations.push(Creation { path: path.clone(), content: content.into() });
        self
    }
}
