//! WF004 trigger-never-matches: a path filter that no file of the repository fits, or a branch that there is not.

use crate::deployment::{Documents, Project, workflows};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Spanned};
use crate::formats::workflow::{Event, Filter, FilterPattern};
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
                let is_sync = || project.syncs().iter().any(|sync| sync.location.path == *path);
                if event.name.value == "push" && is_sync() {
                    check_branches(documents, path, event, report);
                }
            }
        }
    }
}

/// A workflow that brings the code to a Space, and waits for pushes to branches that there are not.
fn check_branches(documents: &Documents, path: &RepoPath, event: &Event, report: &mut Reporter) {
    let Some(branches) = documents.repository().branches() else { return };
    let filter = |name: &str| event.filters.iter().find(|filter| filter.name.value == name);
    let Some(wanted) = filter("branches").filter(|_| filter("tags").is_none()) else { return };
    let Some(first) = wanted.patterns.first() else { return };
    let patterns: Option<Vec<_>> = wanted.patterns.iter().map(|pattern| FilterPattern::parse(&pattern.value)).collect();
    let Some(patterns) = patterns else { return };
    if patterns.iter().any(|pattern| branches.names.iter().any(|name| pattern.matches(name))) {
        return;
    }
    // A copy of a repository may carry its default branch alone; then only `master` for `main` is sure.
    let usual = |name: &str| matches!(name, "main" | "master");
    let is_sure = branches.names.len() > 1
        || branches.names.iter().any(|name| usual(name)) && wanted.patterns.iter().all(|pattern| usual(&pattern.value));
    if !is_sure {
        return;
    }
    let names = wanted.patterns.iter().map(|pattern| pattern.value.as_str()).collect::<Vec<_>>().join(", ");
    let finding = report.warning(
        Location::new(path, first.span),
        format!("The repository has no branch {names}, so no push ever starts this sync"),
    );
    let known: Vec<&str> = branches.names.iter().map(String::as_str).take(5).collect();
    finding.help(format!("as of the last fetch there is {}", known.join(", ")));
    let default = branches.default.as_deref().or(known.first().copied().filter(|_| known.len() == 1));
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte));
    if let Some(default) = default.filter(|name| is_plain(name) && wanted.patterns.len() == 1) {
        finding.fix(Fix::unsafe_(format!("Write `{default}`")).replace(path, first.span, default));
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
        // A file that git leaves out and carries all the same is not among those that were walked.
        || repository.is_ignored(&RepoPath::new(&pattern.value), false)
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

#[cfg(test)]
mod tests {
    use crate::config::Settings;
    use crate::engine;
    use crate::repo::{Branches, Repository};

    fn sync(branches: &str, known: &[&str]) -> usize {
        let text = format!(
            "on: {{push: {{branches: {branches}}}}}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: git push https://u:$T@huggingface.co/spaces/a/b main\n"
        );
        let files = [
            (".github/workflows/sync.yml", text.as_bytes()),
            ("README.md", b"---\nsdk: static\n---\n"),
            ("index.html", b""),
        ];
        let names = known.iter().map(|name| (*name).to_owned()).collect();
        let repository = Repository::in_memory(files).with_branches(Branches { names, default: None });
        let report = engine::check_repository(repository, &Settings::defaults(&engine::known_rules()));
        report.diagnostics.iter().filter(|found| found.rule.code == "WF004").count()
    }

    #[test]
    fn branches_that_there_are_not() {
        for (branches, known, found) in [
            ("[master]", &["main"][..], 1),
            ("main", &["main"], 0),
            ("[deploy]", &["main"], 0),
            ("[deploy]", &["main", "dev"], 1),
            ("[deploy, 'd*']", &["main", "dev"], 0),
            ("['release/**']", &["main", "release/a/b"], 0),
        ] {
            assert_eq!(sync(branches, known), found, "{branches} {known:?}");
        }
    }
}
