//! Which Python a deployment runs.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::{Base, Dockerfile, Stage};
use crate::formats::shell::invocations;
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

/// The Python that the image's own commands bring: `apt-get install python3.11`, `uv python install 3.12`,
/// `conda create python=3.10`. `None` where they bring several.
pub(super) fn of_commands(dockerfile: &Dockerfile, stage: &Stage, path: &RepoPath) -> Option<Fact<PythonVersion>> {
    let mut found: Option<Fact<PythonVersion>> = None;
    let runs = dockerfile.runs(stage);
    for invocation in runs.iter().flat_map(|run| &run.command.commands).flat_map(invocations) {
        let written = |text: &str| -> Option<PythonVersion> {
            match invocation.name() {
                "apt-get" | "apt" | "dnf" | "yum" => {
                    leading_version(text.strip_prefix("python")?).filter(|version| text == format!("python{version}"))
                }
                "conda" | "mamba" | "micromamba" => {
                    leading_version(text.strip_prefix("python=")?.trim_start_matches('='))
                }
                _ => None,
            }
        };
        let words = invocation.arguments.iter();
        let mut named: Vec<_> = words.filter_map(|word| Some((written(&word.text)?, word.span))).collect();
        if invocation.name() == "uv" {
            let words: Vec<&str> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
            let version = match words.as_slice() {
                ["python", "install", ..] => {
                    invocation.arguments.iter().skip(2).find(|word| !word.text.starts_with('-')).cloned()
                }
                ["venv" | "sync" | "run", ..] => invocation.flag(&["--python", "-p"]),
                _ => None,
            };
            named.extend(version.and_then(|word| Some((leading_version(&word.text)?, word.span))));
        }
        for (version, span) in named {
            if found.as_ref().is_some_and(|known| known.value != version) {
                return None;
            }
            found.get_or_insert_with(|| Fact::stated(version, Location::new(path, span)));
        }
    }
    found
}

/// Whether the image's commands leave the choice of Python to uv, which reads `.python-version`.
pub(super) fn is_chosen_by_uv(dockerfile: &Dockerfile, stage: &Stage) -> bool {
    dockerfile.runs(stage).iter().flat_map(|run| &run.command.commands).flat_map(invocations).any(|invocation| {
        let first = invocation.arguments.iter().map(|word| word.text.as_str()).find(|word| !word.starts_with('-'));
        invocation.name() == "uv" && matches!(first, Some("sync" | "venv" | "python"))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Source;

    #[test]
    fn an_image_without_python_gets_the_one_that_its_commands_bring() {
        for (commands, expected) in [
            ("RUN apt-get update && apt-get install -y python3.11 python3.11-dev python3-pip", Some("3.11")),
            ("RUN apt install python3", None),
            ("RUN apt-get install -y python3.10 python3.11", None),
            ("RUN uv python install 3.12", Some("3.12")),
            ("RUN uv venv --python=3.13 /venv", Some("3.13")),
            ("RUN conda create -n app python=3.10 pip", Some("3.10")),
            ("RUN pip install uv", None),
        ] {
            let path = RepoPath::new("Dockerfile");
            let source = Source::new(path.clone(), format!("FROM ubuntu:22.04\n{commands}\n"));
            let dockerfile = Dockerfile::parse(&source).unwrap();
            let found = of_commands(&dockerfile, &dockerfile.stages[0], &path);
            assert_eq!(found.map(|python| python.value.to_string()).as_deref(), expected, "{commands}");
        }
    }
}
