//! API001 removed-api: code that uses what the installed version of a library does not have.

use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::Reporter;

use super::change_rule::{ChangeRule, Found, Question};
use super::finding::{Kind, Said, all_in_words, explain};

/// API001 removed-api.
pub static REMOVED_API: ChangeRule =
    ChangeRule::new(RuleId { code: "API001", name: "removed-api" }, Question { wanted: is_concerned, report });

/// Modules of the standard library have a rule of their own.
fn is_concerned(library: &Library, change: &Change) -> bool {
    change.breaks.is_some() && !(library.is_python() && change.kind == ChangeKind::Module)
}

/// Reports uses of what the installed version does not have.
pub(super) fn report(found: &Found<'_, '_>, report: &mut Reporter) {
    let breaks = found.change().and_then(|change| change.breaks.as_ref());
    let Some(judgement) = breaks.and_then(|breaks| found.installed.judge(breaks)) else { return };
    let hidden = found.uses.iter().all(|one| one.hidden_by.is_some());
    let severity = if judgement.every && !hidden { Severity::Error } else { Severity::Warning };
    let (what, verb) = all_in_words(found.uses, "fails", "fail");
    let tail = if hidden { ", and a broad `except` hides it" } else { "" };
    let versions = &judgement.versions;
    let said = Said {
        message: format!("{what} {verb} with {versions}{tail}"),
        predicate: Some(format!("fail with {versions}{tail}")),
    };
    explain(found, report, severity, said, judgement, Kind::Failure);
}
