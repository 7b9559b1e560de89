//! Colours, or none.

use owo_colors::{OwoColorize, Style};

use crate::diagnostic::Severity;

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    coloured: bool,
}

impl Paint {
    /// Colours where `coloured` says so.
    #[must_use]
    pub fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// Whether it colours.
    #[must_use]
    pub fn is_coloured(self) -> bool {
        self.coloured
    }

    /// `text` in the given style.
    #[must_use]
    pub fn style(self, text: &str, style: Style) -> String {
        if self.coloured && !text.is_empty() { text.style(style).to_string() } else { text.to_owned() }
    }

    /// Headings and what counts.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.style(text, Style::new().bold())
    }

    /// What stays in the background.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.style(text, Style::new().dimmed())
    }

    /// Words such as "help" and "fix", and code.
    #[must_use]
    pub fn accent(self, text: &str) -> String {
        self.style(text, Style::new().cyan())
    }

    /// Links and paths.
    #[must_use]
    pub fn link(self, text: &str) -> String {
        self.style(text, Style::new().cyan().underline())
    }

    /// What went well.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.style(text, Style::new().green().bold())
    }

    /// The colour of a severity.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Error => Style::new().red().bold(),
            Severity::Warning => Style::new().yellow().bold(),
            Severity::Advice => Style::new().blue().bold(),
        };
        self.style(text, style)
    }
}
