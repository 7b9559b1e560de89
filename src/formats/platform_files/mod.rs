//! The files by which hosting platforms are told what to build and run: fly.toml, render.yaml, app.yaml, railway and
//! Nixpacks files.

mod app_engine;
mod fly;
mod railway;
mod render;
mod toml_tree;

#[cfg(test)]
mod tests;

use super::shell::{self, Command, Invocation};
use super::yaml::{self, Node, YamlError};
use crate::diagnostic::{Span, Spanned};

pub use app_engine::AppEngine;
pub use fly::Fly;
pub use railway::Railway;
pub use render::{Render, RenderService};

/// Why a platform's file can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlatformFileError {
    /// The reason, as a clause.
    pub message: String,
    /// Where it was noticed.
    pub span: Span,
}

/// A command line in a platform's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The command line; the span holds the scalar as written.
    pub text: Spanned<String>,
    /// Its commands.
    pub commands: Vec<Command>,
}

/// A variable that a platform's file sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name.
    pub name: Spanned<String>,
    /// The value; `None` where it is set elsewhere (a secret, another service).
    pub value: Option<Spanned<String>>,
}

impl Script {
    /// Reads the command line in a scalar of the file whose whole text is `text`. `None` for anything else.
    #[must_use]
    pub fn from_node(node: &Node, text: &str) -> Option<Self> {
        let value = node.spanned_text()?;
        let commands = shell::commands_in(&value.value, &node.text_map(text));
        Some(Self { text: value, commands })
    }

    /// The programs that it runs, wrappers taken off.
    #[must_use]
    pub fn invocations(&self) -> Vec<Invocation> {
        self.commands.iter().flat_map(shell::invocations).collect()
    }
}

/// The settings of a mapping of names to values.
fn settings(node: &Node) -> Vec<Setting> {
    let entries = node.merged_entries().into_iter();
    entries
        .filter_map(|(name, value)| Some(Setting { name: name.spanned_text()?, value: value.spanned_text() }))
        .collect()
}

/// The only, or first, document of a YAML or JSON file; null for an empty file.
fn document(text: &str) -> Result<Node, PlatformFileError> {
    let documents = yaml::parse(text, 0).map_err(|YamlError { message, span }| PlatformFileError { message, span })?;
    Ok(documents.into_iter().next().map_or_else(|| Node::null(Span::default()), |document| document.root))
}
