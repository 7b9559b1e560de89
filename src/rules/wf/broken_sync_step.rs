//! WF006 broken-sync-step: a step that is to push to a Space and can't, or hides that it did not.

use crate::deployment::sync::{SyncFault, sync_faults};
use crate::deployment::{Project, workflows};
use crate::diagnostic::{Fix, Location, RuleId, Severity};
use crate::rules::{Reporter, Rule};

/// WF006 broken-sync-step.
pub struct BrokenSyncStep;

impl Rule for BrokenSyncStep {
    fn id(&self) -> RuleId {
        RuleId { code: "WF006", name: "broken-sync-step" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        // Where a live workflow brings the code to a Space, a file that never runs keeps nothing from it.
        let has_live_sync = !project.syncs().is_empty();
        for (path, workflow) in workflows::intended(documents) {
            let Some(source) = documents.repository().source(path) else { continue };
            let is_spare = has_live_sync && workflows::live(documents).all(|(live, _)| live != path);
            for (at, fault) in sync_faults(path, workflow, source.text()) {
                report_fault(source.text(), at, &fault, is_spare, report);
            }
        }
    }
}

/// `is_spare` is whether the file never runs and another one does its work.
fn report_fault(text: &str, at: Location, fault: &SyncFault, is_spare: bool, report: &mut Reporter) {
    let (severity, message, help) = words(fault);
    let severity = if is_spare { Severity::Advice } else { severity };
    let written = at.span.of(text).to_owned();
    let finding = report.report(severity, at.clone(), message);
    finding.help(help);
    match fault {
        SyncFault::Swallowed { hidden_by, removable } => {
            finding.label(Location::new(&at.path, *hidden_by), "this makes the step green all the same");
            if *removable {
                finding.fix(Fix::unsafe_("Let the step fail").replace(&at.path, *hidden_by, ""));
            }
        }
        SyncFault::MalformedAddress(Some((wrong, right))) => {
            let fix = Fix::unsafe_(format!("Write `{right}` for `{wrong}`"));
            finding.fix(fix.replace(&at.path, at.span, written.replacen(wrong, right, 1)));
        }
        SyncFault::OtherBranch(branch) if !written.contains([':', '+', '"', '\'']) => {
            let fix = Fix::unsafe_(format!("Push to main with `{branch}:main`"));
            finding.fix(fix.replace(&at.path, at.span, format!("{written}:main")));
        }
        SyncFault::BareValue => {
            finding.mask(at);
        }
        _ => {}
    }
}

fn words(fault: &SyncFault) -> (Severity, String, String) {
    match fault {
        SyncFault::Swallowed { .. } => (
            Severity::Warning,
            "when this push fails the job is green, and the Space stays as it was".to_owned(),
            "let the step fail: a push with nothing to send succeeds anyway".to_owned(),
        ),
        SyncFault::ContinuesOnError => (
            Severity::Warning,
            "when this push fails the job goes on and is green, and the Space stays as it was".to_owned(),
            "delete `continue-on-error`".to_owned(),
        ),
        SyncFault::PushesToGitHub => (
            Severity::Error,
            "this step is to reach the Hub and pushes to GitHub, so no Space ever gets the code".to_owned(),
            "push to https://USER:$HF_TOKEN@huggingface.co/spaces/USER/SPACE".to_owned(),
        ),
        SyncFault::MalformedAddress(correction) => (
            Severity::Error,
            "this is not the address of a Space, so the push fails".to_owned(),
            match correction {
                Some((wrong, right)) => format!("write `{right}` for `{wrong}`"),
                None => "an address reads https://USER:$HF_TOKEN@huggingface.co/spaces/OWNER/NAME".to_owned(),
            },
        ),
        SyncFault::Placeholder(part) => (
            Severity::Error,
            format!("the address still holds the placeholder `{part}`, so this fails"),
            "write the owner and the name of the Space".to_owned(),
        ),
        SyncFault::NoCredentials => (
            Severity::Error,
            "git is asked for a name and a password at this address, and the workflow gives none: the push fails".to_owned(),
            "write https://USER:$HF_TOKEN@huggingface.co/spaces/… and hand the step the token: `env: {HF_TOKEN: ${{ \
             secrets.HF_TOKEN }}}`"
                .to_owned(),
        ),
        SyncFault::OtherBranch(branch) => (
            Severity::Error,
            format!("a Space is built from its branch main, and this pushes to {branch}: nothing is deployed"),
            format!("push to main: `{branch}:main`"),
        ),
        SyncFault::UndefinedVariable(name) => (
            Severity::Error,
            format!("Nothing sets `{name}` for this step, so the address is incomplete and the push fails"),
            format!("hand it to the step: `env: {{{name}: ${{{{ secrets.{name} }}}}}}`"),
        ),
        SyncFault::BareValue => (
            Severity::Error,
            "a value stands where an expression names a secret, so the workflow is refused".to_owned(),
            "write `secrets.HF_TOKEN` and keep the value among the repository's secrets; a token that has stood here is \
             in git's history: revoke it"
                .to_owned(),
        ),
        SyncFault::UnknownName(name) => (
            Severity::Error,
            format!("`{name}` is not a context of GitHub's expressions, so the workflow is refused"),
            format!("write `secrets.{}`, `vars.…` or `env.…`", name.to_ascii_uppercase()),
        ),
    }
}
