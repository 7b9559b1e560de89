//! One cause is one diagnostic: what a rule finds in several files of a deployment for the same reason is told once, and so
//! is much of one cause in one file.

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Diagnostic, Fix, Label, Location, RepoPath, RuleId, Severity};

/// How many further places are labelled.
const MAX_PLACES: usize = 20;

/// From how many findings of one file and cause on one tells of all.
const MANY: usize = 3;
/// How many subjects are named.
const MAX_NAMED: usize = 4;

/// Rules whose findings say again, in general, what others have said of the same places.
const SAID_AGAIN: &[(&str, &[&str])] = &[("DEP008", &["DEP003", "DEP007", "HF004"])];

/// Leaves out findings that only say again what others say of the same places. Done before suppressions: who has read and
/// suppressed the one need not be told the other.
pub(super) fn without_repetitions(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = &Location> {
        std::iter::once(&diagnostic.location).chain(diagnostic.labels.iter().map(|label| &label.location))
    }
    for (again, first) in SAID_AGAIN {
        let said: Vec<&Diagnostic> = diagnostics
            .iter()
            .filter(|one| first.contains(&one.rule.code) && one.severity != Severity::Advice)
            .collect();
        let known: Vec<Location> = said.into_iter().flat_map(places).cloned().collect();
        diagnostics.retain(|one| one.rule.code != *again || !places(one).any(|place| known.contains(place)));
    }
    diagnostics
}

/// What findings of one cause have in common.
type Cause = (RuleId, Severity, String, Option<String>, Option<String>, Option<(Applicability, String)>);

/// Joins findings that say the same of several files, into that of the first file: the others' places become labels, and
/// their fixes are applied together. Done after suppressions, so that one that is suppressed takes no other with it.
pub(super) fn join(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| (&a.location.path, a.location.span).cmp(&(&b.location.path, b.location.span)));
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut of_cause: BTreeMap<Cause, (usize, Vec<Label>)> = BTreeMap::new();
    for diagnostic in diagnostics {
        if !diagnostic.joins {
            kept.push(diagnostic);
            continue;
        }
        let cause = (
            diagnostic.rule,
            diagnostic.severity,
            diagnostic.message.clone(),
            diagnostic.help.clone(),
            diagnostic.deployment.clone(),
            diagnostic.fix.as_ref().map(|fix| (fix.applicability, fix.message.clone())),
        );
        match of_cause.get_mut(&cause) {
            Some((first, more)) => {
                let Some(known) = kept.get_mut(*first) else { continue };
                more.push(Label { location: diagnostic.location, message: "and here".to_owned() });
                more.extend(diagnostic.labels.into_iter().filter(|label| !known.labels.contains(label)));
                if let (Some(fix), Some(other)) = (&mut known.fix, diagnostic.fix) {
                    fix.edits.extend(other.edits);
                }
            }
            None => {
                of_cause.insert(cause, (kept.len(), Vec::new()));
                kept.push(diagnostic);
            }
        }
    }
    for (first, mut more) in of_cause.into_values() {
        let Some(known) = kept.get_mut(first) else { continue };
        let rest = more.len().saturating_sub(MAX_PLACES);
        if let Some(next) = more.get_mut(MAX_PLACES).filter(|_| rest > 1) {
            next.message = format!("and in {rest} more places");
            more.truncate(MAX_PLACES + 1);
        }
        known.labels.extend(more);
    }
    fold(kept)
}

/// Findings of one file, rule and deployment of which the same is said, and whose fixes are of one kind.
type Group = (RepoPath, RuleId, Severity, Option<String>, String, Option<Applicability>);

/// Makes one finding of many that say the same of different things in one file.
fn fold(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        let Some(shared) = &diagnostic.shared else { continue };
        let group = (
            diagnostic.location.path.clone(),
            diagnostic.rule,
            diagnostic.severity,
            diagnostic.deployment.clone(),
            shared.predicate.clone(),
            diagnostic.fix.as_ref().map(|fix| fix.applicability),
        );
        groups.entry(group).or_default().push(index);
    }
    let mut into: Vec<Option<usize>> = vec![None; diagnostics.len()];
    for members in groups.into_values().filter(|members| members.len() >= MANY) {
        let fixes = members.iter().filter_map(|index| diagnostics.get(*index)?.fix.as_ref());
        let Some(first) = members.first().filter(|_| are_apart(fixes)) else { continue };
        for index in members.iter().skip(1) {
            into.get_mut(*index).into_iter().for_each(|slot| *slot = Some(*first));
        }
    }
    let mut folded: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    let mut kept = BTreeMap::new();
    for (index, (diagnostic, first)) in diagnostics.into_iter().zip(into).enumerate() {
        match first {
            Some(first) => folded.entry(first).or_default().push(diagnostic),
            None => {
                kept.insert(index, diagnostic);
            }
        }
    }
    for (first, others) in folded {
        kept.entry(first).and_modify(|diagnostic| tell_of_all(diagnostic, others));
    }
    kept.into_values().collect()
}

/// Whether no edits of several fixes touch each other, so that all can be done at once.
fn are_apart<'f>(fixes: impl Iterator<Item = &'f Fix>) -> bool {
    let mut edits: Vec<_> = fixes.flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| (&edit.path, edit.span));
    edits.windows(2).all(|pair| match pair {
        [one, next] => one.path != next.path || (one.span.end < next.span.start),
        _ => true,
    })
}

/// Puts what others of its file say into the first finding.
fn tell_of_all(first: &mut Diagnostic, others: Vec<Diagnostic>) {
    let Some(own) = first.shared.clone() else { return };
    let mut subjects = own.subjects;
    let mut places = Vec::new();
    let mut evidence = std::mem::take(&mut first.labels);
    for other in others {
        let Some(shared) = other.shared else { continue };
        let message = match shared.advice.as_str() {
            "" => shared.subjects.join(", "),
            advice => format!("{}: {advice}", shared.subjects.join(", ")),
        };
        places.push(Label { location: other.location, message });
        evidence.extend(other.labels.into_iter().filter(|label| !evidence.contains(label)).collect::<Vec<_>>());
        subjects.extend(shared.subjects);
        if let (Some(fix), Some(more)) = (&mut first.fix, other.fix) {
            fix.message = "Fix all of them".to_owned();
            fix.edits.extend(more.edits);
        }
    }
    let mut named: Vec<String> = Vec::new();
    for subject in subjects {
        if !named.contains(&subject) {
            named.push(subject);
        }
    }
    let rest = named.len().saturating_sub(MAX_NAMED);
    let listed = named.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    first.message = match (rest, named.split_last()) {
        (0, Some((last, before))) => format!("{} and {last} {}", before.join(", "), own.predicate),
        _ => format!("{listed} and {rest} more {}", own.predicate),
    };
    if !own.advice.is_empty() {
        first.remark = Some(format!("here {}", own.advice));
    }
    let left = places.len().saturating_sub(MAX_PLACES);
    if let Some(next) = places.get_mut(MAX_PLACES).filter(|_| left > 1) {
        next.message = format!("and in {left} more places");
        places.truncate(MAX_PLACES + 1);
    }
    first.labels = places.into_iter().chain(evidence).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Location, Shared, Span};

    fn finding(file: &str, message: &str) -> Diagnostic {
        let rule = RuleId { code: "API001", name: "removed-api" };
        let path = RepoPath::new(file);
        let place = Location::new(&path, Span::new(3, 5));
        let mut found = Diagnostic::new(rule, Severity::Warning, place, message);
        found.label(Location::file(&RepoPath::new("requirements.txt")), "pinned here");
        found.fix(Fix::safe("Use b").replace(&path, Span::new(3, 5), "b"));
        found.joins();
        found
    }

    #[test]
    fn the_same_in_several_files_is_told_once() {
        let found = join(vec![finding("c.py", "x"), finding("a.py", "x"), finding("b.py", "y")]);
        let told: Vec<_> = found.iter().map(|one| (one.location.path.as_str(), one.message.as_str())).collect();
        assert_eq!(told, [("a.py", "x"), ("b.py", "y")]);
        let first = found.first().unwrap();
        let labels: Vec<_> = first.labels.iter().map(|label| label.location.path.as_str()).collect();
        assert_eq!(labels, ["requirements.txt", "c.py"]);
        assert_eq!(first.fix.as_ref().unwrap().edits.len(), 2);
    }

    #[test]
    fn much_of_one_cause_in_a_file_is_told_once() {
        let one = |at: usize, subject: &str, fix: bool| {
            let rule = RuleId { code: "API001", name: "removed-api" };
            let path = RepoPath::new("a.py");
            let place = Location::new(&path, Span::new(at, at + 1));
            let mut found = Diagnostic::new(rule, Severity::Warning, place, format!("{subject} fails with x 2"));
            found.label(Location::file(&RepoPath::new("requirements.txt")), "any x");
            found.fix(fix.then(|| Fix::safe("Use it").replace(&path, Span::new(at, at + 1), "y")));
            let advice = format!("use {subject}2");
            found.shares(Shared { subjects: vec![subject.to_owned()], predicate: "fail with x 2".to_owned(), advice });
            found
        };
        let two = join(vec![one(1, "a", true), one(5, "b", true)]);
        assert_eq!(two.len(), 2, "few are told one by one");
        let found = join(vec![one(1, "a", true), one(5, "b", true), one(9, "c", true), one(20, "d", false)]);
        assert_eq!(found.len(), 2, "a fix takes only those with it that it mends");
        let first = found.first().unwrap();
        assert_eq!(first.message, "a, b and c fail with x 2");
        let labels: Vec<_> = first.labels.iter().map(|label| label.message.as_str()).collect();
        assert_eq!(labels, ["b: use b2", "c: use c2", "any x"]);
        assert_eq!(first.fix.as_ref().unwrap().edits.len(), 3);
        let touching = join(vec![one(1, "a", true), one(2, "b", true), one(3, "c", true)]);
        assert_eq!(touching.len(), 3, "edits that touch stay apart");
    }

    #[test]
    fn many_places_are_counted() {
        let found = join((0..40).map(|file| finding(&format!("{file:02}.py"), "x")).collect());
        assert_eq!(found.len(), 1);
        let last = found.first().and_then(|one| one.labels.last()).unwrap();
        assert_eq!((last.message.as_str(), last.location.path.as_str()), ("and in 19 more places", "21.py"));
    }
}
