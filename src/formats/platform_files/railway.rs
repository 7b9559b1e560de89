//! `railway.json`, `railway.toml` (<https://docs.railway.com/reference/config-as-code>) and `nixpacks.toml`.

use super::{PlatformFileError, Script, document, toml_tree};
use crate::diagnostic::Spanned;
use crate::formats::yaml::Node;

/// What Railway is told to build and run.
#[derive(Debug, Clone, PartialEq)]
pub struct Railway {
    /// `build.builder`: `NIXPACKS`, `RAILPACK`, `DOCKERFILE`.
    pub builder: Option<Spanned<String>>,
    /// `build.dockerfilePath`
    pub dockerfile_path: Option<Spanned<String>>,
    /// `build.buildCommand`; for Nixpacks the commands of its phases, in the order written.
    pub build_commands: Vec<Script>,
    /// `deploy.startCommand`; for Nixpacks `start.cmd`.
    pub start_command: Option<Script>,
    /// `deploy.preDeployCommand`
    pub pre_deploy_commands: Vec<Script>,
    /// `deploy.healthcheckPath`
    pub health_check_path: Option<Spanned<String>>,
}

impl Railway {
    /// Reads a `railway.json`.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not JSON, nor the YAML that JSON is a part of.
    pub fn parse_json(text: &str) -> Result<Self, PlatformFileError> {
        Ok(railway(&document(text)?, text))
    }

    /// Reads a `railway.toml`.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not TOML.
    pub fn parse_toml(text: &str) -> Result<Self, PlatformFileError> {
        Ok(railway(&toml_tree::parse(text)?, text))
    }

    /// Reads a `nixpacks.toml`.
    ///
    /// # Errors
    /// [`PlatformFileError`] where it is not TOML.
    pub fn parse_nixpacks(text: &str) -> Result<Self, PlatformFileError> {
        let root = toml_tree::parse(text)?;
        let phases = root.get("phases").map(Node::entries).unwrap_or_default();
        let commands = phases.iter().filter_map(|(_, phase)| phase.get("cmds")).flat_map(Node::items);
        Ok(Self {
            builder: None,
            dockerfile_path: None,
            build_commands: commands.filter_map(|command| Script::from_node(command, text)).collect(),
            start_command: root.path(&["start", "cmd"]).and_then(|command| Script::from_node(command, text)),
            pre_deploy_commands: Vec::new(),
            health_check_path: None,
        })
    }
}

fn railway(root: &Node, text: &str) -> Railway {
    let scalar = |path: &[&str]| root.path(path).and_then(Node::spanned_text);
    let scripts = |path: &[&str]| -> Vec<Script> {
        let commands = root.path(path).map(Node::items_or_self).unwrap_or_default();
        commands.iter().filter_map(|command| Script::from_node(command, text)).collect()
    };
    Railway {
        builder: scalar(&["build", "builder"]),
        dockerfile_path: scalar(&["build", "dockerfilePath"]),
        build_commands: scripts(&["build", "buildCommand"]),
        start_command: scripts(&["deploy", "startCommand"]).into_iter().next(),
        pre_deploy_commands: scripts(&["deploy", "preDeployCommand"]),
        health_check_path: scalar(&["deploy", "healthcheckPath"]),
    }
}
