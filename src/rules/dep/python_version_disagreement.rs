//! DEP005 python-version-disagreement: what runs, and what other files say should run.

use crate::deployment::packages::Origin;
use crate::deployment::{Deployment, Fact, Platform};
use crate::diagnostic::{Location, RuleId};
use crate::formats::pyproject::Pyproject;
use crate::knowledge::PythonVersion;
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// DEP005 python-version-disagreement.
pub struct PythonVersionDisagreement;

impl Rule for PythonVersionDisagreement {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP005", name: "python-version-disagreement" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Some(python) = deployment.python() else { return };
        if deployment.platform().value == Platform::Unspecified {
            return;
        }
        required(deployment, python, report);
        named(deployment, python, report);
    }
}

/// A project that does not admit the Python on which it is installed.
fn required(deployment: &Deployment<'_>, python: &Fact<PythonVersion>, report: &mut Reporter) {
    let projects = deployment.packages().manifests().iter().filter(|manifest| manifest.origin == Origin::Pyproject);
    for path in projects.map(|manifest| &manifest.path) {
        let project: Option<&Pyproject> = deployment.documents().pyproject(path);
        let Some(required) = project.and_then(|project| project.requires_python.as_ref()) else { continue };
        if required.value.allows(python.value) {
            continue;
        }
        let message = format!(
            "{} requires Python {}, and the deployment installs it on Python {}",
            path.file_name(),
            required.value,
            python.value
        );
        let place = Location::new(path, required.span);
        let finding = report.error(place.clone(), message);
        finding.labels(python.label("this Python runs").filter(|label| label.location != place));
        let mut help = "raise the Python of the deployment, or widen what the project requires".to_owned();
        if let Some(because) = python.because() {
            help.push_str(&format!(" ({because})"));
        }
        finding.help(help);
    }
}

/// `.python-version` or `runtime.txt` beside a deployment whose own source names another Python.
fn named(deployment: &Deployment<'_>, python: &Fact<PythonVersion>, report: &mut Reporter) {
    let documents = deployment.documents();
    for name in [".python-version", "runtime.txt"] {
        let Some(path) = deployment.root().join(name) else { continue };
        let is_one = documents.repository().entry(&path).is_some_and(|entry| entry.kind() == FileKind::PythonVersion);
        let Some(stated) = is_one.then(|| documents.python_version(&path)).flatten() else { continue };
        let place = Location::new(&path, stated.span);
        if stated.value.without_patch() == python.value.without_patch() || python.location() == Some(&place) {
            continue;
        }
        let message =
            format!("{name} says Python {}, and {} runs Python {}", stated.value, deployment.name(), python.value);
        let finding = report.advice(place, message);
        finding.labels(python.label("this one runs"));
        let mut help = "develop and test on the Python that is deployed: state the same in both".to_owned();
        if let Some(because) = python.because() {
            help.push_str(&format!(" ({because})"));
        }
        finding.help(help);
    }
}
