//! The keys of a Space card and what each may hold: `rules/platforms/space.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What a key of the card holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A version, which YAML may read as a number.
    Version,
    /// A list of texts.
    List,
    /// A text or a list of texts.
    StringOrList,
    /// Keys with texts.
    Mapping,
    /// A length of time.
    Duration,
    /// A path in the Space.
    Path,
}

impl CardType {
    /// What to write, in words: "a whole number".
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::String | Self::Duration | Self::Path => "text",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Version => "a version in quotes",
            Self::List => "a list of texts",
            Self::StringOrList => "a text or a list of texts",
            Self::Mapping => "keys with texts",
        }
    }
}

/// One key of the card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardKey {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: CardType,
    /// The values allowed; empty where any is.
    #[serde(default)]
    pub values: Vec<String>,
    /// The name of a longer list of allowed values.
    #[serde(default)]
    list: Option<String>,
    /// Whether the list may be older than the Hub's, so that a value outside it is only suspicious.
    #[serde(default)]
    pub open: bool,
    /// Values that still work and should not be chosen, each with the reason.
    #[serde(default)]
    pub deprecated_values: BTreeMap<String, String>,
    /// The keys allowed in a mapping.
    #[serde(default)]
    pub keys: Vec<String>,
    /// A regular expression that the value's text matches.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The pattern in words.
    #[serde(default)]
    pub expected: Option<String>,
    /// The least number allowed.
    #[serde(default)]
    pub minimum: Option<i64>,
    /// The greatest number allowed.
    #[serde(default)]
    pub maximum: Option<i64>,
    /// Whether the value must be an emoji.
    #[serde(default)]
    pub emoji: bool,
    /// Whether the Hub refuses a push with a wrong value.
    #[serde(default)]
    pub enforced: bool,
    /// Whether a Space can't do without it.
    #[serde(default)]
    pub required: bool,
    /// The SDKs for which it means something; empty for all.
    #[serde(default)]
    pub sdks: Vec<String>,
    /// Why the Hub takes no notice of it any more.
    #[serde(default)]
    pub ignored: Option<String>,
    /// Where this is from.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// What the platform does where the card is silent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardDefaults {
    /// The app file.
    pub app_file: String,
    /// The port that the proxy connects to.
    pub app_port: u16,
    /// The Python by SDK.
    pub python_version: BTreeMap<String, String>,
    /// Where that is from, as a clause.
    pub python_evidence: String,
    /// The environment variables that the Gradio image sets.
    pub environment: BTreeMap<String, String>,
    /// Where that is from, as a clause.
    pub environment_evidence: String,
    /// The requirements that the build of a Space adds, by SDK; the SDK itself gets the version of the card.
    pub build_requirements: BTreeMap<String, Vec<String>>,
    /// Where that is from, as a clause.
    pub build_evidence: String,
}

/// What the Hub enforces.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardLimits {
    /// Of `short_description`, in characters.
    pub short_description: usize,
    /// Of a file that is pushed without LFS or Xet, in bytes.
    pub pushed_file: u64,
    /// The same for a binary file.
    pub pushed_binary_file: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tolerated {
    keys: Vec<String>,
}

/// A key that people write and no Space reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MistakenKey {
    /// The key that does what they mean, where there is one.
    #[serde(default)]
    pub key: Option<String>,
    /// Whether the Space does well without what they mean.
    #[serde(default)]
    pub harmless: bool,
    /// What does what they mean, as a clause.
    pub why: String,
}

/// Everything known of the card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceCard {
    /// Where the table is from.
    pub source: String,
    key: BTreeMap<String, CardKey>,
    mistaken: BTreeMap<String, MistakenKey>,
    tolerated: Tolerated,
    /// What the platform does where the card is silent.
    pub defaults: CardDefaults,
    /// What the Hub enforces.
    pub limits: CardLimits,
    modules: BTreeMap<String, Vec<String>>,
    lists: BTreeMap<String, Vec<String>>,
}

impl SpaceCard {
    /// The key of this exact name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&CardKey> {
        self.key.get(name)
    }

    /// All keys, by name.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &CardKey)> {
        self.key.iter().map(|(name, key)| (name.as_str(), key))
    }

    /// What is known of a key that no Space reads and people take for one.
    #[must_use]
    pub fn mistaken(&self, name: &str) -> Option<&MistakenKey> {
        self.mistaken.get(name)
    }

    /// Whether a key that the reference does not list is harmless.
    #[must_use]
    pub fn tolerates(&self, name: &str) -> bool {
        self.tolerated.keys.iter().any(|key| key == name)
    }

    /// The modules, by the first part of their names, that the image of an SDK brings; empty for an SDK that installs none.
    #[must_use]
    pub fn modules_of(&self, sdk: &str) -> &[String] {
        self.modules.get(sdk).map_or(&[], Vec::as_slice)
    }

    /// The values that `key` allows; empty where any is.
    #[must_use]
    pub fn values<'a>(&'a self, key: &'a CardKey) -> &'a [String] {
        key.list.as_ref().and_then(|list| self.lists.get(list)).unwrap_or(&key.values)
    }
}

/// The table.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn space_card() -> &'static SpaceCard {
    static CARD: LazyLock<SpaceCard> =
        LazyLock::new(|| toml::from_str(super::table_text("platforms/space.toml")).expect("space.toml fits its types"));
    &CARD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete() {
        let card = space_card();
        assert!(card.values(card.key("license").unwrap()).iter().any(|id| id == "apache-2.0"));
        for (name, mistaken) in &card.mistaken {
            assert!(card.key(name).is_none() && !card.tolerates(name), "{name} is a key");
            assert!(mistaken.key.as_ref().is_none_or(|key| card.key(key).is_some()), "{name}: an unknown key");
        }
        for (name, key) in card.keys() {
            assert!(!card.tolerates(name), "{name} is listed twice");
            let Some(pattern) = &key.pattern else { continue };
            regex::Regex::new(pattern).unwrap();
            assert!(key.expected.is_some(), "{name}: the pattern needs words");
        }
    }
}
