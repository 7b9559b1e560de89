//! IMG001 missing-health-check: nothing would notice that the program hangs.

use crate::deployment::reach::is_aside;
use crate::deployment::{Deployment, Platform, PortRole};
use crate::diagnostic::{RepoPath, RuleId};
use crate::formats::kubernetes::Body;
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// IMG001 missing-health-check.
pub struct MissingHealthCheck;

impl Rule for MissingHealthCheck {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG001", name: "missing-health-check" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let platform = deployment.platform().value;
        let asked = matches!(platform, Platform::Container | Platform::Compose | Platform::Kubernetes);
        if !asked || deployment.has_health_check() || deployment.starts().is_empty() {
            return;
        }
        let Some(location) = deployment.platform().location() else { return };
        // Kubernetes asks by the probes of its manifests, and takes no notice of what an image says.
        if platform == Platform::Container && runs_on_kubernetes(deployment) {
            return;
        }
        let serves = deployment.ports().iter().find(|(role, _)| *role != PortRole::Probed);
        // A tool that does its work and ends has nothing to be asked; a program of the repository's own may go on.
        let goes_on = serves.is_some()
            || !deployment.servers().is_empty()
            || deployment.starts().iter().any(|start| start.file.is_some());
        if !goes_on || is_aside(&location.path, &RepoPath::root()) {
            return;
        }
        let message = "nothing probes this program: if it hangs, it goes on running unnoticed";
        let finding = report.advice(location.clone(), message);
        finding.labels(serves.and_then(|(_, port)| port.label("it serves here, and could be asked")));
        finding.help(match platform {
            Platform::Kubernetes => "add a readinessProbe and a livenessProbe to the container",
            Platform::Compose => "add a `healthcheck:` to the service, or a HEALTHCHECK to its Dockerfile",
            _ => "add a HEALTHCHECK to the Dockerfile",
        });
    }
}

/// Whether manifests of the repository run containers.
fn runs_on_kubernetes(deployment: &Deployment<'_>) -> bool {
    let documents = deployment.documents();
    documents.repository().of_kind(FileKind::Yaml).filter(|entry| !is_aside(entry.path(), &RepoPath::root())).any(
        |entry| {
            documents.kubernetes(entry.path()).is_some_and(|manifest| {
                manifest.objects().iter().any(|object| matches!(object.body, Body::Workload(_)))
            })
        },
    )
}
