//! What GitHub refuses about the shape of a workflow or of a composite action, beyond keys that it does not know.

use std::collections::BTreeMap;

use crate::diagnostic::{Severity, Span};
use crate::formats::yaml::{Node, Value};
use crate::knowledge::workflow_keys;
use crate::rules::nearest::nearest;

/// Something that GitHub refuses.
pub(super) struct Fault {
    /// Where.
    pub span: Span,
    /// What, up to "so GitHub refuses …".
    pub what: String,
    /// What to do.
    pub help: String,
    /// A place that has to do with it, and what it is.
    pub label: Option<(Span, &'static str)>,
    /// The word to write in its place.
    pub meant: Option<String>,
    /// How bad it is that GitHub takes no notice of it; `None` where it refuses the file.
    pub ignored: Option<Severity>,
}

impl Fault {
    fn new(span: Span, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, what: what.into(), help: help.into(), label: None, meant: None, ignored: None }
    }

    fn label(mut self, span: Span, text: &'static str) -> Self {
        self.label = Some((span, text));
        self
    }
}

/// What is wrong with the workflow whose document is `root`.
pub(super) fn workflow_faults(root: &Node) -> Vec<Fault> {
    let mut faults = Vec::new();
    keys_twice(root, &mut faults);
    if let Some(on) = root.get("on").or_else(|| root.get("true")) {
        events(on, &mut faults);
    }
    permissions(root, &mut faults);
    for (id, job) in root.get("jobs").map(Node::entries).unwrap_or_default() {
        identifier(id, "job", &mut faults);
        if job.is_mapping() {
            one_job(job, &mut faults);
        }
    }
    faults
}

/// What is wrong with the steps of the composite action whose document is `root`.
pub(super) fn action_faults(root: &Node) -> Vec<Fault> {
    let mut faults = Vec::new();
    keys_twice(root, &mut faults);
    for step in root.path(&["runs", "steps"]).map(Node::items).unwrap_or_default() {
        if let Some((run, _)) = step.entry("run")
            && step.get("shell").is_none()
        {
            let what = "a step of a composite action has `run` and no `shell`";
            faults.push(Fault::new(run.span, what, "add `shell: bash`: here it has no default"));
        }
        let known = &workflow_keys().composite_step_keys;
        for (key, _) in step.entries() {
            step_key(key, step, known, &mut faults);
        }
        one_step(step, &mut faults);
    }
    faults
}

/// A key that a step of a composite action does not know.
fn step_key(key: &Node, step: &Node, known: &[String], faults: &mut Vec<Fault>) {
    let Some(name) = key.scalar_text().filter(|name| *name != "<<" && !known.iter().any(|known| known == name)) else {
        return;
    };
    let meant = nearest(name, known.iter().map(String::as_str).filter(|known| step.get(known).is_none()));
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the keys are {}", known.join(", ")),
    };
    let mut fault = Fault::new(key.span, format!("`{name}` is not a key of a step of a composite action"), help);
    fault.meant = meant.map(str::to_owned);
    faults.push(fault);
}

/// Keys that stand twice in a mapping, whatever their case, and merge keys. Several in one mapping are one fault.
fn keys_twice(node: &Node, faults: &mut Vec<Fault>) {
    // What an alias stands for was looked at where it is anchored.
    if node.span != node.content {
        return;
    }
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut twice: Option<Fault> = None;
    for (key, value) in node.entries() {
        if let Some(name) = key.scalar_text() {
            if name == "<<" {
                let what = "GitHub reads anchors, but no merge keys (`<<`)";
                faults.push(Fault::new(key.span, what, "write the entries out, or alias the whole value"));
            } else if let Some(first) = seen.insert(name.to_ascii_lowercase(), key.span)
                && twice.is_none()
            {
                let what = format!("`{name}` stands twice in the same place");
                let help =
                    "delete one of them, or move it into a file of its own; upper and lower case are the same here";
                twice = Some(Fault::new(key.span, what, help).label(first, "first here"));
            }
        }
        keys_twice(value, faults);
    }
    faults.extend(twice);
    node.items().iter().for_each(|item| keys_twice(item, faults));
}

fn events(on: &Node, faults: &mut Vec<Fault>) {
    let is_schedule = |node: &&Node| node.scalar_text() == Some("schedule");
    if let Some(schedule) = on.items_or_self().iter().find(is_schedule) {
        faults.push(Fault::new(schedule.span, "`schedule` says no time", "write `schedule: [{cron: \"30 4 * * 1\"}]`"));
    }
    for (name, value) in on.entries() {
        let Some(event) = name.scalar_text().filter(|event| workflow_keys().events.iter().any(|known| known == event))
        else {
            continue;
        };
        if event == "schedule" && value.items().is_empty() {
            faults.push(Fault::new(name.span, "`schedule` says no time", "write a list: `- cron: \"30 4 * * 1\"`"));
        }
        let types = [String::from("types")];
        let known = workflow_keys().event_keys.get(event).map_or(&types[..], Vec::as_slice);
        let mappings = if event == "schedule" { value.items() } else { std::slice::from_ref(value) };
        for (key, _) in mappings.iter().flat_map(Node::entries) {
            event_key(event, key, value, known, faults);
        }
        for filter in ["branches", "tags", "paths"] {
            if let (Some((wanted, _)), Some((unwanted, _))) =
                (value.entry(filter), value.entry(&format!("{filter}-ignore")))
            {
                let what = format!("`{event}` has both `{filter}` and `{filter}-ignore`");
                let fault = Fault::new(
                    unwanted.span,
                    what,
                    format!("keep `{filter}`, and take out with patterns that begin with `!`"),
                );
                faults.push(fault.label(wanted.span, "the other one"));
            }
        }
        match event {
            "workflow_dispatch" => dispatch_inputs(value, faults),
            "workflow_call" => call_inputs(value, faults),
            _ => {}
        }
    }
}

fn event_key(event: &str, key: &Node, value: &Node, known: &[String], faults: &mut Vec<Fault>) {
    let Some(name) = key.scalar_text().filter(|name| *name != "<<" && !known.iter().any(|known| known == name)) else {
        return;
    };
    let absent = known.iter().map(String::as_str).filter(|known| value.get(known).is_none());
    // `branch` for `branches` is too far away for letters alone.
    let plural = [format!("{name}s"), format!("{name}es")];
    let meant =
        absent.clone().find(|known| plural.iter().any(|plural| plural == known)).or_else(|| nearest(name, absent));
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("below `{event}` there may be {}", known.join(", ")),
    };
    // Only the keys of a called workflow are checked by what GitHub runs by; its editor marks the others.
    let is_refused = event == "workflow_call";
    let is_filter = event != "workflow_dispatch"
        && ["branch", "tag", "path"].iter().any(|filter| name.to_ascii_lowercase().starts_with(filter));
    let what = match (is_refused, is_filter) {
        (true, _) => format!("`{name}` is not a key of `{event}`"),
        (false, true) => {
            format!("`{name}` is not a key of `{event}`: GitHub takes no notice of it, and nothing is left out")
        }
        (false, false) => format!("`{name}` is not a key of `{event}`: GitHub takes no notice of it"),
    };
    let severity = if is_filter || meant.is_some() { Severity::Warning } else { Severity::Advice };
    let mut fault = Fault::new(key.span, what, help);
    fault.meant = meant.map(str::to_owned);
    fault.ignored = (!is_refused).then_some(severity);
    faults.push(fault);
}

fn dispatch_inputs(event: &Node, faults: &mut Vec<Fault>) {
    for (name, input) in event.get("inputs").map(Node::entries).unwrap_or_default() {
        let Some(kind) = input.text_at("type") else { continue };
        match kind.value.as_str() {
            "choice" if input.get("options").is_none() => {
                faults.push(Fault::new(
                    name.span,
                    "an input of type `choice` has no `options`",
                    "list what may be chosen",
                ));
            }
            "string" | "number" | "boolean" | "choice" | "environment" => {}
            other => {
                let help = "write string, number, boolean, choice or environment";
                faults.push(Fault::new(kind.span, format!("`{other}` is not a type of an input"), help));
            }
        }
    }
}

fn call_inputs(event: &Node, faults: &mut Vec<Fault>) {
    for (name, input) in event.get("inputs").map(Node::entries).unwrap_or_default() {
        match input.text_at("type") {
            None if name.scalar_text() == Some("<<") => {}
            None => faults.push(Fault::new(
                name.span,
                "an input of a called workflow has no `type`",
                "write string, number or boolean",
            )),
            Some(kind) if !matches!(kind.value.as_str(), "string" | "number" | "boolean") => {
                let what = format!("`{}` is not a type of an input of a called workflow", kind.value);
                faults.push(Fault::new(kind.span, what, "write string, number or boolean"));
            }
            Some(_) => {}
        }
    }
    for (name, output) in event.get("outputs").map(Node::entries).unwrap_or_default() {
        if output.get("value").is_none() && name.scalar_text() != Some("<<") {
            let help = "say what it is: `value: ${{ jobs.JOB.outputs.NAME }}`";
            faults.push(Fault::new(name.span, "an output of a called workflow has no `value`", help));
        }
    }
}

fn permissions(node: &Node, faults: &mut Vec<Fault>) {
    let Some(permissions) = node.get("permissions") else { return };
    if let Some(all) = permissions.scalar_text()
        && !matches!(all, "read-all" | "write-all")
        && !all.contains("${{")
    {
        let help = "write read-all, write-all, {} or a mapping such as `contents: read`";
        faults.push(Fault::new(permissions.span, format!("`{all}` is not a set of permissions"), help));
    }
    for (scope, access) in permissions.entries() {
        let known = &workflow_keys().permission_scopes;
        if let Some(name) = scope.scalar_text().filter(|name| !known.iter().any(|known| known == name))
            && let Some(meant) = nearest(name, known.iter().map(String::as_str))
        {
            let mut fault =
                Fault::new(scope.span, format!("`{name}` is not a permission"), format!("did you mean `{meant}`?"));
            fault.meant = Some(meant.to_owned());
            faults.push(fault);
        }
        let value = access.scalar_text().unwrap_or("none");
        let (refused, help) = match scope.scalar_text() {
            Some("id-token") => ("read", "write `write` or `none`"),
            Some("models") => ("write", "write `read` or `none`"),
            _ => ("", "write read, write or none"),
        };
        if (!matches!(value, "read" | "write" | "none") || value == refused) && !value.contains("${{") {
            faults.push(Fault::new(access.span, format!("`{value}` is not a kind of access"), help));
        }
    }
}

/// Names of jobs and steps: letters, digits, `-` and `_`, and no digit or `-` in front.
fn identifier(node: &Node, what: &str, faults: &mut Vec<Fault>) {
    let Some(name) = node.scalar_text().filter(|name| !name.contains("${{") && *name != "<<") else { return };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_right = starts && rest;
    if !name.is_empty() && !is_right {
        let what = format!("`{name}` can't be the id of a {what}");
        faults.push(Fault::new(
            node.span,
            what,
            "begin with a letter or `_`, and go on with letters, digits, `-` and `_`",
        ));
    }
}

fn one_job(job: &Node, faults: &mut Vec<Fault>) {
    permissions(job, faults);
    let known = workflow_keys();
    if let Some((uses, target)) = job.entry("uses") {
        for (key, _) in job.entries() {
            let is_job_key = |name: &str| known.job_keys.iter().any(|known| known == name);
            let refused =
                key.scalar_text().filter(|name| is_job_key(name) && !known.call_keys.iter().any(|known| known == name));
            if let Some(name) = refused {
                let what = format!("a job that calls a workflow can't have `{name}`");
                let fault =
                    Fault::new(key.span, what, "move it into the workflow that is called, or take `uses` into a step");
                faults.push(fault.label(uses.span, "it calls one here"));
            }
        }
        called(target, faults);
        if let Some(secrets) = job.text_at("secrets").filter(|secrets| secrets.value != "inherit") {
            let what = format!("`secrets` is `{}`, which is not a mapping", secrets.value);
            faults.push(Fault::new(secrets.span, what, "write `secrets: inherit`, or name them one by one"));
        }
    } else {
        for name in ["with", "secrets"] {
            if let Some((key, _)) = job.entry(name) {
                let what = format!("a job has `{name}` and calls no workflow");
                faults.push(Fault::new(
                    key.span,
                    what,
                    "inputs belong to a step that `uses` an action, or to a job that `uses` a workflow",
                ));
            }
        }
    }
    if let Some((key, labels)) = job.entry("runs-on")
        && job.get("uses").is_none()
    {
        let is_empty = match &labels.value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Sequence(items) => items.is_empty(),
            _ => false,
        };
        if is_empty {
            faults.push(Fault::new(key.span, "`runs-on` names no runner", "write `runs-on: ubuntu-latest`"));
        }
    }
    number(job, "timeout-minutes", faults);
    if let Some(strategy) = job.get("strategy") {
        number(strategy, "max-parallel", faults);
    }
    for step in job.get("steps").map(Node::items).unwrap_or_default() {
        number(step, "timeout-minutes", faults);
        one_step(step, faults);
    }
}

/// What a job may call: `owner/repository/path@ref`, or `./path` without a release.
fn called(target: &Node, faults: &mut Vec<Fault>) {
    let Some(text) = target.as_str().filter(|text| !text.contains("${{") && !text.starts_with("$/")) else { return };
    let right = match text.strip_prefix("./") {
        Some(path) => !path.contains('@'),
        None => text.split_once('@').is_some_and(|(place, reference)| {
            place.split('/').count() > 2 && !reference.is_empty() && !place.starts_with('/')
        }),
    };
    if !right {
        let what = format!("`{text}` names no workflow to call");
        let help = "write ./.github/workflows/FILE.yml for one of this repository, else OWNER/REPOSITORY/.github/workflows/FILE.yml@REF";
        faults.push(Fault::new(target.span, what, help));
    }
}

fn one_step(step: &Node, faults: &mut Vec<Fault>) {
    if let Some(id) = step.get("id") {
        identifier(id, "step", faults);
    }
    let (run, uses) = (step.entry("run"), step.entry("uses"));
    let refused: &[&str] = match (run, uses) {
        (None, Some(_)) => &["working-directory", "shell"],
        (Some(_), None) => &["with"],
        _ => &[],
    };
    for name in refused {
        if let Some((key, _)) = step.entry(name) {
            let (kind, help) = match *name {
                "with" => ("runs a script", "hand values to a script with `env`"),
                _ => ("uses an action", "an action runs where its own inputs say"),
            };
            faults.push(Fault::new(key.span, format!("a step that {kind} can't have `{name}`"), help));
        }
    }
    if let Some((_, target)) = uses
        && let Some(text) = target.as_str()
        && !text.contains("${{")
        && !text.starts_with("./")
        && !text.starts_with("$/")
        && !text.starts_with("../")
        && text != "."
        && !text.starts_with("docker://")
    {
        let right = text.split_once('@').is_some_and(|(place, reference)| place.contains('/') && !reference.is_empty());
        if !right {
            let what = format!("`{text}` names no release of an action");
            faults.push(Fault::new(
                target.span,
                what,
                "write OWNER/REPOSITORY@RELEASE, or ./FOLDER for one of this repository",
            ));
        }
    }
}

/// A value that must be a number or an expression.
fn number(node: &Node, name: &str, faults: &mut Vec<Fault>) {
    let Some(value) = node.get(name) else { return };
    let is_text = value.as_str().is_some_and(|text| !text.contains("${{") && text.trim().parse::<f64>().is_err());
    if is_text || value.as_bool().is_some() {
        let what = format!("`{name}` is not a number");
        faults.push(Fault::new(value.span, what, "write a number, or an expression"));
    }
}
