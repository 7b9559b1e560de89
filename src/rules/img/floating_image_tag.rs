//! IMG002 floating-image-tag: an image without a tag, or with `latest`.

use std::collections::BTreeMap;

use crate::deployment::{Documents, Project};
use crate::diagnostic::{Location, RepoPath, RuleId, Severity};
use crate::formats::dockerfile::Base;
use crate::formats::image::ImageReference;
use crate::formats::kubernetes::Body;
use crate::knowledge::is_public_image;
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
        // One image without a version is one decision, wherever it is named.
        let mut images: BTreeMap<(Severity, String), Floating> = BTreeMap::new();
        for (image, place, used_by) in named_images(documents) {
            if image.effective_tag() == Some("latest") {
                let severity = if is_runtime(&image) { Severity::Warning } else { Severity::Advice };
                let name = shown(&image);
                let floating =
                    images.entry((severity, name)).or_insert_with(|| Floating { used_by, image, places: vec![] });
                if !floating.places.contains(&place) {
                    floating.places.push(place);
                }
            }
        }
        for ((severity, name), floating) in images {
            report_image(severity, &name, floating, report);
        }
    }
}

/// What an image is named for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UsedBy {
    /// A build, or a service of Compose's.
    Build,
    /// A pod.
    Pod,
}

/// An image without a version.
struct Floating {
    image: ImageReference,
    used_by: UsedBy,
    places: Vec<Location>,
}

/// All images that are pulled, with the places that name them.
fn named_images(documents: &Documents) -> Vec<(ImageReference, Location, UsedBy)> {
    let repository = documents.repository();
    let mut found = Vec::new();
    for entry in repository.of_kind(FileKind::Dockerfile).filter(|entry| !is_material(entry.path())) {
        let Some(Ok(dockerfile)) = documents.dockerfile(entry.path()) else { continue };
        for stage in &dockerfile.stages {
            if let Base::External(image) = &stage.base
                && !is_named_context(documents, image)
                && !is_built_here(documents, image)
                && !is_set_by_builds(documents, &stage.image.value)
            {
                found.push((image.clone(), Location::new(entry.path(), stage.image.span), UsedBy::Build));
            }
        }
    }
    for entry in repository.of_kind(FileKind::Compose).filter(|entry| !is_material(entry.path())) {
        let Some(compose) = documents.compose(entry.path()) else { continue };
        // A service that is built here only names its own image.
        for service in compose.services.iter().filter(|service| service.build.is_none()) {
            if let (Some(image), Some(written)) = (&service.image_reference, &service.image)
                && !is_built_here(documents, image)
                && !is_nobodys(image)
            {
                found.push((image.clone(), Location::new(entry.path(), written.span), UsedBy::Build));
            }
        }
    }
    for entry in repository.of_kind(FileKind::Yaml).filter(|entry| !is_material(entry.path())) {
        let Some(manifest) = documents.kubernetes(entry.path()) else { continue };
        for object in manifest.objects() {
            let Body::Workload(workload) = &object.body else { continue };
            for container in workload.init_containers.iter().chain(&workload.containers) {
                if let (Some(image), Some(written)) = (&container.image_reference, &container.image)
                    && !container.is_never_pulled
                    && !is_replaced(documents, image)
                    && !is_nobodys(image)
                {
                    found.push((image.clone(), Location::new(entry.path(), written.span), UsedBy::Pod));
                }
            }
        }
    }
    found
}

fn is_runtime(image: &ImageReference) -> bool {
    image.registry.is_none() && RUNTIMES.contains(&image.name.as_str())
}

/// Whether no registry has the image: a name without an owner that is none of Docker's own is one that was built at hand.
fn is_nobodys(image: &ImageReference) -> bool {
    image.registry.is_none() && !image.name.contains('/') && !is_public_image(&image.name)
}

/// The image with its registry, without a tag.
fn shown(image: &ImageReference) -> String {
    image.registry.as_ref().map_or_else(|| image.name.clone(), |registry| format!("{registry}/{}", image.name))
}

/// Whether the base is an argument's, which a Compose file, a workflow or a script sets in the build.
fn is_set_by_builds(documents: &Documents, written: &str) -> bool {
    let repository = documents.repository();
    let names: Vec<&str> = written
        .split('$')
        .skip(1)
        .map(|rest| rest.trim_start_matches('{'))
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect();
    let compose = repository.of_kind(FileKind::Compose).filter_map(|entry| documents.compose(entry.path()));
    let mut builds = compose.flat_map(|compose| &compose.services).filter_map(|service| service.build.as_ref());
    let builders = [FileKind::Workflow, FileKind::Shell].map(|kind| repository.of_kind(kind));
    !names.is_empty()
        && (builds.any(|build| build.args.iter().any(|setting| names.contains(&setting.name.value.as_str())))
            || builders.into_iter().flatten().filter_map(|entry| entry.source().ok()).any(|source| {
                let text = source.text();
                text.contains("build-arg") && names.iter().any(|name| text.contains(&format!("{name}=")))
            }))
}

/// Whether a tool writes another image in its place before a cluster sees the manifest: Skaffold or Kustomize.
fn is_replaced(documents: &Documents, image: &ImageReference) -> bool {
    let names = |text: &str| text.lines().any(|line| line.trim_end().ends_with(&image.name));
    documents.repository().of_kind(FileKind::Yaml).any(|entry| {
        matches!(
            entry.path().file_name(),
            "skaffold.yaml" | "skaffold.yml" | "kustomization.yaml" | "kustomization.yml"
        ) && entry.source().is_ok_and(|source| names(source.text()))
    })
}

/// Whether the repository builds an image of this name itself, for others of its images to build on.
fn is_built_here(documents: &Documents, image: &ImageReference) -> bool {
    let repository = documents.repository();
    // `Containerfile.alpine` builds on alpine, and is not where it comes from.
    let local = image.registry.is_none() && !image.name.contains('/') && !is_runtime(image);
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

/// Whether a bare name is that of a context which a build is given: bake files, `additional_contexts`, `--build-context`. Most
/// often it is a stage of another Dockerfile.
fn is_named_context(documents: &Documents, image: &ImageReference) -> bool {
    let is_bare =
        image.registry.is_none() && image.tag.is_none() && image.digest.is_none() && !image.name.contains('/');
    if !is_bare || is_runtime(image) {
        return false;
    }
    let repository = documents.repository();
    let files = repository.of_kind(FileKind::Dockerfile).filter_map(|entry| documents.dockerfile(entry.path()));
    let mut stages = files.filter_map(|file| file.as_ref().ok()).flat_map(|file| &file.stages);
    let speaks_of_contexts = |text: &str| {
        ["contexts", "--build-context"].iter().any(|word| text.contains(word)) && text.contains(image.name.as_str())
    };
    stages.any(|stage| stage.is_named(&image.name))
        || repository.entries().any(|entry| {
            let may = matches!(entry.kind(), FileKind::Compose | FileKind::Workflow | FileKind::Shell)
                || entry.path().extension() == "hcl"
                || entry.path().file_name().contains("bake");
            may && entry.source().is_ok_and(|source| speaks_of_contexts(source.text()))
        })
}

/// Images that only tests and documents build.
fn is_material(path: &RepoPath) -> bool {
    path.parts().any(|part| matches!(part, "test" | "tests" | "testdata" | "fixtures" | "examples" | "docs"))
}

fn report_image(severity: Severity, name: &str, floating: Floating, report: &mut Reporter) {
    let Floating { image, used_by, places } = floating;
    let mut places = places.into_iter();
    let Some(first) = places.next() else { return };
    let how = if image.tag.is_some() { "is the newest release" } else { "has no tag, which means the newest release" };
    let consequence = match used_by {
        UsedBy::Build => "the next pull can bring another major version",
        UsedBy::Pod => "which one a pod runs depends on when its node pulled it, and no older one can be told from it",
    };
    let finding = report.report(severity, first, format!("{name} {how}: {consequence}"));
    for place in places {
        finding.label(place, "named here, too");
    }
    let example = if image.name == "python" { "python:3.12-slim" } else { "name:1.2" };
    finding.help(format!("name a version, as in `{example}`, or a digest"));
}
