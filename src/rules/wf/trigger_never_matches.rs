//! WF004 trigger-never-matches: a path filter that no file of the repository fits.

use crate::deployment::{Documents, Project, workflows};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Spanned};
use crate::formats::workflow::{Filter, FilterPattern};
use crate::repo::Presence;
use crate::rules::{Reporter, Rule};

/// WF004 trigger-never-matches.
pub struct TriggerNeverMatches;

impl Rule for TriggerNeverMatches {
    fn id(&self) -> RuleId {
        RuleId { code: "WF004", name: "trigger-never-matches" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for (path, workflow) in workflows::live(documents) {
            for event in &workflow.on {
                if !matches!(event.name.value.as_str(), "push" | "pull_request" | "pull_request_target") {
                    continue;
                }
                for filter in event.filters.iter().filter(|filter| filter.name.value == "paths") {
                    check_filter(documents, path, &event.name.value, filter, report);
                }
            }
        }
    }
}

fn check_filter(documents: &Documents, path: &RepoPath, event: &str, filter: &Filter, report: &mut Reporter) {
    let mut dead = Vec::new();
    let mut alive = 0;
    for pattern in &filter.patterns {
        match FilterPattern::parse(&pattern.value) {
            Some(read) if read.negated => {}
            Some(read) if !is_known_to_fit(documents, pattern, &read) => dead.push(pattern),
            _ => alive += 1,
        }
    }
    let Some(first) = dead.first() else { return };
    let mut patterns = dead.as_slice();
    if alive == 0 {
        let finding = report.warning(
            Location::new(path, first.span),
            format!("No file of the repository fits `paths`, so `{event}` never starts this workflow"),
        );
        for other in dead.iter().skip(1) {
            finding.label(Location::new(path, other.span), "nothing fits this one, either");
        }
        finding.help(help(first)).fix(correction(documents, path, first));
        patterns = &[];
    }
    for pattern in patterns {
        let at = Location::new(path, pattern.span);
        let message = format!("No file of the repository fits `{}`", pattern.value);
        let fix = correction(documents, path, pattern);
        let finding = if fix.is_some() { report.warning(at, message) } else { report.advice(at, message) };
        finding.help(help(pattern)).fix(fix);
    }
}

/// Whether some file fits, or may: what lies in folders that are not read is not known.
fn is_known_to_fit(documents: &Documents, pattern: &Spanned<String>, read: &FilterPattern) -> bool {
    let repository = documents.repository();
    let plain: String = pattern.value.chars().take_while(|c| !matches!(c, '*' | '?' | '[' | '+')).collect();
    let folder = RepoPath::new(plain.rsplit_once('/').map_or("", |(folder, _)| folder));
    // A submodule is a path of the repository and no file of the tree.
    let modules = repository.source(&RepoPath::new(".gitmodules")).map_or("", |source| source.text());
    modules.lines().any(|line| line.split_once('=').is_some_and(|(_, module)| read.matches(module.trim())))
        || repository.presence(&folder) == Presence::Unknown
        || repository.presence(&RepoPath::new(&plain)) == Presence::Unknown
        || pattern.value.contains("${{")
        || repository.entries().any(|entry| read.matches(entry.path().as_str()))
}

fn help(pattern: &Spanned<String>) -> String {
    let text = pattern.value.as_str();
    if text.ends_with('/') {
        format!("a pattern must fit whole paths of files: write `{text}**`")
    } else if text.starts_with("./") || text.starts_with('/') {
        "paths begin at the root of the repository, without `./` or `/`".to_owned()
    } else {
        "a pattern must fit whole paths of files, from the root of the repository, and case counts".to_owned()
    }
}

/// The pattern that was meant, where a file fits it.
fn correction(documents: &Documents, path: &RepoPath, pattern: &Spanned<String>) -> Option<Fix> {
    let text = pattern.value.as_str();
    let trimmed = text.trim_start_matches("./").trim_start_matches('/');
    let is_folder = documents.repository().presence(&RepoPath::new(trimmed.trim_end_matches('/'))) == Presence::Folder;
    let meant = if is_folder { format!("{}/**", trimmed.trim_end_matches('/')) } else { trimmed.to_owned() };
    let read = FilterPattern::parse(&meant)?;
    let fits = documents.repository().entries().any(|entry| read.matches(entry.path().as_str()));
    (meant != text && fits)
        .then(|| Fix::unsafe_(format!("Write `{meant}`")).replace(path, pattern.span, format!("\"{meant}\"")))
}
