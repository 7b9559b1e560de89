//! Releases of GitHub actions that no longer run: `rules/platforms/actions.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// How bad an old release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionState {
    /// Its runs fail.
    Error,
    /// It runs on a substitute that is far from what it was made for.
    Warning,
    /// It runs on a substitute.
    Advice,
}

/// Old releases of some actions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldAction {
    /// `owner/repository[/path]`, in lower case.
    pub names: Vec<String>,
    /// Releases with a lower major are concerned.
    pub before: u32,
    /// The major to write instead.
    #[serde(default)]
    pub raise: Option<u32>,
    /// How bad it is.
    pub severity: ActionState,
    /// Whether the newer major takes the same inputs and does the same.
    #[serde(default)]
    pub automatic: bool,
    /// What is wrong with them, as a clause.
    pub why: String,
    /// Where that is from.
    pub evidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "action")]
    actions: Vec<OldAction>,
}

/// What is known of the release `major` of an action; the worst where several things are.
#[must_use]
pub fn old_action(name: &str, major: u32) -> Option<&'static OldAction> {
    let name = name.to_ascii_lowercase();
    let known = table().actions.iter().filter(|action| major < action.before && action.names.contains(&name));
    known.min_by_key(|action| action.severity)
}

/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/actions.toml")).expect("actions.toml fits its types")
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told() {
        assert!(table().actions.iter().all(|action| action.evidence.starts_with("https://")));
        assert_eq!(old_action("actions/cache", 2).unwrap().severity, ActionState::Error);
        assert_eq!(old_action("Actions/Cache", 3).unwrap().severity, ActionState::Advice);
        assert_eq!(old_action("actions/checkout", 2).unwrap().severity, ActionState::Warning);
        assert!(old_action("actions/cache", 4).is_none() && old_action("actions/stale", 1).is_none());
    }
}
