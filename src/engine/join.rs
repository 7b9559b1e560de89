//! One cause is one diagnostic: what a rule finds in several files of a deployment for the same reason is told once.

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Diagnostic, Label, RuleId, Severity};

/// How many further places are labelled.
const MAX_PLACES: usize = 20;

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
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Fix, Location, RepoPath, Span};

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
    fn many_places_are_counted() {
        let found = join((0..40).map(|file| finding(&format!("{file:02}.py"), "x")).collect());
        assert_eq!(found.len(), 1);
        let last = found.first().and_then(|one| one.labels.last()).unwrap();
        assert_eq!((last.message.as_str(), last.location.path.as_str()), ("and in 19 more places", "21.py"));
    }
}
