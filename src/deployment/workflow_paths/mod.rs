//! Files and folders that workflows and composite actions name and that are not there when the step runs.
//!
//! A job is walked step by step with a model of its working folder: what is checked out where, what earlier steps made,
//! and whether something ran that may have made anything. A path is missing only where nothing can have put it there.

mod effects;
mod expand;
mod files;
mod inputs;
mod references;
mod script;
mod similar;
mod steps;
mod workspace;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::diagnostic::{Location, RepoPath, Span};

use super::{Documents, workflows};

/// What names a path, and so what happens without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// A program of a `run` step.
    Program(String),
    /// `cd`, or the folder that a step runs in.
    WorkingFolder,
    /// `python -m`, with the module.
    Module(String),
    /// A command that takes only what a lock file says: `uv sync --frozen`.
    Lock(String),
    /// `uses` of a step.
    Action,
    /// `uses` of a job.
    Workflow,
    /// An input of an action: its name and the action's.
    Input {
        /// The input.
        input: String,
        /// The action.
        action: String,
    },
    /// An input that takes patterns, of which none fits a file; the patterns as written.
    Patterns {
        /// The input; empty where the action's own default looks for the files.
        input: String,
        /// The action.
        action: String,
        /// The patterns.
        patterns: String,
    },
    /// `hashFiles`, with its patterns, of which none fits a file.
    HashFiles(String),
}

/// A file of the repository that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The file or folder.
    pub path: RepoPath,
    /// Whether it is the same place but for case, separators or the other ending of YAML files.
    pub same_name: bool,
    /// What to write at each place; empty where a place can't simply be rewritten.
    pub edits: Vec<(Location, String)>,
}

/// A path that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingStepPath {
    /// What it would be in the repository.
    pub path: RepoPath,
    /// As written at the first place.
    pub written: String,
    /// The folder of the repository that it is relative to, at the first place.
    pub from: RepoPath,
    /// Who names it first.
    pub named_by: NamedBy,
    /// Where; the first place first.
    pub places: Vec<Location>,
    /// Whether nothing at all can have made it; else something ran that in principle could.
    pub certain: bool,
    /// Whether the workflow says that a failure there is nothing to stop for.
    pub tolerated: bool,
    /// Whether the command stands in a branch, a loop or a function.
    pub conditional: bool,
    /// Whether a pipe hides the failure from the shell.
    pub piped: bool,
    /// What was probably meant.
    pub meant: Option<Meant>,
}

/// One use of a missing path.
#[derive(Debug, Clone)]
struct Miss {
    path: RepoPath,
    written: String,
    from: RepoPath,
    named_by: NamedBy,
    location: Location,
    certain: bool,
    tolerated: bool,
    conditional: bool,
    piped: bool,
    /// The text that stands there, where another path can simply be written in its place.
    replaceable: Option<Span>,
    is_folder: bool,
}

/// All paths that live workflows, and the composite actions that they use, name in vain; one entry for each path.
#[must_use]
pub fn missing_step_paths(documents: &Documents) -> Vec<MissingStepPath> {
    let mut misses = Vec::new();
    for (path, workflow) in workflows::live(documents) {
        steps::walk_workflow(documents, path, workflow, &mut misses);
    }
    for (path, action) in workflows::composite_actions(documents) {
        steps::walk_action(documents, path, action, &mut misses);
    }
    let mut groups: BTreeMap<(RepoPath, bool, String), Vec<Miss>> = BTreeMap::new();
    for miss in misses {
        let patterns = match &miss.named_by {
            NamedBy::HashFiles(patterns) | NamedBy::Patterns { patterns, .. } => patterns.clone(),
            _ => String::new(),
        };
        let key = (miss.path.clone(), matches!(miss.named_by, NamedBy::HashFiles(_)), patterns);
        groups.entry(key).or_default().push(miss);
    }
    groups.into_values().filter_map(|group| merge(documents, group)).collect()
}

/// One entry for all uses of one path; the worst is told first.
fn merge(documents: &Documents, mut group: Vec<Miss>) -> Option<MissingStepPath> {
    group.sort_by_key(|miss| (miss.tolerated, !miss.certain, miss.conditional, miss.piped));
    let mut places: Vec<Location> = Vec::new();
    let mut uses: Vec<Miss> = Vec::new();
    for miss in group {
        if !places.contains(&miss.location) {
            places.push(miss.location.clone());
            uses.push(miss);
        }
    }
    let meant = similar::meant(documents, &uses);
    let first = uses.into_iter().next()?;
    Some(MissingStepPath {
        path: first.path,
        written: first.written,
        from: first.from,
        named_by: first.named_by,
        places,
        certain: first.certain,
        tolerated: first.tolerated,
        conditional: first.conditional,
        piped: first.piped,
        meant,
    })
}
