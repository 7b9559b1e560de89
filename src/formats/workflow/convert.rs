//! From YAML to the model.

use super::{Action, ActionReference, ActionTarget, Event, Filter, Job, Run, Step, Workflow};
use crate::diagnostic::{Span, Spanned};
use crate::formats::shell;
use crate::formats::yaml::Node;

/// Whether a document has the shape of a workflow: `on` and `jobs`, and a job that runs somewhere or calls a workflow.
#[must_use]
pub fn looks_like_workflow(node: &Node) -> bool {
    let jobs = node.get("jobs").map(Node::merged_entries).unwrap_or_default();
    let runs = |job: &Node| job.get("runs-on").is_some() || job.get("uses").is_some();
    trigger(node).is_some() && jobs.iter().any(|(_, job)| runs(job))
}

/// Whether a document has the shape of a composite action.
#[must_use]
pub fn is_composite_action(node: &Node) -> bool {
    node.path(&["runs", "using"]).and_then(Node::as_str) == Some("composite")
}

/// `on`, also where a YAML 1.1 tool has turned it into `true`.
fn trigger(node: &Node) -> Option<&Node> {
    node.get("on").or_else(|| node.get("true"))
}

impl Workflow {
    /// Reads a workflow from a document of the file whose whole text is `text`. `None` where it is no mapping.
    #[must_use]
    pub fn from_node(node: &Node, text: &str) -> Option<Self> {
        if !node.is_mapping() {
            return None;
        }
        let jobs = node.get("jobs").map(Node::merged_entries).unwrap_or_default();
        let shell = default(node, "shell");
        Some(Self {
            name: node.text_at("name"),
            on: trigger(node).map(events).unwrap_or_default(),
            env: node.text_entries_at("env"),
            working_directory: default(node, "working-directory"),
            jobs: jobs.into_iter().filter_map(|(id, job)| read_job(id, job, shell.as_ref(), text)).collect(),
            shell,
            node: node.clone(),
        })
    }
}

impl Action {
    /// Reads a composite action from a document of the file whose whole text is `text`. `None` where it is none.
    #[must_use]
    pub fn from_node(node: &Node, text: &str) -> Option<Self> {
        if !is_composite_action(node) {
            return None;
        }
        let steps = node.path(&["runs", "steps"]).map(Node::items).unwrap_or_default();
        Some(Self {
            name: node.text_at("name"),
            steps: steps.iter().map(|step| read_step(step, None, text)).collect(),
            node: node.clone(),
        })
    }
}

fn default(node: &Node, key: &str) -> Option<Spanned<String>> {
    node.path(&["defaults", "run", key])?.spanned_text()
}

fn events(node: &Node) -> Vec<Event> {
    let plain = |name: Spanned<String>| Event { name, filters: Vec::new(), node: None };
    if !node.is_mapping() {
        return node.texts().into_iter().map(plain).collect();
    }
    let event = |(key, value): (&Node, &Node)| {
        Some(Event {
            name: key.spanned_text()?,
            filters: filters(value),
            node: (!value.is_null()).then(|| value.clone()),
        })
    };
    node.merged_entries().into_iter().filter_map(event).collect()
}

fn filters(node: &Node) -> Vec<Filter> {
    // `schedule` maps to a list of mappings, all others to one.
    let mappings = node.items_or_self().iter().flat_map(Node::merged_entries);
    mappings
        .filter(|(_, value)| !value.is_mapping())
        .filter_map(|(key, value)| Some(Filter { name: key.spanned_text()?, patterns: value.texts() }))
        .collect()
}

fn read_job(id: &Node, node: &Node, shell: Option<&Spanned<String>>, text: &str) -> Option<Job> {
    let own_shell = default(node, "shell");
    let shell = own_shell.as_ref().or(shell);
    let steps = node.get("steps").map(Node::items).unwrap_or_default();
    let runs_on = node.get("runs-on").map(|runs_on| match runs_on.is_mapping() {
        true => [runs_on.texts_at("group"), runs_on.texts_at("labels")].concat(),
        false => runs_on.texts(),
    });
    let runs_on = runs_on.unwrap_or_default();
    let is_windows = runs_on.iter().any(|label| label.value.to_ascii_lowercase().starts_with("windows"));
    // Without a shell of its own, a step on Windows runs in PowerShell.
    let powershell = Spanned::new("pwsh".to_owned(), node.span);
    let shell_of_steps = shell.or_else(|| is_windows.then_some(&powershell));
    Some(Job {
        id: id.spanned_text()?,
        name: node.text_at("name"),
        needs: node.texts_at("needs"),
        uses: node.text_at("uses").map(ActionReference::parse),
        condition: node.text_at("if"),
        env: node.text_entries_at("env"),
        working_directory: default(node, "working-directory"),
        matrix: node.path(&["strategy", "matrix"]).map(matrix).unwrap_or_default(),
        continue_on_error: node.get("continue-on-error").and_then(Node::as_bool).unwrap_or(false),
        steps: steps.iter().map(|step| read_step(step, shell_of_steps, text)).collect(),
        runs_on,
        shell: own_shell,
        node: node.clone(),
    })
}

fn matrix(node: &Node) -> Vec<(Spanned<String>, Vec<Spanned<String>>)> {
    let mut keys: Vec<(Spanned<String>, Vec<Spanned<String>>)> = Vec::new();
    let mut add = |key: Spanned<String>, values: Vec<Spanned<String>>| match keys
        .iter_mut()
        .find(|(known, _)| known.value == key.value)
    {
        Some((_, known)) => known.extend(values),
        None => keys.push((key, values)),
    };
    for (key, value) in node.merged_entries() {
        match key.scalar_text() {
            Some("include") => {
                for (key, value) in value.items().iter().flat_map(Node::merged_entries) {
                    if let Some(key) = key.spanned_text() {
                        add(key, value.texts());
                    }
                }
            }
            Some("exclude") | None => {}
            Some(name) => add(Spanned::new(name.to_owned(), key.span), value.texts()),
        }
    }
    keys
}

fn read_step(node: &Node, default_shell: Option<&Spanned<String>>, text: &str) -> Step {
    let shell = node.text_at("shell");
    let posix = shell.as_ref().or(default_shell).is_none_or(|shell| is_posix(&shell.value));
    let run = node.get("run").and_then(|script| {
        let read = match script.as_str() {
            Some(value) => shell::commands_in(value, &script.text_map(text)),
            None => Vec::new(),
        };
        let (commands, foreign_commands) = if posix { (read, Vec::new()) } else { (Vec::new(), read) };
        Some(Run { script: script.spanned_text()?, commands, foreign_commands })
    });
    Step {
        id: node.text_at("id"),
        name: node.text_at("name"),
        uses: node.text_at("uses").map(ActionReference::parse),
        with: node.text_entries_at("with"),
        run,
        shell,
        working_directory: node.text_at("working-directory"),
        env: node.text_entries_at("env"),
        condition: node.text_at("if"),
        continue_on_error: node.get("continue-on-error").and_then(Node::as_bool).unwrap_or(false),
        span: node.span,
    }
}

/// Whether a `shell:` is POSIX-like; it may be a command line: `bash -l {0}`.
fn is_posix(shell: &str) -> bool {
    let program = shell.split_whitespace().next().unwrap_or("");
    matches!(program.rsplit('/').next(), Some("bash" | "sh" | "dash" | "zsh" | "ksh" | "micromamba-shell"))
}

impl ActionReference {
    /// Takes apart what `uses` says.
    #[must_use]
    pub fn parse(text: Spanned<String>) -> Self {
        let target = target(&text);
        Self { text, target }
    }
}

fn target(text: &Spanned<String>) -> ActionTarget {
    let value = text.value.as_str();
    if value.contains("${{") {
        return ActionTarget::Unknown;
    }
    if value.starts_with("./") || value.starts_with("../") || value == "." {
        return ActionTarget::Local(value.strip_prefix("./").unwrap_or(value).to_owned());
    }
    // The repository that the workflow itself is from, which need not be the one that is checked out.
    if value.starts_with("$/") {
        return ActionTarget::Unknown;
    }
    if let Some(image) = value.strip_prefix("docker://") {
        return ActionTarget::Docker(image.to_owned());
    }
    let (place, reference) = match value.split_once('@') {
        Some((place, reference)) => (place, Some(reference)),
        None => (value, None),
    };
    let mut parts = place.splitn(3, '/');
    let (Some(owner), Some(repository)) = (parts.next(), parts.next()) else { return ActionTarget::Unknown };
    if owner.is_empty() || repository.is_empty() || place.contains(char::is_whitespace) {
        return ActionTarget::Unknown;
    }
    let reference = reference.map(|reference| {
        // A quote may stand before and after the text; the reference is its end.
        let quote = text.span.len().saturating_sub(value.len()) / 2;
        let end = text.span.end - quote;
        Spanned::new(reference.to_owned(), Span::new(end.saturating_sub(reference.len()).max(text.span.start), end))
    });
    ActionTarget::Repository {
        owner: owner.to_owned(),
        repository: repository.to_owned(),
        path: parts.next().unwrap_or("").to_owned(),
        reference,
    }
}
