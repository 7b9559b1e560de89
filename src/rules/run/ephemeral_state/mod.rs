//! RUN005 ephemeral-state: a database that falls back to a disk which goes away.

use crate::deployment::{Deployment, Platform};
use crate::diagnostic::{Location, RuleId};
use crate::formats::python::EnvironmentAccessKind;
use crate::rules::{Reporter, Rule};

/// RUN005 ephemeral-state.
pub struct EphemeralState;

const LITERALS: &[&str] = &["sqlite"];

impl Rule for EphemeralState {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN005", name: "ephemeral-state" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let platform = deployment.platform().value;
        if !matches!(platform, Platform::Space(_) | Platform::Procfile | Platform::Render | Platform::Railway) {
            return;
        }
        let documents = deployment.documents();
        for (path, module) in documents.modules_mentioning(LITERALS) {
            if !deployment.reach().contains(path) {
                continue;
            }
            for access in module.environment.iter().filter(|row| row.kind == EnvironmentAccessKind::Optional) {
                let Some(fallback) = access.default.as_ref() else { continue };
                let Some(url) = fallback.as_str().filter(|url| url.starts_with("sqlite")) else { continue };
                // /data is where a Space's persistent storage is, and ":memory:" is meant to go away.
                if url.contains("/data/") || url.contains(":memory:") || url == "sqlite://" {
                    continue;
                }
                if deployment.environment().get(&access.variable).is_some() {
                    continue;
                }
                report
                    .advice(
                        Location::new(path, access.span),
                        format!(
                            "without {} the data goes to a file on the disk of the {platform}, which is empty again after a restart",
                            access.variable
                        ),
                    )
                    .labels(deployment.platform().label("the program runs here"))
                    .help(format!(
                        "let the program fail at start where {} is not set, or keep the file on storage that lasts",
                        access.variable
                    ));
            }
        }
    }
}
