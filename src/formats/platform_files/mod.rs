//! The files by which hosting platforms are told what to build and run: fly.toml, render.yaml, app.yaml, railway and
//! Nixpacks files.

mod app_engine;
mod fly;
mod railway;
mod render;
mod toml_tree;

use super::shell::Command;
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
