//! IMG001 missing-health-check: nothing would notice that the program hangs.

use crate::deployment::reach::is_aside;
use crate::deployment::{Deployment, Fact, Platform, PortRole};
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
            || deployment.polling().is_some()
            || waits_or_loops(deployment);
        let is_elsewhere = is_aside(&location.path, &RepoPath::root()) || is_for_checks(&location.path);
        if !goes_on || is_elsewhere || ends_by_itself(deployment) || is_of_a_space(deployment) {
            return;
        }
        let message = "nothing probes this program: if it hangs, it goes on running unnoticed";
        let finding = report.advice(location.clone(), message);
        // What an image declares speaks of its own command.
        let is_own = |port: &Fact<u16>| {
            let dockerfile = deployment.dockerfile().map(|(path, _)| path);
            deployment.starts_with_own_command() || port.location().map(|place| &place.path) != dockerfile
        };
        let served = deployment.ports().iter().filter(|(role, port)| *role != PortRole::Probed && is_own(port));
        let served = served.map(|(_, port)| port).next();
        finding.labels(served.and_then(|port| port.label("it serves here, and could be asked")));
        finding.help(match platform {
            _ if programs(deployment).last() == Some("celery") => {
                "have the worker asked now and then: `celery -A APP inspect ping -d celery@$HOSTNAME`"
            }
            Platform::Kubernetes => "add a readinessProbe and a livenessProbe to the container",
            Platform::Compose => "add a `healthcheck:` to the service, or a HEALTHCHECK to its Dockerfile",
            _ => "add a HEALTHCHECK to the Dockerfile",
        });
    }
}

/// Folders and words in the names of files whose services run while the program is tested or taken apart.
const CHECKS: &[&str] = &[".ci", "ci", ".github", ".devcontainer", "e2e", "cypress", "debug", "test"];

/// Programs that end by themselves, or that wait for somebody at a terminal.
const ENDS: &[&str] = &[
    "alembic",
    "bash",
    "black",
    "flake8",
    "mypy",
    "nox",
    "pip",
    "pre-commit",
    "pylint",
    "pytest",
    "ruff",
    "sh",
    "sleep",
    "tail",
    "tox",
    "unittest",
];

/// Parts of the names of services that do their work and end.
const ENDING_SERVICES: &[&str] =
    &["init", "lint", "migrate", "migration", "migrations", "seed", "setup", "test", "tests"];

fn is_for_checks(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let folder = path.parent();
    folder.parts().any(|part| CHECKS.contains(&part)) || name.split(['.', '-', '_']).any(|part| CHECKS.contains(&part))
}

fn programs<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = &'a str> {
    deployment.starts().iter().filter_map(|start| start.invocation.as_ref()).map(|invocation| invocation.name())
}

/// Words of programs that go on until they are stopped.
const GOES_ON: &[&str] = &[
    "while True",
    "while 1:",
    "while not ",
    "run_forever",
    "serve_forever",
    "polling",
    "Scheduler",
    "schedule.",
    "consume",
    "subscribe",
    "bot.run",
    "client.run",
    "app.run",
    "celery",
    "listen(",
    "Observer(",
];

/// Whether the Python that starts waits for something or goes round: a script without that ends by itself.
fn waits_or_loops(deployment: &Deployment<'_>) -> bool {
    let reach = deployment.reach();
    let repository = deployment.documents().repository();
    let mut sources = reach.files().filter_map(|(path, _)| repository.source(path));
    reach.is_certain() && sources.any(|source| GOES_ON.iter().any(|word| source.text().contains(word)))
}

/// Whether a service does its work and ends, or is there for somebody to sit at.
fn ends_by_itself(deployment: &Deployment<'_>) -> bool {
    let mut programs = programs(deployment);
    if programs.any(|program| ENDS.contains(&program)) {
        return true;
    }
    let Some((_, _, service)) = deployment.compose_service() else { return false };
    let is_set = |key: &str| service.node.get(key).and_then(|node| node.as_bool()).unwrap_or(false);
    let name = service.name.value.to_ascii_lowercase();
    let is_called_so = name.split(['-', '_', '.']).any(|part| ENDING_SERVICES.contains(&part));
    // What an editor starts for those who work on the program.
    let is_called_so = is_called_so || name.replace(['-', '_'], "").contains("devcontainer");
    let is_on_request = service.node.get("profiles").is_some() && service.node.get("restart").is_none();
    is_set("tty") || is_set("stdin_open") || is_called_so || is_on_request
}

/// Whether a Dockerfile is one for a Space, which takes no notice of health checks: by its name, or since a workflow brings
/// it there.
fn is_of_a_space(deployment: &Deployment<'_>) -> bool {
    let Some((path, _)) = deployment.dockerfile().filter(|_| deployment.platform().value == Platform::Container) else {
        return false;
    };
    let name = path.file_name().to_ascii_lowercase();
    name.split(['.', '-', '_']).any(|part| matches!(part, "hf" | "huggingface" | "space" | "spaces"))
        || deployment.is_carried_by_a_workflow(path)
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
