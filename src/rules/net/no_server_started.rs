//! NET004 no-server-started: a container that must be reached starts a program that opens no port.

use crate::deployment::{Deployment, PortRole};
use crate::diagnostic::{Fix, RuleId};
use crate::rules::{Reporter, Rule};

/// NET004 no-server-started.
pub struct NoServerStarted;

impl Rule for NoServerStarted {
    fn id(&self) -> RuleId {
        RuleId { code: "NET004", name: "no-server-started" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let reached = deployment.ports().iter().find(|(role, _)| *role != PortRole::Probed);
        let Some((_, port)) = reached else { return };
        let Some(idle) = deployment.idle_start() else { return };
        let message = format!(
            "python runs {}, which {}: no server starts and nothing listens on port {}",
            idle.file, idle.what, port.value
        );
        let finding = report.error(idle.location.clone(), message);
        finding.label(idle.evidence.clone(), idle.remark);
        finding.labels(port.label(format!("port {} is reached from outside", port.value)));
        finding.help(format!("start it with `{}`", idle.command(port.value)));
        if let Some((location, text)) = idle.replacement(deployment, port.value) {
            finding.fix(Fix::unsafe_(format!("Start the server with {}", idle.program)).replace(
                &location.path,
                location.span,
                text,
            ));
        }
    }
}
