//! What can be wrong with a configuration, with the place in the file.

use std::ops::Range;
use std::path::Path;

use crate::diagnostic::Span;

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    help: Option<String>,
    place: Option<Box<ConfigPlace>>,
}

/// Where in a configuration file something is wrong.
#[derive(Debug)]
pub struct ConfigPlace {
    /// The file, as the user may know it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The range in the text.
    pub span: Span,
    /// A remark at the range.
    pub remark: String,
}

impl ConfigError {
    /// An error that has no place in a file: a file that can't be read, or a value from the command line.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Adds the place: the file, its text, and the range of bytes with a remark.
    #[must_use]
    pub fn at(mut self, path: &Path, text: &str, range: Range<usize>, remark: impl Into<String>) -> Self {
        self.place = Some(Box::new(ConfigPlace {
            path: path.display().to_string(),
            text: text.to_owned(),
            span: Span::from(range),
            remark: remark.into(),
        }));
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The place, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<&ConfigPlace> {
        self.place.as_deref()
    }
}
