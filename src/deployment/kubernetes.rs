//! Workloads of Kubernetes manifests.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::kubernetes::{Body, Container, Manifest, Workload};
use crate::formats::shell::Command;
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
            found.extend(containers(documents, entry.path(), name, workload));
        }
    }
    found
}

fn containers<'d>(documents: &'d Documents, path: &RepoPath, name: &str, workload: &Workload) -> Vec<Deployment<'d>> {
    workload.containers.iter().filter_map(|container| deployment(documents, path, name, container)).collect()
}

fn deployment<'d>(
    documents: &'d Documents,
    path: &RepoPath,
    name: &str,
    container: &Container,
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
    // Kubernetes takes no notice of the image's own check.
    deployment.health_check = !container.probes.is_empty();
    for probe in &container.probes {
        if let Some(port) = &probe.port
            && let Ok(number) = port.value.parse()
        {
            deployment.ports.push((PortRole::Probed, Fact::stated(number, Location::new(path, port.span))));
        }
    }
    Some(deployment)
}

/// The Dockerfile that most likely builds a container's image: the only one, or the one in the folder of the image's name.
fn dockerfile_of(documents: &Documents, container: &Container) -> Option<RepoPath> {
    let image = container.image_reference.as_ref()?;
    let name = image.name.rsplit('/').next()?;
    let dockerfiles: Vec<_> =
        documents.repository().of_kind(FileKind::Dockerfile).map(|entry| entry.path().clone()).collect();
    let in_folder = dockerfiles.iter().find(|path| path.parent().file_name() == name);
    let by_suffix = dockerfiles.iter().find(|path| path.extension() == name);
    let public = image.registry.is_none() && !image.name.contains('/') && image.tag.is_some();
    in_folder
        .or(by_suffix)
        .or_else(|| if public { None } else { dockerfiles.first().filter(|_| dockerfiles.len() == 1) })
        .cloned()
}
