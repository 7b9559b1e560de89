//! The rules that a team's tables are: those with a code of their own, and ours over the rows of the others.

use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, Library};
use crate::rules::Reporter;

use super::change_rule::{ChangeRule, Found, Question};
use super::finding::{Kind, all_in_words, explain};
use super::{DEPRECATED_API, REMOVED_API, REMOVED_STDLIB_MODULE, deprecated_api, removed_api};

/// The code and name of the rule that a table is, where it is one.
#[must_use]
pub fn team_rule_id(table: &'static Library) -> Option<RuleId> {
    table.rule.as_ref().map(|rule| RuleId { code: &rule.code, name: &rule.name })
}

/// The rules for the tables of a team.
#[must_use]
pub fn team_rules(tables: &[&'static Library]) -> Vec<ChangeRule> {
    let (own, ours): (Vec<_>, Vec<_>) = tables.iter().copied().partition(|table| table.rule.is_some());
    let question = Question { wanted: |_, _| true, report };
    let mut rules: Vec<ChangeRule> = own
        .into_iter()
        .filter_map(|table| Some(ChangeRule::new(team_rule_id(table)?, question).over(vec![table])))
        .collect();
    if !ours.is_empty() {
        rules.extend([&REMOVED_API, &DEPRECATED_API, &REMOVED_STDLIB_MODULE].map(|rule| rule.over(ours.clone())));
    }
    rules
}

/// Reports uses as API001 and API002 would, and of rows that hold for every version.
fn report(found: &Found<'_, '_>, reporter: &mut Reporter) {
    let Some(change) = found.change() else { return };
    if !holds_always(change) {
        removed_api::report(found, reporter);
        deprecated_api::report(found, reporter);
        return;
    }
    let (what, verb) = all_in_words(found.uses, "is", "are");
    let message = format!("{what} {verb} not to be used here");
    explain(found, reporter, Severity::Warning, message, super::finding::Judgement::always(), Kind::Failure);
}

/// Whether a row speaks of no version.
fn holds_always(change: &Change) -> bool {
    change.breaks.is_none() && change.deprecated.is_none()
}
