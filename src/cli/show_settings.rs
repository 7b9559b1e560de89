//! `--show-settings`: what a check would do, as TOML, and which file says so.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::config::{DeploymentSettings, Settings};
use crate::output;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown<'a> {
    rules: Vec<&'a str>,
    exclude: Vec<&'a str>,
    no_ignore: bool,
    fail_on: &'a str,
    advice: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    per_file_ignores: BTreeMap<String, &'a [&'static str]>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    deployment: &'a BTreeMap<String, DeploymentSettings>,
}

/// Writes the settings of the root `folder`.
pub(super) fn write_settings(out: &mut dyn Write, folder: &Path, settings: &Settings) -> io::Result<()> {
    let ignores = &settings.per_file_ignores;
    let shown = Shown {
        rules: settings.rules.codes().collect(),
        exclude: settings.exclude.iter().flat_map(|set| set.patterns()).map(String::as_str).collect(),
        no_ignore: settings.no_ignore,
        fail_on: settings.fail_on.as_str(),
        advice: settings.advice,
        per_file_ignores: ignores.iter().map(|one| (one.paths.patterns().join(","), one.codes.as_slice())).collect(),
        deployment: &settings.deployments,
    };
    let text = toml::to_string_pretty(&shown).map_err(io::Error::other)?;
    let origin = match &settings.origin {
        Some(path) => format!("from {}", path.display()),
        None => "no configuration file".to_owned(),
    };
    writeln!(out, "# {}", output::line(&folder.display().to_string()))?;
    writeln!(out, "# {}", output::line(&origin))?;
    writeln!(out, "{}", output::text(&text))
}
