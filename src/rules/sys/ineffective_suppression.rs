//! SYS002 ineffective-suppression: a suppression that does nothing, or names no rule.

use crate::diagnostic::{RuleId, family};
use crate::rules::{RULES, Reporter, Rule, Suppression, SuppressionForm, SuppressionUse};

/// SYS002 ineffective-suppression.
pub struct IneffectiveSuppression;

impl Rule for IneffectiveSuppression {
    fn id(&self) -> RuleId {
        RuleId { code: "SYS002", name: "ineffective-suppression" }
    }

    fn check_suppressions(&self, suppressions: &[Suppression], report: &mut Reporter) {
        for suppression in suppressions {
            check(suppression, report);
        }
    }
}

fn check(suppression: &Suppression, report: &mut Reporter) {
    if suppression.selectors.is_empty() {
        report
            .warning(suppression.location.clone(), "this suppression names no rule and does nothing")
            .help("name the rules in brackets and give a reason: `preflight: ignore[NET001] behind the sidecar`");
        return;
    }
    if suppression.form == SuppressionForm::Misspelt {
        let code = suppression.selectors.first().map_or("NET001", |selector| &selector.text);
        report
            .warning(suppression.location.clone(), "this suppression is written otherwise than preflight reads it")
            .help(format!("write `preflight: ignore[{code}]`, and the reason behind it"));
        return;
    }
    if suppression.form == SuppressionForm::BehindInstruction {
        report
            .warning(suppression.location.clone(), "Docker takes this comment for a part of the instruction before it")
            .help("put it on a line of its own directly above");
        return;
    }
    let unknown = suppression.selectors.iter().find(|selector| !selector.known);
    if let Some(selector) = unknown {
        report
            .warning(
                selector.location.clone(),
                format!("this suppression names `{}`, and there is no such rule", selector.text),
            )
            .help(match RULES.iter().map(|rule| rule.id()).find(|rule| family(rule.code) == selector.text) {
                Some(rule) => {
                    format!("`{}` is a family: name the rule itself, such as {}", selector.text, rule.code)
                }
                None => "`preflight rules` lists the rules".to_owned(),
            });
        return;
    }
    if suppression.used != SuppressionUse::Unused {
        return;
    }
    if let Some(finding) = &suppression.labelled_from {
        report
            .warning(
                suppression.location.clone(),
                "this suppression does nothing: its line only bears a label of a finding that stands elsewhere",
            )
            .label(finding.clone(), "the finding stands here")
            .help("put the comment on the line where the finding stands: it then holds for all its places");
    } else {
        report
            .warning(
                suppression.location.clone(),
                "this suppression does nothing: there is no such finding on its line",
            )
            .help("remove it, or put it on the line of the finding or on a line of its own directly above");
    }
}
