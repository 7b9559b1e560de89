//! The examples of the rule pages: the rule reports on the bad side, where the marks say, and is silent on the good one;
//! its fixes hold what every fix must hold, and give the good side where the page says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]
mod support;

use preflight::examples::{self, Expectation};
use preflight::knowledge::{self, FixAvailability, RulePage, Side};
use regex::Regex;

fn expectation(page: &RulePage) -> Expectation<'_> {
    Expectation { code: &page.code, severity: Some(&page.severity), fix: page.fix }
}

/// The rule to look at alone, by its code: `RULE=NET001 cargo test --test rule_pages` is quicker while one is written.
fn is_wanted(page: &RulePage) -> bool {
    std::env::var("RULE").map_or(true, |code| code == page.code)
}

#[test]
fn every_example_of_every_page_holds() {
    let mut problems = Vec::new();
    for page in knowledge::pages().iter().filter(|page| is_wanted(page)) {
        for example in &page.examples {
            let found = examples::problems(example, &expectation(page), &support::settings());
            problems.extend(found.iter().map(|problem| format!("{} {}: {problem}", page.code, example.title)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_page_shows_the_rule_reporting_and_its_best_fix() {
    for page in knowledge::pages().iter().filter(|page| is_wanted(page)) {
        let bad: Vec<_> =
            page.examples.iter().filter(|example| example.files.iter().any(|file| file.side == Side::Bad)).collect();
        assert!(!bad.is_empty(), "{}: no example is bad", page.code);
        let has_fix = bad.iter().any(|example| {
            let report = support::check(examples::tree(example, Side::Bad));
            examples::of_rule(&report, &page.code).any(|diagnostic| diagnostic.fix.is_some())
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
