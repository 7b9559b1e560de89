//! Finds the configuration file of a folder and reads it.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::options::Pyproject;
use super::selector::nearest;
use super::{ConfigError, Options};

/// The names looked for in each folder, in this order.
const NAMES: [&str; 3] = ["preflight.toml", ".preflight.toml", PYPROJECT];
const PYPROJECT: &str = "pyproject.toml";

/// A configuration file that was read.
#[derive(Debug)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub options: Options,
    /// What leads from its folder to the checked folder: empty, or `apps/api/`.
    pub(super) base: String,
    text: String,
}

impl ConfigFile {
    pub(super) fn error(&self, message: impl Into<String>, span: Range<usize>, remark: &str) -> ConfigError {
        ConfigError::new(message).at(&self.path, &self.text, span, remark)
    }
}

/// Finds the configuration of the folder `root`: its own, else the nearest one above, up to the top of the repository
/// (the folder with `.git`). Outside a repository only `root` itself is looked at, so that a stray file in a shared
/// folder far above decides nothing.
///
/// # Errors
/// [`ConfigError`] where the nearest file can't be read or used.
pub fn find(root: &Path) -> Result<Option<ConfigFile>, ConfigError> {
    let absolute = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let in_repository = absolute.ancestors().any(|folder| folder.join(".git").exists());
    for folder in absolute.ancestors() {
        for name in NAMES {
            let path = shown(&folder.join(name));
            if !path.is_file() {
                continue;
            }
            let text = read(&path)?;
            if name == PYPROJECT && !has_table(&text) {
                continue;
            }
            return parse(path, text, &absolute).map(Some);
        }
        if !in_repository || folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

/// Reads the configuration file at `path` for a check of the folder `root`.
///
/// # Errors
/// [`ConfigError`] where it can't be read or used, or is a `pyproject.toml` without `[tool.preflight]`.
pub fn load(path: &Path, root: &Path) -> Result<ConfigFile, ConfigError> {
    let text = read(path)?;
    if path.file_name().is_some_and(|name| name == PYPROJECT) && !has_table(&text) {
        return Err(ConfigError::new(format!("{} has no table [tool.preflight]", path.display())));
    }
    let absolute = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    parse(path.to_path_buf(), text, &absolute)
}

/// Whether a folder is the root of a project: of a repository, or of what a configuration file speaks of.
#[must_use]
pub fn is_project_root(folder: &Path) -> bool {
    folder.join(".git").exists()
        || NAMES.iter().any(|name| {
            let path = folder.join(name);
            path.is_file() && (*name != PYPROJECT || std::fs::read_to_string(path).is_ok_and(|text| has_table(&text)))
        })
}

/// A path as the user would write it: relative to where they stand, if it lies below.
pub(super) fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let relative = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    relative.unwrap_or_else(|| path.to_path_buf())
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        ConfigError::new(format!("can't read the configuration {}: {why}", path.display()))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Whether a `pyproject.toml` speaks to us. One that is not valid TOML is a rule's business, not a reason to stop, unless
/// it plainly means to configure us.
fn has_table(text: &str) -> bool {
    if !text.contains("preflight") {
        return false;
    }
    match text.parse::<toml::Table>() {
        Ok(table) => table.get("tool").and_then(|tool| tool.get("preflight")).is_some(),
        Err(_) => text.contains("[tool.preflight"),
    }
}

fn parse(path: PathBuf, text: String, root: &Path) -> Result<ConfigFile, ConfigError> {
    let is_pyproject = path.file_name().is_some_and(|name| name == PYPROJECT);
    let parsed = if is_pyproject {
        toml::from_str::<Pyproject>(&text).map(|file| file.tool.preflight.unwrap_or_default())
    } else {
        toml::from_str::<Options>(&text)
    };
    match parsed {
        Ok(options) => Ok(ConfigFile { base: base(&path, root), path, options, text }),
        Err(error) => Err(explain(&path, &text, &error)),
    }
}

fn base(path: &Path, root: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let Ok(relative) = root.strip_prefix(&folder) else { return String::new() };
    relative.iter().map(|part| format!("{}/", part.to_string_lossy())).collect()
}

/// Turns the parser's error into ours. serde names the unknown word first and then, each in backquotes, what it knows.
pub(super) fn explain(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = error.message();
    let span = error.span().unwrap_or(0..0);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (Some(unknown), true) = (quoted.first(), message.starts_with("unknown ")) {
        let known = quoted.get(1..).unwrap_or_default();
        let what = if message.starts_with("unknown field") { "key" } else { "value" };
        let help = match nearest(unknown, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        return ConfigError::new(format!("unknown {what} `{unknown}`"))
            .at(path, text, span, format!("unknown {what}"))
            .with_help(Some(help));
    }
    let help = (message.contains("floating point") && message.contains("expected a string")).then(|| {
        "put it in quotes: \"3.10\" and \"3.1\" are different versions, 3.10 and 3.1 the same number".to_owned()
    });
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    ConfigError::new(message).at(path, text, span, "here").with_help(help)
}
