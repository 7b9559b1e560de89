//! What releases of a package ask of others, where programs often pin both: `rules/packages/needs.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{SpecifierError, VersionSet, normalized_name};

/// What releases of a package ask of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The package, normalised.
    pub package: String,
    /// The releases that do so.
    pub versions: VersionSet,
    /// The extra with which they do so; `None` for always.
    pub extra: Option<String>,
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
    package: String,
    versions: String,
    extra: Option<String>,
    needs: String,
    to: String,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    need: Vec<Row>,
}

#[derive(Debug, thiserror::Error)]
enum TableError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error(transparent)]
    Specifier(#[from] SpecifierError),
}

fn read(text: &str) -> Result<Vec<Need>, TableError> {
    let table: Table = toml::from_str(text)?;
    let need = |row: Row| {
        Ok(Need {
            package: normalized_name(&row.package),
            versions: VersionSet::parse(&row.versions)?,
            extra: row.extra,
            needs: normalized_name(&row.needs),
            to: VersionSet::parse(&row.to)?,
            written: row.to,
        })
    };
    table.need.into_iter().map(need).collect()
}

/// What is known, in the order of the table.
#[must_use]
pub fn package_needs() -> &'static [Need] {
    static NEEDS: LazyLock<Vec<Need>> =
        LazyLock::new(|| read(super::table_text("packages/needs.toml")).unwrap_or_default());
    &NEEDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let needs = read(super::super::table_text("packages/needs.toml")).unwrap();
        assert!(needs.iter().all(|need| !need.versions.is_empty() && !need.to.is_empty()));
    }
}
