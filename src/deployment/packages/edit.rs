//! Where a requirement can be added to what a deployment installs.

use crate::diagnostic::{Fix, RepoPath};

use super::super::{Deployment, Documents};
use super::{Declaration, Origin};

/// Adds to `fix` the edit that installs `requirement` too: on a line behind that of `declaration`, or as a further argument
/// of its command. `None` where neither can be done, as in a locked file or a table of TOML.
#[must_use]
pub fn add_beside(fix: Fix, documents: &Documents, declaration: &Declaration, requirement: &str) -> Option<Fix> {
    let source = documents.repository().source(&declaration.path)?;
    let text = source.text();
    match declaration.origin {
        Origin::Requirements if declaration.requirement.hashes == 0 => {
            let rest = text.get(declaration.requirement.span.end..)?;
            let end = declaration.requirement.span.end + rest.find('\n').unwrap_or(rest.len());
            let returned = text.get(..end).is_some_and(|before| before.ends_with('\r'));
            let (at, newline) = if returned { (end - 1, "\r\n") } else { (end, newline_of(text)) };
            Some(fix.insert(&declaration.path, at, format!("{newline}{requirement}")))
        }
        Origin::Command => {
            let quoted = if requirement.contains(['<', '>', ';', ' ', '!']) {
                format!(" \"{requirement}\"")
            } else {
                format!(" {requirement}")
            };
            Some(fix.insert(&declaration.path, declaration.requirement.span.end, quoted))
        }
        _ => None,
    }
}

/// Adds to `fix` the edit that installs `requirement` with the deployment's other packages: beside the declaration of
/// `package` where that is possible, at the end of a requirements file, or in a new `requirements.txt` where the platform
/// reads one.
#[must_use]
pub fn add_to(fix: Fix, deployment: &Deployment<'_>, package: &str, requirement: &str) -> Option<Fix> {
    let documents = deployment.documents();
    let packages = deployment.packages();
    let unlocked =
        |path: &RepoPath| packages.manifests().iter().all(|manifest| manifest.path != *path || !manifest.locked);
    let can_hold = |declaration: &&Declaration| {
        matches!(declaration.origin, Origin::Requirements | Origin::Command) && unlocked(&declaration.path)
    };
    if let Some(declaration) = packages.of(package).find(can_hold) {
        return add_beside(fix, documents, declaration, requirement);
    }
    let in_file = |declaration: &&Declaration| declaration.origin == Origin::Requirements && can_hold(declaration);
    if let Some(last) = packages.declarations().iter().rev().find(in_file) {
        return add_beside(fix, documents, last, requirement);
    }
    let card_only = packages.of(package).any(|declaration| declaration.origin == Origin::Card);
    let path = deployment.root().join("requirements.txt")?;
    let free = documents.repository().presence(&path) == crate::repo::Presence::Absent;
    (card_only && free).then(|| fix.create(&path, format!("{requirement}\n")))
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
