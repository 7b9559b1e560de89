//! From step to step of a job, and into the composite actions of the repository that it uses.

use std::collections::BTreeMap;

use super::expand::Names;
use super::inputs::{Inputs, hash_files, replaceable};
use super::script::{Script, StepNature};
use super::workspace::{Ran, Spot, Wanted, Workspace};
use super::{Miss, NamedBy};
use crate::deployment::{Documents, workflows};
use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::workflow::{Action, ActionReference, ActionTarget, Job, Step, Workflow};
use crate::knowledge::is_quiet_action;
use crate::repo::{Presence, Source};

/// How deep composite actions may use each other.
const MAX_DEPTH: usize = 6;

/// Words in the names of actions that bring files.
const FETCHING: &[&str] = &[
    "artifact", "checkout", "clone", "download", "export", "extract", "fetch", "generate", "import", "pull", "restore",
    "sync", "unzip", "template", "render", "replace",
];

/// Adds what the jobs of the workflow at `path` name in vain.
pub(super) fn walk_workflow(documents: &Documents, path: &RepoPath, workflow: &Workflow, misses: &mut Vec<Miss>) {
    let repository = documents.repository();
    let Some(source) = repository.source(path) else { return };
    let runs_here = runs_on_this_repository(documents, path, workflow);
    for job in workflow.jobs.iter().filter(|job| !job.is_switched_off()) {
        if let Some(uses) = &job.uses {
            called_workflow(documents, source, uses, misses);
        }
        let mut workspace = Workspace::new(repository);
        let is_other = |label: &str| label.starts_with("windows") || label.starts_with("macos");
        workspace.folds_case =
            !job.runs_on.is_empty() && job.runs_on.iter().all(|label| is_other(&label.value.to_ascii_lowercase()));
        let mut names = Names { matrix: matrix(job), ..Names::default() };
        for (name, value) in workflow.env.iter().chain(&job.env) {
            set(&mut names.env, &name.value, &value.value);
        }
        let mut walk = Walk {
            documents,
            source,
            workspace: &mut workspace,
            names,
            folder: job.working_directory.as_ref().or(workflow.working_directory.as_ref()),
            shell: job.shell.as_ref().or(workflow.shell.as_ref()),
            tolerated: job.continue_on_error,
            conditional: false,
            runs_here,
            depth: 0,
            misses,
        };
        job.steps.iter().for_each(|step| walk.step(step));
    }
}

/// Whether a checkout in the workflow is one of this repository: one that is only called from others is not.
fn runs_on_this_repository(documents: &Documents, path: &RepoPath, workflow: &Workflow) -> bool {
    let is_called_only = !workflow.on.is_empty() && workflow.on.iter().all(|event| event.name.value == "workflow_call");
    let calls_it = |job: &Job| matches!(&job.uses, Some(ActionReference { target: ActionTarget::Local(file), .. }) if RepoPath::new(file) == *path);
    !is_called_only || workflows::live(documents).any(|(_, workflow)| workflow.jobs.iter().any(calls_it))
}

/// The values of the matrix that are plain.
fn matrix(job: &Job) -> BTreeMap<String, Vec<String>> {
    let plain = |(key, values): &(Spanned<String>, Vec<Spanned<String>>)| {
        let values: Vec<String> = values.iter().map(|value| value.value.clone()).collect();
        let is_plain = !values.iter().any(|value| value.contains("${{"));
        is_plain.then(|| (key.value.clone(), values))
    };
    let mut found: BTreeMap<String, Vec<String>> = job.matrix.iter().filter_map(plain).collect();
    for values in found.values_mut() {
        values.sort();
        values.dedup();
    }
    found
}

/// Keeps a plain value; another one hides what the name stood for.
fn set(names: &mut BTreeMap<String, String>, name: &str, value: &str) {
    if value.contains("${{") || value.contains('$') {
        names.remove(name);
    } else {
        names.insert(name.to_owned(), value.to_owned());
    }
}

fn called_workflow(documents: &Documents, source: &Source, uses: &ActionReference, misses: &mut Vec<Miss>) {
    let ActionTarget::Local(file) = &uses.target else { return };
    let path = RepoPath::new(file);
    if file.contains('@') || documents.repository().presence(&path) != Presence::Absent {
        return;
    }
    misses.push(Miss {
        written: uses.text.value.clone(),
        from: RepoPath::root(),
        named_by: NamedBy::Workflow,
        location: Location::new(source.path(), uses.text.span),
        certain: true,
        tolerated: false,
        conditional: false,
        piped: false,
        replaceable: replaceable(source, &uses.text),
        is_folder: false,
        path,
    });
}

/// Adds what a composite action names in its own folder in vain, whoever uses it.
pub(super) fn walk_action(documents: &Documents, path: &RepoPath, action: &Action, misses: &mut Vec<Miss>) {
    let repository = documents.repository();
    let Some(source) = repository.source(path) else { return };
    let mut workspace = Workspace::new(repository);
    let names = Names { action: Some(path.parent()), ..Names::default() };
    let mut walk = Walk {
        documents,
        source,
        workspace: &mut workspace,
        names,
        folder: None,
        shell: None,
        tolerated: false,
        conditional: false,
        runs_here: false,
        depth: 1,
        misses,
    };
    action.steps.iter().for_each(|step| walk.step(step));
}

struct Walk<'w, 'd> {
    documents: &'d Documents,
    source: &'d Source,
    workspace: &'w mut Workspace<'d>,
    names: Names,
    folder: Option<&'d Spanned<String>>,
    shell: Option<&'d Spanned<String>>,
    tolerated: bool,
    conditional: bool,
    runs_here: bool,
    depth: usize,
    misses: &'w mut Vec<Miss>,
}

impl<'d> Walk<'_, 'd> {
    fn step(&mut self, step: &'d Step) {
        if step.is_switched_off() {
            return;
        }
        let condition = step.condition.as_ref().map_or("", |condition| condition.value.as_str());
        for (_, patterns) in hash_files(condition) {
            patterns.iter().for_each(|pattern| self.workspace.note_test(pattern));
        }
        let nature = StepNature {
            tolerated: self.tolerated || step.continue_on_error,
            conditional: self.conditional || condition.contains("steps.") || condition.contains("hashFiles"),
        };
        if let Some(uses) = &step.uses {
            self.uses(step, uses, nature);
        }
        let Some(run) = &step.run else { return };
        let own = step.working_directory.as_ref();
        let folder = own.or(self.folder);
        let mut names = self.names.clone();
        for (name, value) in &step.env {
            set(&mut names.env, &name.value, &value.value);
        }
        let cwd = self.working_folder(folder, nature);
        // The shell that runs without a `shell` does not look at what a pipe hides.
        let minds_pipes = run.script.value.contains("pipefail") || self.minds_pipes(step);
        let mut script = Script {
            source: self.source,
            workspace: self.workspace,
            names: &mut names,
            nature,
            misses: self.misses,
            folders: vec![cwd],
            pushed: Vec::new(),
            last_end: run.script.span.start,
            minds_pipes,
        };
        script.walk(run);
        self.names.forget_what_is_set_in(&run.script.value);
    }

    /// Whether `shell: bash` is written out for a step, which then fails when a part of a pipe does.
    fn minds_pipes(&self, step: &Step) -> bool {
        step.shell.as_ref().or(self.shell).is_some_and(|shell| shell.value == "bash")
    }

    /// The folder that a script starts in; reported where it is missing.
    fn working_folder(&mut self, folder: Option<&Spanned<String>>, nature: StepNature) -> Option<Spot> {
        let root = Spot::Workspace(RepoPath::root());
        let Some(folder) = folder else { return Some(root) };
        let texts = self.names.texts(folder.value.trim());
        let mut found = None;
        for text in &texts {
            let spot = self.names.spot(text, Some(&root))?;
            if let Some((path, certain)) = self.workspace.missing(&spot, Wanted::Folder) {
                self.misses.push(Miss {
                    path,
                    written: text.clone(),
                    from: RepoPath::root(),
                    named_by: NamedBy::WorkingFolder,
                    location: Location::new(self.source.path(), folder.span),
                    certain,
                    tolerated: nature.tolerated,
                    conditional: nature.conditional,
                    piped: false,
                    replaceable: replaceable(self.source, folder),
                    is_folder: true,
                });
                return None;
            }
            found = Some(spot);
        }
        found.filter(|_| texts.len() == 1)
    }

    fn uses(&mut self, step: &'d Step, uses: &'d ActionReference, nature: StepNature) {
        match &uses.target {
            ActionTarget::Local(folder) => self.local_action(step, uses, folder, nature),
            ActionTarget::Repository { owner, repository, path, .. } => {
                let parts = [owner.as_str(), repository, path];
                let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
                let name = name.to_ascii_lowercase();
                let mut inputs = Inputs {
                    source: self.source,
                    workspace: self.workspace,
                    names: &self.names,
                    nature,
                    step,
                    action: &name,
                    misses: self.misses,
                };
                inputs.check();
                inputs.hashes();
                self.effects(step, &name);
            }
            ActionTarget::Docker(_) | ActionTarget::Unknown => self.workspace.run(Ran::Action),
        }
        for (_, value) in &step.with {
            self.workspace.hear(&value.value);
        }
    }

    fn local_action(&mut self, step: &'d Step, uses: &'d ActionReference, folder: &str, nature: StepNature) {
        let Some(spot) = Spot::Workspace(RepoPath::root()).join(folder) else { return };
        let Some(in_tree) = self.workspace.repository_path(&spot) else {
            self.workspace.run(Ran::Action);
            return;
        };
        let file = ["action.yml", "action.yaml", "Dockerfile"].iter().filter_map(|name| in_tree.join(name));
        let found = file.into_iter().find(|file| self.workspace.repository.presence(file) != Presence::Absent);
        let Some(found) = found else {
            self.missing_action(uses, &spot, nature);
            return;
        };
        let (Some(action), Some(source)) = (self.documents.action(&found), self.documents.repository().source(&found))
        else {
            // An action in JavaScript or in a container may write anything.
            self.workspace.run(Ran::Action);
            return;
        };
        if self.depth >= MAX_DEPTH {
            self.workspace.run(Ran::Action);
            return;
        }
        let mut inputs = BTreeMap::new();
        for (key, value) in action.node.get("inputs").map(|node| node.merged_entries()).unwrap_or_default() {
            if let (Some(name), Some(default)) =
                (key.scalar_text(), value.get("default").and_then(|node| node.scalar_text()))
            {
                set(&mut inputs, name, default);
            }
        }
        for (name, value) in &step.with {
            match self.names.texts(&value.value).as_slice() {
                [value] => set(&mut inputs, &name.value, value),
                _ => drop(inputs.remove(&name.value)),
            }
        }
        let names = Names { env: self.names.env.clone(), matrix: BTreeMap::new(), inputs, action: Some(in_tree) };
        let mut walk = Walk {
            documents: self.documents,
            source,
            workspace: self.workspace,
            names,
            folder: None,
            shell: None,
            tolerated: nature.tolerated,
            conditional: nature.conditional,
            runs_here: self.runs_here,
            depth: self.depth + 1,
            misses: self.misses,
        };
        action.steps.iter().for_each(|step| walk.step(step));
    }

    /// Reports an action without its file: the folder is missing, or nothing in it describes an action.
    fn missing_action(&mut self, uses: &ActionReference, spot: &Spot, nature: StepNature) {
        let missing = spot.join("action.yml").and_then(|file| self.workspace.missing(&file, Wanted::File));
        let Some((file, certain)) = missing else { return };
        self.misses.push(Miss {
            path: file.parent(),
            written: uses.text.value.clone(),
            from: RepoPath::root(),
            named_by: NamedBy::Action,
            location: Location::new(self.source.path(), uses.text.span),
            certain,
            tolerated: nature.tolerated,
            conditional: nature.conditional,
            piped: false,
            replaceable: replaceable(self.source, &uses.text),
            is_folder: true,
        });
    }

    /// What an action of another repository leaves in the working folder.
    fn effects(&mut self, step: &Step, name: &str) {
        let value =
            |input: &str| step.with.iter().find(|(key, _)| key.value == input).map(|(_, value)| value.value.trim());
        if name == "actions/checkout" {
            let is_own_ref = |reference: &str| {
                let inner = reference.trim_start_matches("${{").trim_end_matches("}}").trim();
                matches!(reference, "main" | "master" | "")
                    || (reference.starts_with("${{") && inner.starts_with("github."))
            };
            let own_names = ["github.repository", "head.repo.full_name", "github.event.repository.full_name"];
            let is_own = self.runs_here
                && value("repository")
                    .is_none_or(|other| other.is_empty() || own_names.iter().any(|own| other.contains(own)))
                && value("ref").is_none_or(is_own_ref);
            match self.names.texts(value("path").unwrap_or("")).as_slice() {
                [folder] if !folder.contains("..") && !folder.starts_with('/') => {
                    self.workspace.check_out(RepoPath::new(folder), is_own);
                }
                // Anywhere.
                _ => self.workspace.make_anything(),
            }
            return;
        }
        let is_cache = matches!(name, "actions/cache" | "actions/cache/restore");
        let fetches = name.split(['/', '-', '_']).skip(1).any(|word| FETCHING.contains(&word));
        if !is_cache && is_quiet_action(name) {
            return;
        }
        let root = Spot::Workspace(RepoPath::root());
        let mut made = Vec::new();
        for (_, value) in step.with.iter().filter(|(key, _)| !is_cache || key.value == "path") {
            for line in value.value.lines() {
                let line = line.trim().trim_end_matches("/*").trim_end_matches("/**");
                made.extend(self.names.texts(line).iter().filter_map(|text| self.names.spot(text, Some(&root))));
            }
        }
        made.iter().for_each(|spot| self.workspace.make(spot));
        if is_cache {
            return;
        }
        let names_folder =
            ["path", "dest", "destination", "out", "output", "directory", "folder", "target", "dir", "out-file-path"]
                .iter()
                .any(|input| value(input).is_some_and(|value| !matches!(value, "." | "./")));
        if fetches && (!names_folder || name == "actions/download-artifact" && made.is_empty()) {
            self.workspace.make_anything();
        }
        if name != "actions/download-artifact" {
            self.workspace.run(Ran::Action);
        }
    }
}
