//! What is there before anything is installed: packages of a base image, or of the image in which a host runs a job.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::{Base, Dockerfile, Stage};
use crate::formats::shell::{Invocation, invocations};
use crate::knowledge::{base_image, estimators};
use crate::repo::FileKind;

use super::Documents;
use super::packages::{Gatherer, Preinstalled};

/// Notes the packages that the image comes with which `stage` builds on.
pub(super) fn note_of_image(gatherer: &mut Gatherer<'_>, dockerfile: &Dockerfile, stage: &Stage, path: &RepoPath) {
    let Some(root) = dockerfile.chain(stage).first().copied() else { return };
    let image = match &root.base {
        Base::External(image) => image,
        Base::Unknown => return gatherer.leave_unfollowed(),
        Base::Scratch | Base::Stage(_) => return,
    };
    let Some(known) = base_image(&image.name) else {
        // Of a Python in its tag alone: `someone/gdal:python3.11` may come with anything.
        let is_python = image.name == "python" || image.name.ends_with("/python");
        if !is_python && image.tag.as_deref().is_some_and(|tag| tag.contains("python")) {
            gatherer.leave_unfollowed();
        }
        return;
    };
    if !known.whole {
        gatherer.leave_unfollowed();
    }
    if dockerfile.stages.iter().any(|stage| has_own_environment(dockerfile, stage)) {
        return;
    }
    let location = Location::new(path, root.image.span);
    let tag = image.tag.as_deref().unwrap_or_default();
    for package in &known.packages {
        let version = known.release(package, tag);
        gatherer.note_preinstalled(package, Preinstalled { version, location: location.clone() });
    }
}

/// Whether commands of a stage make an environment of their own, which has none of the image's packages.
fn has_own_environment(dockerfile: &Dockerfile, stage: &Stage) -> bool {
    let runs = dockerfile.runs(stage);
    let made = |invocation: &Invocation| {
        let words: Vec<&str> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
        let module = invocation.module.as_ref().map(|module| module.text.as_str());
        let makes = match (module.unwrap_or_else(|| invocation.name()), words.first()) {
            ("venv" | "virtualenv", _) => true,
            ("uv", Some(first)) => matches!(*first, "venv" | "sync"),
            ("conda" | "mamba" | "micromamba", Some(first)) => matches!(*first, "create" | "env"),
            ("poetry" | "pdm" | "pipenv", Some(first)) => matches!(*first, "install" | "sync"),
            _ => false,
        };
        makes && !words.contains(&"--system-site-packages") && !words.contains(&"--system")
    };
    runs.iter().flat_map(|run| &run.command.commands).flat_map(invocations).any(|invocation| made(&invocation))
}

/// Notes the packages of the image in which a host runs the program in `folder`, where a call sends it there: SageMaker's
/// estimators with a `source_dir`.
pub(super) fn note_of_job(gatherer: &mut Gatherer<'_>, documents: &Documents, folder: &RepoPath) {
    let files = documents.repository().of_kind(FileKind::Requirements);
    let mut asked = files.filter_map(|entry| documents.requirements(entry.path())).flat_map(|file| &file.requirements);
    // Most repositories have no such job, and need no look through the tree.
    if folder.is_root() || !asked.any(|one| one.name.value.as_str() == "sagemaker") {
        return;
    }
    for path in documents.python_naming("source_dir").iter() {
        for call in documents.python(path).into_iter().flat_map(|module| &module.calls) {
            let Some(sent) = call.keyword("source_dir") else { continue };
            let Some(name) = call.qualified() else { continue };
            // Where it is not known which folder is sent, it may be any.
            let is_sent = sent.value.as_str().is_none_or(|written| {
                [RepoPath::root(), path.parent()]
                    .iter()
                    .filter_map(|base| base.join(written))
                    .any(|sent| sent == *folder)
            });
            for estimator in estimators().iter().filter(|one| is_sent && one.is_called(name.as_str())) {
                for package in &estimator.packages {
                    let location = Location::new(path, call.callee_span);
                    gatherer.note_preinstalled(package, Preinstalled { version: None, location });
                }
            }
        }
    }
}
