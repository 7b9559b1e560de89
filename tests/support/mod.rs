//! What several test files need: checking small trees, and the assertions that hold for every fix.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]
#![allow(dead_code, reason = "each test binary uses its part of it")]

use preflight::config::Settings;
use preflight::diagnostic::{Applicability, Diagnostic};
use preflight::engine::{self, Report};
use preflight::fix;
use preflight::repo::Repository;

/// Checks a tree with the default settings.
pub fn check(repository: Repository) -> Report {
    let report = engine::check_repository(repository, &Settings::defaults(&engine::known_rules()));
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    report
}

/// A diagnostic in one line, for messages and snapshots: `path:line:column severity CODE message`.
pub fn line(repository: &Repository, diagnostic: &Diagnostic) -> String {
    let path = &diagnostic.location.path;
    let position = repository.source(path).map(|source| source.position(diagnostic.location.span.start));
    let (line, column) = position.map_or((1, 1), |position| (position.line, position.column));
    format!("{path}:{line}:{column} {} {} {}", diagnostic.severity, diagnostic.rule.code, diagnostic.message)
}

/// Applies every fix of at least `least` until none is left, and asserts what holds for all fixes: they converge, no fix is
/// dropped because its result would not parse, what was fixed is gone, and fixing again changes nothing.
pub fn assert_fixes(name: &str, repository: Repository, least: Applicability) -> Report {
    let first = check(repository);
    let fixable: Vec<String> = first
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= least))
        .map(|diagnostic| format!("{} {}", diagnostic.rule.code, diagnostic.message))
        .collect();
    let outcome = fix::fix(&first, least, &engine::parses, check);
    assert!(outcome.converged, "{name}: the fixes do not converge");
    assert!(outcome.dropped.is_empty(), "{name}: dropped {:?}", outcome.dropped);
    assert!(fixable.is_empty() || !outcome.applied.is_empty(), "{name}: nothing was applied of {fixable:?}");
    let report = outcome.report.unwrap_or(first);
    let left: Vec<&Diagnostic> = report
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= least))
        .collect();
    assert!(left.is_empty(), "{name}: fixes left after fixing: {left:?}");
    report
}
