//! ENV003 machine-bound-path: a path in somebody's home folder, in what is deployed.

use crate::deployment::{Deployment, MachineBound, Project, machine_bound_lines, machine_bound_scripts};
use crate::diagnostic::{Diagnostic, RepoPath, RuleId, Severity};
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// ENV003 machine-bound-path.
pub struct MachineBoundPath;

impl Rule for MachineBoundPath {
    fn id(&self) -> RuleId {
        RuleId { code: "ENV003", name: "machine-bound-path" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let bound = machine_bound_lines(project.documents());
        let starts = |bound: &MachineBound| {
            let mut starts = project.deployments().iter().flat_map(Deployment::starts);
            let path = &bound.location.path;
            starts.any(|start| start.location.path == *path) || FileKind::of(path) != FileKind::Shell
        };
        report_homes(&bound, report, |report, bound| {
            let severity = if starts(bound) { Severity::Warning } else { Severity::Advice };
            let message = format!("{} is a folder of one machine: no other has it", bound.home);
            report.report(severity, bound.location.clone(), message).help(
                "make the path relative to the file (`$(dirname \"$0\")`) or to $HOME, or read it from the environment",
            )
        });
        // What a deployment runs, too, is told of that.
        let is_deployed = |path: &RepoPath| {
            let mut deployments = project.deployments().iter();
            deployments.any(|deployment| deployment.reach().is_certain() && deployment.reach().contains(path))
        };
        let mut scripts = machine_bound_scripts(project.documents());
        scripts.retain(|bound| !bound.is_searched && !is_deployed(&bound.location.path));
        report_homes(&scripts, report, |report, bound| {
            let message = format!(
                "{} is a folder of one machine: GitHub's, on which a workflow starts this, have none",
                bound.home
            );
            report
                .warning(bound.location.clone(), message)
                .help("make the path relative to the file (`Path(__file__).parent`), or read it from the environment")
        });
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let platform = deployment.platform().value.with_article();
        let mut bound = deployment.machine_bound_paths();
        // What is opened comes first; a folder that is only searched may be missing.
        bound.sort_by_key(|path| path.is_searched);
        report_homes(&bound, report, |report, bound| {
            let message = format!("{} is a folder of one machine: {platform} does not have it", bound.home);
            if bound.is_searched {
                let message = format!("{message}, and what is found by it is not found there");
                return report.advice(bound.location.clone(), message).help(
                    "add the folder of the file (`Path(__file__).parent`), which Python searches anyway for scripts",
                );
            }
            report
                .warning(bound.location.clone(), message)
                .help("make the path relative to the file (`Path(__file__).parent`), or read it from the environment")
        });
    }
}

/// One finding for each home folder, with the further places as labels.
fn report_homes(
    bound: &[MachineBound],
    report: &mut Reporter,
    first: impl for<'r> Fn(&'r mut Reporter, &MachineBound) -> &'r mut Diagnostic,
) {
    let mut homes: Vec<&str> = bound.iter().map(|path| path.home.as_str()).collect();
    homes.sort_unstable();
    homes.dedup();
    for home in homes {
        let mut places = bound.iter().filter(|path| path.home == home);
        let Some(place) = places.next() else { continue };
        let finding = first(report, place);
        for further in places {
            finding.label(further.location.clone(), "the same folder");
        }
    }
}
