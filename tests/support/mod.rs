//! What several test files need: checking small trees, and the assertions that hold for every fix.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]
#![allow(dead_code, reason = "each test binary uses its part of it")]

use preflight::config::Settings;
use preflight::diagnostic::{Applicability, Diagnostic};
use preflight::engine::{self, Report};
use preflight::examples;
use preflight::repo::Repository;

/// The default settings.
pub fn settings() -> Settings {
    Settings::defaults(&engine::known_rules())
}

/// Checks a tree with the default settings.
pub fn check(repository: Repository) -> Report {
    let report = engine::check_repository(repository, &settings());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    report
}

/// A diagnostic in one line, for messages and snapshots: `path:line:column severity CODE message`.
pub fn line(repository: &Repository, diagnostic: &Diagnostic) -> String {
    examples::line(repository, diagnostic)
}

/// Applies every fix of at least `least` until none is left, and asserts what holds for all fixes.
pub fn assert_fixes(name: &str, repository: Repository, least: Applicability) -> Report {
    let (report, problems) = examples::check_fixes(repository, least, &settings());
    assert!(problems.is_empty(), "{name}: {problems:?}");
    report
}
