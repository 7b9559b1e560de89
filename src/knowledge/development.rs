//! Packages that build, check or document a program and are no part of it: `rules/packages/development.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    packages: Vec<String>,
}

/// Whether the distribution of this name, in any spelling, is a tool for development.
#[must_use]
pub fn is_development_tool(package: &str) -> bool {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(super::table_text("packages/development.toml")).unwrap_or_default());
    let name = super::normalized_name(package);
    TABLE.packages.iter().any(|tool| match (tool.strip_suffix('*'), tool.strip_prefix('*')) {
        (Some(beginning), _) => name.starts_with(beginning),
        (None, Some(end)) => name.ends_with(end),
        (None, None) => name == *tool,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_by_name_or_by_its_beginning() {
        for tool in ["pip", "setuptools_scm", "pytest-asyncio", "Types-Requests", "black"] {
            assert!(is_development_tool(tool), "{tool} is no part of a program");
        }
        for part in ["pipeline", "flask", "types", "black-box", "requests"] {
            assert!(!is_development_tool(part), "{part} may be part of a program");
        }
    }
}
