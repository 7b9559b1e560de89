//! HF004 sdk-version-mismatch: the card and the requirements ask for versions of the SDK that exclude each other.

use pep440_rs::Version;

use crate::deployment::packages::{Declaration, Origin};
use crate::deployment::{Deployment, Platform, Sdk};
use crate::diagnostic::{Fix, Label, Location, RuleId};
use crate::formats::package::ConstraintSyntax;
use crate::rules::{Reporter, Rule};

/// HF004 sdk-version-mismatch.
pub struct SdkVersionMismatch;

impl Rule for SdkVersionMismatch {
    fn id(&self) -> RuleId {
        RuleId { code: "HF004", name: "sdk-version-mismatch" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let package = match deployment.platform().value {
            Platform::Space(Sdk::Gradio) => "gradio",
            Platform::Space(Sdk::Streamlit) => "streamlit",
            _ => return,
        };
        let packages = deployment.packages();
        let card = packages.of(package).find(|declaration| declaration.origin == Origin::Card);
        let Some((card, version)) = card.and_then(|card| Some((card, exact(card)?))) else { return };
        let conflicting: Vec<&Declaration> = packages
            .of(package)
            .filter(|declaration| declaration.origin != Origin::Card && excludes(declaration, &version))
            .collect();
        let Some(first) = conflicting.first() else { return };
        let asked = first.requirement.specifiers.to_string();
        let asks = format!("the card asks for {package} {version} and {} for {package}{asked}", first.path);
        // How a Gradio Space is built is known; of Streamlit's, only that one of the two is not what runs.
        let (finding, why) = if package == "gradio" {
            (
                report.error(card.location(), format!("{asks}: pip refuses to install both")),
                format!(
                    "a Gradio Space installs its requirements together with gradio[oauth,mcp]=={version} in one command: "
                ),
            )
        } else {
            (
                report.warning(
                    card.location(),
                    format!("{asks}: the program runs with one that it was not written for, or does not build"),
                ),
                String::new(),
            )
        };
        finding.labels(conflicting.iter().map(|declaration| Label {
            location: declaration.location(),
            message: format!("{package}{} is asked for here", declaration.requirement.specifiers),
        }));
        finding
            .help(format!(
                "{why}give both the version that the program was written for, or leave {package} out of {}",
                first.path
            ))
            .fix(align(package, card, &version, &conflicting));
    }
}

/// The exact version that a declaration asks for.
fn exact(declaration: &Declaration) -> Option<Version> {
    declaration.requirement.allowed().exact_version().cloned()
}

fn excludes(declaration: &Declaration, version: &Version) -> bool {
    let requirement = &declaration.requirement;
    let told = requirement.source.is_none() && !requirement.has_variable && requirement.verbatim_version.is_none();
    told && !requirement.allowed().contains(version)
}

/// Brings the card to the one version that the requirements pin, else the requirements to the card's.
fn align(package: &str, card: &Declaration, version: &Version, conflicting: &[&Declaration]) -> Option<Fix> {
    if let [first, rest @ ..] = conflicting
        && let Some(pinned) = exact(first)
        && rest.iter().all(|declaration| exact(declaration).as_ref() == Some(&pinned))
    {
        let fix = Fix::unsafe_(format!("Set sdk_version to {pinned}, as the requirements say"));
        return Some(fix.replace(&card.path, card.requirement.span, format!("\"{pinned}\"")));
    }
    let mut fix = Fix::unsafe_(format!("Ask for {package}=={version} in the requirements, as the card does"));
    for declaration in conflicting {
        let Location { path, .. } = declaration.location();
        let requirement = &declaration.requirement;
        let span = requirement.specifier_span.filter(|_| requirement.syntax == ConstraintSyntax::Pep508)?;
        fix = fix.replace(&path, span, format!("=={version}"));
    }
    Some(fix)
}
