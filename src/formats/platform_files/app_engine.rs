//! App Engine's `app.yaml`: <https://cloud.google.com/appengine/docs/standard/reference/app-yaml>.

use super::{PlatformFileError, Script, Setting, document, settings};
use crate::diagnostic::Spanned;
use crate::formats::yaml::Node;

/// An `app.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct AppEngine {
    /// `runtime`: `python312`, `python`, `custom`, …
    pub runtime: Option<Spanned<String>>,
    /// `env`: `flex` or `standard`.
    pub environment: Option<Spanned<String>>,
    /// `service`
    pub service: Option<Spanned<String>>,
    /// `entrypoint`
    pub entrypoint: Option<Script>,
    /// `runtime_config.runtime_version` or `python_version`, for the flexible environment.
    pub runtime_version: Option<Spanned<String>>,
    /// `env_variables`
    pub env_variables: Vec<Setting>,
}

impl AppEngine {
    /// Reads an `app.yaml`. `None` where the file is something else that bears the name: `runtime` is required.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not YAML.
    pub fn parse(text: &str) -> Result<Option<Self>, PlatformFileError> {
        let root = document(text)?;
        if root.get("runtime").is_none() || root.get("apiVersion").is_some() {
            return Ok(None);
        }
        let version = |key: &str| root.path(&["runtime_config", key]).and_then(Node::spanned_text);
        Ok(Some(Self {
            runtime: root.text_at("runtime"),
            environment: root.text_at("env"),
            service: root.text_at("service"),
            entrypoint: root.get("entrypoint").and_then(|node| Script::from_node(node, text)),
            runtime_version: version("runtime_version").or_else(|| version("python_version")),
            env_variables: root.get("env_variables").map(settings).unwrap_or_default(),
        }))
    }
}
