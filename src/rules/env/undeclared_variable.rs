//! ENV001 undeclared-variable: a variable that deployed code can't do without, and that nothing in the repository names.

use crate::deployment::Deployment;
use crate::diagnostic::{RuleId, Severity};
use crate::rules::{Reporter, Rule};

/// ENV001 undeclared-variable.
pub struct UndeclaredVariable;

impl Rule for UndeclaredVariable {
    fn id(&self) -> RuleId {
        RuleId { code: "ENV001", name: "undeclared-variable" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let reads = deployment.undeclared_variables();
        let mut names: Vec<&str> = reads.iter().map(|read| read.variable.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut places: Vec<_> = reads.iter().filter(|read| read.variable == name).collect();
            // What fails first is shown first.
            places.sort_by_key(|read| !read.at_import);
            let Some((first, further)) = places.split_first() else { continue };
            let (severity, when) =
                if first.at_import { (Severity::Error, "at start-up") } else { (Severity::Warning, "when this runs") };
            let message =
                format!("nothing in the repository sets or mentions {name}: without it, this raises KeyError {when}");
            let finding = report.report(severity, first.location.clone(), message);
            for read in further {
                finding.label(read.location.clone(), "read here too");
            }
            finding.help(format!(
                "name {name} in .env.example or the README, and set it on the platform; or give a default with os.environ.get"
            ));
        }
    }
}
