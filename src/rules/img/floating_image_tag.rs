//! IMG002 floating-image-tag: an image without a tag, or with `latest`.

use crate::deployment::{Documents, Project};
use crate::diagnostic::{Location, RepoPath, RuleId, Severity};
use crate::formats::dockerfile::Base;
use crate::formats::image::ImageReference;
use crate::formats::kubernetes::Body;
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// Images of language runtimes and systems, whose next version changes what the program meets.
const RUNTIMES: &[&str] = &["python", "node", "ruby", "golang", "rust", "openjdk", "php", "debian", "ubuntu", "alpine"];

/// IMG002 floating-image-tag.
pub struct FloatingImageTag;

impl Rule for FloatingImageTag {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG002", name: "floating-image-tag" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let dockerfiles = documents.repository().of_kind(FileKind::Dockerfile);
        for entry in dockerfiles.filter(|entry| !is_material(entry.path())) {
            let Some(Ok(dockerfile)) = documents.dockerfile(entry.path()) else { continue };
            for stage in &dockerfile.stages {
                if let Base::External(image) = &stage.base
                    && !is_built_here(documents, image)
                {
                    check(image, Location::new(entry.path(), stage.image.span), report);
                }
            }
        }
        for entry in documents.repository().of_kind(FileKind::Compose) {
            let Some(compose) = documents.compose(entry.path()) else { continue };
            // A service that is built here only names its own image.
            for service in compose.services.iter().filter(|service| service.build.is_none()) {
                if let (Some(image), Some(written)) = (&service.image_reference, &service.image)
                    && !is_built_here(documents, image)
                {
                    check(image, Location::new(entry.path(), written.span), report);
                }
            }
        }
        for entry in documents.repository().of_kind(FileKind::Yaml).filter(|entry| !is_material(entry.path())) {
            let Some(manifest) = documents.kubernetes(entry.path()) else { continue };
            for object in manifest.objects() {
                let Body::Workload(workload) = &object.body else { continue };
                for container in workload.init_containers.iter().chain(&workload.containers) {
                    if let (Some(image), Some(written)) = (&container.image_reference, &container.image) {
                        check(image, Location::new(entry.path(), written.span), report);
                    }
                }
            }
        }
    }
}

/// Whether the repository builds an image of this name itself, for others of its images to build on.
fn is_built_here(documents: &Documents, image: &ImageReference) -> bool {
    let repository = documents.repository();
    // `Containerfile.alpine` builds on alpine, and is not where it comes from.
    let local = image.registry.is_none() && !image.name.contains('/') && !RUNTIMES.contains(&image.name.as_str());
    let by_compose =
        repository.of_kind(FileKind::Compose).filter_map(|entry| documents.compose(entry.path())).any(|compose| {
            let built = compose.services.iter().filter(|service| service.build.is_some());
            built.filter_map(|service| service.image_reference.as_ref()).any(|own| own.name == image.name)
        });
    by_compose
        || (local
            && repository
                .of_kind(FileKind::Dockerfile)
                .any(|entry| entry.path().extension() == image.name || entry.path().parent().file_name() == image.name))
}

/// Images that only tests and documents build.
fn is_material(path: &RepoPath) -> bool {
    path.parts().any(|part| matches!(part, "test" | "tests" | "testdata" | "fixtures" | "examples" | "docs"))
}

fn check(image: &ImageReference, location: Location, report: &mut Reporter) {
    if image.effective_tag() != Some("latest") {
        return;
    }
    let runtime = image.registry.is_none() && RUNTIMES.contains(&image.name.as_str());
    let severity = if runtime { Severity::Warning } else { Severity::Advice };
    let how = if image.tag.is_some() { "is the newest release" } else { "has no tag, which means the newest release" };
    let message = format!("{} {how}: the next pull can bring another major version", image.name);
    let example = if image.name == "python" { "python:3.12-slim" } else { "name:1.2" };
    report.report(severity, location, message).help(format!("name a version, as in `{example}`, or a digest"));
}
