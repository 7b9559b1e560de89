//! Workflows that push to a Hugging Face Space, and which part of the repository they push.

mod faults;
mod narrowing;
mod payload;
mod upload;

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::{Invocation, invocations};
use crate::formats::workflow::{Job, Step, Workflow};

use super::Documents;
use super::workflows::{self, Place};
pub use faults::{SyncFault, is_hub_step, sync_faults};
use narrowing::Narrowing;
use upload::{action_sync, command_sync, script_sync};

/// A step that pushes to a Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceSync {
    /// The push.
    pub location: Location,
    /// The folder whose content becomes the Space; `None` where it can't be told.
    pub pushed: Option<RepoPath>,
    /// What says that it is this folder and not the whole repository.
    pub narrowed_by: Option<Location>,
    /// Whether files that the Space has and the folder lacks stay there: an upload, not a push of git's.
    pub keeps_remote_files: bool,
    /// Whether the job writes a README itself before the push.
    pub writes_card: bool,
    /// The README of the repository that the job copies to the head of the tree that is pushed, where that is all that it
    /// does to the README.
    pub brought_readme: Option<RepoPath>,
    /// Whether git sends the files as the repository's history holds them: the whole tree or a split of it, and no command
    /// before the push changes how files are kept.
    pub sends_history: bool,
    /// Whether the Space's own content was merged into the checkout before, a card with it perhaps.
    pub merges_space: bool,
    /// Whether an upload or a copy leaves the README out, so that the Space keeps the one it was created with.
    pub leaves_readme_out: bool,
    /// Whether the Space takes it whatever its own history is: an upload, a push with force, or one from a clone of it.
    pub is_forced: bool,
    /// The branch of the Space that a push of git's writes, where it is not the one that is built.
    pub other_branch: Option<String>,
    /// Whether the workflow runs only when somebody starts it by hand or by a call of the API.
    pub by_hand: bool,
}

/// All steps of all live workflows that push to a Space.
#[must_use]
pub fn space_syncs(documents: &Documents) -> Vec<SpaceSync> {
    workflows::live(documents).flat_map(|(path, workflow)| syncs_of(documents, path, workflow)).collect()
}

/// All steps that would push to a Space, of workflows that nearly lie where GitHub reads them.
#[must_use]
pub fn misplaced_syncs(documents: &Documents) -> Vec<SpaceSync> {
    let near = workflows::misplaced(documents).into_iter().filter(|file| matches!(file.place, Place::NearMiss { .. }));
    near.flat_map(|file| syncs_of(documents, file.path, file.workflow)).collect()
}

fn syncs_of(documents: &Documents, path: &RepoPath, workflow: &Workflow) -> Vec<SpaceSync> {
    let by_hand = is_started_by_hand(workflow);
    let jobs = workflow.jobs.iter().filter(|job| !job.is_switched_off());
    let syncs = jobs.filter_map(|job| job_sync(documents, path, workflow, job));
    syncs.map(|sync| SpaceSync { by_hand, ..sync }).collect()
}

fn is_started_by_hand(workflow: &Workflow) -> bool {
    let by_hand = |event: &str| matches!(event, "workflow_dispatch" | "repository_dispatch");
    !workflow.on.is_empty() && workflow.on.iter().all(|event| by_hand(&event.name.value))
}

/// A job pushes to one Space: the steps before the push prepare it.
fn job_sync(documents: &Documents, path: &RepoPath, workflow: &Workflow, job: &Job) -> Option<SpaceSync> {
    let mut narrowing = Narrowing::default();
    let mut remote_is_space = false;
    for step in job.steps.iter().filter(|step| !step.is_switched_off()) {
        if let Some(sync) = action_sync(path, step) {
            return Some(SpaceSync { writes_card: narrowing.writes_readme, ..sync });
        }
        let folder = [&step.working_directory, &job.working_directory, &workflow.working_directory];
        narrowing.begin_step(folder.into_iter().flatten().next().map(|folder| folder.value.as_str()));
        if let Some(reference) = step.with.iter().find(|(key, _)| key.value == "ref") {
            narrowing.check_out(&reference.1.value);
        }
        let Some(run) = &step.run else { continue };
        let url_in_script = names_a_space(&run.script.value) || environment_names_a_space(workflow, job, step);
        remote_is_space |= url_in_script;
        if let Some(sync) = documents.repository().source(path).and_then(|source| script_sync(source, run)) {
            return Some(SpaceSync { writes_card: narrowing.writes_readme, ..sync });
        }
        for command in run.commands_of_any_shell() {
            for invocation in invocations(command) {
                narrowing.note(command, &invocation);
                if let Some(upload) = command_sync(path, &invocation) {
                    return Some(SpaceSync { writes_card: narrowing.writes_readme, ..upload });
                }
                let to_space = || pushes_to_space(&invocation, url_in_script) || narrowing.brings_readme_to_a_clone();
                if remote_is_space && is_push(&invocation) && to_space() {
                    let location = Location::new(path, invocation.span);
                    let sync = narrowing.sync(location, pushed_branch(&invocation));
                    let other_branch = other_branch(&invocation).map(|(branch, _)| branch);
                    return Some(SpaceSync {
                        is_forced: sync.is_forced || is_forced(&invocation),
                        other_branch,
                        ..sync
                    });
                }
            }
        }
    }
    None
}

fn environment_names_a_space(workflow: &Workflow, job: &Job, step: &Step) -> bool {
    [&workflow.env, &job.env, &step.env].into_iter().flatten().any(|(_, value)| names_a_space(&value.value))
}

/// Whether text holds the address of a Space.
#[must_use]
pub fn names_a_space(text: &str) -> bool {
    ["huggingface.co/spaces", "hf.co/spaces", "huggingface.co:spaces", "hf.co:spaces"]
        .iter()
        .any(|address| text.contains(address))
}

/// Whether a command is a push of git's.
#[must_use]
pub fn is_push(invocation: &Invocation) -> bool {
    if invocation.name() != "git" {
        return false;
    }
    // Options of git itself come before the subcommand: `git -c key=value -C dir push`.
    let mut words = invocation.arguments.iter().map(|word| word.text.as_str());
    let mut subcommand = None;
    while let Some(word) = words.next() {
        match word {
            "-c" | "-C" => drop(words.next()),
            option if option.starts_with('-') => {}
            word => {
                subcommand = Some(word);
                break;
            }
        }
    }
    subcommand == Some("push") || (subcommand == Some("subtree") && words.next() == Some("push"))
}

/// What a push names after its options: the remote and what it sends.
#[must_use]
pub fn push_words(invocation: &Invocation) -> Vec<&str> {
    let words = invocation.arguments.iter().map(|word| word.text.as_str()).skip_while(|word| *word != "push").skip(1);
    words.filter(|word| !word.starts_with('-')).collect()
}

/// Whether a push replaces what the remote has: `-f`, `--force`, `--force-with-lease`, `--mirror`, `+main`.
fn is_forced(push: &Invocation) -> bool {
    let words = push.arguments.iter().map(|word| word.text.as_str());
    words.skip_while(|word| *word != "push").skip(1).any(|word| {
        word.starts_with("--force")
            || word == "--mirror"
            || word.starts_with('+')
            || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
    })
}

/// The branch that a push sends, where it names one.
fn pushed_branch(invocation: &Invocation) -> Option<&str> {
    let refspec = *push_words(invocation).get(1)?;
    let source = refspec.trim_start_matches('+').split(':').next().unwrap_or(refspec);
    // A substitution such as `git subtree split` was read as a command of its own.
    (!source.contains(['`', '(', ' ']) && !source.is_empty()).then(|| source.trim_start_matches("refs/heads/"))
}

/// The branch that a push writes, with the place of what names it, where that is plainly not `main`, which alone a Space is
/// built from.
pub(super) fn other_branch(invocation: &Invocation) -> Option<(String, Span)> {
    let words = push_words(invocation);
    // The value of a subtree's `--prefix` stands among the words.
    if invocation.arguments.first().is_some_and(|word| word.text == "subtree") || words.len() != 2 {
        return None;
    }
    let refspec = words.get(1)?;
    let word = invocation.arguments.iter().rfind(|word| word.text == *refspec)?;
    let target = refspec.trim_start_matches('+').rsplit(':').next()?.trim_start_matches("refs/heads/");
    let is_plain = target.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (is_plain && !target.is_empty() && !matches!(target, "main" | "HEAD")).then(|| (target.to_owned(), word.span))
}

/// A push to `origin` of the checkout goes to GitHub; anything else, once a Space's address was named, goes there.
fn pushes_to_space(invocation: &Invocation, url_in_script: bool) -> bool {
    let words = push_words(invocation);
    if words.iter().any(|word| word.contains("github.com") || word.contains("huggingface.co/datasets")) {
        return false;
    }
    let to_origin = words.first().is_none_or(|word| *word == "origin");
    !to_origin || (url_in_script && invocation.arguments.iter().any(|word| names_a_space(&word.text)))
}
