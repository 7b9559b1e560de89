//! What the steps of a workflow or of an image's build leave in the working folder: `rules/platforms/step_effects.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "source")]
    _source: String,
    quiet_actions: Vec<String>,
    no_distributions: Vec<String>,
    quiet_programs: BTreeMap<String, Vec<String>>,
    made: Made,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    folders: Vec<String>,
    kept_out: Vec<String>,
    endings: Vec<String>,
    sources: Vec<String>,
}

/// Whether an action, given as `owner/repository[/path]`, puts no sources into the working folder.
#[must_use]
pub fn is_quiet_action(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    table()
        .quiet_actions
        .iter()
        .any(|known| name == *known || (known.ends_with('/') && name.starts_with(known.as_str())))
}

/// Whether a program puts no sources into the working folder when `first`, its first word that is no option (or its only
/// option), follows it.
#[must_use]
pub fn is_quiet_program(name: &str, first: Option<&str>) -> bool {
    let uses = table().quiet_programs.get(name).map_or(&[][..], Vec::as_slice);
    uses.iter().any(|known| known == "*" || first == Some(known))
}

/// Whether a program installs no Python distribution but those that an installer is told to.
#[must_use]
pub fn installs_no_distribution(name: &str) -> bool {
    table().no_distributions.iter().any(|known| known == name)
}

/// Whether a folder or file name is one that tools give to what they make: `dist`, `node_modules`, `coverage`.
#[must_use]
pub fn is_made_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    table().made.folders.contains(&name) || name.ends_with(".egg-info")
}

/// Whether a folder or file name is one that an image is given by whoever builds it, and git does not carry: `models`.
#[must_use]
pub fn is_kept_out_name(name: &str) -> bool {
    table().made.kept_out.contains(&name.to_ascii_lowercase())
}

/// Whether an ending, without its dot, is that of files which are made, downloaded or secret: `whl`.
#[must_use]
pub fn is_made_ending(ending: &str) -> bool {
    table().made.endings.iter().any(|known| known == ending)
}

/// Whether a file name is that of a source, which nothing but a generator would write.
#[must_use]
pub fn is_source_name(name: &str) -> bool {
    name.starts_with("Dockerfile") || table().made.sources.iter().any(|end| name.ends_with(end.as_str()))
}

/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/step_effects.toml")).expect("step_effects.toml fits its types")
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart() {
        assert!(is_quiet_action("Actions/setup-python") && is_quiet_action("aws-actions/x"));
        assert!(!is_quiet_action("actions/download-artifact") && !is_quiet_action("azure/cli"));
        assert!(is_quiet_program("pip", Some("install")) && !is_quiet_program("pip", Some("download")));
        assert!(is_quiet_program("echo", None) && !is_quiet_program("make", None));
        assert!(is_made_name("Dist") && !is_made_name("scripts"));
        assert!(is_source_name("a.py") && is_source_name("Dockerfile.gpu") && !is_source_name("server"));
    }
}
