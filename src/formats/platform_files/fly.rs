//! `fly.toml`: <https://fly.io/docs/reference/configuration/>.

use super::{PlatformFileError, Script, Setting, settings, toml_tree};
use crate::diagnostic::{Span, Spanned};
use crate::formats::yaml::Node;

/// A `fly.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fly {
    /// `app`
    pub app: Option<Spanned<String>>,
    /// `build.dockerfile`
    pub dockerfile: Option<Spanned<String>>,
    /// `build.image`
    pub image: Option<Spanned<String>>,
    /// `internal_port` of `[http_service]` and of every `[[services]]`.
    pub internal_ports: Vec<Spanned<u16>>,
    /// `[processes]`: each replaces the image's CMD for its machines.
    pub processes: Vec<(Spanned<String>, Script)>,
    /// `[env]`
    pub env: Vec<Setting>,
    /// Whether a service or the file itself has a health check.
    pub has_checks: bool,
    /// `[mounts]`: the paths in the machine that persist.
    pub mounts: Vec<Spanned<String>>,
}

impl Fly {
    /// Reads a `fly.toml`.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not TOML.
    pub fn parse(text: &str) -> Result<Self, PlatformFileError> {
        let root = toml_tree::parse(text)?;
        let services: Vec<_> = ["http_service", "services"]
            .into_iter()
            .filter_map(|key| root.get(key))
            .flat_map(Node::items_or_self)
            .collect();
        let port = |service: &&Node| {
            let port = service.get("internal_port")?;
            Some(Spanned::new(port.scalar_text()?.parse().ok()?, port.span))
        };
        let checks = ["checks", "http_checks", "tcp_checks"];
        let has_checks = |node: &Node| checks.iter().any(|key| node.get(key).is_some());
        let processes = root.get("processes").map(Node::entries).unwrap_or_default();
        let mounts = root.get("mounts").or_else(|| root.get("mount")).map(Node::items_or_self).unwrap_or_default();
        Ok(Self {
            app: root.text_at("app"),
            dockerfile: root.path(&["build", "dockerfile"]).and_then(Node::spanned_text),
            image: root.path(&["build", "image"]).and_then(Node::spanned_text),
            internal_ports: services.iter().filter_map(port).collect(),
            processes: processes
                .iter()
                .filter_map(|(name, script)| Some((name.spanned_text()?, Script::from_node(script, text)?)))
                .collect(),
            env: root.get("env").map(settings).unwrap_or_default(),
            has_checks: has_checks(&root) || services.iter().any(|service| has_checks(service)),
            mounts: mounts.iter().filter_map(|mount| mount.text_at("destination")).collect(),
        })
    }

    /// Where the port that the platform connects to is said; `None` where no service is declared.
    #[must_use]
    pub fn port_span(&self) -> Option<Span> {
        self.internal_ports.first().map(|port| port.span)
    }
}
