//! Compose files: services with what they build, run, publish and set.

mod convert;

#[cfg(test)]
mod tests;

use super::image::ImageReference;
use super::shell::Command;
use super::yaml::Node;
use crate::diagnostic::{Span, Spanned};

/// A Compose file.
#[derive(Debug, Clone, PartialEq)]
pub struct Compose {
    /// The services in the order written.
    pub services: Vec<Service>,
    /// The document.
    pub node: Node,
}

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its key.
    pub name: Spanned<String>,
    /// `image` as written.
    pub image: Option<Spanned<String>>,
    /// `image` taken apart, variables replaced by their defaults.
    pub image_reference: Option<ImageReference>,
    /// `build`
    pub build: Option<Build>,
    /// `command`: replaces the image's CMD. `None` where absent; an empty list where it is emptied.
    pub command: Option<Vec<Command>>,
    /// `entrypoint`: replaces the image's ENTRYPOINT and drops its CMD.
    pub entrypoint: Option<Vec<Command>>,
    /// `environment`, list or mapping.
    pub environment: Vec<Setting>,
    /// `env_file`
    pub env_files: Vec<EnvironmentFile>,
    /// `ports`
    pub ports: Vec<PublishedPort>,
    /// `expose`
    pub expose: Vec<Spanned<String>>,
    /// `volumes`
    pub volumes: Vec<Volume>,
    /// `healthcheck`; its commands are empty where it is disabled.
    pub healthcheck: Option<Healthcheck>,
    /// `depends_on`
    pub depends_on: Vec<Spanned<String>>,
    /// Those of `depends_on` that have to be healthy before it starts.
    pub waits_for: Vec<Spanned<String>>,
    /// `working_dir`
    pub working_dir: Option<Spanned<String>>,
    /// What the key maps to.
    pub node: Node,
}

/// `build`.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// The folder, relative to the Compose file, or a URL; `.` where only other keys are written.
    pub context: Spanned<String>,
    /// The Dockerfile, relative to the context.
    pub dockerfile: Option<Spanned<String>>,
    /// The stage to build.
    pub target: Option<Spanned<String>>,
    /// Build arguments.
    pub args: Vec<Setting>,
    /// Where it stands.
    pub span: Span,
}

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name.
    pub name: Spanned<String>,
    /// The value as written; `None` where it is passed through from outside.
    pub value: Option<Spanned<String>>,
    /// The value with `${NAME:-default}` replaced by the default; `None` where one has none.
    pub resolved: Option<String>,
}

/// A file of variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// The path as written.
    pub path: Spanned<String>,
    /// Whether Compose stops where it is missing.
    pub required: bool,
}

/// A port that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPort {
    /// As written (short form), or where the mapping stands.
    pub text: Spanned<String>,
    /// The address on the host that it is bound to.
    pub host_address: Option<String>,
    /// The port on the host; `None` where it is chosen at random, a range or unknown.
    pub published: Option<u16>,
    /// The port in the container; `None` where it is a range or unknown.
    pub target: Option<u16>,
    /// The protocol, `tcp` where not written.
    pub protocol: String,
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// A path on the host or a volume's name; `None` for an anonymous volume.
    pub source: Option<String>,
    /// The path in the container.
    pub target: String,
    /// Where it stands.
    pub span: Span,
}

/// `healthcheck`.
#[derive(Debug, Clone, PartialEq)]
pub struct Healthcheck {
    /// What it runs; empty for `NONE` or `disable: true`.
    pub commands: Vec<Command>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Where it stands.
    pub span: Span,
}
