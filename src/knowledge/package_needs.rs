//! What releases of packages that programs pin ask of other packages: `rules/needs/*.toml`, written by
//! `tools/refresh_needs.py` from the METADATA of their wheels.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use super::{PythonSet, SpecifierError, VersionSet, normalized_name};

/// What releases of a package ask of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The releases that do so. Those between the first and the last that were read are taken to say the same.
    pub versions: VersionSet,
    /// The extra with which they do so; `None` for always.
    pub extra: Option<String>,
    /// The Pythons on which they do so.
    pub pythons: PythonSet,
    /// The other package, normalised.
    pub needs: String,
    /// What they allow of it.
    pub to: VersionSet,
    /// The same as written: `>=8.0,<11.0`.
    pub written: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    versions: String,
    extra: Option<String>,
    #[serde(default)]
    python: String,
    needs: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[cfg_attr(not(test), allow(dead_code, reason = "for people who read the table"))]
    package: String,
    #[cfg_attr(not(test), allow(dead_code, reason = "for people who read the table"))]
    read: Vec<String>,
    needs: Vec<Row>,
}

#[derive(Debug, thiserror::Error)]
enum TableError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error(transparent)]
    Specifier(#[from] SpecifierError),
}

fn needs(table: Table) -> Result<Vec<Need>, TableError> {
    let need = |row: Row| {
        Ok(Need {
            versions: VersionSet::parse(&row.versions)?,
            extra: row.extra,
            pythons: PythonSet::parse(&row.python)?,
            needs: normalized_name(&row.needs),
            to: VersionSet::parse(&row.to)?,
            written: row.to,
        })
    };
    table.needs.into_iter().map(need).collect()
}

fn read(text: &str) -> Result<Vec<Need>, TableError> {
    needs(toml::from_str(text)?)
}

/// What the releases of a package ask of others, by its name in any spelling that installers take for the same. Empty for a
/// package without a table. Only packages that some rule speaks about are listed among what is asked.
#[must_use]
pub fn needs_of(package: &str) -> &'static [Need] {
    static READ: LazyLock<HashMap<&'static str, OnceLock<Vec<Need>>>> = LazyLock::new(|| {
        let stem = |path: &'static str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml");
        super::tables_in("needs").map(|(path, _)| (stem(path), OnceLock::new())).collect()
    });
    let name = normalized_name(package);
    let table = || read(super::table_text(&format!("needs/{name}.toml"))).unwrap_or_default();
    READ.get(name.as_str()).map_or(&[], |rows| rows.get_or_init(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read_and_stands_under_its_own_name() {
        for (path, text) in super::super::tables_in("needs") {
            let table: Table = toml::from_str(text).unwrap_or_else(|error| panic!("rules/{path}: {error}"));
            assert!(path.ends_with(&format!("/{}.toml", table.package)), "rules/{path}");
            assert!(!table.read.is_empty(), "rules/{path}");
            let needs = needs(table).unwrap_or_else(|error| panic!("rules/{path}: {error}"));
            assert!(needs.iter().all(|need| !need.versions.is_empty() && !need.to.is_empty()), "rules/{path}");
        }
    }

    #[test]
    fn a_release_asks_what_its_metadata_says() {
        let asks = |package: &str, version: &str, of: &str| {
            let version = VersionSet::parse(&format!("=={version}")).unwrap();
            let mut rows = needs_of(package).iter();
            rows.find(|need| version.is_subset_of(&need.versions) && need.needs == of).map(|need| need.written.as_str())
        };
        assert_eq!(asks("Pydantic", "2.5.0", "pydantic-core"), Some("==2.14.1"));
        assert_eq!(asks("pydantic", "1.10.13", "pydantic-core"), None);
        assert_eq!(asks("no-such-package", "1", "numpy"), None);
    }
}
