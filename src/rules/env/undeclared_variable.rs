//! ENV001 undeclared-variable: a variable that deployed code can't do without, and that nothing in the repository names.

use std::collections::BTreeMap;

use crate::deployment::{Deployment, Failure, Platform, RequiredVariable};
use crate::diagnostic::{RepoPath, RuleId, Severity, enumerated};
use crate::rules::{Reporter, Rule};

/// The number of names that a message tells.
const SHOWN: usize = 4;

/// ENV001 undeclared-variable.
pub struct UndeclaredVariable;

impl Rule for UndeclaredVariable {
    fn id(&self) -> RuleId {
        RuleId { code: "ENV001", name: "undeclared-variable" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let reads = deployment.undeclared_variables();
        // Each variable is told at one of its reads, the first that fails; those of one file that fail alike are one
        // finding, and so are all fields of a class of settings.
        let mut by_variable: BTreeMap<&str, Vec<&RequiredVariable>> = BTreeMap::new();
        for read in &reads {
            by_variable.entry(&read.variable).or_default().push(read);
        }
        let mut causes: BTreeMap<(&RepoPath, Option<&str>, Failure, bool), Vec<&RequiredVariable>> = BTreeMap::new();
        for mut places in by_variable.into_values() {
            places.sort_by_key(|read| !read.at_import);
            let Some(first) = places.first() else { continue };
            let cause = (&first.location.path, first.settings.as_deref(), first.failure, first.at_import);
            causes.entry(cause).or_default().extend(places);
        }
        for mut places in causes.into_values() {
            // What fails first is shown first.
            places.sort_by_key(|read| (!read.at_import, &read.location.path, read.location.span.start));
            report_places(deployment, &places, report);
        }
    }
}

fn report_places(deployment: &Deployment<'_>, places: &[&RequiredVariable], report: &mut Reporter) {
    let Some((first, further)) = places.split_first() else { return };
    let names = names(places);
    let are_several = names.len() > 1;
    let platform = deployment.platform().value;
    // Elsewhere variables are set outside the repository, and nothing here tells whether they are.
    let is_told_here = matches!(platform, Platform::Compose | Platform::Kubernetes | Platform::AppEngine);
    let severity = if first.at_import && is_told_here { Severity::Error } else { Severity::Warning };
    let when = if first.at_import { "at start-up" } else { "when this runs" };
    let them = if are_several { "them" } else { "it" };
    let condition = match platform {
        _ if is_told_here => format!(", and nothing sets {them}: "),
        Platform::Space(_) => format!(": where nobody has set {them} in the Space's settings, "),
        Platform::Container => format!(": where nobody sets {them} as the container starts, "),
        _ => format!(": where nobody has set {them} in the host's settings, "),
    };
    let message = format!("only the code names {}{condition}{} {when}", list(&names), consequence(first.failure));
    let finding = report.report(severity, first.location.clone(), message);
    for read in further {
        let label =
            if read.variable == first.variable { "read here too".to_owned() } else { format!("{} too", read.variable) };
        finding.label(read.location.clone(), label);
    }
    finding.help(format!("{}; or {}", declare(&list(&names), first.failure, platform), alternative(first.failure)));
}

/// The variables, each once, in the order of their places.
fn names<'r>(places: &[&'r RequiredVariable]) -> Vec<&'r str> {
    let mut names: Vec<&str> = Vec::new();
    for read in places {
        if !names.contains(&read.variable.as_str()) {
            names.push(&read.variable);
        }
    }
    names
}

/// `A, B and C`; the first few of many.
fn list(names: &[&str]) -> String {
    match names.get(..SHOWN - 1) {
        Some(first) if names.len() > SHOWN => format!("{} and {} more", first.join(", "), names.len() + 1 - SHOWN),
        _ => enumerated(names),
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

fn declare(name: &str, failure: Failure, platform: Platform) -> String {
    match failure {
        _ if platform.is_any_space() && failure != Failure::StreamlitSecret => {
            format!("set {name} in the Space's settings (\"Variables and secrets\") and name it in the README")
        }
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
