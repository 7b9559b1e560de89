//! The modules that come with Python, and the distributions that only carry their names:
//! `rules/packages/standard_library.toml`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    modules: BTreeSet<String>,
    backport: Vec<Backport>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backport {
    package: String,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(super::table_text("packages/standard_library.toml")).unwrap_or_default());
    &TABLE
}

/// Whether `module`, the first part of a dotted name, comes with some Python from 3.8 on.
#[must_use]
pub fn is_standard_module(module: &str) -> bool {
    table().modules.contains(module)
}

/// Whether the distribution of this normalised name is a backport of what Python has had for long.
#[must_use]
pub fn is_backport(package: &str) -> bool {
    table().backport.iter().any(|backport| backport.package == package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(is_standard_module("asyncio") && is_standard_module("audioop") && !is_standard_module("numpy"));
        assert!(is_backport("pathlib") && !is_backport("pathlib2"));
    }
}
