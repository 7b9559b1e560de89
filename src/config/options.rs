//! What a user may write in a configuration file, key by key. Nothing here is interpreted yet.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::FailOn;

/// A configuration file's content. Values keep their place in the file, for errors that are found later.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Options {
    /// The rules to run, instead of all: codes, names, prefixes such as `AIO`, or `ALL`.
    pub select: Option<Vec<Spanned<String>>>,
    /// Rules to run in addition to the selected ones.
    pub extend_select: Option<Vec<Spanned<String>>>,
    /// Rules not to run.
    pub ignore: Option<Vec<Spanned<String>>>,
    /// For each path pattern, the rules whose findings in such files are dropped.
    pub per_file_ignores: Option<BTreeMap<Spanned<String>, Vec<Spanned<String>>>>,
    /// Path patterns of files and folders that are not read.
    pub exclude: Option<Vec<Spanned<String>>>,
    /// The mildest severity that fails a run.
    pub fail_on: Option<FailOn>,
    /// Whether advice is shown in full.
    pub advice: Option<bool>,
    /// What the user knows better than the files, by the name of the deployment.
    pub deployment: Option<BTreeMap<String, DeploymentOptions>>,
}

/// What a user states about one deployment; each value wins over what the repository's files say.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeploymentOptions {
    /// What it runs on: `space`, `container`, …
    pub platform: Option<Spanned<String>>,
    /// Its folder, relative to the configuration file.
    pub root: Option<Spanned<String>>,
    /// Its Python, as `3.12`.
    pub python: Option<Spanned<String>>,
    /// The file it starts with, relative to its folder.
    pub entry: Option<Spanned<String>>,
    /// The port that the platform connects to.
    pub port: Option<u16>,
    /// Environment variables that are set there.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// The part of `pyproject.toml` that is ours; the rest is other tools' business.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Pyproject {
    #[serde(default)]
    pub tool: Tools,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Tools {
    pub preflight: Option<Options>,
}
