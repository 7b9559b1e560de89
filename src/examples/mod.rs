//! Runs examples: tiny repositories with a good and a bad side, on which a rule must be silent and must report. The examples
//! of the rule pages are run by a test, those of a team's tables by `preflight rules test`.

mod fixes;

use std::collections::BTreeMap;

use crate::config::Settings;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::engine::{self, Report};
use crate::knowledge::{Example, FixAvailability, Library, Resolution, Side};
use crate::repo::Repository;

pub use fixes::check_fixes;

/// The path that stands for what uv answered when it was asked about the requirements, recorded.
const RECORDED: &str = "@uv";

/// What an example says about a rule.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// The rule's code.
    pub code: &'a str,
    /// The severities that it may report with; `None` for any.
    pub severity: Option<&'a str>,
    /// The best fix that it may offer.
    pub fix: FixAvailability,
}

/// The tiny repository of one side of an example.
#[must_use]
pub fn tree(example: &Example, side: Side) -> Repository {
    let files = example.side(side).filter(|file| file.path != RECORDED);
    let files: Vec<(&str, Vec<u8>)> = files.map(|file| (file.path.as_str(), file.content())).collect();
    Repository::in_memory(files.iter().map(|(path, content)| (*path, content.as_slice())))
}

/// The settings of one side: with what the resolver answered, where the example has that recorded.
fn settings_of(example: &Example, side: Side, settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    let recorded = example.side(side).find(|file| file.path == RECORDED);
    if let Some(answer) = recorded.and_then(|file| Resolution::of_uv("uv", &file.text)) {
        settings.resolutions = engine::with_project(tree(example, side), &settings, |project| {
            project.deployments().iter().map(|one| (one.name().to_owned(), answer.clone())).collect()
        });
    }
    settings
}

/// A finding in one line: `path:line:column severity CODE message`.
#[must_use]
pub fn line(repository: &Repository, diagnostic: &Diagnostic) -> String {
    let path = &diagnostic.location.path;
    let position = repository.source(path).map(|source| source.position(diagnostic.location.span.start));
    let (line, column) = position.map_or((1, 1), |position| (position.line, position.column));
    format!("{path}:{line}:{column} {} {} {}", diagnostic.severity, diagnostic.rule.code, diagnostic.message)
}

/// The findings of a rule.
pub fn of_rule<'a>(report: &'a Report, code: &'a str) -> impl Iterator<Item = &'a Diagnostic> {
    report.diagnostics.iter().filter(move |diagnostic| diagnostic.rule.code == code)
}

/// What does not hold of one example, each in a sentence; none where all of it does: the rule is silent on the good side
/// and reports on the bad one, where the marks say; its fixes converge, break nothing and give the good side where the
/// example says so.
#[must_use]
pub fn problems(example: &Example, expected: &Expectation<'_>, settings: &Settings) -> Vec<String> {
    let mut problems = Vec::new();
    let good = engine::check_repository(tree(example, Side::Good), &settings_of(example, Side::Good, settings));
    if of_rule(&good, expected.code).next().is_some() {
        problems.push(format!("the good side is reported:{}", listed(&good)));
    }
    if !example.files.iter().any(|file| file.side == Side::Bad) {
        return problems;
    }
    let settings = &settings_of(example, Side::Bad, settings);
    let bad = engine::check_repository(tree(example, Side::Bad), settings);
    problems.extend(bad.failures.clone());
    let found: Vec<&Diagnostic> = of_rule(&bad, expected.code).collect();
    if found.is_empty() {
        problems.push(format!("the bad side is not reported:{}", listed(&bad)));
        return problems;
    }
    problems.extend(unmet_marks(example, &bad, &found));
    for diagnostic in &found {
        problems.extend(faults_of(diagnostic, expected));
    }
    problems.extend(fixes::of_example(example, expected, &bad, settings));
    problems
}

/// What does not hold of the examples of a table, each with the title of the example.
#[must_use]
pub fn table_problems(table: &Library, settings: &Settings) -> Vec<String> {
    let mut all = Vec::new();
    for example in &table.examples {
        let expected = Expectation { code: &example.reports, severity: None, fix: FixAvailability::Safe };
        if !settings.rules.contains(&example.reports) {
            all.push(format!("{}: no rule is called `{}`", example.title, example.reports));
            continue;
        }
        for scene in &example.scenes {
            let problems = problems(scene, &expected, settings);
            all.extend(problems.into_iter().map(|problem| format!("{}: {problem}", scene.title)));
        }
    }
    all
}

/// Everything that was found, a line each.
fn listed(report: &Report) -> String {
    if report.diagnostics.is_empty() {
        return " nothing at all was found".to_owned();
    }
    let lines = report.diagnostics.iter().map(|diagnostic| format!("\n  {}", line(&report.repository, diagnostic)));
    lines.collect()
}

/// The lines, by file, on which findings and their labels stand.
fn lines(report: &Report, found: &[&Diagnostic]) -> BTreeMap<String, Vec<usize>> {
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for diagnostic in found {
        let labels = diagnostic.labels.iter().map(|label| &label.location);
        for location in std::iter::once(&diagnostic.location).chain(labels) {
            // A finding about a file as a whole may stand in one that is no text.
            let source = report.repository.source(&location.path);
            let line = source.map_or(1, |source| source.position(location.span.start).line);
            lines.entry(location.path.to_string()).or_default().push(line);
        }
    }
    lines
}

/// Marks without a finding or label.
fn unmet_marks(example: &Example, bad: &Report, found: &[&Diagnostic]) -> Vec<String> {
    let lines = lines(bad, found);
    let marks = example.side(Side::Bad).flat_map(|file| file.marked.iter().map(move |line| (&file.path, *line)));
    marks
        .filter(|(path, line)| lines.get(*path).is_none_or(|found| !found.contains(line)))
        .map(|(path, line)| format!("nothing at {path}:{line}, only at {lines:?}{}", listed(bad)))
        .collect()
}

/// What a finding may not be.
fn faults_of(diagnostic: &Diagnostic, expected: &Expectation<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if expected.severity.is_some_and(|known| !known.contains(diagnostic.severity.as_str())) {
        faults.push(format!("the page does not speak of {}", diagnostic.severity));
    }
    let best = diagnostic.fix.as_ref().map_or(FixAvailability::None, |fix| match fix.applicability {
        Applicability::Display => FixAvailability::Display,
        Applicability::Unsafe => FixAvailability::Unsafe,
        Applicability::Safe => FixAvailability::Safe,
    });
    if best.rank() > expected.fix.rank() {
        faults.push(format!("a fix is {}, and the page says {}", best.as_str(), expected.fix.as_str()));
    }
    if diagnostic.help.is_none() && diagnostic.fix.is_none() {
        faults.push("a finding says neither help nor fix".to_owned());
    }
    faults
}
