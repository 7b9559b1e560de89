//! Workloads of Kubernetes manifests.

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::kubernetes::{Body, Container, Manifest, Object, Workload};
use crate::formats::shell::Command;
use crate::knowledge::is_public_image;
use crate::repo::FileKind;

use super::container::{Image, Replacement, folder_deployment};
use super::{Deployment, Documents, Fact, Platform, PortRole};

/// The containers of all workloads whose image one of the repository's Dockerfiles builds, as far as the names tell.
pub(super) fn deployments(documents: &Documents) -> Vec<Deployment<'_>> {
    let mut found = Vec::new();
    for entry in documents.repository().of_kind(FileKind::Yaml) {
        let Some(Manifest::Objects(objects)) = documents.kubernetes(entry.path()) else { continue };
        for object in objects {
            let Body::Workload(workload) = &object.body else { continue };
            let name = object.name.as_ref().map_or("workload", |name| name.value.as_str());
            let asked = services_of(documents, entry.path(), object, workload);
            found.extend(containers(documents, entry.path(), name, workload, &asked));
        }
    }
    found
}

/// Labels, as keys and values.
type Labels = [(Spanned<String>, Spanned<String>)];

/// A port that a Service sends to, as written: a number or the name of a container's port.
#[derive(Debug, Clone)]
pub struct ServiceTarget {
    /// The Service's name.
    pub service: String,
    /// The number or name.
    pub target: String,
    /// Where it is written.
    pub location: Location,
    /// Whether it is a `targetPort`; else the Service's own port stands for it.
    pub is_written: bool,
}

/// The ports that the Services of the repository's manifests ask the pods of a workload at.
#[must_use]
pub fn services_of(documents: &Documents, path: &RepoPath, workload: &Object, pod: &Workload) -> Vec<ServiceTarget> {
    let mut found = Vec::new();
    let selects = |selector: &Labels, pod: &Workload| {
        !selector.is_empty()
            && selector.iter().all(|(key, value)| {
                pod.labels.iter().any(|(own, given)| own.value == key.value && given.value == value.value)
            })
    };
    // Of several manifests for the same pods, such as one for each environment, a Service means the one beside it.
    let is_nearest = |service: &RepoPath, selector: &Labels| {
        service == path
            || !documents
                .kubernetes(service)
                .map(|manifest| manifest.objects())
                .unwrap_or_default()
                .iter()
                .any(|other| matches!(&other.body, Body::Workload(other) if selects(selector, other)))
                && (service.parent() == path.parent()
                    || !documents
                        .repository()
                        .of_kind(FileKind::Yaml)
                        .filter(|entry| entry.path().parent() == service.parent())
                        .any(|entry| {
                            let objects = documents
                                .kubernetes(entry.path())
                                .map(|manifest| manifest.objects())
                                .unwrap_or_default();
                            objects
                                .iter()
                                .any(|other| matches!(&other.body, Body::Workload(other) if selects(selector, other)))
                        }))
    };
    for entry in documents.repository().of_kind(FileKind::Yaml) {
        let objects = documents.kubernetes(entry.path()).map(|manifest| manifest.objects()).unwrap_or_default();
        for object in objects {
            let Body::Service(service) = &object.body else { continue };
            let namespace = |object: &Object| object.namespace.as_ref().map(|name| name.value.clone());
            let same_namespace = match (namespace(object), namespace(workload)) {
                (Some(own), Some(other)) => own == other,
                _ => true,
            };
            let fits = selects(&service.selector, pod) && is_nearest(entry.path(), &service.selector);
            if !fits || !same_namespace {
                continue;
            }
            let name = object.name.as_ref().map_or("", |name| name.value.as_str());
            found.extend(service.ports.iter().filter_map(|port| {
                let target = port.target.as_ref()?;
                Some(ServiceTarget {
                    service: name.to_owned(),
                    target: target.value.clone(),
                    location: Location::new(entry.path(), target.span),
                    is_written: port.port.as_ref().is_none_or(|own| own.span != target.span),
                })
            }));
        }
    }
    found
}

fn containers<'d>(
    documents: &'d Documents,
    path: &RepoPath,
    name: &str,
    workload: &Workload,
    asked: &[ServiceTarget],
) -> Vec<Deployment<'d>> {
    // Of several containers in a pod, nothing says which one a number is for.
    let asked = if workload.containers.len() == 1 { asked } else { &[] };
    let containers = workload.containers.iter();
    containers.filter_map(|container| deployment(documents, path, name, container, asked)).collect()
}

fn deployment<'d>(
    documents: &'d Documents,
    path: &RepoPath,
    name: &str,
    container: &Container,
    asked: &[ServiceTarget],
) -> Option<Deployment<'d>> {
    let dockerfile = dockerfile_of(documents, container)?;
    let context = dockerfile.parent();
    let platform = Fact::stated(Platform::Kubernetes, Location::new(path, container.span));
    let title = format!("{name} in {path}");
    let command = (!container.command.is_empty()).then(|| vec![Command::from_words(container.command.clone())]);
    let args = (!container.args.is_empty()).then(|| vec![Command::from_words(container.args.clone())]);
    let joined = command
        .as_ref()
        .map(|_| vec![Command::from_words(container.command.iter().chain(&container.args).cloned().collect())]);
    let replacement = Replacement {
        path: Some(path),
        entrypoint: joined.as_deref(),
        command: if joined.is_some() { None } else { args.as_deref() },
        ..Replacement::default()
    };
    let mut deployment = match Image::new(documents, &dockerfile, &context, None) {
        Some(image) => image.deploy(title, platform, &replacement),
        None => folder_deployment(documents, title, &context, platform, None),
    };
    for variable in &container.env {
        let value = variable.value.as_ref().map(|value| value.value.clone());
        deployment.environment.set(&variable.name.value, Fact::stated(value, Location::new(path, variable.name.span)));
    }
    for port in &container.ports {
        deployment.ports.push((PortRole::Declared, Fact::stated(port.value, Location::new(path, port.span))));
    }
    let number = |port: &str| {
        let named = container.named_ports.iter().find(|(name, _)| name == port).map(|(_, number)| number.value);
        named.or_else(|| port.parse().ok())
    };
    for target in asked {
        if let Some(port) = number(&target.target) {
            let fact = match target.is_written {
                true => Fact::stated(port, target.location.clone()),
                false => Fact::default(port, format!("the Service {} without targetPort sends there", target.service)),
            };
            deployment.ports.push((PortRole::Connected, fact));
        }
    }
    // Kubernetes takes no notice of the image's own check, and a declaration of the image means nothing there.
    deployment.ports.retain(|(role, port)| {
        let of_image = port.location().is_some_and(|location| location.path == dockerfile);
        !of_image || (*role == PortRole::Declared && container.ports.is_empty())
    });

    deployment.health_check = !container.probes.is_empty();
    deployment.check_commands = None;
    for probe in &container.probes {
        if let Some(port) = &probe.port
            && let Some(number) = number(&port.value)
        {
            deployment.ports.push((PortRole::Probed, Fact::stated(number, Location::new(path, port.span))));
        }
    }
    Some(deployment)
}

/// The Dockerfile that most likely builds a container's image: the one in the folder of the image's name, or the only one
/// where there is only one image to build.
fn dockerfile_of(documents: &Documents, container: &Container) -> Option<RepoPath> {
    let image = container.image_reference.as_ref()?;
    let name = image.name.rsplit('/').next()?;
    let dockerfiles: Vec<_> =
        documents.repository().of_kind(FileKind::Dockerfile).map(|entry| entry.path().clone()).collect();
    let in_folder = dockerfiles.iter().find(|path| path.parent().file_name() == name);
    let by_suffix = dockerfiles.iter().find(|path| path.extension() == name);
    in_folder
        .or(by_suffix)
        .or_else(|| dockerfiles.first().filter(|_| dockerfiles.len() == 1 && is_only_own(documents, &image.name)))
        .cloned()
}

/// Whether an image is the only one of the repository's workloads that is not pulled from others.
fn is_only_own(documents: &Documents, name: &str) -> bool {
    let manifests = documents.repository().of_kind(FileKind::Yaml);
    let objects = manifests.filter_map(|entry| Some(documents.kubernetes(entry.path())?.objects())).flatten();
    let mut images = objects.flat_map(|object| match &object.body {
        Body::Workload(workload) => workload.containers.as_slice(),
        _ => &[],
    });
    let is_other = |image: &str| image != name && !is_public_image(image);
    !is_public_image(name)
        && !images.any(|container| container.image_reference.as_ref().is_some_and(|image| is_other(&image.name)))
}
