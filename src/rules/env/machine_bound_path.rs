//! ENV003 machine-bound-path: a path in somebody's home folder, in what is deployed.

use crate::deployment::Deployment;
use crate::diagnostic::RuleId;
use crate::rules::{Reporter, Rule};

/// ENV003 machine-bound-path.
pub struct MachineBoundPath;

impl Rule for MachineBoundPath {
    fn id(&self) -> RuleId {
        RuleId { code: "ENV003", name: "machine-bound-path" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let bound = deployment.machine_bound_paths();
        let mut homes: Vec<&str> = bound.iter().map(|path| path.home.as_str()).collect();
        homes.sort_unstable();
        homes.dedup();
        for home in homes {
            let mut places = bound.iter().filter(|path| path.home == home);
            let Some(first) = places.next() else { continue };
            let platform = deployment.platform().value;
            let message = format!("{home} is a folder of one machine: the {platform} does not have it");
            let finding = report.warning(first.location.clone(), message);
            for further in places {
                finding.label(further.location.clone(), "the same folder");
            }
            finding
                .help("make the path relative to the file (`Path(__file__).parent`), or read it from the environment");
        }
    }
}
