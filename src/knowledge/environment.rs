//! Variables that are set without anybody declaring them: `rules/platforms/environment.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provided {
    names: Vec<String>,
    prefixes: Vec<String>,
    #[allow(dead_code, reason = "kept in the table for its readers")]
    source: String,
}

/// Whether a platform, an image or the system sets the variable by itself.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn is_provided_variable(name: &str) -> bool {
    static PROVIDED: LazyLock<Provided> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/environment.toml")).expect("environment.toml fits its types")
    });
    PROVIDED.names.iter().any(|known| known == name) || PROVIDED.prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_own_variables_are_known() {
        for (name, provided) in [("SPACE_ID", true), ("PORT", true), ("OPENAI_API_KEY", false)] {
            assert_eq!(is_provided_variable(name), provided, "{name}");
        }
    }
}
