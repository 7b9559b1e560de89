//! API001 removed-api: code that uses what the installed version of a library does not have.

use std::sync::LazyLock;

use crate::deployment::{Deployment, Project};
use crate::diagnostic::{RuleId, Severity};
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::{Reporter, Rule};

use super::finding::{concerns, each_use, explain, place};
use super::usage::literals;

static LITERALS: LazyLock<Vec<&'static str>> = LazyLock::new(|| literals(is_concerned));

/// API001 removed-api.
pub struct RemovedApi;

impl Rule for RemovedApi {
    fn id(&self) -> RuleId {
        RuleId { code: "API001", name: "removed-api" }
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
            let Some(judgement) = one.change.breaks.as_ref().and_then(|breaks| installed.judge(breaks)) else { return };
            let severity = if judgement.every { Severity::Error } else { Severity::Warning };
            let message = format!("{} fails with {}", one.in_words(), judgement.versions);
            explain(report.report(severity, place(path, one), message), path, uses, installed, judgement, true);
        });
    }
}

/// Modules of the standard library have a rule of their own.
fn is_concerned(library: &Library, change: &Change) -> bool {
    change.breaks.is_some() && !(library.is_python() && change.kind == ChangeKind::Module)
}
