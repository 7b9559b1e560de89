//! WF001 misplaced-workflow: a workflow where GitHub does not look for workflows.

use std::collections::BTreeSet;

use crate::deployment::workflows::{self, Place, WorkflowFile};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Severity};
use crate::repo::Presence;
use crate::rules::{Reporter, Rule};

/// WF001 misplaced-workflow.
pub struct MisplacedWorkflow;

impl Rule for MisplacedWorkflow {
    fn id(&self) -> RuleId {
        RuleId { code: "WF001", name: "misplaced-workflow" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for file in workflows::misplaced(documents) {
            report_file(documents, &file, report);
        }
    }
}

fn report_file(documents: &Documents, file: &WorkflowFile<'_>, report: &mut Reporter) {
    let (target, why, near) = match &file.place {
        Place::Live => return,
        Place::NearMiss { target, why } => (target, *why, true),
        Place::Elsewhere { target } => (target, "GitHub only reads .github/workflows in the root", false),
    };
    let at = file
        .workflow
        .on
        .first()
        .map_or_else(|| Location::file(file.path), |event| Location::new(file.path, event.name.span));
    if let Some((live, same)) = live_copy(documents, file.path) {
        let severity = if same { Severity::Advice } else { Severity::Warning };
        let kind = if same { "a copy" } else { "a changed copy" };
        report
            .report(severity, at, format!("this workflow never runs: it is {kind} of {live}, and {why}"))
            .label(Location::file(&live), "this one runs")
            .help(format!("delete {}, so that nobody edits the one that does nothing", file.path));
        return;
    }
    let free = documents.repository().presence(target) == Presence::Absent;
    // Far from the place that GitHub reads, and in no folder of GitHub's, it may be kept for somebody to copy.
    let is_aside = !near && !file.path.parts().any(|part| part.starts_with(".github"));
    let severity = match (near && free, is_aside) {
        (true, _) => Severity::Error,
        (false, true) => Severity::Advice,
        (false, false) => Severity::Warning,
    };
    let finding = report.report(severity, at, format!("this workflow never runs: {why}"));
    if free {
        let message = format!("Move it to {target}");
        let fix = if near { Fix::safe(message) } else { Fix::unsafe_(message) };
        finding
            .help(format!("move it to {target}: GitHub says nothing about workflows elsewhere"))
            .fix(fix.move_file(file.path, target));
    } else {
        finding
            .label(Location::file(target), "a file of that name is there already")
            .help(format!("give it another name in .github/workflows, or delete it: {target} exists already"));
    }
}

/// The live workflow that says the same, or nearly, and whether it is the same.
pub(super) fn live_copy(documents: &Documents, path: &RepoPath) -> Option<(RepoPath, bool)> {
    let own = lines(documents, path)?;
    let live = workflows::live(documents).filter_map(|(live, _)| Some((live, lines(documents, live)?)));
    let (live, same) = live
        .filter_map(|(live, other)| {
            let common = own.intersection(&other).count();
            // Two thirds of the lines of both together, so that the usual lines of all workflows are not enough.
            let near = common * 3 >= (own.len() + other.len() - common) * 2;
            near.then_some((live, own == other))
        })
        .max_by_key(|(_, same)| *same)?;
    Some((live.clone(), same))
}

/// What a workflow says, line by line, without comments and without the versions of actions: to raise those in the one that
/// runs makes the other no other workflow.
fn lines<'d>(documents: &'d Documents, path: &RepoPath) -> Option<BTreeSet<&'d str>> {
    let lines = documents.repository().source(path)?.text().lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let uses = |line: &str| line.trim_start_matches(['-', ' ']).starts_with("uses:");
    Some(said.map(|line| line.split('@').next().filter(|_| uses(line)).unwrap_or(line)).collect())
}
