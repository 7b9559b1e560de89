//! HF008 ignored-dockerfile: a Dockerfile made for a Space that does not build it.

use crate::deployment::space::is_made_for_a_space;
use crate::deployment::{Deployment, Platform, Sdk};
use crate::diagnostic::{Fix, Location, RuleId, Severity};
use crate::rules::{Reporter, Rule};

use super::card_values::sdk_name;

/// HF008 ignored-dockerfile.
pub struct IgnoredDockerfile;

impl Rule for IgnoredDockerfile {
    fn id(&self) -> RuleId {
        RuleId { code: "HF008", name: "ignored-dockerfile" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Platform::Space(sdk @ (Sdk::Gradio | Sdk::Streamlit | Sdk::Static)) = deployment.platform().value else {
            return;
        };
        let (Some(card), Some(name)) = (super::card_of(deployment), sdk_name(sdk)) else { return };
        let repository = deployment.documents().repository();
        let dockerfile = card.root().join("Dockerfile").filter(|path| repository.has_file(path));
        let (Some(dockerfile), Some(at)) = (dockerfile, card.location("sdk")) else { return };
        // Only what is peculiar to Spaces says that it was made for this one.
        let made_for_a_space = is_made_for_a_space(deployment.documents(), &dockerfile);
        let app_port = card.location("app_port");
        // The SDK's own image may do as well, unless the card itself speaks of a container.
        let severity = if app_port.is_some() { Severity::Warning } else { Severity::Advice };
        let is_for_a_space = made_for_a_space || app_port.is_some();
        let finding = report.report(
            severity,
            at.clone(),
            format!("With `sdk: {name}` the Space takes no notice of {dockerfile}"),
        );
        finding.label(Location::file(&dockerfile), "never built for the Space");
        if let Some(app_port) = app_port {
            finding.label(app_port, "only a Docker Space has this port");
        }
        finding
            .help("write `sdk: docker` if the Space is to run what the Dockerfile builds; else leave it to other hosts")
            .fix(
                is_for_a_space
                    .then(|| Fix::unsafe_("Build the Dockerfile: `sdk: docker`").replace(&at.path, at.span, "docker")),
            );
    }
}
