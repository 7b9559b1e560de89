//! API002 deprecated-api: code that uses what the installed version of a library has deprecated.

use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::Reporter;

use super::change_rule::{ChangeRule, Found, Question};
use super::finding::{Kind, Said, all_in_words, explain};

/// API002 deprecated-api.
pub static DEPRECATED_API: ChangeRule =
    ChangeRule::new(RuleId { code: "API002", name: "deprecated-api" }, Question { wanted: is_concerned, report });

/// Modules of the standard library have a rule of their own.
fn is_concerned(library: &Library, change: &Change) -> bool {
    change.deprecated.is_some() && !(library.is_python() && change.kind == ChangeKind::Module)
}

/// Reports uses of what the installed version has deprecated.
pub(super) fn report(found: &Found<'_, '_>, report: &mut Reporter) {
    let Some(change) = found.change() else { return };
    // What fails outright is the other rule's.
    if change.breaks.as_ref().is_some_and(|breaks| found.installed.judge(breaks).is_some()) {
        return;
    }
    // A function warns when it is called, a class when it is built.
    let warns_later = matches!(change.kind, ChangeKind::Function | ChangeKind::Class);
    if warns_later && found.uses.iter().all(|one| one.idle) {
        return;
    }
    let deprecated = change.deprecated.as_ref();
    let Some(judgement) = deprecated.and_then(|versions| found.installed.judge(versions)) else { return };
    // Whether a file runs there may itself be a guess; and what works, and prints nothing, can wait until a release without
    // it may be installed.
    let removed = change.breaks.as_ref().is_some_and(|breaks| found.installed.may_be_within(breaks));
    let noticed = removed || !change.warns_quietly();
    let severity = if noticed && found.deployment.reach().is_certain() { Severity::Warning } else { Severity::Advice };
    let (what, verb) = all_in_words(found.uses, "is", "are");
    let versions = &judgement.versions;
    let said = Said {
        message: format!("{what} {verb} deprecated in {versions}"),
        predicate: Some(format!("are deprecated in {versions}")),
    };
    explain(found, report, severity, said, judgement, Kind::Deprecation);
}
