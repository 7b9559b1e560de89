//! Tokens of well-known services by their shape: `rules/platforms/secrets.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A kind of token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretShape {
    /// What it opens: "GitHub token".
    pub kind: String,
    /// What every such token starts with or holds.
    pub literal: String,
    /// A regular expression for the whole token.
    pub pattern: String,
    prefix: Option<usize>,
    /// How its last characters are made from the others.
    pub checksum: Option<SecretChecksum>,
    /// Words on the same line that tell of a key which opens nothing by itself, in lower case.
    #[serde(default)]
    pub public_near: Vec<String>,
    #[serde(rename = "evidence")]
    _evidence: String,
}

impl SecretShape {
    /// How many characters of a token say nothing and may be shown.
    #[must_use]
    pub fn prefix(&self) -> usize {
        self.prefix.unwrap_or(self.literal.len())
    }
}

/// How a token proves that it is one.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum SecretChecksum {
    /// The last six characters are the CRC-32 of what stands between prefix and them, in base 62.
    #[serde(rename = "github-crc32")]
    GithubCrc32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    placeholders: Vec<String>,
    #[serde(rename = "shape")]
    shapes: Vec<SecretShape>,
}

// A table that can't be read fails a test.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(super::table_text("platforms/secrets.toml")).unwrap_or_default());

/// All kinds of tokens that are known.
#[must_use]
pub fn secret_shapes() -> &'static [SecretShape] {
    &TABLE.shapes
}

/// What a text holds that has a token in it.
#[must_use]
pub fn secret_literals() -> &'static [&'static str] {
    static LITERALS: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| TABLE.shapes.iter().map(|shape| shape.literal.as_str()).collect());
    &LITERALS
}

/// Whether somebody wrote the text to stand for a token: one of the usual words is in it.
#[must_use]
pub fn names_a_placeholder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    TABLE.placeholders.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_every_pattern_holds_its_literal() {
        assert!(!secret_shapes().is_empty());
        for shape in secret_shapes() {
            let pattern = shape.pattern.replace('\\', "");
            assert!(pattern.contains(&shape.literal), "{}", shape.pattern);
            assert!(regex::Regex::new(&shape.pattern).is_ok(), "{}", shape.pattern);
            assert!(!shape._evidence.is_empty(), "{}", shape.literal);
        }
    }
}
