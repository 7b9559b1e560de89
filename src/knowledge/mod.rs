//! What is true about the world outside the repository: rule pages and tables, read from `rules/` at build time. A leaf.

mod actions;
pub mod api_changes;
mod base_images;
pub mod build_backends;
mod debian;
mod development;
pub mod distributions;
mod environment;
mod event_loops;
pub mod import_names;
pub mod package_breaks;
pub mod package_needs;
mod page;
pub mod programs;
mod public_images;
pub mod python_version;
mod releases;
mod resolution;
mod secrets;
mod servers;
mod space_card;
pub mod standard_library;
mod step_effects;
pub mod version_set;
mod wheels;
mod workflow_keys;

pub use actions::{ActionState, OldAction, old_action};
pub use api_changes::{
    ApiFix, Change, ChangeExample, ChangeKind, Checked, Library, NoReplacement, Passed, RowPlace, StatedSeverity,
    SymbolPattern, TableError, TableRule, When, api_changes, api_changes_of, filled, parse_api_table, resolved_name,
    team_page, team_table,
};
pub use base_images::{BaseImage, Estimator, base_image, beside_requirements, estimators, is_plain_image};
pub use debian::{Debian, DebianRelease, GonePackage, PublicImage, debian};
pub use development::is_development_tool;
pub use environment::is_provided_variable;
pub use event_loops::{
    BlockingCall, CallbackTaker, EventLoops, GreenletPatch, LoopRunner, Server, ThreadHandler, blocking_calls,
    event_loops, fits_any,
};
pub use page::{Example, ExampleFile, FixAvailability, PageError, RulePage, Side, Symptom};
pub use public_images::is_public_image;
pub use python_version::{PythonSet, PythonVersion, PythonVersionError};
pub use releases::{Release, missing_release, newest_for, releases};
pub use resolution::{Outcome, Resolution};
pub use secrets::{SecretChecksum, SecretShape, names_a_placeholder, secret_literals, secret_shapes};
pub use servers::{ArgumentCondition, PollingBot, ServerCall, ServerCommand, Servers, Setting, servers};
pub use space_card::{CardDefaults, CardKey, CardLimits, CardType, MistakenKey, SpaceCard, space_card};
pub use step_effects::{
    installs_no_distribution, is_kept_out_name, is_made_ending, is_made_name, is_quiet_action, is_quiet_program,
    is_source_name,
};
pub use version_set::{SpecifierError, VersionSet, parse_specifiers};
pub use wheels::{BinaryPackage, CLibrary, binary_package, built_from_source};
pub use workflow_keys::{WorkflowKeys, workflow_keys};

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The pages of all rules, sorted by code.
///
/// # Panics
/// Never in a built binary: a page that can't be read fails the test of this module.
#[must_use]
pub fn pages() -> &'static [RulePage] {
    static PAGES: LazyLock<Vec<RulePage>> = LazyLock::new(|| {
        let mut pages: Vec<_> = page_files().filter_map(|(_, text)| RulePage::parse(text).ok()).collect();
        pages.sort_by(|a, b| a.code.cmp(&b.code));
        pages
    });
    &PAGES
}

/// The same with the pages of a team's tables, sorted by code.
pub fn pages_with(tables: impl IntoIterator<Item = &'static Library>) -> Vec<RulePage> {
    let mut pages = pages().to_vec();
    for page in tables.into_iter().filter_map(team_page) {
        if pages.iter().all(|known| known.code != page.code) {
            pages.push(page);
        }
    }
    pages.sort_by(|a, b| a.code.cmp(&b.code));
    pages
}

/// The page of one rule, by its code or its name, whatever the case.
#[must_use]
pub fn page(code_or_name: &str) -> Option<&'static RulePage> {
    pages()
        .iter()
        .find(|page| page.code.eq_ignore_ascii_case(code_or_name) || page.name.eq_ignore_ascii_case(code_or_name))
}

/// Path below `rules/` and text of every rule page: the Markdown files in the families' folders.
fn page_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES
        .dirs()
        .flat_map(Dir::files)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "md"))
        .filter(|file| file.path().file_stem().is_some_and(|stem| stem != "README" && stem != "VERIFIED"))
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
}

/// The text of the table at `path` below `rules/`; empty where there is none.
pub(crate) fn table_text(path: &str) -> &'static str {
    RULES.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or("")
}

/// A distribution's name in the one spelling that stands for all: lower case, runs of `-`, `_` and `.` as one `-`.
#[must_use]
pub fn normalized_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if !matches!(character, '-' | '_' | '.') {
            normal.push(character.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

/// Path below `rules/` and text of every TOML table directly in `folder`.
pub fn tables_in(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES
        .get_dir(folder)
        .into_iter()
        .flat_map(|dir| dir.files())
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_can_be_read_and_stands_under_its_own_name() {
        for (path, text) in page_files() {
            let page = RulePage::parse(text).unwrap_or_else(|error| panic!("rules/{path}: {error}"));
            assert!(path.ends_with(&format!("/{}.md", page.name)), "rules/{path} is the page of {}", page.name);
            assert!(!page.examples.is_empty(), "rules/{path} has no example");
            for heading in ["What it checks", "Why it breaks there", "How to fix it", "How to prevent it", "Examples"] {
                assert!(page.body.contains(&format!("\n## {heading}\n")), "rules/{path} has no section '{heading}'");
            }
        }
    }
}
