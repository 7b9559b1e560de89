//! API004 changed-behaviour: code that the installed version of a library treats otherwise, where it looks a certain way.

use std::sync::LazyLock;

use crate::deployment::{Deployment, Project};
use crate::diagnostic::{Label, Location, RuleId};
use crate::formats::python::Call;
use crate::knowledge::{Change, Library, When, api_changes};
use crate::rules::{Reporter, Rule};

use super::finding::Installed;
use super::no_event_loop::why_no_loop;
use super::pairs::pairs_for;
use super::usage::literals;

/// API004 changed-behaviour.
pub struct ChangedBehaviour;

static LITERALS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let libraries: Vec<&'static Library> = api_changes().iter().collect();
    literals(&libraries, is_concerned)
});

/// Why a condition holds at a call.
pub(super) struct Reason {
    /// In a clause: "asyncio.run() has taken the thread's event loop away".
    pub why: String,
    /// The place that is at fault, where it is not the call.
    pub at: Option<Location>,
    /// The places that show it.
    pub labels: Vec<Label>,
}

impl Rule for ChangedBehaviour {
    fn id(&self) -> RuleId {
        RuleId { code: "API004", name: "changed-behaviour" }
    }

    fn literals(&self) -> &[&'static str] {
        &LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        let libraries = || api_changes().iter().filter(|library| rows(library).next().is_some());
        project.deployments().iter().any(|one| libraries().any(|library| Installed::of(one, library).is_some()))
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let documents = deployment.documents();
        for library in api_changes() {
            for (change, when) in rows(library) {
                let breaks = change.breaks.as_ref();
                let Some(installed) = Installed::of(deployment, library) else { continue };
                let Some(judgement) = breaks.and_then(|breaks| installed.judge(breaks)) else { continue };
                let files = documents.files_mentioning(&LITERALS).filter(|path| deployment.reach().contains(path));
                for path in files {
                    let Some(module) = documents.python(path) else { continue };
                    let meant = |call: &&Call| call.qualified().is_some_and(|name| change.concerns(name));
                    let found = module.calls.iter().filter(meant).find_map(|call| match when {
                        When::NoEventLoop => Some((call, why_no_loop(deployment, path, module, call)?)),
                        When::PairsForMessages => Some((call, pairs_for(deployment, path, module, call)?)),
                    });
                    let Some((call, reason)) = found else { continue };
                    let name = call.qualified().map_or("", |name| name.as_str());
                    let (versions, why) = (&judgement.versions, &reason.why);
                    let message = match when {
                        When::NoEventLoop => format!(
                            "{name} is built where there is no event loop, and with {versions} that fails later: {why}"
                        ),
                        When::PairsForMessages => format!("{why}, which fails with {versions}"),
                    };
                    let location = reason.at.unwrap_or_else(|| Location::new(path, call.span));
                    let finding = if judgement.every {
                        report.error(location, message)
                    } else {
                        report.warning(location, message)
                    };
                    finding.labels(reason.labels).labels(judgement.labels.clone()).help(help(change, name, when));
                }
            }
        }
    }
}

/// The rows of a table with a condition that can be tested.
fn rows(library: &'static Library) -> impl Iterator<Item = (&'static Change, When)> {
    library.changes.iter().filter_map(|change| Some((change, change.when?)))
}

fn is_concerned(_: &Library, change: &Change) -> bool {
    change.when.is_some()
}

fn help(change: &Change, name: &str, when: When) -> String {
    let mut help = Vec::new();
    let first = match when {
        When::NoEventLoop => "the first click",
        When::PairsForMessages => "the first message",
    };
    help.extend(change.failure(name, true).map(|line| format!("{first} says: {line}")));
    help.extend(change.use_instead().map(|new| format!("use {new}")));
    help.extend(change.note.clone());
    help.join("; ")
}
