//! Which distributions bring the modules that programs import: `rules/packages/import_names.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::normalized_name;

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
}

impl ImportedModule {
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
        assert!(is_needed_by_many("numpy") && !is_needed_by_many("yt-dlp"));
    }
}
