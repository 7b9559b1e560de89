//! Dockerfiles: stages, typed instructions, and what a stage comes to with the stages that it builds on.

mod convert;
mod derived;
mod expand;
mod faults;
mod heredoc;
mod pairs;
mod script;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::image::ImageReference;
use super::shell::Command;
use super::text_map::TextMap;
use crate::diagnostic::{Span, Spanned};
use crate::repo::Source;

pub use derived::{CopiedFiles, RunStep, StartCommand, Variable};
pub use faults::DockerfileFault;

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq)]
pub struct Dockerfile {
    /// The value of `# syntax=`.
    pub syntax: Option<Spanned<String>>,
    /// What continues a line and escapes a character: `\`, or what `# escape=` says.
    pub escape: char,
    /// `ARG`s before the first `FROM`.
    pub global_args: Vec<Argument>,
    /// The stages, one for each `FROM`; never empty.
    pub stages: Vec<Stage>,
    /// What the [`Dockerfile::global_args`] come to.
    global_defaults: HashMap<String, Option<String>>,
    /// The stages by their names in lower case.
    stage_indexes: HashMap<String, usize>,
}

/// Why a file is not a Dockerfile that builds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DockerfileError {
    /// The reason, as a clause.
    pub message: String,
    /// Where it was noticed.
    pub span: Span,
}

/// `ARG name[=default]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The name.
    pub name: Spanned<String>,
    /// The default, unquoted, expansions as written.
    pub default: Option<Spanned<String>>,
}

/// One `FROM` and what follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its place in [`Dockerfile::stages`].
    pub index: usize,
    /// The name after `AS`.
    pub name: Option<Spanned<String>>,
    /// The image as written.
    pub image: Spanned<String>,
    /// The image with `ARG`s replaced by their defaults; `None` where one has no default.
    pub resolved_image: Option<String>,
    /// What the image is.
    pub base: Base,
    /// The value of `--platform`.
    pub platform: Option<Spanned<String>>,
    /// The instructions after `FROM`.
    pub instructions: Vec<Instruction>,
    /// The `FROM` instruction.
    pub span: Span,
}

/// What a stage builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// `scratch`: nothing.
    Scratch,
    /// An earlier stage, by its index.
    Stage(usize),
    /// An image from a registry.
    External(ImageReference),
    /// An image that only the build's arguments tell.
    Unknown,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// From the keyword to the end of the arguments.
    pub span: Span,
    /// Whether it stands after `ONBUILD`: it runs in images that build on this one, not here.
    pub on_build: bool,
    /// What it does.
    pub kind: InstructionKind,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq)]
pub enum InstructionKind {
    /// `RUN`
    Run(CommandLine),
    /// `COPY`
    Copy(Copy),
    /// `ADD`
    Add(Copy),
    /// `ENV`: names and values, unquoted, expansions as written.
    Env(Vec<(Spanned<String>, Spanned<String>)>),
    /// `ARG`
    Arg(Vec<Argument>),
    /// `EXPOSE`
    Expose(Vec<ExposedPort>),
    /// `WORKDIR`, as written.
    Workdir(Spanned<String>),
    /// `CMD`
    Cmd(CommandLine),
    /// `ENTRYPOINT`
    Entrypoint(CommandLine),
    /// `HEALTHCHECK`; `None` for `HEALTHCHECK NONE`.
    Healthcheck(Option<CommandLine>),
    /// `USER`, as written.
    User(Spanned<String>),
    /// `VOLUME`
    Volume(Vec<Spanned<String>>),
    /// `SHELL`
    Shell(Vec<Spanned<String>>),
    /// `LABEL`
    Label(Vec<(Spanned<String>, Spanned<String>)>),
    /// `STOPSIGNAL` or `MAINTAINER`.
    Other,
}

/// How a command is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `uvicorn app:app`, run by a shell.
    Shell,
    /// `["uvicorn", "app:app"]`, run as it is.
    Exec,
}

/// What `RUN`, `CMD`, `ENTRYPOINT` or `HEALTHCHECK CMD` runs.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandLine {
    /// How it is written.
    pub form: Form,
    /// Where it stands; for a heredoc, with its body.
    pub span: Span,
    /// The text between: the shell's command line without continuations, or the exec form as written.
    pub text: String,
    /// Its commands: one for the exec form. The commands of a heredoc that a shell reads are here too.
    pub commands: Vec<Command>,
    /// From offsets in `text` to offsets in the file.
    pub map: TextMap,
}

/// `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Paths, patterns or URLs, expansions as written. Heredocs are left out.
    pub sources: Vec<Spanned<String>>,
    /// The path in the image, expansions as written.
    pub destination: Spanned<String>,
    /// The value of `--from`: a stage's name or index, or an image.
    pub from: Option<Spanned<String>>,
    /// All flags (`chown`, `link`, …) with their values.
    pub flags: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    /// Whether some source is a heredoc.
    pub has_heredoc: bool,
}

/// One argument of `EXPOSE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedPort {
    /// As written: `8080/tcp`, `$PORT`, `8000-8010`.
    pub text: Spanned<String>,
    /// The port where it is one plain number.
    pub port: Option<u16>,
    /// The protocol, `tcp` where not written.
    pub protocol: String,
}

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// [`DockerfileError`] at the first instruction that Docker would refuse.
    pub fn parse(source: &Source) -> Result<Self, DockerfileError> {
        convert::dockerfile(source)
    }
}
