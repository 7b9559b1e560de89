//! IMG003 missing-build-path: the build or the start of an image names something that is not there.

use crate::deployment::{Deployment, MissingKind, Project};
use crate::diagnostic::{Fix, Location, RuleId};
use crate::repo::{FileKind, Presence};
use crate::rules::{Reporter, Rule};

use super::{misnamed, volumes};

/// IMG003 missing-build-path.
pub struct MissingBuildPath;

impl Rule for MissingBuildPath {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG003", name: "missing-build-path" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        refused(project, report);
        compose(project, report);
        misnamed::check(project, report);
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let mut modules: Vec<String> = Vec::new();
        for missing in deployment.missing_paths() {
            let location = missing.location.clone();
            let further = missing.further;
            match missing.kind {
                MissingKind::CopySource { source, context, similar } => {
                    let place = if context.is_root() { "the repository".to_owned() } else { format!("{context}/") };
                    let message = format!("{source} is not in {place}, the build context: the build stops here");
                    let finding = report.error(location.clone(), message);
                    for place in further {
                        finding.label(place, "this is missing too");
                    }
                    let ignored = "git does not carry ignored files, so that a build from a checkout has none";
                    match similar {
                        Some(similar) => {
                            let changed = source.replace(source.rsplit('/').next().unwrap_or_default(), &similar);
                            finding.help(format!("{similar} is there; {ignored}"));
                            let fix = Fix::unsafe_(format!("Copy {changed}"));
                            finding.fix(fix.replace(&location.path, location.span, changed));
                        }
                        None => {
                            finding.help(format!("add {source} to the repository, or correct the path; {ignored}"));
                        }
                    }
                }
                MissingKind::Stage(index) => {
                    let message = format!("there is no stage {index} before this one to copy from");
                    report.error(location, message).help("name the stages (`FROM … AS build`) and copy by name");
                }
                MissingKind::Script { path, expected } => {
                    let message = format!("the image has no {path}: {expected} is not in the repository");
                    let finding = report.error(location, message);
                    finding.help("correct the path, which is relative to WORKDIR, or copy the file to it");
                }
                MissingKind::Module { module, found, shorter } => {
                    let top = module.split('.').next().unwrap_or_default().to_owned();
                    if modules.contains(&top) {
                        continue;
                    }
                    let message = format!(
                        "the image has no package {top}: the import of {module} fails with ModuleNotFoundError"
                    );
                    let finding = report.error(location, message);
                    finding.label(Location::file(&found), format!("in the image this is {shorter}"));
                    finding.help(format!(
                        "copy the folder under its name (`COPY . ./{top}`) and start it as {top}.…, or import {shorter}"
                    ));
                    modules.push(top);
                }
            }
        }
    }
}

/// Dockerfiles that Docker would not read to the end.
fn refused(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    for entry in documents.repository().of_kind(FileKind::Dockerfile) {
        let Some(Err(error)) = documents.dockerfile(entry.path()) else { continue };
        let text = documents.repository().source(entry.path()).map_or("", |source| source.text());
        let template = text.contains("{{") || text.contains("{%") || text.contains("<%");
        let looks_like_one = text.lines().any(|line| line.trim_start().to_ascii_uppercase().starts_with("FROM "));
        if !template && looks_like_one {
            let location = Location::new(entry.path(), error.span);
            report
                .error(location, format!("Docker refuses this Dockerfile: {}", error.message))
                .help("see the Dockerfile reference for what an instruction may look like");
        }
    }
}

/// Build contexts and Dockerfiles that a Compose file names.
fn compose(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    let repository = documents.repository();
    for entry in repository.of_kind(FileKind::Compose) {
        let Some(compose) = documents.compose(entry.path()) else { continue };
        // Another file is often put on top of the main one, and its paths are then relative to that.
        if entry.path().file_name().matches('.').count() > 1 {
            continue;
        }
        volumes::check(documents, entry.path(), compose, report);
        for build in compose.services.iter().filter_map(|service| service.build.as_ref()) {
            let plain = |text: &str| !text.contains(['$', '{', ':', '#']) && !text.starts_with('/');
            if !plain(&build.context.value) {
                continue;
            }
            let Some(context) = entry.path().parent().join(&build.context.value) else { continue };
            if repository.presence(&context) == Presence::Absent {
                let message = format!("the build context {} is not in the repository", build.context.value);
                report
                    .error(Location::new(entry.path(), build.context.span), message)
                    .help("correct the path, which is relative to the Compose file, or add the folder as a submodule");
                continue;
            }
            if build.dockerfile.is_none() && build_is_inline(build.span, documents, entry.path()) {
                continue;
            }
            let (name, span) = match &build.dockerfile {
                Some(file) if plain(&file.value) => (file.value.as_str(), file.span),
                Some(_) => continue,
                None => ("Dockerfile", build.context.span),
            };
            let file = context.join(name);
            if file.is_some_and(|file| repository.presence(&file) == Presence::Absent) {
                let message = format!("{name} is not in the build context {}", build.context.value);
                report
                    .error(Location::new(entry.path(), span), message)
                    .help("`dockerfile:` is relative to `context:`, not to the Compose file");
            }
        }
    }
}

fn build_is_inline(
    span: crate::diagnostic::Span,
    documents: &crate::deployment::Documents,
    path: &crate::diagnostic::RepoPath,
) -> bool {
    documents.repository().source(path).is_some_and(|source| span.of(source.text()).contains("dockerfile_inline"))
}
