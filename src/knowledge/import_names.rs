//! Which distributions bring the modules that programs import: `rules/packages/import_names.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{VersionSet, normalized_name};

/// A module of which it is known who brings it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedModule {
    /// The first part of its dotted name.
    pub name: String,
    /// The distributions that hold it, the usual one first.
    pub by: Vec<String>,
    #[serde(default)]
    brought_by: Vec<String>,
    /// Exceptions from those: packages, each with the releases that do not bring it where these are not all.
    #[serde(default)]
    not_brought_by: Vec<String>,
}

impl ImportedModule {
    /// The releases of `package`, by its normalised name, of which it is known that they do not bring the module, though
    /// others do or its name speaks of it.
    #[must_use]
    pub fn lacking_releases(&self, package: &str) -> Option<VersionSet> {
        self.not_brought_by.iter().find_map(|entry| {
            let end = entry.find(['<', '>', '=', '!', '~']).unwrap_or(entry.len());
            let (name, versions) = entry.split_at_checked(end)?;
            (name == package).then(|| VersionSet::parse(versions).ok()).flatten()
        })
    }

    /// Whether the installation of `package`, by its normalised name, brings the module, as far as is known.
    #[must_use]
    pub fn is_brought_by(&self, package: &str) -> bool {
        self.by.iter().any(|by| normalized_name(by) == package)
            || self.brought_by.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => package.starts_with(start),
                None => normalized_name(pattern) == package,
            })
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    needed_by_many: Vec<String>,
    module: Vec<ImportedModule>,
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(super::table_text("packages/import_names.toml")).unwrap_or_default());
    &TABLE
}

/// What is known of `module`, given by the first part of its dotted name.
#[must_use]
pub fn imported_module(module: &str) -> Option<&'static ImportedModule> {
    table().module.iter().find(|known| known.name == module)
}

/// Whether many other packages bring the package of this normalised name.
#[must_use]
pub fn is_needed_by_many(package: &str) -> bool {
    table().needed_by_many.iter().any(|needed| needed == package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let cv2 = imported_module("cv2").unwrap();
        assert!(cv2.is_brought_by("opencv-python-headless") && cv2.is_brought_by("ultralytics"));
        assert!(!cv2.is_brought_by("flask"));
        let langchain = imported_module("langchain").unwrap();
        let lacking = langchain.lacking_releases("langchain-community").unwrap();
        assert!(lacking.contains(&"0.4.1".parse().unwrap()) && !lacking.contains(&"0.3.31".parse().unwrap()));
        assert!(langchain.lacking_releases("langchain-core").is_some_and(|all| all.is_any()));
        assert!(langchain.lacking_releases("langgraph").is_none());
        for module in &table().module {
            for entry in &module.not_brought_by {
                let name = entry.split(['<', '>', '=', '!', '~']).next().unwrap();
                assert!(module.lacking_releases(name).is_some(), "{entry}");
            }
        }
        assert!(is_needed_by_many("numpy") && !is_needed_by_many("yt-dlp"));
    }
}
