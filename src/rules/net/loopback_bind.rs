//! NET001 loopback-bind: a server that listens on loopback where only the outside can reach it.

use crate::deployment::{Deployment, Server};
use crate::diagnostic::RuleId;
use crate::rules::{Reporter, Rule};

/// NET001 loopback-bind.
pub struct LoopbackBind;

impl Rule for LoopbackBind {
    fn id(&self) -> RuleId {
        RuleId { code: "NET001", name: "loopback-bind" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Some(exposure) = deployment.exposure() else { return };
        let servers = deployment.servers();
        // Where another server is open, the one on loopback may be a part behind it.
        if servers.iter().any(|server| !server.host.value.is_loopback()) {
            return;
        }
        // So it is where a program that is not known starts beside it: a proxy, a frontend.
        if deployment.starts().len() > 1 && deployment.starts_unknown_program() {
            return;
        }
        for server in servers {
            let finding = report.error(
                server.location.clone(),
                format!("{} listens on {}, which nothing outside can reach", server.framework, server.host.value),
            );
            finding.labels(
                server.host.label("the address comes from here").filter(|label| label.location != server.location),
            );
            if let Some(place) = exposure.0.clone() {
                finding.label(place, exposure.1.clone());
            }
            finding.help(help(deployment, server)).fix(server.open_fix.clone());
        }
    }
}

fn help(deployment: &Deployment<'_>, server: &Server) -> String {
    let platform = deployment.platform().value.with_article();
    let mut help = format!("requests reach {platform} from outside: listen on 0.0.0.0 there");
    if let Some(variable) = server.host_variable.filter(|_| !server.host.is_written()) {
        help.push_str(&format!(", best by setting {variable}=0.0.0.0 in its environment"));
    }
    help.push_str("; a linter's warning about binding to all interfaces (S104) is not about containers");
    help
}
