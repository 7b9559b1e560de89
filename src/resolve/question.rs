//! What a resolver is asked about one deployment.

use crate::deployment::packages::{Declaration, Origin};
use crate::deployment::{Deployment, Platform, Project, Sdk};
use crate::knowledge::space_card;

/// What a resolver is asked about one deployment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Question {
    /// The deployment's name.
    pub deployment: String,
    /// The requirements, one a line, each with the places of nothing: names, extras and versions.
    pub requirements: Vec<String>,
    /// The same of what only bounds others.
    pub constraints: Vec<String>,
    /// The Python that runs there: `3.12`.
    pub python: String,
}

/// The questions about a project: of each deployment whose Python is known and that asks for packages which no lock file
/// fixes.
#[must_use]
pub fn questions(project: &Project<'_>) -> Vec<Question> {
    project.deployments().iter().filter_map(question).collect()
}

fn question(deployment: &Deployment<'_>) -> Option<Question> {
    let packages = deployment.packages();
    let python = deployment.python()?.value.to_string();
    if packages.all_locked().next().is_some() {
        return None;
    }
    let (constraints, asked): (Vec<_>, Vec<_>) =
        packages.declarations().iter().partition(|one| one.origin == Origin::Constraints);
    // Commands install one after the other and may replace what a file asked for: beside a file they do not count.
    let has_file = asked.iter().any(|one| one.origin != Origin::Command);
    let counts = |one: &&Declaration| !has_file || one.origin != Origin::Command;
    let mut requirements: Vec<String> = asked.into_iter().filter(counts).filter_map(line).collect();
    if requirements.is_empty() {
        return None;
    }
    if deployment.platform().value == Platform::Space(Sdk::Gradio) {
        requirements.extend(space_card().defaults.build_requirements.get("gradio").into_iter().flatten().cloned());
    }
    let mut constraints: Vec<String> = constraints.into_iter().filter_map(line).collect();
    for lines in [&mut requirements, &mut constraints] {
        lines.sort();
        lines.dedup();
    }
    Some(Question { deployment: deployment.name().to_owned(), requirements, constraints, python })
}

/// A requirement as a resolver reads it; `None` where it says more than a name and versions, which are then not known.
fn line(declaration: &Declaration) -> Option<String> {
    let requirement = &declaration.requirement;
    let plain = requirement.source.is_none()
        && !requirement.has_variable
        && requirement.verbatim_version.is_none()
        && requirement.alternatives.is_none();
    if !plain {
        return None;
    }
    let extras: Vec<&str> = requirement.extras.iter().map(|extra| extra.value.as_str()).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    Some(format!("{}{extras}{}", declaration.name(), requirement.specifiers))
}
