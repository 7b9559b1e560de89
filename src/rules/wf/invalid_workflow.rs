//! WF003 invalid-workflow: a workflow that GitHub refuses to run.

use std::collections::BTreeMap;

use crate::deployment::Project;
use crate::deployment::sync::is_hub_step;
use crate::deployment::workflows::{self, Place};
use crate::diagnostic::{Diagnostic, Fix, Location, RepoPath, RuleId, Span};
use crate::formats::workflow::{
    Action, EscapedHeredoc, ExpressionFault, Job, Workflow, contexts_in, escaped_heredoc, expression_faults,
};
use crate::formats::yaml::{Node, Value};
use crate::knowledge::workflow_keys;
use crate::repo::{FileKind, Presence, Source};
use crate::rules::nearest::{nearest, same_but_spelling};
use crate::rules::wf::expressions::{collect_scalars, collect_scalars_holding, expression_words, is_literal};
use crate::rules::wf::misplaced_workflow::live_copy;
use crate::rules::wf::schedule::cron_fault;
use crate::rules::wf::structure::{self, Fault};
use crate::rules::{Reporter, Rule};

/// WF003 invalid-workflow.
pub struct InvalidWorkflow;

impl Rule for InvalidWorkflow {
    fn id(&self) -> RuleId {
        RuleId { code: "WF003", name: "invalid-workflow" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for entry in documents.repository().of_kind(FileKind::Workflow) {
            let path = entry.path();
            let text = documents.repository().source(path).map_or("", |source| source.text());
            match documents.yaml(path) {
                Some(Err(error)) => {
                    if let Some(heredoc) = escaped_heredoc(text, error.span.start) {
                        report_escaped(path, &heredoc, report);
                        continue;
                    }
                    report
                        .error(
                            Location::new(path, error.span),
                            format!("GitHub can't read this workflow, since it is not YAML: {}", error.message),
                        )
                        .help("mend the YAML here or just above: indentation with spaces only, quotes around text with `: `");
                }
                Some(Ok(parsed)) => {
                    // Lines that stand left of their script may be YAML again: another document.
                    if parsed.len() > 1
                        && let Some(heredoc) = escaped_heredoc(text, text.len())
                    {
                        report_escaped(path, &heredoc, report);
                        continue;
                    }
                    if let (Some(workflow), Some(source)) =
                        (documents.workflow(path), documents.repository().source(path))
                    {
                        Check { path, source, workflow, report }.workflow();
                    }
                }
                None => {}
            }
        }
        // What is to be moved to where GitHub reads it should be sound when it gets there.
        for file in workflows::misplaced(documents) {
            let Place::NearMiss { target, .. } = &file.place else { continue };
            let is_to_move = documents.repository().presence(target) == Presence::Absent
                && live_copy(documents, file.path).is_none();
            if let Some(source) = documents.repository().source(file.path).filter(|_| is_to_move) {
                Check { path: file.path, source, workflow: file.workflow, report }.workflow();
            }
        }
        for (path, action) in workflows::composite_actions(documents) {
            if let Some(source) = documents.repository().source(path) {
                composite_action(path, source, action, report);
            }
        }
    }
}

/// A here-document that stands left of the text of its `run`.
fn report_escaped(path: &RepoPath, heredoc: &EscapedHeredoc, report: &mut Reporter) {
    report
        .error(
            Location::new(path, heredoc.escaped),
            "GitHub can't read this workflow: this line is indented less than the script that it is meant to be a part \
             of, so that the script ends before it",
        )
        .label(Location::new(path, heredoc.begin), "the here-document begins here")
        .help(
            "indent all lines of the here-document like the script, which YAML takes off again, or keep the text in a \
             file of the repository",
        );
}

/// A composite action, which GitHub reads when a step comes to it.
fn composite_action(path: &RepoPath, source: &Source, action: &Action, report: &mut Reporter) {
    for fault in structure::action_faults(&action.node) {
        report_fault(source, fault, "the action", report);
    }
    let Some(steps) = action.node.path(&["runs", "steps"]) else { return };
    let mut scalars = Vec::new();
    collect_scalars(steps, source.text(), &mut scalars);
    for span in &scalars {
        for (at, fault) in expression_faults(span.of(source.text())) {
            let (what, help) = expression_words(fault);
            report
                .error(Location::new(path, at.shifted(span.start)), format!("{what}, so GitHub refuses the action"))
                .help(help);
        }
    }
    let known = workflow_keys().contexts.get("action.steps").map_or(&[][..], Vec::as_slice);
    for span in scalars {
        for (at, name) in contexts_in(span.of(source.text()), false) {
            if is_literal(&name) || known.contains(&name) {
                continue;
            }
            report
                .error(
                    Location::new(path, at.shifted(span.start)),
                    format!("a composite action can't read `{name}`, so GitHub refuses it"),
                )
                .help("take the value as an input, which the workflow fills: `with: {token: ${{ secrets.TOKEN }}}`");
        }
    }
}

fn report_fault(source: &Source, fault: Fault, refused: &str, report: &mut Reporter) {
    let path = source.path();
    let at = Location::new(path, fault.span);
    let finding = match fault.ignored {
        None => report.error(at, format!("{}, so GitHub refuses {refused}", fault.what)),
        Some(severity) => report.report(severity, at, fault.what),
    };
    finding.help(fault.help);
    if let Some((span, text)) = fault.label {
        finding.label(Location::new(path, span), text);
    }
    if let Some(meant) = fault.meant {
        let content = source.in_same_quotes(fault.span, &meant);
        finding.fix(Fix::unsafe_(format!("Write `{meant}`")).replace(path, fault.span, content));
    }
}

struct Check<'c> {
    path: &'c RepoPath,
    source: &'c Source,
    workflow: &'c Workflow,
    report: &'c mut Reporter,
}

impl Check<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> &mut Diagnostic {
        self.report.error(Location::new(self.path, span), message).help(help)
    }

    fn workflow(&mut self) {
        let workflow = self.workflow;
        let head = Span::at(workflow.node.span.start);
        let is_workflow = ["on", "true", "jobs"].iter().any(|key| workflow.node.get(key).is_some());
        if !is_workflow {
            self.error(
                head,
                "this is not a workflow, since it has neither `on` nor `jobs`: GitHub reports it as broken on every push",
                "move it out of .github/workflows; a step belongs into a job, and an action into its own folder",
            );
            return;
        }
        self.keys(&workflow.node, &workflow_keys().workflow_keys, "a workflow");
        let on = workflow.node.get("on").or_else(|| workflow.node.get("true"));
        match on {
            None => {
                self.error(
                    head,
                    "the workflow has no `on`, so nothing starts it",
                    "name the events, such as `on: push`",
                );
            }
            Some(on) if workflow.on.is_empty() => {
                self.error(
                    on.span,
                    "`on` names no event, so nothing starts the workflow",
                    "name the events, such as `on: push`",
                );
            }
            Some(_) => self.events(),
        }
        match workflow.node.get("jobs") {
            None => {
                self.error(head, "the workflow has no `jobs`, so GitHub refuses it", "add the jobs");
            }
            Some(jobs) if jobs.entries().is_empty() => {
                self.error(jobs.span, "`jobs` holds no job, so GitHub refuses the workflow", "add a job");
            }
            Some(_) => {}
        }
        for job in &workflow.jobs {
            self.job(job);
        }
        for fault in structure::workflow_faults(&workflow.node) {
            report_fault(self.source, fault, "the workflow", self.report);
        }
        self.needs();
        self.expressions();
        self.contexts();
    }

    /// Keys that the format does not know. A file for another tool has many; a mistake is one or two.
    fn keys(&mut self, node: &Node, known: &[String], what: &str) {
        for (key, _) in node.entries() {
            let Some(name) = key.scalar_text() else { continue };
            if known.iter().any(|known| known == name) || matches!(name, "true" | "<<") || name.contains("${{") {
                continue;
            }
            let absent = known.iter().map(String::as_str).filter(|known| node.get(known).is_none());
            let meant = nearest(name, absent).map(str::to_owned);
            let path = self.path.clone();
            let message = format!("`{name}` is not a key of {what}, so GitHub refuses the workflow");
            match meant {
                Some(meant) => {
                    let words = format!("Write `{meant}`");
                    let fix = if same_but_spelling(name, &meant) { Fix::safe(words) } else { Fix::unsafe_(words) };
                    self.error(key.span, message, format!("did you mean `{meant}`?")).fix(fix.replace(
                        &path,
                        key.span,
                        key.in_same_quotes(&meant),
                    ));
                }
                None => {
                    self.error(key.span, message, format!("the keys are {}", known.join(", ")));
                }
            }
        }
    }

    fn events(&mut self) {
        for event in &self.workflow.on {
            let (name, span) = (event.name.value.as_str(), event.name.span);
            let known = &workflow_keys().events;
            if !known.iter().any(|known| known == name) {
                let meant = nearest(name, known.iter().map(String::as_str));
                let path = self.path.clone();
                let source = self.source;
                let help = meant.map_or_else(
                    || "see the list of events that trigger workflows".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.error(span, format!("`{name}` is not an event, so GitHub refuses the workflow"), help).fix(
                    meant.map(|meant| {
                        let content = source.in_same_quotes(span, meant);
                        Fix::unsafe_(format!("Write `{meant}`")).replace(&path, span, content)
                    }),
                );
            }
            for filter in event.filters.iter().filter(|filter| filter.name.value == "cron") {
                for pattern in &filter.patterns {
                    if let Some(reason) = cron_fault(&pattern.value) {
                        self.error(
                            pattern.span,
                            format!(
                                "`{}` is not a cron schedule, so GitHub refuses the workflow: {reason}",
                                pattern.value
                            ),
                            "write minute, hour, day, month and weekday, such as `30 4 * * 1`",
                        );
                    }
                }
            }
        }
    }

    fn job(&mut self, job: &Job) {
        if job.node.is_null() || !job.node.is_mapping() {
            return;
        }
        self.keys(&job.node, &workflow_keys().job_keys, "a job");
        let calls = job.node.get("uses").is_some();
        let steps = job.node.get("steps");
        if !calls && job.node.get("runs-on").is_none() {
            let id = &job.id;
            self.error(
                id.span,
                format!("the job `{}` has no `runs-on`, so GitHub refuses the workflow", id.value),
                "add `runs-on: ubuntu-latest`",
            );
        }
        if !calls && steps.is_none_or(|steps| matches!(steps.value, Value::Null)) {
            let id = &job.id;
            self.error(
                id.span,
                format!("the job `{}` has no `steps`, so GitHub refuses the workflow", id.value),
                "add its steps",
            );
        }
        let mut ids: BTreeMap<String, Span> = BTreeMap::new();
        for step in steps.map(Node::items).unwrap_or_default() {
            if !step.is_mapping() {
                continue;
            }
            self.keys(step, &workflow_keys().step_keys, "a step");
            let place = step.entries().first().map_or(step.span, |(key, _)| key.span);
            match (step.entry("run"), step.entry("uses")) {
                (Some((run, _)), Some((uses, _))) => {
                    let path = self.path.clone();
                    self.error(
                        uses.span,
                        "a step has both `run` and `uses`, so GitHub refuses the workflow",
                        "make two steps of it",
                    )
                    .label(Location::new(&path, run.span), "the other one");
                }
                (None, None) if !workflow_keys().step_kinds.iter().any(|kind| step.get(kind).is_some()) => {
                    self.error(
                        place,
                        "a step has neither `run` nor `uses`, so GitHub refuses the workflow",
                        "say what the step does",
                    );
                }
                _ => {}
            }
            if let Some(id) = step.text_at("id") {
                let key = id.value.to_ascii_lowercase();
                if let Some(first) = ids.insert(key, id.span) {
                    let path = self.path.clone();
                    self.error(
                        id.span,
                        format!("the id `{}` stands twice in this job, so GitHub refuses the workflow", id.value),
                        "give each step its own id",
                    )
                    .label(Location::new(&path, first), "first here");
                }
            }
        }
    }

    /// Contexts that are not to be had where they are read.
    fn contexts(&mut self) {
        let root = &self.workflow.node;
        let mut parts: Vec<(&str, &Node)> = root.get("env").map(|node| ("env", node)).into_iter().collect();
        for (_, job) in root.get("jobs").map(Node::entries).unwrap_or_default() {
            for (key, part) in [
                ("if", "jobs.if"),
                ("runs-on", "jobs.runs-on"),
                ("env", "jobs.env"),
                ("strategy", "jobs.strategy"),
                ("with", "jobs.with"),
            ] {
                parts.extend(job.get(key).map(|node| (part, node)));
            }
            let steps = job.get("steps").map(Node::items).unwrap_or_default();
            parts.extend(steps.iter().filter_map(|step| Some(("jobs.steps.if", step.get("if")?))));
        }
        for (part, node) in parts {
            let Some(known) = workflow_keys().contexts.get(part) else { continue };
            let is_condition = part.ends_with(".if");
            let mut scalars = Vec::new();
            collect_scalars_holding(node, self.source.text(), if is_condition { "" } else { "${{" }, &mut scalars);
            for span in scalars {
                let mut told = Vec::new();
                for (at, name) in contexts_in(span.of(self.source.text()), is_condition) {
                    if known.contains(&name) || is_literal(&name) || told.contains(&name) {
                        continue;
                    }
                    told.push(name.clone());
                    let place = part.trim_start_matches("jobs.").trim_start_matches("steps.");
                    let help = match name.as_str() {
                        "secrets" => {
                            "hand the secret to `env` of the job, and ask for `env.NAME` in `if` of the step".to_owned()
                        }
                        _ => format!("here there may be {}", known.join(", ")),
                    };
                    let message =
                        format!("`{name}` can't be read in `{place}` {}, so GitHub refuses the workflow", owner(part));
                    self.error(at.shifted(span.start), message, help);
                }
            }
        }
    }

    /// `needs` must name jobs, and must not lead back to the job itself.
    fn needs(&mut self) {
        let workflow = self.workflow;
        let find = |name: &str| workflow.jobs.iter().position(|job| job.id.value.eq_ignore_ascii_case(name));
        for need in workflow.jobs.iter().flat_map(|job| &job.needs) {
            if find(&need.value).is_none() && !need.value.contains("${{") {
                let meant = nearest(&need.value, workflow.jobs.iter().map(|job| job.id.value.as_str()));
                let help = meant.map_or_else(
                    || "name a job of this workflow".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                let path = self.path.clone();
                let source = self.source;
                self.error(
                    need.span,
                    format!("there is no job `{}` to wait for, so GitHub refuses the workflow", need.value),
                    help,
                )
                .fix(meant.map(|meant| {
                    let content = source.in_same_quotes(need.span, meant);
                    Fix::unsafe_(format!("Write `{meant}`")).replace(&path, need.span, content)
                }));
            }
        }
        // Jobs whose needs are all settled fall away; a cycle stays.
        let mut settled = vec![false; workflow.jobs.len()];
        loop {
            let next = workflow.jobs.iter().enumerate().position(|(index, job)| {
                let ready = |need: &str| find(need).is_none_or(|at| settled.get(at) == Some(&true));
                settled.get(index) == Some(&false) && job.needs.iter().all(|need| ready(&need.value))
            });
            match next.and_then(|index| settled.get_mut(index)) {
                Some(done) => *done = true,
                None => break,
            }
        }
        let waiting: Vec<&Job> =
            workflow.jobs.iter().zip(&settled).filter(|(_, done)| !**done).map(|(job, _)| job).collect();
        if let Some(first) = waiting.first() {
            let names = waiting.iter().map(|job| job.id.value.as_str()).collect::<Vec<_>>().join(", ");
            self.error(
                first.id.span,
                format!("these jobs wait for each other, so GitHub refuses the workflow: {names}"),
                "break the circle of `needs`",
            );
        }
    }

    fn expressions(&mut self) {
        let text = self.source.text();
        // Steps that speak to the Hub are the business of broken-sync-step.
        let steps = self.workflow.jobs.iter().flat_map(|job| &job.steps);
        let theirs: Vec<Span> = steps.filter(|step| is_hub_step(step, text)).map(|step| step.span).collect();
        let mut scalars = Vec::new();
        collect_scalars(&self.workflow.node, text, &mut scalars);
        for span in scalars {
            for (at, fault) in expression_faults(span.of(text)) {
                let at = at.shifted(span.start);
                let name_of_hub_step = matches!(fault, ExpressionFault::UnknownName(_) | ExpressionFault::BareValue)
                    && theirs.iter().any(|step| step.covers(at));
                if name_of_hub_step {
                    continue;
                }
                let hidden = (fault == ExpressionFault::BareValue).then(|| Location::new(self.path, at));
                let (what, help) = expression_words(fault);
                let finding = self.error(at, format!("{what}, so GitHub refuses the workflow"), help);
                finding.masked.extend(hidden);
            }
        }
    }
}

/// Whose a part is.
fn owner(part: &str) -> &'static str {
    match part {
        "env" => "of a workflow",
        "jobs.steps.if" => "of a step",
        _ => "of a job",
    }
}
