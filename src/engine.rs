//! Runs the rules over a tree and keeps what the settings ask for.

use std::path::Path;

use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Fix, Location, RepoPath, RuleId, Severity};
use crate::repo::{FileKind, Repository, WalkError};

/// Why a tree can't be checked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The root can't be listed.
    #[error("can't check {0}")]
    Root(#[from] WalkError),
}

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// The tree.
    pub repository: Repository,
    /// What was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of deployments recognised.
    pub deployments: usize,
}

const UNREADABLE: RuleId = RuleId { code: "SYS001", name: "unreadable-file" };
const MISPLACED: RuleId = RuleId { code: "WF001", name: "misplaced-workflow" };

/// Every rule that can report, sorted by code.
#[must_use]
pub fn known_rules() -> Vec<RuleId> {
    vec![UNREADABLE, MISPLACED]
}

/// Checks the folder `root`.
///
/// # Errors
/// [`EngineError`] where the root can't be listed.
pub fn check(root: &Path, settings: &Settings) -> Result<Report, EngineError> {
    Ok(check_repository(Repository::open(root, &settings.walk_options())?, settings))
}

/// Checks a tree that is at hand already.
#[must_use]
pub fn check_repository(repository: Repository, settings: &Settings) -> Report {
    let mut diagnostics = Vec::new();
    for entry in repository.entries() {
        let location = Location::file(entry.path());
        if let (FileKind::Python, Err(error)) = (entry.kind(), entry.source()) {
            let message = format!("this file can't be read: {error}");
            diagnostics.push(Diagnostic::new(UNREADABLE, Severity::Warning, location.clone(), message));
        }
        if entry.kind() == FileKind::Yaml && entry.path().parent().as_str() == ".github/workflow" {
            let message = "GitHub runs only what is in .github/workflows";
            let to = RepoPath::new(&format!(".github/workflows/{}", entry.path().file_name()));
            let mut diagnostic = Diagnostic::new(MISPLACED, Severity::Error, location, message);
            diagnostic.fix(Fix::safe(format!("Move it to {to}")).move_file(entry.path(), &to));
            diagnostics.push(diagnostic);
        }
    }
    diagnostics.retain(|diagnostic| {
        let code = diagnostic.rule.code;
        settings.rules.contains(code) && !settings.is_ignored(code, &diagnostic.location.path)
    });
    Report { repository, diagnostics, deployments: 0 }
}

/// Whether `text` is well-formed, by the format that its path tells; `true` for formats that nothing here can parse.
#[must_use]
pub fn parses(path: &RepoPath, text: &str) -> bool {
    match FileKind::of(path) {
        FileKind::Toml | FileKind::Pyproject => text.parse::<toml::Table>().is_ok(),
        FileKind::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        _ => true,
    }
}
