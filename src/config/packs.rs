//! A team's tables of changes: `.preflight/rules/*.toml` of the checked folder, and the folders that `--rules` names.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::discover::{explain, shown};
use super::selector::KnownRule;
use crate::diagnostic::family;
use crate::knowledge::{Library, RowPlace, TableError, team_table};

/// Where a repository keeps its team's tables.
pub const PACKS: &str = ".preflight/rules";
/// The largest table that is read.
const MAX_BYTES: u64 = 1 << 20;
/// The most tables that are read from one folder.
const MAX_TABLES: usize = 1000;

/// A team's table.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The file, as the user may know it.
    pub path: PathBuf,
    /// What it says.
    pub table: &'static Library,
}

/// The tables that a repository has of its own, below the folder `root`; none where it has no such folder.
///
/// # Errors
/// [`ConfigError`] where a table can't be read or used.
pub fn packs_of(root: &Path, known: &[KnownRule]) -> Result<Vec<Pack>, ConfigError> {
    let folder = root.join(PACKS);
    // A link could lead anywhere, and the repository is not ours.
    let is_folder = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if !is_folder(&root.join(".preflight")) || !is_folder(&folder) {
        return Ok(Vec::new());
    }
    read_folder(&folder, known, false)
}

/// The tables in a folder that the user names.
///
/// # Errors
/// [`ConfigError`] where it is no folder or holds no table, or a table can't be read or used.
pub fn load_packs(folder: &Path, known: &[KnownRule]) -> Result<Vec<Pack>, ConfigError> {
    let packs = read_folder(folder, known, true)?;
    if packs.is_empty() {
        return Err(ConfigError::new(format!("{} holds no table of rules (*.toml)", folder.display())));
    }
    Ok(packs)
}

/// Puts tables together that come from several folders.
///
/// # Errors
/// [`ConfigError`] where two of them have the same code or name.
pub fn join_packs(all: impl IntoIterator<Item = Pack>) -> Result<Vec<Pack>, ConfigError> {
    let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut kept: Vec<Pack> = Vec::new();
    for pack in all {
        // The same folder may be given and found.
        if kept.iter().any(|other| std::ptr::eq(other.table, pack.table)) {
            continue;
        }
        for word in pack.table.rule.iter().flat_map(|rule| [&rule.code, &rule.name]) {
            if let Some(other) = seen.insert(word.to_lowercase(), pack.path.clone()) {
                let (a, b) = (other.display(), pack.path.display());
                return Err(ConfigError::new(format!("`{word}` is a rule of {a} and of {b}")));
            }
        }
        kept.push(pack);
    }
    Ok(kept)
}

fn read_folder(folder: &Path, known: &[KnownRule], follow_links: bool) -> Result<Vec<Pack>, ConfigError> {
    let unreadable = |error: std::io::Error| {
        let shown = shown(folder);
        ConfigError::new(match error.kind() {
            ErrorKind::NotFound => format!("can't read rules from {}: there is no such folder", shown.display()),
            ErrorKind::NotADirectory => {
                format!("can't read rules from {}: it is a file; name the folder that holds it", shown.display())
            }
            _ => format!("can't read rules from {}: {error}", shown.display()),
        })
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.len() > MAX_TABLES {
        return Err(ConfigError::new(format!("{} holds more than {MAX_TABLES} tables", shown(folder).display())));
    }
    paths.iter().map(|path| read_pack(path, known, follow_links)).collect()
}

fn read_pack(path: &Path, known: &[KnownRule], follow_links: bool) -> Result<Pack, ConfigError> {
    let shown = shown(path);
    let unreadable = |why: String| ConfigError::new(format!("can't read the rules {}: {why}", shown.display()));
    let metadata = if follow_links { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    let metadata = metadata.map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a plain file".to_owned()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let table = parse(&shown, &text, known)?;
    Ok(Pack { path: shown, table })
}

/// Reads the text of a table of the file `path`.
fn parse(path: &Path, text: &str, known: &[KnownRule]) -> Result<&'static Library, ConfigError> {
    let table = team_table(text).map_err(|error| match error {
        TableError::Toml(error) => explain(path, text, &error),
        TableError::Row { place, problem } => ConfigError::new(problem).at(path, text, range_of(text, place), "here"),
    })?;
    let Some(rule) = &table.rule else { return Ok(table) };
    let at = |key: &str| value_in(text, "rule", key);
    let letters = family(&rule.code);
    let digits = rule.code.len() - letters.len();
    if letters.len() < 2 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) || digits != 3 {
        return Err(ConfigError::new("a code is two capital letters or more and three digits, such as `ACME001`").at(
            path,
            text,
            at("code"),
            "not a code",
        ));
    }
    if known.iter().any(|known| family(known.code) == letters) {
        return Err(ConfigError::new(format!("the family `{letters}` is preflight's own"))
            .at(path, text, at("code"), "taken")
            .with_help(Some("choose letters of your own, such as `ACME`".to_owned())));
    }
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !rule.name.split('-').all(is_word) || known.iter().any(|known| known.name == rule.name) {
        return Err(ConfigError::new(
            "a name is words in lower case with `-` between them, and not that of another rule",
        )
        .at(path, text, at("name"), "not a name"));
    }
    Ok(table)
}

/// The range in the text that a place in a table is about: the value of the key, else the row.
fn range_of(text: &str, place: RowPlace) -> Range<usize> {
    let Ok(table) = DeTable::parse(text) else { return 0..0 };
    let Some((list, index)) = place.row else {
        return place.key.map_or(0..0, |key| value_range(table.get_ref(), key).unwrap_or(0..0));
    };
    let row = table.get_ref().get(list).and_then(|list| list.get_ref().as_array()).and_then(|rows| rows.get(index));
    let Some(row) = row else { return 0..0 };
    let keyed = place.key.and_then(|key| row.get_ref().as_table().and_then(|row| value_range(row, key)));
    keyed.unwrap_or_else(|| {
        let start = row.span().start;
        // The row's heading is what one looks for.
        start..text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| start + end)
    })
}

fn value_in(text: &str, table: &str, key: &str) -> Range<usize> {
    let Ok(document) = DeTable::parse(text) else { return 0..0 };
    let inner = document.get_ref().get(table).and_then(|value| value.get_ref().as_table());
    inner.and_then(|inner| value_range(inner, key)).unwrap_or(0..0)
}

fn value_range(table: &DeTable<'_>, key: &str) -> Option<Range<usize>> {
    let value = table.get(key)?;
    // A list of tables has no place of its own.
    Some(match value.get_ref() {
        DeValue::Array(rows) if rows.iter().any(|row| row.get_ref().is_table()) => rows.first()?.span(),
        _ => value.span(),
    })
}
