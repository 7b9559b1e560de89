//! What paths come to once variables and expressions are filled in, as far as that is known before the run.

use std::collections::BTreeMap;

use super::workspace::Spot;
use crate::diagnostic::RepoPath;
use crate::formats::shell::{Part, Word};

/// How many values of one matrix key are followed.
const MAX_VALUES: usize = 40;

/// Stands for the working folder of the job in texts; containers know it by this path.
const WORKSPACE: &str = "/github/workspace";

/// Stands for the folder of the action that is being run.
const ACTION: &str = "/github/action";

/// What names stand for where a step runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Environment variables with plain values.
    pub env: BTreeMap<String, String>,
    /// The plain values of each key of the matrix.
    pub matrix: BTreeMap<String, Vec<String>>,
    /// The inputs of a composite action with plain values.
    pub inputs: BTreeMap<String, String>,
    /// The folder of the composite action.
    pub action: Option<RepoPath>,
}

impl Names {
    /// All texts that `text` may come to; empty where that is not known.
    pub(super) fn texts(&self, text: &str) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${{") {
            let Some(length) = rest.get(start..).and_then(|rest| rest.find("}}")) else { return Vec::new() };
            pieces.push(vec![rest.get(..start).unwrap_or("").to_owned()]);
            pieces.push(self.expression(rest.get(start..start + length + 2).unwrap_or("")));
            rest = rest.get(start + length + 2..).unwrap_or("");
        }
        pieces.push(vec![rest.to_owned()]);
        product(&pieces)
    }

    /// All texts that a word of a script may come to; empty where that is not known.
    pub(super) fn word(&self, word: &Word, cwd: Option<&Spot>) -> Vec<String> {
        let here = || match cwd {
            Some(Spot::Workspace(path)) => vec![format!("{WORKSPACE}/{}", path.as_str())],
            _ => Vec::new(),
        };
        let pieces: Vec<Vec<String>> = word
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => vec![text.clone()],
                Part::Variable { name, .. } => match name.as_str() {
                    "GITHUB_WORKSPACE" => vec![WORKSPACE.to_owned()],
                    "GITHUB_ACTION_PATH" if self.action.is_some() => vec![ACTION.to_owned()],
                    "PWD" => here(),
                    _ => self.env.get(name).cloned().into_iter().collect(),
                },
                Part::Substitution(text) if matches!(text.as_str(), "$(pwd)" | "`pwd`") => here(),
                Part::Template(text) => self.expression(text),
                Part::Substitution(_) | Part::Glob(_) => Vec::new(),
            })
            .collect();
        product(&pieces)
    }

    /// What `${{ … }}` may come to.
    fn expression(&self, text: &str) -> Vec<String> {
        let inner = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).unwrap_or("").trim();
        match inner {
            "github.workspace" => return vec![WORKSPACE.to_owned()],
            "github.action_path" if self.action.is_some() => return vec![ACTION.to_owned()],
            _ => {}
        }
        if let Some(key) = inner.strip_prefix("matrix.") {
            let values = self.matrix.get(key).map(Vec::as_slice).unwrap_or_default();
            return if values.len() <= MAX_VALUES { values.to_vec() } else { Vec::new() };
        }
        let value = inner.strip_prefix("env.").and_then(|name| self.env.get(name));
        let value = value.or_else(|| inner.strip_prefix("inputs.").and_then(|name| self.inputs.get(name)));
        value.cloned().into_iter().collect()
    }

    /// The place that a path as a step writes it leads to from `cwd`; `None` where it lies outside or is no plain path.
    pub(super) fn spot(&self, text: &str, cwd: Option<&Spot>) -> Option<Spot> {
        let is_plain = !text.is_empty()
            && !text.contains(['*', '?', '$', '`', '\n', '{', '}', '<', '>', '|', '\\', '"', '\''])
            && !text.contains("://")
            && !text.starts_with(['~', '-']);
        if !is_plain {
            return None;
        }
        if let Some(rest) = text.strip_prefix(WORKSPACE).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Spot::Workspace(RepoPath::root()).join(rest.trim_start_matches('/'));
        }
        if let Some(rest) = text.strip_prefix(ACTION).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Spot::Repository(self.action.clone()?).join(rest.trim_start_matches('/'));
        }
        cwd?.join(text)
    }

    /// Forgets variables that `text` may set.
    pub(super) fn forget_what_is_set_in(&mut self, text: &str) {
        self.env.retain(|name, _| !text.contains(&format!("{name}=")));
    }
}

/// The texts that the pieces give together. More than one piece with several values gives none: which go together is not
/// known.
fn product(pieces: &[Vec<String>]) -> Vec<String> {
    if pieces.iter().filter(|values| values.len() > 1).count() > 1 {
        return Vec::new();
    }
    let mut texts = vec![String::new()];
    for values in pieces {
        texts = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{value}"))).collect();
    }
    texts
}
