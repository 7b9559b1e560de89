//! What must hold for every fix: fixes converge, leave files that parse, and what they mend is gone.

use crate::config::Settings;
use crate::diagnostic::{Applicability, RepoPath};
use crate::engine::{self, Report};
use crate::fix;
use crate::knowledge::{Example, Side};
use crate::repo::Repository;

use super::{Expectation, listed, of_rule, tree};

/// Applies every fix of at least `least` until none is left. Gives what is found then, and what does not hold that must
/// hold for all fixes: none is dropped, because its result would not parse or it
/// would never end, and none is left.
#[must_use]
pub fn check_fixes(repository: Repository, least: Applicability, settings: &Settings) -> (Report, Vec<String>) {
    let check = |tree| engine::check_repository(tree, settings);
    let first = check(repository);
    let open = |report: &Report| -> Vec<String> {
        let open = report
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= least));
        open.map(|diagnostic| format!("{} {}", diagnostic.rule.code, diagnostic.message)).collect()
    };
    let fixable = open(&first);
    let outcome = fix::fix(&first, least, &engine::parses, check);
    let mut problems = Vec::new();
    if !outcome.dropped.is_empty() {
        problems.push(format!("fixes were dropped: {:?}", outcome.dropped));
    }
    if !fixable.is_empty() && outcome.applied.is_empty() {
        problems.push(format!("nothing was applied of {fixable:?}"));
    }
    let report = outcome.report.unwrap_or(first);
    let left = open(&report);
    if !left.is_empty() {
        problems.push(format!("fixes are left after fixing: {left:?}"));
    }
    (report, problems)
}

/// What does not hold of the fixes on the bad side of an example, of which `bad` is the report.
pub(super) fn of_example(
    example: &Example,
    expected: &Expectation<'_>,
    bad: &Report,
    settings: &Settings,
) -> Vec<String> {
    let (fixed, mut problems) = check_fixes(tree(example, Side::Bad), Applicability::Unsafe, settings);
    let all_fixable = of_rule(bad, expected.code)
        .all(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= Applicability::Unsafe));
    if all_fixable && of_rule(&fixed, expected.code).next().is_some() {
        problems.push(format!("still reported after its fix:{}", listed(&fixed)));
    }
    for file in example.files.iter().filter(|file| file.fixed) {
        let source = fixed.repository.source(&RepoPath::new(&file.path));
        let text = source.map_or("", |source| source.text());
        if text != file.text {
            problems.push(format!("{} after the fix is not what the example says:\n{text}", file.path));
        }
    }
    problems
}
