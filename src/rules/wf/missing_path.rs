//! WF002 missing-path: a step of a workflow names a file or folder that is not there when it runs.

use crate::deployment::workflow_paths::{MissingStepPath, NamedBy, missing_step_paths};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Severity, Span};
use crate::repo::Presence;
use crate::rules::{Reporter, Rule};

/// WF002 missing-path.
pub struct MissingPath;

impl Rule for MissingPath {
    fn id(&self) -> RuleId {
        RuleId { code: "WF002", name: "missing-path" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        for missing in missing_step_paths(project.documents()) {
            report_missing(project.documents(), missing, report);
        }
    }
}

fn report_missing(documents: &Documents, missing: MissingStepPath, report: &mut Reporter) {
    let Some(first) = missing.places.first().cloned() else { return };
    let severity = severity(&missing);
    let (message, help) = words(&missing);
    let finding = report.report(severity, first, message);
    let label = match missing.named_by {
        NamedBy::Patterns { .. } | NamedBy::HashFiles(_) => "looked for here, too",
        _ => "named here, too",
    };
    for place in missing.places.iter().skip(1) {
        finding.label(place.clone(), label);
    }
    match missing.meant {
        Some(meant) => {
            finding.help(format!("did you mean {}?", meant.path));
            if let Some((_, text)) = meant.edits.first() {
                let words = format!("Write {text}");
                let mut fix = if meant.same_name { Fix::safe(words) } else { Fix::unsafe_(words) };
                // Other values of the file that lie in the folder are wrong with it.
                let others = match missing.named_by {
                    NamedBy::WorkingFolder => below(documents, &missing.path, &meant.path, &missing.places),
                    _ => Vec::new(),
                };
                for (place, _) in &others {
                    finding.label(place.clone(), "this lies in the same folder, and is wrong with it");
                }
                for (place, text) in meant.edits.into_iter().chain(others) {
                    fix = fix.replace(&place.path, place.span, text);
                }
                finding.fix(fix);
            }
        }
        None => {
            finding.help(help);
        }
    }
}

/// The values of the workflow that lie in `wrong`, a folder that is not there, each with what it is in `right`, where that is.
fn below(documents: &Documents, wrong: &RepoPath, right: &RepoPath, known: &[Location]) -> Vec<(Location, String)> {
    let Some(path) = known.first().map(|place| &place.path) else { return Vec::new() };
    let Some(source) = documents.repository().source(path) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((key, value)) = line.split_once(": ") else { continue };
        let value = value.trim_end().trim_start_matches([' ', '"', '\'', '.', '/']);
        let value = value.split(['"', '\'', ' ']).next().unwrap_or_default();
        let Some(rest) = value.strip_prefix(wrong.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            continue;
        };
        let meant = format!("{right}{rest}");
        let is_there = documents.repository().presence(&RepoPath::new(&meant)) != Presence::Absent;
        let Some(offset) = line.get(key.len()..).and_then(|tail| tail.find(value)).filter(|_| is_there) else {
            continue;
        };
        let span = Span::new(start + key.len() + offset, start + key.len() + offset + value.len());
        if !known.iter().any(|place| place.span.covers(span)) && !key.trim_start().starts_with('#') {
            found.push((Location::new(path, span), meant));
        }
    }
    found
}

/// A step that can't find its file fails the job, unless the workflow says that it may, or something ran before that in
/// principle could have written the file. A pattern that nothing fits is mostly a leftover of a template.
fn severity(missing: &MissingStepPath) -> Severity {
    let is_template = matches!(&missing.named_by, NamedBy::HashFiles(patterns) if patterns.contains('*'));
    if missing.tolerated || is_template {
        Severity::Advice
    } else if matches!(missing.named_by, NamedBy::HashFiles(_))
        || missing.conditional
        || missing.piped
        || !missing.certain
    {
        Severity::Warning
    } else {
        Severity::Error
    }
}

fn words(missing: &MissingStepPath) -> (String, String) {
    let path = &missing.path;
    let end = match (missing.tolerated, missing.certain, missing.conditional) {
        (true, ..) => "so this step fails without anybody noticing",
        (_, _, true) => "so this fails as soon as it is reached",
        _ if missing.piped => "so this fails, and what it is piped into gets nothing",
        (_, false, _) => "so this step fails, unless an earlier one writes it",
        _ => "so this step fails",
    };
    let shown = if missing.from.is_root() || missing.written.starts_with('/') {
        path.to_string()
    } else {
        format!("{path} ({} as seen from {}/)", missing.written, missing.from)
    };
    let add = "correct the path, which is relative to the folder that the step runs in, or add the file".to_owned();
    match &missing.named_by {
        NamedBy::Program(program) if program.is_empty() => {
            (format!("the script {shown} is not in the repository, {end}"), add)
        }
        NamedBy::Program(program) => {
            (format!("{program} is given {shown}, which is not in the repository, {end}"), add)
        }
        NamedBy::WorkingFolder => (
            format!("the folder {shown} is not in the repository, {end}"),
            "correct the path; git carries no empty folders".to_owned(),
        ),
        NamedBy::Module(module) => (
            format!("There is no module {module} in the repository: {path} is missing, {end}"),
            "correct the name of the module, or add it".to_owned(),
        ),
        NamedBy::Lock(command) => (
            format!("`{command}` takes only what {path} says, which is not in the repository, {end}"),
            "run `uv lock` and commit the lock file, or leave the option out".to_owned(),
        ),
        NamedBy::Action => (
            format!("There is no action in {path}, {end}"),
            "an action is a folder with an action.yml; the path begins at the root of the repository".to_owned(),
        ),
        NamedBy::Workflow => (
            format!("There is no workflow {path}, so GitHub refuses this one"),
            "name a file in .github/workflows of this repository".to_owned(),
        ),
        NamedBy::Input { input, action } => (
            format!("`{input}` of {action} names {path}, which is not in the repository, {end}"),
            "correct the path, which is relative to the root of the checkout".to_owned(),
        ),
        NamedBy::Patterns { input, action, patterns } if input.is_empty() => (
            format!("`cache` of {action} finds no {patterns} in the repository, {end}"),
            "name the file that locks the dependencies with `cache-dependency-path`, or take `cache` out".to_owned(),
        ),
        NamedBy::Patterns { input, action, patterns } => (
            format!("`{input}` of {action} finds no {patterns} in the repository, {end}"),
            "correct the path, which is relative to the root of the checkout".to_owned(),
        ),
        NamedBy::HashFiles(patterns) => (
            format!("hashFiles finds no {patterns}, so its value never changes, and a cache under it grows stale"),
            "name the file that locks the dependencies, from the root of the checkout".to_owned(),
        ),
    }
}
