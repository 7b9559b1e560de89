//! ENV001 undeclared-variable: a variable that deployed code can't do without, and that nothing in the repository names.

use crate::deployment::{Deployment, Failure};
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
            let message = format!(
                "only the code names {name}, so nothing tells whoever deploys it to set it: without it, {} {when}",
                consequence(first.failure)
            );
            let finding = report.report(severity, first.location.clone(), message);
            for read in further {
                finding.label(read.location.clone(), "read here too");
            }
            finding.help(format!("{}; or {}", declare(name, first.failure), alternative(first.failure)));
        }
    }
}

fn consequence(failure: Failure) -> &'static str {
    match failure {
        Failure::KeyError => "this raises KeyError",
        Failure::NotTaken => "this is None, which the call around it does not take: it raises TypeError",
        Failure::NoAttribute => "this is None, and what is called on it raises AttributeError",
        Failure::Settings => "the settings can't be made: pydantic raises ValidationError",
        Failure::StreamlitSecret => "Streamlit finds no such secret and raises KeyError",
        Failure::Panic => "the program panics",
    }
}

fn declare(name: &str, failure: Failure) -> String {
    match failure {
        Failure::StreamlitSecret => {
            format!(
                "name {name} in .streamlit/secrets.toml.example or the README, and bring a secrets.toml to the platform"
            )
        }
        _ => format!("name {name} in .env.example or the README, and set it on the platform"),
    }
}

fn alternative(failure: Failure) -> &'static str {
    match failure {
        Failure::KeyError | Failure::NotTaken | Failure::NoAttribute => "give a default with os.environ.get",
        Failure::Settings => "give the field a default",
        Failure::StreamlitSecret => "ask `st.secrets.get` with a default",
        Failure::Panic => "give a default with unwrap_or_else",
    }
}
