//! API003 removed-stdlib-module: an import of a module that the deployment's Python no longer has.

use std::sync::LazyLock;

use crate::deployment::{Deployment, Project};
use crate::diagnostic::RuleId;
use crate::knowledge::{Change, ChangeKind, Library};
use crate::rules::{Reporter, Rule};

use super::finding::{concerns, each_use, explain, place};
use super::usage::literals;

static LITERALS: LazyLock<Vec<&'static str>> = LazyLock::new(|| literals(is_concerned));

/// API003 removed-stdlib-module.
pub struct RemovedStdlibModule;

impl Rule for RemovedStdlibModule {
    fn id(&self) -> RuleId {
        RuleId { code: "API003", name: "removed-stdlib-module" }
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
            // A distribution of the same module stands in for it.
            if one.change.requires.as_ref().is_some_and(|package| deployment.packages().has(package)) {
                return;
            }
            if let Some(judgement) = one.change.breaks.as_ref().and_then(|breaks| installed.judge(breaks)) {
                let message = format!("{} is not part of {}: ModuleNotFoundError", one.in_words(), judgement.versions);
                explain(report.error(place(path, one), message), path, uses, installed, judgement, true);
            } else if let Some(judgement) =
                one.change.deprecated.as_ref().and_then(|versions| installed.judge(versions))
            {
                let message = format!("{} leaves the standard library after {}", one.in_words(), judgement.versions);
                explain(report.advice(place(path, one), message), path, uses, installed, judgement, false);
            }
        });
    }
}

fn is_concerned(library: &Library, change: &Change) -> bool {
    library.is_python() && change.kind == ChangeKind::Module
}
