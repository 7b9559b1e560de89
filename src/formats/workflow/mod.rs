//! GitHub workflows and composite actions: what runs when, read without refusing what GitHub would refuse.

mod convert;
mod expression;
mod filter;
mod heredoc;

#[cfg(test)]
mod tests;

use super::shell::Command;
use super::yaml::Node;
use crate::diagnostic::{Span, Spanned};

pub use convert::{is_composite_action, looks_like_workflow};
pub use expression::{ExpressionFault, contexts_in, expression_faults};
pub use filter::FilterPattern;
pub use heredoc::{EscapedHeredoc, escaped_heredoc};

/// A workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// `name`
    pub name: Option<Spanned<String>>,
    /// The events that start it.
    pub on: Vec<Event>,
    /// `env`
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `defaults.run.working-directory`
    pub working_directory: Option<Spanned<String>>,
    /// `defaults.run.shell`
    pub shell: Option<Spanned<String>>,
    /// The jobs in the order written.
    pub jobs: Vec<Job>,
    /// The document.
    pub node: Node,
}

/// An event with its filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `push`, `pull_request`, `schedule`, …
    pub name: Spanned<String>,
    /// `branches`, `branches-ignore`, `tags`, `tags-ignore`, `paths`, `paths-ignore`, `types`, `workflows`, `cron`, each
    /// with its patterns in order.
    pub filters: Vec<Filter>,
    /// What the event maps to; `None` in the short forms.
    pub node: Option<Node>,
}

/// A filter of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The key.
    pub name: Spanned<String>,
    /// The patterns, each with its place.
    pub patterns: Vec<Spanned<String>>,
}

/// A composite action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `runs.steps`
    pub steps: Vec<Step>,
    /// The document.
    pub node: Node,
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its key.
    pub id: Spanned<String>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `runs-on`: labels, also those of `group`/`labels`.
    pub runs_on: Vec<Spanned<String>>,
    /// `needs`
    pub needs: Vec<Spanned<String>>,
    /// `uses`: a reusable workflow.
    pub uses: Option<ActionReference>,
    /// `if`
    pub condition: Option<Spanned<String>>,
    /// `env`
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `defaults.run.working-directory`
    pub working_directory: Option<Spanned<String>>,
    /// `defaults.run.shell`
    pub shell: Option<Spanned<String>>,
    /// `strategy.matrix`: the plain values of each key, `include` merged in. Values that are no scalars are left out.
    pub matrix: Vec<(Spanned<String>, Vec<Spanned<String>>)>,
    /// `continue-on-error`, where it is a plain boolean.
    pub continue_on_error: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// What the key maps to.
    pub node: Node,
}

/// A step of a job or of a composite action.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `id`
    pub id: Option<Spanned<String>>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `uses`
    pub uses: Option<ActionReference>,
    /// `with`
    pub with: Vec<(Spanned<String>, Spanned<String>)>,
    /// `run`
    pub run: Option<Run>,
    /// `shell`
    pub shell: Option<Spanned<String>>,
    /// `working-directory`
    pub working_directory: Option<Spanned<String>>,
    /// `env`
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `if`
    pub condition: Option<Spanned<String>>,
    /// `continue-on-error`, where it is a plain boolean.
    pub continue_on_error: bool,
    /// The step as a whole.
    pub span: Span,
}

/// A step's script.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The script; the span holds the scalar as written.
    pub script: Spanned<String>,
    /// Its commands, with places in the file; empty for a shell that is not POSIX-like (`pwsh`, `cmd`, `python`).
    pub commands: Vec<Command>,
    /// For another shell: the commands as a POSIX-like one would read them. Good for programs with plain arguments.
    pub(super) foreign_commands: Vec<Command>,
}

impl Run {
    /// The commands, whatever the shell: in PowerShell and `cmd` a program with plain arguments is written the same.
    #[must_use]
    pub fn commands_of_any_shell(&self) -> &[Command] {
        if self.commands.is_empty() { &self.foreign_commands } else { &self.commands }
    }
}

/// What `uses` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionReference {
    /// As written.
    pub text: Spanned<String>,
    /// What it is.
    pub target: ActionTarget,
}

/// What `uses` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionTarget {
    /// `./path`: an action or workflow of this repository, without the `./`.
    Local(String),
    /// `docker://image`
    Docker(String),
    /// `owner/repo[/path]@ref`
    Repository {
        /// The owner.
        owner: String,
        /// The repository.
        repository: String,
        /// The path inside it; empty for its root.
        path: String,
        /// The tag, branch or commit; `None` where it is missing, which GitHub refuses.
        reference: Option<Spanned<String>>,
    },
    /// None of these.
    Unknown,
}
