//! What a resolver is asked about one deployment.

use crate::deployment::packages::{Declaration, Origin};
use crate::deployment::{Deployment, Platform, Project, Sdk};
use crate::formats::package::Target;
use crate::knowledge::{PythonVersion, space_card};

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

/// The Pythons that are asked for where nothing says which one runs: those with fixes of security faults in 2026.
pub const SUPPORTED: &[PythonVersion] =
    &[PythonVersion::new(3, 11), PythonVersion::new(3, 12), PythonVersion::new(3, 13), PythonVersion::new(3, 14)];

/// The questions about a project: of each deployment that asks for packages which no lock file fixes, one; where its Python
/// is not known, one for each that is supported.
#[must_use]
pub fn questions(project: &Project<'_>) -> Vec<Question> {
    let of = |deployment: &Deployment<'_>| -> Vec<Question> {
        match deployment.python() {
            Some(python) => question(deployment, python.value).into_iter().collect(),
            None => SUPPORTED.iter().filter_map(|python| question(deployment, *python)).collect(),
        }
    };
    project.deployments().iter().flat_map(of).collect()
}

fn question(deployment: &Deployment<'_>, python: PythonVersion) -> Option<Question> {
    let packages = deployment.packages();
    let target = Target::linux(python);
    let python = python.to_string();
    if packages.all_locked().next().is_some() {
        return None;
    }
    let here = packages.declarations().iter().filter(|one| one.requirement.applies_to(&target));
    let (constraints, asked): (Vec<_>, Vec<_>) = here.partition(|one| one.origin == Origin::Constraints);
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
