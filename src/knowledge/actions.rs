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
    #[serde(default)]
    pub before: u32,
    /// Majors below it are not concerned.
    #[serde(default)]
    from: u32,
    /// Releases of this major are concerned that are below `below`.
    #[serde(default)]
    only: Option<u32>,
    /// The first release of `only` that is not concerned.
    #[serde(default)]
    below: Option<String>,
    /// The major to write instead.
    #[serde(default)]
    pub raise: Option<u32>,
    /// How bad it is.
    pub severity: ActionState,
    /// Whether the newer major takes the same inputs and does the same.
    #[serde(default)]
    pub automatic: bool,
    /// The Node that they are made for and that runners no longer have, where that is all that is wrong.
    #[serde(default)]
    pub node: Option<u32>,
    /// What is wrong with them otherwise, as a clause.
    #[serde(default)]
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

impl OldAction {
    /// Whether a release is concerned. A bare major stands for its newest release.
    fn concerns(&self, release: &[u32]) -> bool {
        let Some(major) = release.first() else { return false };
        let is_below = self.below.as_deref().is_some_and(|below| {
            let below: Vec<u32> = below.split('.').filter_map(|part| part.parse().ok()).collect();
            release.len() > 2 && release < below.as_slice()
        });
        (self.from..self.before).contains(major) || (self.only == Some(*major) && is_below)
    }
}

/// What is known of a release of an action, given by its numbers (`[4, 1, 0]`); the worst where several things are.
#[must_use]
pub fn old_action(name: &str, release: &[u32]) -> Option<&'static OldAction> {
    let name = name.to_ascii_lowercase();
    let known = table().actions.iter().filter(|action| action.concerns(release) && action.names.contains(&name));
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
        assert!(table().actions.iter().all(|action| action.why.is_empty() == action.node.is_some()));
        for (name, release, severity) in [
            ("actions/cache", &[2][..], Some(ActionState::Error)),
            ("Actions/Cache", &[3], Some(ActionState::Advice)),
            ("actions/cache", &[3, 3, 2], Some(ActionState::Error)),
            ("actions/cache", &[4, 1, 2], Some(ActionState::Error)),
            ("actions/cache/restore", &[4, 2, 0], Some(ActionState::Advice)),
            ("actions/cache", &[5], None),
            ("actions/checkout", &[2], Some(ActionState::Warning)),
            ("actions/checkout", &[4, 3, 1], Some(ActionState::Advice)),
            ("actions/checkout", &[6], None),
            ("actions/checkout", &[1], None),
            ("actions/github-script", &[5], Some(ActionState::Warning)),
            ("actions/stale", &[1], None),
        ] {
            assert_eq!(old_action(name, release).map(|old| old.severity), severity, "{name} {release:?}");
        }
    }
}
