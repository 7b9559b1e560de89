//! NET004 no-server-started: a container that must be reached starts a program that opens no port.

use crate::deployment::{Deployment, PortRole, Sdk};
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
        if deployment.platform().value.is_space(Sdk::Docker)
            && let Some(bot) = deployment.polling()
        {
            let message = format!(
                "a bot of {} polls and opens no port, but the Space waits for port {}: it never counts as running, and is \
                 stopped",
                bot.library, port.value
            );
            let finding = report.error(bot.call, message);
            finding.label(bot.location, "it starts here");
            finding.labels(port.label(format!("the Space asks port {}", port.value)));
            finding.help(format!(
                "answer requests at port {} beside the bot, from a thread with http.server for instance, or run it where \
                 no port is asked for",
                port.value
            ));
            return;
        }
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
