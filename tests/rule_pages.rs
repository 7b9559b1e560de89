//! The examples of the rule pages: the rule reports on the bad side, where the marks say, and is silent on the good one;
//! its fixes hold what every fix must hold, and give the good side where the page says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]
mod support;

use std::collections::BTreeMap;

use preflight::diagnostic::{Applicability, Diagnostic};
use preflight::engine::Report;
use preflight::knowledge::{self, Example, FixAvailability, RulePage, Side};
use preflight::repo::Repository;
use regex::Regex;

/// The tiny repository of one side of an example.
fn tree(example: &Example, side: Side) -> Repository {
    let files: Vec<(&str, Vec<u8>)> = example.side(side).map(|file| (file.path.as_str(), file.content())).collect();
    Repository::in_memory(files.iter().map(|(path, content)| (*path, content.as_slice())))
}

fn of_rule<'a>(report: &'a Report, page: &RulePage) -> Vec<&'a Diagnostic> {
    report.diagnostics.iter().filter(|diagnostic| diagnostic.rule.code == page.code).collect()
}

fn show(report: &Report) -> String {
    report
        .diagnostics
        .iter()
        .map(|diagnostic| format!("\n  {}", support::line(&report.repository, diagnostic)))
        .collect()
}

/// The lines, by file, that the rule's diagnostics and their labels stand on.
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

fn check_example(page: &RulePage, example: &Example) {
    let name = format!("{} {} · {}", page.code, page.name, example.title);
    let good = support::check(tree(example, Side::Good));
    assert!(of_rule(&good, page).is_empty(), "{name}: the good side is reported:{}", show(&good));
    if !example.files.iter().any(|file| file.side == Side::Bad) {
        return;
    }
    let bad = support::check(tree(example, Side::Bad));
    let found = of_rule(&bad, page);
    assert!(!found.is_empty(), "{name}: the bad side is not reported:{}", show(&bad));
    let lines = lines(&bad, &found);
    for file in example.side(Side::Bad) {
        for marked in &file.marked {
            let here = lines.get(&file.path).cloned().unwrap_or_default();
            assert!(
                here.contains(marked),
                "{name}: nothing at {}:{marked}, only at {lines:?}{}",
                file.path,
                show(&bad)
            );
        }
    }
    for diagnostic in &found {
        assert!(
            page.severity.contains(diagnostic.severity.as_str()),
            "{name}: the page does not speak of {}",
            diagnostic.severity
        );
        let best = diagnostic.fix.as_ref().map_or(FixAvailability::None, |fix| match fix.applicability {
            Applicability::Display => FixAvailability::Display,
            Applicability::Unsafe => FixAvailability::Unsafe,
            Applicability::Safe => FixAvailability::Safe,
        });
        assert!(rank(best) <= rank(page.fix), "{name}: a fix is {best:?}, and the page says {:?}", page.fix);
        assert!(diagnostic.help.is_some() || diagnostic.fix.is_some(), "{name}: says neither help nor fix");
    }
    check_fixes(page, example, &name);
}

fn rank(fix: FixAvailability) -> usize {
    [FixAvailability::None, FixAvailability::Display, FixAvailability::Unsafe, FixAvailability::Safe]
        .iter()
        .position(|known| *known == fix)
        .expect("every kind is listed")
}

fn check_fixes(page: &RulePage, example: &Example, name: &str) {
    let fixed = support::assert_fixes(name, tree(example, Side::Bad), Applicability::Unsafe);
    let bad = support::check(tree(example, Side::Bad));
    let all_fixable = of_rule(&bad, page)
        .iter()
        .all(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= Applicability::Unsafe));
    if all_fixable {
        assert!(of_rule(&fixed, page).is_empty(), "{name}: still reported after its fix:{}", show(&fixed));
    }
    for file in example.files.iter().filter(|file| file.fixed) {
        let path = preflight::diagnostic::RepoPath::new(&file.path);
        let text = fixed.repository.source(&path).map(|source| source.text().to_owned());
        assert_eq!(text.as_deref(), Some(file.text.as_str()), "{name}: {} after the fix", file.path);
    }
}

#[test]
fn every_example_of_every_page_holds() {
    for page in knowledge::pages() {
        for example in &page.examples {
            check_example(page, example);
        }
    }
}

#[test]
fn every_page_shows_the_rule_reporting_and_its_best_fix() {
    for page in knowledge::pages() {
        let bad: Vec<_> =
            page.examples.iter().filter(|example| example.files.iter().any(|file| file.side == Side::Bad)).collect();
        assert!(!bad.is_empty(), "{}: no example is bad", page.code);
        let has_fix = bad.iter().any(|example| {
            let report = support::check(tree(example, Side::Bad));
            of_rule(&report, page).iter().any(|diagnostic| diagnostic.fix.is_some())
        });
        assert_eq!(
            has_fix,
            page.fix != FixAvailability::None,
            "{}: the page says fix: {}",
            page.code,
            page.fix.as_str()
        );
    }
}

#[test]
fn every_symptom_matches_its_own_example() {
    for page in knowledge::pages() {
        for symptom in &page.symptoms {
            let pattern = Regex::new(&symptom.pattern).unwrap_or_else(|error| panic!("{}: {error}", page.code));
            assert!(
                pattern.is_match(&symptom.example),
                "{}: {} does not match {}",
                page.code,
                symptom.pattern,
                symptom.example
            );
        }
    }
}
