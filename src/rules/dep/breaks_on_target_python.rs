//! DEP002 breaks-on-target-python: a package whose releases fail on the Python that the deployment runs.

use crate::deployment::packages::{Allowed, Declaration, Origin, Verdict, add_to};
use crate::deployment::{Deployment, Fact};
use crate::diagnostic::{Fix, RuleId};
use crate::knowledge::PythonVersion;
use crate::knowledge::package_breaks::{PythonBreak, beyond_drift, python_breaks};
use crate::rules::{Reporter, Rule};

use super::imported::{import_of, is_named};
use super::severe::is_deployed;
use super::wheels;

/// DEP002 breaks-on-target-python.
pub struct BreaksOnTargetPython;

impl Rule for BreaksOnTargetPython {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP002", name: "breaks-on-target-python" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        wheels::report(deployment, report);
        let Some(python) = deployment.python() else { return };
        for row in python_breaks().iter().filter(|row| row.pythons.allows(python.value)) {
            let packages = deployment.packages();
            if row.mended_by.iter().any(|package| packages.has(package)) {
                continue;
            }
            let Some(allowed) = packages.allowed(&row.package) else { continue };
            if let Some(verdict) = allowed.verdict(&row.versions) {
                report_row(deployment, row, python, &allowed, &verdict, report);
            }
        }
    }
}

fn report_row(
    deployment: &Deployment<'_>,
    row: &PythonBreak,
    python: &Fact<PythonVersion>,
    allowed: &Allowed<'_>,
    verdict: &Verdict,
    report: &mut Reporter,
) {
    let packages = deployment.packages();
    let declarations: Vec<&Declaration> =
        packages.of(&row.package).filter(|declaration| declaration.origin != Origin::Constraints).collect();
    let Some(place) =
        declarations.first().map(|declaration| declaration.location()).or(allowed.evidence.first().cloned())
    else {
        return;
    };
    let imported = import_of(deployment, &row.modules);
    let release = match (verdict, allowed.versions.exact_version()) {
        (_, Some(version)) => format!(" {version}"),
        (Verdict::NextBuild(version), None) => format!(" {version}, which the next build installs,"),
        (Verdict::EveryVersion, None) => String::new(),
    };
    let version = python.value.without_patch();
    let message = format!("{}{release} fails on Python {version}: it {}", allowed.spelling, row.why);
    let certain = matches!(verdict, Verdict::EveryVersion) && python.because().is_none() && is_deployed(deployment);
    let finding = if imported.is_some() && certain {
        report.error(place.clone(), message)
    } else if imported.is_some() || is_named(deployment, &row.modules) {
        report.warning(place.clone(), message)
    } else {
        // It installs, and what nothing imports fails nowhere.
        report.advice(place.clone(), message)
    };
    finding.labels(python.label(format!("Python {version} runs here")).filter(|label| label.location != place));
    for other in declarations.iter().skip(1) {
        finding.label(other.location(), format!("and {} is asked for here", allowed.spelling));
    }
    if let Some(import) = imported {
        finding.label(import, format!("imported here: {}", row.fails));
    }
    finding.help(help(row, python, &declarations));
    if let Some(add) = &row.add {
        let fix = Fix::safe(format!("Install {add} too"));
        finding.fix(add_to(fix, deployment, &row.package, &[marked(add, &declarations, python.value)]));
    }
}

/// The requirement to add. In a file that serves other Pythons too it holds only where it is needed: such stand-ins can't be
/// installed on older ones.
fn marked(add: &str, declarations: &[&Declaration], python: PythonVersion) -> String {
    let in_command = declarations.iter().any(|declaration| declaration.origin == Origin::Command);
    if in_command { add.to_owned() } else { format!("{add}; python_version >= \"{}\"", python.without_patch()) }
}

fn help(row: &PythonBreak, python: &Fact<PythonVersion>, declarations: &[&Declaration]) -> String {
    let mut ways = Vec::new();
    if let Some(version) = &row.fixed_in {
        let mut places: Vec<&str> = declarations
            .iter()
            .map(|declaration| match declaration.origin {
                Origin::Card => "the card's sdk_version",
                _ => declaration.path.file_name(),
            })
            .collect();
        places.dedup();
        let fits = beyond_drift(&row.package, version);
        let mut way = format!("raise {} to {fits} or later in {}", row.package, places.join(" and "));
        if fits != version {
            way.push_str(&format!(" ({version} runs on this Python, and fails with newer releases of what it needs)"));
        }
        ways.push(way);
    }
    if let Some(add) = &row.add {
        ways.push(format!("add {add}"));
    }
    ways.push("choose an older Python".to_owned());
    let mut help = ways.join(", or ");
    if let Some(because) = python.because() {
        help.push_str(&format!(" ({because})"));
    }
    help
}
