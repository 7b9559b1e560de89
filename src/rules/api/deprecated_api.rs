//! API002 deprecated-api: code that uses what the installed version of a library has deprecated.

use std::sync::LazyLock;

use crate::deployment::{Deployment, Project};
use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::{Reporter, Rule};

use super::finding::{concerns, each_use, explain, place};
use super::usage::literals;

static LITERALS: LazyLock<Vec<&'static str>> = LazyLock::new(|| literals(is_concerned));

/// API002 deprecated-api.
pub struct DeprecatedApi;

impl Rule for DeprecatedApi {
    fn id(&self) -> RuleId {
        RuleId { code: "API002", name: "deprecated-api" }
    }

    fn literals(&self) -> &'static [&'static str] {
        &LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        concerns(project, is_concerned)
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        each_use(deployment, &LITERALS, is_concerned, |path, uses, installed| {
            let Some(one) = uses.first() else { return };
            // What fails outright is the other rule's.
            if one.change.breaks.as_ref().is_some_and(|breaks| installed.judge(breaks).is_some()) {
                return;
            }
            let Some(judgement) = one.change.deprecated.as_ref().and_then(|versions| installed.judge(versions)) else {
                return;
            };
            let message = format!("{} is deprecated in {}", one.in_words(), judgement.versions);
            // Whether a file runs there may itself be a guess.
            let severity = if deployment.reach().is_certain() { Severity::Warning } else { Severity::Advice };
            explain(report.report(severity, place(path, one), message), path, uses, installed, judgement, false);
        });
    }
}

/// Modules of the standard library have a rule of their own.
fn is_concerned(library: &Library, change: &Change) -> bool {
    change.deprecated.is_some() && !(library.is_python() && change.kind == ChangeKind::Module)
}
