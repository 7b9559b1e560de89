//! NET003 port-mismatch: the port that a program listens on is not the one that it is asked at.

use crate::deployment::{Deployment, Fact, Platform, PortRole, Project, Sdk, Server};
use crate::diagnostic::{Fix, Label, Location, RuleId, Severity};
use crate::formats::compose::Service;
use crate::rules::{Reporter, Rule};

use super::manifests;

/// NET003 port-mismatch.
pub struct PortMismatch;

impl Rule for PortMismatch {
    fn id(&self) -> RuleId {
        RuleId { code: "NET003", name: "port-mismatch" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        manifests::check(project, report);
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let listening = listening(deployment).unwrap_or_default();
        let Some((server, port)) = listening.first() else { return undeclared(deployment, report) };
        // A workflow that puts other files in their place may make the two agree.
        if deployment.platform().value.is_any_space() && is_put_together(deployment) {
            return;
        }
        let wrong = mismatches(deployment, &listening);
        let Some((role, first)) = wrong.first() else { return };
        let severity = severity(deployment, *role);
        let own = server.port.as_ref().and_then(|set| set.label("the program listens here"));
        let listens = own.unwrap_or_else(|| Label {
            location: server.location.clone(),
            message: format!("{} listens on {port} by default", server.framework),
        });
        let asked = consequence(deployment, *role, first.value);
        let message = format!("{} listens on port {port}, but {asked}", server.framework);
        let primary = first.location().cloned().unwrap_or_else(|| listens.location.clone());
        let finding = report.report(severity, primary.clone(), message);
        if listens.location != primary {
            finding.labels([listens]);
        }
        for (role, other) in wrong.iter().skip(1) {
            finding.labels(other.label(format!("{} {} as well", word(*role), other.value)));
        }
        finding.help(help(deployment, *role, first, *port)).fix(fix(deployment, server, *port, &wrong));
    }
}

/// The servers with their ports, those that the outside can reach first; `None` where one can't be told.
fn listening<'a>(deployment: &'a Deployment<'_>) -> Option<Vec<(&'a Server, u16)>> {
    if !deployment.knows_all_servers() {
        return None;
    }
    let mut found: Vec<_> =
        deployment.servers().iter().map(|server| Some((server, server.port.as_ref()?.value))).collect::<Option<_>>()?;
    found.sort_by_key(|(server, _)| server.host.value.is_loopback());
    Some(found)
}

/// Whether a workflow replaces the card or the Dockerfile of a Space before it is pushed.
fn is_put_together(deployment: &Deployment<'_>) -> bool {
    let card = deployment.root().join("README.md");
    let dockerfile = deployment.dockerfile().map(|(path, _)| path);
    card.iter().chain(dockerfile).any(|file| deployment.is_replaced_by_a_workflow(file))
}

/// Whether a file that is mounted into a service, its environment or another service names a port of it: the program is
/// told to listen there.
fn is_spoken_of(deployment: &Deployment<'_>, port: u16) -> bool {
    let Some((path, compose, service)) = deployment.compose_service() else { return false };
    let repository = deployment.documents().repository();
    let holds = |text: &str| {
        let number = port.to_string();
        text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits == number)
    };
    let mounted = service.volumes.iter().filter_map(|volume| {
        let source = volume.source.as_deref().filter(|source| source.starts_with('.'))?;
        let file = path.parent().join(source)?;
        let files = repository.within(&file).take(MOUNTED_FILES);
        Some(files.filter_map(|entry| entry.source().ok()).any(|source| holds(source.text())))
    });
    let is_mounted = mounted.into_iter().any(|holds| holds);
    let in_environment = || deployment.environment().iter().any(|(_, fact)| fact.value.as_deref().is_some_and(holds));
    let address = format!("{}:{port}", service.name.value);
    let text = repository.source(path).map_or("", |source| source.text());
    let is_named =
        |other: &&Service| other.name.span != service.name.span && other.node.span.of(text).contains(&address);
    is_mounted || in_environment() || compose.services.iter().any(|other| is_named(&other))
}

/// The number of files of a mounted folder that are looked into.
const MOUNTED_FILES: usize = 50;

/// Compose publishes a port that the image does not declare, where only the running program knows on which it listens.
fn undeclared(deployment: &Deployment<'_>, report: &mut Reporter) {
    let ports = |wanted: PortRole| {
        deployment.ports().iter().filter(move |(role, _)| *role == wanted).map(|(_, port)| port).collect::<Vec<_>>()
    };
    let (published, declared) = (ports(PortRole::Published), ports(PortRole::Declared));
    let (Some(first), Some(own)) = (published.first(), declared.first()) else { return };
    let chosen = |port: &&&Fact<u16>| {
        let number = port.value.to_string();
        deployment.environment().iter().any(|(_, fact)| fact.value.as_deref() == Some(number.as_str()))
    };
    let chosen = |port: &&&Fact<u16>| chosen(port) || is_spoken_of(deployment, port.value);
    let is_own = deployment.starts_with_own_command();
    let agrees = published.iter().any(|port| declared.iter().any(|own| own.value == port.value));
    let listens =
        |server: &Server| server.port.as_ref().is_some_and(|own| published.iter().any(|port| port.value == own.value));
    if deployment.servers().iter().any(listens) || !is_own || agrees || published.iter().any(|port| chosen(&port)) {
        return;
    }
    let Some(location) = first.location() else { return };
    let message = format!(
        "port {} of the container is published, but its image declares {}: connections are refused unless the program \
         listens on {} too",
        first.value, own.value, first.value
    );
    let finding = report.warning(location.clone(), message);
    finding.labels(own.label(format!("the image declares port {} here", own.value)));
    finding.help(format!("publish the port that the program listens on, as in `{}:{}`", first.value, own.value));
}

/// The ports that nothing listens on, the gravest first. Of several published or declared ports, some may be for other
/// things: they are wrong only where none fits.
fn mismatches<'a>(deployment: &'a Deployment<'_>, listening: &[(&Server, u16)]) -> Vec<(PortRole, &'a Fact<u16>)> {
    let mut wrong = Vec::new();
    for role in [PortRole::Connected, PortRole::Published, PortRole::Probed, PortRole::Declared] {
        let ports: Vec<_> = deployment
            .ports()
            .iter()
            .filter(|(own, port)| *own == role && !(role == PortRole::Declared && speaks_of_another(deployment, port)))
            .map(|(_, port)| port)
            .collect();
        let fits = |port: &&Fact<u16>| listening.iter().any(|(_, own)| *own == port.value);
        if !ports.iter().any(fits) {
            wrong.extend(ports.into_iter().map(|port| (role, port)));
        }
    }
    wrong
}

/// Whether a Dockerfile declares the port of its own command and variables, in the place of which a Compose file or a
/// manifest puts others.
fn speaks_of_another(deployment: &Deployment<'_>, declared: &Fact<u16>) -> bool {
    let Some((path, _)) = deployment.dockerfile() else { return false };
    let is_in_dockerfile = declared.location().is_some_and(|location| location.path == *path);
    let is_set_elsewhere = |server: &Server| {
        let Some(port) = server.port.as_ref().map(|port| port.value.to_string()) else { return false };
        let mut variables = deployment.environment().iter();
        variables.any(|(_, fact)| {
            fact.value.as_deref() == Some(port.as_str()) && fact.location().is_some_and(|place| place.path != *path)
        })
    };
    is_in_dockerfile && (!deployment.starts_with_own_command() || deployment.servers().iter().any(is_set_elsewhere))
}

fn severity(deployment: &Deployment<'_>, role: PortRole) -> Severity {
    match role {
        // A card that is still to be written can name another port.
        PortRole::Connected
            if deployment.platform().value.is_space(Sdk::Unknown) && deployment.dockerfile().is_some() =>
        {
            Severity::Warning
        }
        PortRole::Connected | PortRole::Published => Severity::Error,
        PortRole::Probed if deployment.platform().value == Platform::Kubernetes => Severity::Error,
        PortRole::Probed => Severity::Warning,
        // A platform that is told its port by other means takes no notice.
        PortRole::Declared if deployment.ports().iter().any(|(role, _)| is_told(*role)) => Severity::Advice,
        PortRole::Declared => Severity::Warning,
    }
}

fn is_told(role: PortRole) -> bool {
    matches!(role, PortRole::Connected | PortRole::Published)
}

fn word(role: PortRole) -> &'static str {
    match role {
        PortRole::Connected => "the platform connects to",
        PortRole::Published => "this publishes",
        PortRole::Declared => "this declares",
        PortRole::Probed => "the health check asks",
    }
}

fn consequence(deployment: &Deployment<'_>, role: PortRole, port: u16) -> String {
    match role {
        PortRole::Connected if deployment.platform().value.is_space(Sdk::Unknown) => {
            format!("a Space connects to {port} unless its card says otherwise")
        }
        PortRole::Connected if deployment.platform().value == Platform::Kubernetes => {
            format!("its Service sends to {port}: connections are refused")
        }
        PortRole::Connected => format!("requests to the {} go to {port}", deployment.platform().value),
        PortRole::Published => format!("port {port} of the container is published: connections to it are refused"),
        PortRole::Probed => format!("the health check asks port {port}, so that the container is always unhealthy"),
        PortRole::Declared => {
            format!("the image declares {port}, which is what `docker run -P` and some hosts publish")
        }
    }
}

fn help(deployment: &Deployment<'_>, role: PortRole, asked: &Fact<u16>, port: u16) -> String {
    let asked_port = asked.value;
    match role {
        PortRole::Connected if is_docker_space(deployment) && asked.location().is_none() => {
            format!("say `app_port: {port}` in the README's card (7860 holds without it), or listen on {asked_port}")
        }
        PortRole::Connected if deployment.platform().value.is_any_space() => {
            format!("listen on {asked_port}, the port that the Space is asked at")
        }
        _ => format!("write {port} here, or make the program listen on {asked_port}"),
    }
}

fn is_docker_space(deployment: &Deployment<'_>) -> bool {
    deployment.platform().value.is_space(Sdk::Docker)
}

/// Writes the program's port at every place that says another one, where the program has only one.
fn fix(deployment: &Deployment<'_>, server: &Server, port: u16, wrong: &[(PortRole, &Fact<u16>)]) -> Option<Fix> {
    if deployment.servers().len() > 1 {
        return None;
    }
    let mut fix = Fix::safe(format!("Name port {port}, which {} listens on", server.framework));
    for (role, asked) in wrong {
        match asked.location() {
            Some(location) => {
                let changed = replaced(deployment, location, asked.value, port)?;
                fix = fix.replace(&location.path, location.span, changed);
            }
            None if *role == PortRole::Connected && is_docker_space(deployment) => {
                let after = deployment.platform().location()?;
                let source = deployment.documents().repository().source(&after.path)?;
                let line = source.line_at(after.span.start);
                let newline = if source.text().get(line.end..)?.starts_with("\r\n") { "\r\n" } else { "\n" };
                fix = fix.insert(&after.path, line.end, format!("{newline}app_port: {port}"));
            }
            None => return None,
        }
    }
    Some(fix)
}

/// The text at `location` with its last mention of `from` replaced: the container's side of `8501:8501`.
fn replaced(deployment: &Deployment<'_>, location: &Location, from: u16, to: u16) -> Option<String> {
    let source = deployment.documents().repository().source(&location.path)?;
    let text = location.span.of(source.text());
    let from = from.to_string();
    let at = text.rfind(&from)?;
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let (before, after) = (text.get(..at)?, text.get(at + from.len()..)?);
    let whole = !is_digit(before.chars().next_back()) && !is_digit(after.chars().next());
    whole.then(|| format!("{before}{to}{after}"))
}
