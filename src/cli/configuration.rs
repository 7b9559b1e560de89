//! Which configuration holds for a root, and telling the user what is wrong with it.

use std::path::{Path, PathBuf};

use super::terminal::Terminal;
use crate::config::{self, ConfigError, Overrides, Pack, Settings};
use crate::engine;
use crate::output::Problem;

/// Where the configuration is taken from.
#[derive(Debug, Clone, Copy)]
pub(super) enum ConfigurationFile<'a> {
    /// The nearest one at or above the root.
    Nearest,
    /// This one.
    Given(&'a Path),
    /// None.
    Unused,
}

impl<'a> ConfigurationFile<'a> {
    /// What `--config` and `--isolated` choose.
    pub fn chosen(given: Option<&'a Path>, isolated: bool) -> Self {
        match given {
            Some(path) => Self::Given(path),
            None if isolated => Self::Unused,
            None => Self::Nearest,
        }
    }
}

/// The tables of rules for the root `folder`: its own unless nothing of it is to decide, and those of the folders given.
pub(super) fn packs(folder: &Path, given: &[PathBuf], isolated: bool) -> Result<Vec<Pack>, ConfigError> {
    let known = engine::known_rules();
    let mut packs = if isolated { Vec::new() } else { config::packs_of(folder, &known)? };
    for folder in given {
        packs.extend(config::load_packs(folder, &known)?);
    }
    config::join_packs(packs)
}

/// The settings for the root `folder`.
pub(super) fn settings(
    file: ConfigurationFile<'_>,
    overrides: &Overrides,
    folder: &Path,
    packs: Vec<Pack>,
) -> Result<Settings, ConfigError> {
    let file = match file {
        ConfigurationFile::Given(path) => Some(config::load(path, folder)?),
        ConfigurationFile::Unused => None,
        ConfigurationFile::Nearest => config::find(folder)?,
    };
    let known = engine::known_rules_with(&packs);
    let settings = Settings::resolve(file.as_ref(), overrides, &known, &engine::known_platforms())?;
    Ok(Settings { packs, ..settings })
}

/// Tells the user what is wrong with a configuration, and where.
pub(super) fn report_config_error(error: &ConfigError, terminal: Terminal) {
    let message = error.to_string();
    let place =
        error.place().map(|place| (place.path.as_str(), place.text.as_str(), place.span, place.remark.as_str()));
    terminal.problem(&Problem { message: &message, place, help: error.help() });
}
