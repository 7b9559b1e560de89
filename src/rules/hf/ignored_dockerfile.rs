//! HF008 ignored-dockerfile: a Dockerfile made for a Space that does not build it.

use crate::deployment::space::{Card, is_made_for_a_space};
use crate::deployment::{Deployment, Documents, Platform, Sdk};
use crate::diagnostic::{Fix, Location, RuleId, Severity, Span};
use crate::knowledge::space_card;
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
            format!("with `sdk: {name}` the Space takes no notice of {dockerfile}"),
        );
        finding.label(Location::file(&dockerfile), "never built for the Space");
        if let Some(app_port) = app_port {
            finding.label(app_port, "only a Docker Space has this port");
        }
        finding
            .help("write `sdk: docker` if the Space is to run what the Dockerfile builds; else leave it to other hosts")
            .fix(is_for_a_space.then(|| build_it(deployment.documents(), &card, &at)));
    }
}

/// `sdk: docker`, without the keys that say nothing to a Docker Space.
fn build_it(documents: &Documents, card: &Card<'_>, sdk: &Location) -> Fix {
    let mut fix = Fix::unsafe_("Build the Dockerfile: `sdk: docker`").replace(&sdk.path, sdk.span, "docker");
    let Some(source) = documents.repository().source(&sdk.path) else { return fix };
    for (key, value) in card.node().entries() {
        let name = key.scalar_text().unwrap_or_default();
        let of_another = |sdks: &[String]| !sdks.is_empty() && !sdks.iter().any(|sdk| sdk == "docker");
        // A Docker Space starts what its image says.
        let is_idle = name == "app_file" || space_card().key(name).is_some_and(|key| of_another(&key.sdks));
        let line = Span::new(source.line_at(key.span.start).start, source.line_at(value.span.end).end);
        let begins_line = Span::new(line.start, key.span.start).of(source.text()).trim().is_empty();
        if begins_line && is_idle {
            let newline = source.text().get(line.end..).and_then(|rest| rest.find('\n')).map_or(0, |at| at + 1);
            fix = fix.replace(&sdk.path, Span::new(line.start, line.end + newline), "");
        }
    }
    fix
}
