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
            let mut lists: Vec<(&str, &Filter, Vec<&Filter>)> = Vec::new();
            for event in &workflow.on {
                if !matches!(event.name.value.as_str(), "push" | "pull_request" | "pull_request_target") {
                    continue;
                }
                for filter in event.filters.iter().filter(|filter| filter.name.value == "paths") {
                    // The same list at several events is one cause.
                    match lists.iter_mut().find(|(_, first, _)| is_same_list(first, filter)) {
                        Some((_, _, others)) => others.push(filter),
                        None => lists.push((&event.name.value, filter, Vec::new())),
                    }
                }
                let is_sync = || project.syncs().iter().any(|sync| sync.location.path == *path);
                if event.name.value == "push" && is_sync() {
                    check_branches(documents, path, event, report);
                }
            }
            for (event, filter, others) in lists {
                check_filter(documents, path, event, filter, &others, report);
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
        format!("the repository has no branch {names}, so no push ever starts this sync"),
    );
    let known: Vec<&str> = branches.names.iter().map(String::as_str).take(5).collect();
    finding.help(format!("as of the last fetch there is {}", known.join(", ")));
    let default = branches.default.as_deref().or(known.first().copied().filter(|_| known.len() == 1));
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte));
    if let Some(default) = default.filter(|name| is_plain(name) && wanted.patterns.len() == 1) {
        let source = documents.repository().source(path);
        let content = source.map_or_else(|| default.to_owned(), |source| source.in_same_quotes(first.span, default));
        finding.fix(Fix::unsafe_(format!("Write `{default}`")).replace(path, first.span, content));
    }
}

fn is_same_list(one: &Filter, other: &Filter) -> bool {
    let texts = |filter: &Filter| filter.patterns.iter().map(|pattern| pattern.value.clone()).collect::<Vec<_>>();
    texts(one) == texts(other)
}

/// `others` are lists of other events that hold the same patterns.
fn check_filter(
    documents: &Documents,
    path: &RepoPath,
    event: &str,
    filter: &Filter,
    others: &[&Filter],
    report: &mut Reporter,
) {
    // The places where the same pattern stands for other events.
    let again = |pattern: &Spanned<String>| -> Vec<Spanned<String>> {
        let at = filter.patterns.iter().position(|one| one.span == pattern.span).unwrap_or_default();
        others.iter().filter_map(|other| other.patterns.get(at)).cloned().collect()
    };
    let read = |pattern: &Spanned<String>| FilterPattern::parse(&pattern.value).filter(|read| !read.negated);
    let mut dead = Vec::new();
    let mut alive = 0;
    for pattern in &filter.patterns {
        match FilterPattern::parse(&pattern.value) {
            Some(read) if read.negated => {}
            Some(read) if !is_known_to_fit(documents, pattern, &read) => dead.push(pattern),
            _ => alive += 1,
        }
    }
    let Some((first, others)) = dead.split_first() else { return };
    if alive == 0 {
        let finding = report.warning(
            Location::new(path, first.span),
            format!("no file of the repository fits `paths`, so `{event}` never starts this workflow"),
        );
        for other in others {
            finding.label(Location::new(path, other.span), "nothing fits this one, either");
        }
        let mut fix = None;
        let further: Vec<_> = dead.iter().flat_map(|pattern| again(pattern)).collect();
        for place in &further {
            finding.label(Location::new(path, place.span), "here, too");
        }
        let all = dead.iter().copied().chain(&further);
        let mut meant = all.filter_map(|pattern| Meant::of(documents, path, pattern)).peekable();
        finding.help(help(first, meant.peek()));
        for meant in meant {
            fix = Some(meant.add_to(fix, path));
        }
        finding.fix(fix);
        return;
    }
    let living: Vec<_> = filter.patterns.iter().filter(|pattern| !dead.contains(pattern)).filter_map(read).collect();
    for pattern in dead {
        // What a wider pattern beside it takes in anyway does no harm.
        if living.iter().any(|wider| wider.matches(&pattern.value)) {
            continue;
        }
        let at = Location::new(path, pattern.span);
        let again = again(pattern);
        let meant = Meant::of(documents, path, pattern);
        let finding = match &meant {
            Some(Meant { is_folder: true, .. }) => report.warning(
                at,
                format!("`{}` names a folder, which no changed file is, so it fits nothing", pattern.value),
            ),
            Some(_) => report.warning(at, format!("no file of the repository fits `{}`", pattern.value)),
            None => report.advice(at, format!("no file of the repository fits `{}`", pattern.value)),
        };
        for place in &again {
            finding.label(Location::new(path, place.span), "here, too");
        }
        finding.help(help(pattern, meant.as_ref()));
        let mut fix = meant.map(|meant| meant.add_to(None, path));
        for place in &again {
            fix = fix.and_then(|fix| Some(Meant::of(documents, path, place)?.add_to(Some(fix), path)));
        }
        finding.fix(fix);
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

fn help(pattern: &Spanned<String>, meant: Option<&Meant<'_>>) -> String {
    match meant {
        Some(meant) if meant.is_folder => {
            format!("a pattern must fit whole paths of files: write `{}` for all that the folder holds", meant.text)
        }
        Some(meant) => {
            format!("did you mean `{}`? A pattern must fit whole paths, from the root of the repository", meant.text)
        }
        None if pattern.value.starts_with("./") || pattern.value.starts_with('/') => {
            "paths begin at the root of the repository, without `./` or `/`".to_owned()
        }
        None => "a pattern must fit whole paths of files, from the root of the repository, and case counts".to_owned(),
    }
}

/// The pattern that was meant.
struct Meant<'p> {
    written: &'p Spanned<String>,
    text: String,
    /// Whether what is written names a folder, and its files were meant.
    is_folder: bool,
    /// The quotes that it stands in.
    quote: Option<char>,
}

impl<'p> Meant<'p> {
    /// What was meant by a pattern that nothing fits, where some file fits that.
    fn of(documents: &Documents, path: &RepoPath, pattern: &'p Spanned<String>) -> Option<Self> {
        let repository = documents.repository();
        let written = pattern.value.as_str();
        let trimmed = written.trim_start_matches("./").trim_start_matches('/');
        let folder = trimmed.trim_end_matches('/');
        let is_folder = repository.presence(&RepoPath::new(folder)) == Presence::Folder;
        let text = if is_folder {
            format!("{folder}/**")
        } else if trimmed != written {
            trimmed.to_owned()
        } else {
            only_path_ending_in(documents, written)?
        };
        let read = FilterPattern::parse(&text)?;
        let fits = repository.entries().any(|entry| read.matches(entry.path().as_str()));
        let source = repository.source(path)?;
        let quote = pattern.span.of(source.text()).chars().next().filter(|c| matches!(c, '"' | '\''));
        (text != written && fits).then_some(Self { written: pattern, text, is_folder, quote })
    }

    /// Adds the correction to a fix. Quotes stay, and are added only where YAML needs them.
    fn add_to(self, fix: Option<Fix>, path: &RepoPath) -> Fix {
        let is_plain = self.text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
            && self.text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '*'));
        let content = match self.quote {
            None if is_plain => self.text.clone(),
            quote => {
                let quote = quote.unwrap_or('"');
                format!("{quote}{}{quote}", self.text)
            }
        };
        let fix = fix.unwrap_or_else(|| Fix::unsafe_(format!("Write `{}`", self.text)));
        fix.replace(path, self.written.span, content)
    }
}

/// The path of the only file whose path ends in `ending`, which is a path of several parts.
fn only_path_ending_in(documents: &Documents, ending: &str) -> Option<String> {
    let is_path = ending.contains('/') && !ending.contains(['*', '?', '[', '+', '!']);
    let ending = format!("/{ending}");
    let mut fitting = documents.repository().entries().filter(|entry| entry.path().as_str().ends_with(&ending));
    let only = fitting.next().filter(|_| is_path && fitting.next().is_none())?;
    Some(only.path().as_str().to_owned())
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
