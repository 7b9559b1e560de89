//! Volumes of a Compose service that are mounted where its image keeps nothing.

use crate::deployment::Documents;
use crate::diagnostic::{Location, RepoPath};
use crate::formats::compose::{Compose, Service};
use crate::formats::dockerfile::{Dockerfile, InstructionKind, Stage};
use crate::repo::Presence;
use crate::rules::Reporter;

/// Folders that images use as their working directory by custom.
const WORKING_FOLDERS: &[&str] = &["/app", "/code", "/src", "/srv", "/workspace"];

/// Reports each service once, at its first such volume.
pub(super) fn check(documents: &Documents, path: &RepoPath, compose: &Compose, report: &mut Reporter) {
    for service in &compose.services {
        let _ = check_service(documents, path, service, report);
    }
}

fn check_service(documents: &Documents, path: &RepoPath, service: &Service, report: &mut Reporter) -> Option<()> {
    let build = service.build.as_ref().filter(|_| service.working_dir.is_none() && service.command.is_none())?;
    let context = path.parent().join(&build.context.value)?;
    let file = context.join(build.dockerfile.as_ref().map_or("Dockerfile", |file| file.value.as_str()))?;
    let dockerfile = documents.dockerfile(&file)?.as_ref().ok()?;
    let stage = match &build.target {
        Some(target) => dockerfile.stage_by_name(&target.value)?,
        None => dockerfile.final_stage()?,
    };
    let workdir = dockerfile.workdir(stage)?;
    let folder = workdir.value.clone()?;
    let mut stray = service.volumes.iter().filter(|volume| {
        WORKING_FOLDERS.iter().any(|top| {
            let Some(inside) = volume.target.strip_prefix(top).and_then(|rest| rest.strip_prefix('/')) else {
                return false;
            };
            let first = inside.split('/').next().unwrap_or_default();
            let known =
                context.join(first).is_some_and(|own| documents.repository().presence(&own) != Presence::Absent);
            !is_within(&folder, top) && !uses(dockerfile, stage, top) && (known || names(dockerfile, stage, first))
        })
    });
    let first = stray.next()?;
    let message = format!(
        "{} is mounted, but the image works in {folder}: what the program writes there is not kept",
        first.target
    );
    let finding = report.warning(Location::new(path, first.span), message);
    for other in stray {
        finding.label(Location::new(path, other.span), "so is this");
    }
    finding.label(Location::new(&file, workdir.span), "the image's working directory");
    finding.help(format!("mount below {folder}, or change WORKDIR"));
    Some(())
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the final image speaks of a folder: copies to it, makes it, names it in a variable.
fn uses(dockerfile: &Dockerfile, stage: &Stage, folder: &str) -> bool {
    dockerfile.copies(stage).iter().any(|copied| copied.destination.as_deref().is_some_and(|to| is_within(to, folder)))
        || dockerfile
            .environment(stage)
            .iter()
            .any(|one| one.value.value.as_deref().is_some_and(|to| is_within(to, folder)))
        || dockerfile.instructions(stage).any(|(_, one)| match &one.kind {
            InstructionKind::Volume(volumes) => volumes.iter().any(|volume| is_within(&volume.value, folder)),
            _ => false,
        })
        || words(dockerfile, stage).any(|word| is_within(&word, folder))
}

/// Whether the final image's commands name a folder.
fn names(dockerfile: &Dockerfile, stage: &Stage, name: &str) -> bool {
    words(dockerfile, stage).any(|word| word.trim_start_matches("./").trim_end_matches('/') == name)
}

fn words<'a>(dockerfile: &'a Dockerfile, stage: &'a Stage) -> impl Iterator<Item = String> + 'a {
    let runs = dockerfile.runs(stage).into_iter().map(|run| run.command);
    runs.flat_map(|line| &line.commands).flat_map(|command| &command.words).map(|word| word.text.clone())
}
