//! NET002 hard-coded-port: a program with a port of its own on a host that chooses the port.

use crate::deployment::servers::Starter;
use crate::deployment::{Deployment, Platform, Server};
use crate::diagnostic::{RepoPath, RuleId, Severity};
use crate::rules::{Reporter, Rule};

/// The port that App Engine asks by default.
const APP_ENGINE_PORT: u16 = 8080;

/// The value of `PORT` on Cloud Run, which runs what Google's buildpacks make of a Procfile, where nobody sets another.
const CLOUD_RUN_PORT: u16 = 8080;

/// The files that say that Google Cloud builds from the folder.
const GOOGLE_BUILDS: &[&str] = &[".gcloudignore", "cloudbuild.yaml", "cloudbuild.yml"];

/// The value of `PORT` on Render where nobody sets another.
const RENDER_PORT: u16 = 10000;

/// NET002 hard-coded-port.
pub struct HardCodedPort;

impl Rule for HardCodedPort {
    fn id(&self) -> RuleId {
        RuleId { code: "NET002", name: "hard-coded-port" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let platform = deployment.platform().value;
        if !platform.sets_port() || !deployment.knows_all_servers() || deployment.dockerfile().is_some() {
            return;
        }
        // The value is the host's secret unless the repository sets the variable, and then the port is no accident.
        if deployment.environment().get("PORT").is_none_or(|fact| fact.value.is_some() || fact.location().is_some()) {
            return;
        }
        if !deployment.takes_requests() {
            return;
        }
        let servers = deployment.servers();
        let fixed: Vec<_> = servers.iter().filter_map(|server| Some((server, server.port.as_ref()?))).collect();
        let [(server, port)] = fixed.as_slice() else { return };
        let usual = match platform {
            Platform::AppEngine => Some(APP_ENGINE_PORT),
            Platform::Render => Some(RENDER_PORT),
            Platform::Procfile if is_built_by_google(deployment) => Some(CLOUD_RUN_PORT),
            _ => None,
        };
        if fixed.len() != servers.len() || usual == Some(port.value) {
            return;
        }
        let (severity, consequence) = match platform {
            Platform::Procfile => (Severity::Error, "stops a web process that does not listen there within a minute"),
            Platform::AppEngine => (Severity::Error, "sends every request there"),
            Platform::Railway => (Severity::Warning, "sends requests there unless its settings name another port"),
            _ => (Severity::Advice, "expects it there, and has to guess otherwise"),
        };
        let host = if platform == Platform::Procfile { "the host".to_owned() } else { platform.to_string() };
        let message = format!(
            "{} always listens on port {}, but {host} chooses the port, says so in PORT and {consequence}",
            server.framework, port.value
        );
        let finding = report.report(severity, server.location.clone(), message);
        let label = port.label("the port is written here").filter(|label| label.location != server.location);
        finding.labels(label).labels(deployment.platform().label("this is what runs it"));
        finding.help(help(server)).fix(server.port_fix.clone());
    }
}

/// Whether files beside the deployment, or at the top of the repository, say that Google Cloud builds it.
fn is_built_by_google(deployment: &Deployment<'_>) -> bool {
    let repository = deployment.documents().repository();
    let folders = [deployment.root().clone(), RepoPath::root()];
    folders
        .iter()
        .any(|folder| GOOGLE_BUILDS.iter().filter_map(|name| folder.join(name)).any(|file| repository.has_file(&file)))
}

fn help(server: &Server) -> String {
    match (server.starter, server.port_variable) {
        (Starter::Command, _) => "give the port as `$PORT`".to_owned(),
        (Starter::Call, Some(variable)) if variable != "PORT" => {
            format!("pass `int(os.environ[\"PORT\"])` as the port: {} reads {variable}, never PORT", server.framework)
        }
        (Starter::Call, _) => "pass `int(os.environ.get(\"PORT\", …))` as the port".to_owned(),
    }
}
