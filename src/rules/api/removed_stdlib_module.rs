//! API003 removed-stdlib-module: an import of a module that the deployment's Python no longer has.

use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::Reporter;

use super::change_rule::{ChangeRule, Found, Question};
use super::finding::{Kind, all_in_words, explain};

/// API003 removed-stdlib-module.
pub static REMOVED_STDLIB_MODULE: ChangeRule = ChangeRule::new(
    RuleId { code: "API003", name: "removed-stdlib-module" },
    Question { wanted: is_concerned, report },
);

fn is_concerned(library: &Library, change: &Change) -> bool {
    library.is_python() && change.kind == ChangeKind::Module
}

fn report(found: &Found<'_, '_>, report: &mut Reporter) {
    let Some(change) = found.change() else { return };
    // A distribution of the same module stands in for it.
    if change.requires.as_ref().is_some_and(|package| found.deployment.packages().has(package)) {
        return;
    }
    let judge = |versions: &Option<_>| versions.as_ref().and_then(|versions| found.installed.judge(versions));
    if let Some(judgement) = judge(&change.breaks) {
        let hidden = found.uses.iter().all(|one| one.hidden_by.is_some());
        let tail = if hidden { ", and a broad `except` hides it" } else { "" };
        // The Python that a platform takes where nothing names one may be another tomorrow, or elsewhere.
        let presumed = found.deployment.python().is_some_and(|python| python.because().is_some());
        let severity = if hidden || presumed { Severity::Warning } else { Severity::Error };
        let (what, verb) = all_in_words(found.uses, "is", "are");
        let message = format!("{what} {verb} not part of {}: ModuleNotFoundError{tail}", judgement.versions);
        explain(found, report, severity, message, judgement, Kind::Failure);
    } else if let Some(judgement) = judge(&change.deprecated) {
        let (what, verb) = all_in_words(found.uses, "leaves", "leave");
        let message = format!("{what} {verb} the standard library after {}", judgement.versions);
        explain(found, report, Severity::Advice, message, judgement, Kind::Deprecation);
    }
}
