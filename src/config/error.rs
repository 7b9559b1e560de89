//! What can be wrong with a configuration, with the place in the file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::{LabeledSpan, NamedSource, SourceCode};

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    help: Option<String>,
    place: Option<Box<Place>>,
}

#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    label: LabeledSpan,
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
        let range = range.start.min(text.len())..range.end.min(text.len());
        self.place = Some(Box::new(Place {
            source: NamedSource::new(path.display().to_string(), text.to_owned()),
            label: LabeledSpan::new_primary_with_span(Some(remark.into()), range),
        }));
        self
    }

    /// A file that could not be read.
    #[must_use]
    pub fn unreadable(path: PathBuf, error: &std::io::Error) -> Self {
        Self::new(format!("can't read {}: {error}", path.display()))
    }
}

impl miette::Diagnostic for ConfigError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.place.as_ref().map(|place| Box::new(std::iter::once(place.label.clone())) as _)
    }
}
