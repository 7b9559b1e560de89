//! Which Python a deployment runs.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::{Base, Dockerfile, Stage};
use crate::knowledge::PythonVersion;
use crate::repo::FileKind;

use super::{Documents, Fact};

/// The Python of the image that `stage` builds on: the tag of `python:3.12-slim`, or of an image whose tag names a Python.
pub(super) fn of_image(dockerfile: &Dockerfile, stage: &Stage, path: &RepoPath) -> Option<Fact<PythonVersion>> {
    let root = *dockerfile.chain(stage).first()?;
    let Base::External(image) = &root.base else { return None };
    let tag = image.tag.as_deref()?;
    let version = if image.name == "python" || image.name.ends_with("/python") {
        leading_version(tag)
    } else {
        // `tiangolo/uvicorn-gunicorn-fastapi:python3.9`, `astral-sh/uv:python3.12-bookworm-slim`
        tag.match_indices("python").find_map(|(at, word)| leading_version(tag.get(at + word.len()..)?))
    };
    Some(Fact::stated(version?, Location::new(path, root.image.span)))
}

/// The version that a text begins with; one that names no minor version floats and says nothing.
fn leading_version(text: &str) -> Option<PythonVersion> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let version = text[..end].trim_end_matches('.');
    version.contains('.').then(|| version.parse().ok()).flatten()
}

/// The Python that `.python-version` or `runtime.txt` in `folder` names.
pub(super) fn of_folder(documents: &Documents, folder: &RepoPath) -> Option<Fact<PythonVersion>> {
    [".python-version", "runtime.txt"].iter().filter_map(|name| folder.join(name)).find_map(|path| {
        (documents.repository().entry(&path)?.kind() == FileKind::PythonVersion).then_some(())?;
        let version = documents.python_version(&path)?;
        Some(Fact::stated(version.value, Location::new(&path, version.span)))
    })
}
