//! `render.yaml`: <https://render.com/docs/blueprint-spec>.

use super::{PlatformFileError, Script, Setting, document};
use crate::diagnostic::{Span, Spanned};
use crate::formats::yaml::Node;

/// A `render.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    /// Its services.
    pub services: Vec<RenderService>,
}

/// A service of a `render.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderService {
    /// `type`: `web`, `worker`, `pserv`, `cron`, …
    pub kind: Option<Spanned<String>>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `runtime`, or `env` as it was called before: `python`, `docker`, `static`, …
    pub runtime: Option<Spanned<String>>,
    /// `rootDir`
    pub root_dir: Option<Spanned<String>>,
    /// `buildCommand`
    pub build_command: Option<Script>,
    /// `startCommand`
    pub start_command: Option<Script>,
    /// `dockerCommand`: replaces the image's CMD.
    pub docker_command: Option<Script>,
    /// `dockerfilePath`
    pub dockerfile_path: Option<Spanned<String>>,
    /// `dockerContext`
    pub docker_context: Option<Spanned<String>>,
    /// `pythonVersion`, or the variable `PYTHON_VERSION`, which is what the platform reads.
    pub python_version: Option<Spanned<String>>,
    /// `healthCheckPath`
    pub health_check_path: Option<Spanned<String>>,
    /// `disk.mountPath`: what persists.
    pub disk: Option<Spanned<String>>,
    /// `envVars`
    pub env_vars: Vec<Setting>,
    /// Where it stands.
    pub span: Span,
}

impl Render {
    /// Reads a `render.yaml`.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not YAML.
    pub fn parse(text: &str) -> Result<Self, PlatformFileError> {
        let root = document(text)?;
        let services = root.get("services").map(Node::items).unwrap_or_default();
        Ok(Self { services: services.iter().map(|node| service(node, text)).collect() })
    }
}

fn service(node: &Node, text: &str) -> RenderService {
    let script = |key: &str| node.get(key).and_then(|node| Script::from_node(node, text));
    let variables = node.get("envVars").map(Node::items).unwrap_or_default();
    // An entry may also be `fromGroup`, which names no variable.
    let env_vars: Vec<_> = variables
        .iter()
        .filter_map(|entry| Some(Setting { name: entry.text_at("key")?, value: entry.text_at("value") }))
        .collect();
    let python = env_vars.iter().find(|setting| setting.name.value == "PYTHON_VERSION");
    RenderService {
        kind: node.text_at("type"),
        name: node.text_at("name"),
        runtime: node.text_at("runtime").or_else(|| node.text_at("env")),
        root_dir: node.text_at("rootDir"),
        build_command: script("buildCommand"),
        start_command: script("startCommand"),
        docker_command: script("dockerCommand"),
        dockerfile_path: node.text_at("dockerfilePath"),
        docker_context: node.text_at("dockerContext"),
        python_version: python.and_then(|setting| setting.value.clone()).or_else(|| node.text_at("pythonVersion")),
        health_check_path: node.text_at("healthCheckPath"),
        disk: node.path(&["disk", "mountPath"]).and_then(Node::spanned_text),
        env_vars,
        span: node.span,
    }
}
