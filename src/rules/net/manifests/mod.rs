//! Ports of Kubernetes manifests that do not agree with each other, whatever the program listens on.

use crate::deployment::Project;
use crate::deployment::kubernetes::{ServiceTarget, services_of};
use crate::deployment::reach::is_aside;
use crate::diagnostic::{Fix, Location, RepoPath};
use crate::formats::kubernetes::{Body, Container, Object, Workload};
use crate::repo::FileKind;
use crate::rules::Reporter;

/// Reports names of ports that no container has, and numbers that none declares.
pub(super) fn check(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    for entry in documents.repository().of_kind(FileKind::Yaml) {
        if is_aside(entry.path(), &RepoPath::root()) {
            continue;
        }
        let objects = documents.kubernetes(entry.path()).map(|manifest| manifest.objects()).unwrap_or_default();
        for object in objects {
            let Body::Workload(workload) = &object.body else { continue };
            // A patch of kustomize's adds to the workload of its kind and name.
            let patches = same_named(project, object);
            for container in &workload.containers {
                check_probes(entry.path(), container, &patches, report);
            }
            // Where the program's own port is known, the deployment is checked against that.
            let is_known = project.deployments().iter().any(|deployment| {
                let at = deployment.platform().location();
                at.is_some_and(|at| {
                    at.path == *entry.path() && workload.containers.iter().any(|container| container.span == at.span)
                }) && deployment.servers().iter().any(|server| server.port.is_some())
            });
            for target in services_of(documents, entry.path(), object, workload) {
                let is_patched = patches.iter().flat_map(|patch| &patch.containers).any(|container| {
                    container.named_ports.iter().any(|(name, _)| *name == target.target)
                        || container.ports.iter().any(|port| port.value.to_string() == target.target)
                });
                if !is_patched {
                    check_target(entry.path(), workload, &target, is_known, report);
                }
            }
        }
    }
}

/// The workloads of the same kind and name in all manifests.
fn same_named<'p>(project: &'p Project<'_>, object: &Object) -> Vec<&'p Workload> {
    let Some(name) = &object.name else { return Vec::new() };
    let documents = project.documents();
    let entries = documents.repository().of_kind(FileKind::Yaml);
    let objects =
        entries.filter_map(|entry| documents.kubernetes(entry.path())).flat_map(|manifest| manifest.objects());
    let same = objects.filter(|other| {
        other.kind.value == object.kind.value && other.name.as_ref().is_some_and(|other| other.value == name.value)
    });
    same.filter_map(|other| match &other.body {
        Body::Workload(workload) => Some(workload),
        _ => None,
    })
    .collect()
}

fn check_probes(path: &RepoPath, container: &Container, patches: &[&Workload], report: &mut Reporter) {
    for port in container.probes.iter().filter_map(|probe| probe.port.as_ref()) {
        let containers = patches.iter().flat_map(|patch| &patch.containers).chain([container]);
        let mut names = containers.flat_map(|container| &container.named_ports);
        if !is_name(&port.value) || names.any(|(name, _)| *name == port.value) {
            continue;
        }
        let message =
            format!("the probe asks a port called {}, and the container has none: it is never ready", port.value);
        let location = Location::new(path, port.span);
        let finding = report.error(location.clone(), message);
        for declared in &container.ports {
            finding.label(Location::new(path, declared.span), "this port has another name, or none");
        }
        finding.help("name the port under `ports`, or write its number");
        if let [only] = container.ports.as_slice() {
            let fix = Fix::unsafe_(format!("Ask port {}", only.value));
            finding.fix(fix.replace(path, location.span, only.value.to_string()));
        }
    }
}

fn check_target(path: &RepoPath, workload: &Workload, asked: &ServiceTarget, is_known: bool, report: &mut Reporter) {
    let ServiceTarget { service, target, location, is_written } = asked;
    let declared: Vec<_> = workload.containers.iter().flat_map(|container| &container.ports).collect();
    let named = workload.containers.iter().flat_map(|container| &container.named_ports);
    let one = if let ([only], true) = (declared.as_slice(), *is_written) { Some(only.value) } else { None };
    if is_name(target) {
        if named.into_iter().any(|(name, _)| name == target) {
            return;
        }
        let message = format!(
            "the Service {service} sends to a port called {target}, and no container has one: it sends nowhere"
        );
        let finding = report.error(location.clone(), message);
        for port in &declared {
            finding.label(Location::new(path, port.span), "this port has another name, or none");
        }
        finding.help("name the container's port so, or write its number");
        if let Some(port) = one {
            let fix = Fix::unsafe_(format!("Send to port {port}"));
            finding.fix(fix.replace(&location.path, location.span, port.to_string()));
        }
        return;
    }
    let Ok(number) = target.parse::<u16>() else { return };
    let silent = workload.containers.iter().any(|container| container.ports.is_empty());
    if is_known || silent || declared.iter().any(|port| port.value == number) {
        return;
    }
    let message = format!(
        "the Service {service} sends to port {number}, which no container of its pods declares: connections are refused unless \
         the program listens there all the same"
    );
    let finding = report.warning(location.clone(), message);
    for port in &declared {
        finding.label(Location::new(path, port.span), format!("the container declares {}", port.value));
    }
    finding.help("send to the port that the program listens on");
    if let Some(port) = one {
        let fix = Fix::unsafe_(format!("Send to port {port}"));
        finding.fix(fix.replace(&location.path, location.span, port.to_string()));
    }
}

/// Whether a port is written as a name: names of ports hold at least one letter.
fn is_name(port: &str) -> bool {
    port.chars().any(|c| c.is_ascii_alphabetic()) && port.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
