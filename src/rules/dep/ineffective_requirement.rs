//! DEP007 ineffective-requirement: lines of requirements that pip refuses, that contradict each other, or that do nothing.

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::deployment::packages::{Declaration, Origin, options_on_own_lines};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId};
use crate::knowledge::VersionSet;
use crate::knowledge::build_backends::backend_instead;
use crate::knowledge::standard_library::{is_backport, is_standard_module};
use crate::rules::{Reporter, Rule};

use super::imported::import_of;
use super::severe::severe;
use super::unavailable::{foreign_paths, local_versions};

/// DEP007 ineffective-requirement.
pub struct IneffectiveRequirement;

impl Rule for IneffectiveRequirement {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP007", name: "ineffective-requirement" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let manifests = deployment.packages().manifests();
        let files = manifests.iter().filter(|manifest| {
            // A template's placeholders are no requirements yet.
            matches!(manifest.origin, Origin::Requirements | Origin::Constraints)
                && !manifest.path.as_str().contains("{{")
        });
        for path in files.map(|manifest| &manifest.path) {
            refused_lines(deployment, path, report);
            foreign_paths(deployment, path, report);
            ignored_options(deployment, path, report);
            contradictions(deployment, path, report);
        }
        for manifest in manifests.iter().filter(|manifest| manifest.origin == Origin::Pyproject) {
            unknown_backend(deployment, &manifest.path, report);
        }
        local_versions(deployment, report);
        left_out(deployment, report);
        backports(deployment, report);
    }
}

/// Lines that pip can't read: the whole installation stops there.
fn refused_lines(deployment: &Deployment<'_>, path: &RepoPath, report: &mut Reporter) {
    let Some(file) = deployment.documents().requirements(path) else { return };
    let mut errors = file.errors.iter();
    let Some(first) = errors.next() else { return };
    let message = format!("pip can't read this line, and installs nothing of {}: {}", path.file_name(), first.value);
    let finding = severe(deployment, report, Location::new(path, first.span), message);
    for error in errors.take(10) {
        finding.label(Location::new(path, error.span), error.value.clone());
    }
    finding.help("write one requirement a line, as in `name>=1.0; python_version < \"3.13\"`, and comments behind `#`");
}

/// A `build-backend` that its package does not have: the project can't be installed.
fn unknown_backend(deployment: &Deployment<'_>, path: &RepoPath, report: &mut Reporter) {
    let backend = deployment.documents().pyproject(path).and_then(|project| project.build_backend.as_ref());
    let Some(backend) = backend else { return };
    let Some(instead) = backend_instead(&backend.value) else { return };
    let package = instead.split('.').next().unwrap_or_default();
    let message = format!("{package} has no `{}`: pip can't build the project, and installs nothing", backend.value);
    let finding = severe(deployment, report, Location::new(path, backend.span), message);
    finding.help(format!("write `{instead}`; the build says: BackendUnavailable"));
    finding.fix(Fix::safe(format!("Build with {instead}")).replace(path, backend.span, instead));
}

/// The declarations that stand in one file.
fn of_file<'d>(deployment: &'d Deployment<'_>, path: &RepoPath) -> Vec<&'d Declaration> {
    deployment.packages().declarations().iter().filter(|declaration| declaration.path == *path).collect()
}

/// `torch --index-url URL`: pip reads the option and takes no notice of it there.
fn ignored_options(deployment: &Deployment<'_>, path: &RepoPath, report: &mut Reporter) {
    let declarations: Vec<&Declaration> = of_file(deployment, path)
        .into_iter()
        .filter(|declaration| !declaration.requirement.misplaced_options.is_empty())
        .collect();
    let Some(first) = declarations.first() else { return };
    let Some(option) = first.requirement.misplaced_options.first() else { return };
    let message = format!(
        "pip ignores `{}` on the line of a requirement, and takes {} from the default index",
        option.value,
        first.requirement.name.value.spelling()
    );
    let finding = report.warning(Location::new(path, option.span), message);
    for declaration in declarations.iter().skip(1) {
        for option in &declaration.requirement.misplaced_options {
            finding.label(Location::new(path, option.span), "ignored too");
        }
    }
    finding.help("put the option on a line of its own, where it holds for the whole file; `--extra-index-url` keeps the default index for the other packages");
    let fix = Fix::unsafe_("Put the option on a line of its own");
    finding.fix(options_on_own_lines(fix, deployment.documents(), &declarations));
}

/// Lines of one file that no release satisfies together.
fn contradictions(deployment: &Deployment<'_>, path: &RepoPath, report: &mut Reporter) {
    let mut by_name: BTreeMap<&str, Vec<&Declaration>> = BTreeMap::new();
    for declaration in of_file(deployment, path) {
        by_name.entry(declaration.name()).or_default().push(declaration);
    }
    for (_, declarations) in by_name {
        let mut versions = VersionSet::any();
        for (index, declaration) in declarations.iter().enumerate() {
            let requirement = &declaration.requirement;
            // Without a known Python, lines with markers may be meant for different ones.
            let conditional = requirement.marker.is_some() && deployment.python().is_none();
            if requirement.source.is_some() || requirement.has_variable || conditional {
                continue;
            }
            let narrowed = versions.intersect(&requirement.allowed());
            if !narrowed.is_empty() {
                versions = narrowed;
                continue;
            }
            let spelling = requirement.name.value.spelling();
            let alone = requirement.allowed().is_empty();
            let message = if alone {
                format!("no release of {spelling} satisfies {}: pip refuses the file", requirement.specifiers)
            } else {
                format!("no release of {spelling} satisfies both this line and another: pip refuses the file")
            };
            let finding = severe(deployment, report, declaration.location(), message);
            for other in declarations.iter().take(index) {
                finding.label(other.location(), format!("{spelling} is asked for here as well"));
            }
            finding.help("keep the line that the program was tested with, and delete the other");
            break;
        }
    }
}

/// Packages that the program imports, and that their markers leave out on its Python.
fn left_out(deployment: &Deployment<'_>, report: &mut Reporter) {
    let Some(python) = deployment.python() else { return };
    let packages = deployment.packages();
    let installed = deployment.installed();
    for declaration in packages.excluded() {
        let name = declaration.name();
        let module = name.replace('-', "_");
        let on_python = declaration.requirement.marker.as_ref().is_some_and(|marker| {
            marker.value.mentions("python_version") || marker.value.mentions("python_full_version")
        });
        // What others bring along is there all the same.
        let is_brought = installed.as_ref().is_some_and(|all| all.has(name));
        if !on_python
            || is_brought
            || packages.has(name)
            || is_standard_module(&module)
            || declaration.origin == Origin::Constraints
        {
            continue;
        }
        let Some(import) = import_of(deployment, &[module]) else { continue };
        let spelling = declaration.requirement.name.value.spelling();
        let version = python.value;
        let message =
            format!("{spelling} is not installed on Python {version}, as its marker says, and the program imports it");
        let finding = report.warning(declaration.location(), message);
        finding.label(import, "imported here");
        finding.labels(python.label(format!("Python {version} runs here")));
        finding.help("widen the marker, add the line for the newer Pythons, or choose a Python that it names");
    }
}

/// Distributions that only carry the name of a module of the standard library.
fn backports(deployment: &Deployment<'_>, report: &mut Reporter) {
    for declaration in deployment.packages().declarations() {
        // A marker, or an image of unknown make, may mean a Python that needs it.
        let for_old = declaration.requirement.marker.is_some()
            || (declaration.origin == Origin::Command && deployment.python().is_none());
        if !is_backport(declaration.name()) || declaration.origin == Origin::Constraints || for_old {
            continue;
        }
        let spelling = declaration.requirement.name.value.spelling();
        let message =
            format!("{spelling} comes with Python: this package is for Pythons long gone and does nothing at best");
        report.advice(declaration.location(), message).help(
            "delete the line; where packages are installed with --target it replaces the module of the standard library and breaks",
        );
    }
}
