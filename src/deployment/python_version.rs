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

/// How uv comes to the Python of the project that it installs or runs in an image.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum UvProject {
    /// A command or variable names the Python.
    Asked(Fact<PythonVersion>),
    /// uv takes a Python of the image, or fails.
    OfImage,
    /// uv takes what the project's files ask for, and downloads it where the image has none that fits.
    Free,
}

/// How the commands of an image, with those that start it, leave the choice of Python to uv; `None` where uv manages no
/// project in it.
pub(super) fn of_uv_project(dockerfile: &Dockerfile, stage: &Stage, path: &RepoPath) -> Option<UvProject> {
    let start = dockerfile.command(stage);
    let run = dockerfile.runs(stage);
    let commands = run.iter().flat_map(|run| &run.command.commands).flat_map(invocations);
    let projects: Vec<_> = commands
        .chain(start.iter().flat_map(|start| start.invocations()))
        .filter(|invocation| {
            // `uv run` is followed to the program that it runs; `uv sync` is a program of its own.
            let syncs = || invocation.arguments.iter().any(|word| matches!(word.text.as_str(), "sync" | "run"));
            invocation.wrappers.iter().any(|wrapper| wrapper == "uv run") || (invocation.name() == "uv" && syncs())
        })
        .collect();
    if projects.is_empty() {
        return None;
    }
    let asked = |text: &str, span| {
        let name = text.rsplit('/').next().unwrap_or(text);
        let version = leading_version(
            name.strip_prefix("cpython").unwrap_or(name).trim_start_matches("python").trim_start_matches(['-', '@']),
        );
        version.map_or(UvProject::OfImage, |version| UvProject::Asked(Fact::stated(version, Location::new(path, span))))
    };
    let own = || projects.iter().filter(|invocation| invocation.name() == "uv");
    if let Some(word) = own().find_map(|invocation| invocation.flag(&["--python", "-p"])) {
        return Some(asked(&word.text, word.span));
    }
    let environment = dockerfile.environment(stage);
    let set = |name: &str| environment.iter().rev().find(|variable| variable.name.value == name);
    if let Some(variable) = set("UV_PYTHON") {
        return Some(asked(variable.value.value.as_deref().unwrap_or_default(), variable.value.span));
    }
    let says = |name: &str, values: &[&str]| {
        let in_command = projects.iter().flat_map(|invocation| &invocation.assignments);
        let in_command = in_command.filter(|one| one.name.value == name).map(|one| one.value.text.as_str());
        let in_image = set(name).and_then(|variable| variable.value.value.as_deref());
        in_command.chain(in_image).any(|value| values.contains(&value))
    };
    let yes = ["1", "true", "yes", "True"];
    let keeps = ["--no-python-downloads", "--no-managed-python"];
    let keeps = own().any(|invocation| invocation.has_flag(&keeps))
        || says("UV_PYTHON_DOWNLOADS", &["never", "manual", "0", "false"])
        || says("UV_PYTHON_PREFERENCE", &["only-system"])
        || ["UV_SYSTEM_PYTHON", "UV_NO_MANAGED_PYTHON"].iter().any(|name| says(name, &yes));
    Some(if keeps { UvProject::OfImage } else { UvProject::Free })
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

    #[test]
    fn uv_takes_what_it_is_told_else_what_the_project_asks_for() {
        let asked = |version: &str| Some(format!("asked {version}"));
        for (commands, expected) in [
            ("RUN pip install uv", None),
            ("RUN uv pip install --system -r requirements.txt", None),
            ("RUN uv sync --frozen", Some("free".to_owned())),
            ("RUN pip install uv\nCMD [\"uv\", \"run\", \"app.py\"]", Some("free".to_owned())),
            ("RUN uv sync --python 3.12", asked("3.12")),
            ("ENV UV_PYTHON=python3.11\nRUN uv sync", asked("3.11")),
            ("RUN uv sync --python /usr/bin/python3", Some("image".to_owned())),
            ("ENV UV_PYTHON_DOWNLOADS=never\nRUN uv sync", Some("image".to_owned())),
            ("RUN UV_PYTHON_DOWNLOADS=0 uv sync", Some("image".to_owned())),
            ("RUN uv sync --no-python-downloads", Some("image".to_owned())),
        ] {
            let path = RepoPath::new("Dockerfile");
            let source = Source::new(path.clone(), format!("FROM ubuntu:22.04\n{commands}\n"));
            let dockerfile = Dockerfile::parse(&source).unwrap();
            let found = of_uv_project(&dockerfile, &dockerfile.stages[0], &path).map(|project| match project {
                UvProject::Asked(python) => format!("asked {}", python.value),
                UvProject::OfImage => "image".to_owned(),
                UvProject::Free => "free".to_owned(),
            });
            assert_eq!(found, expected, "{commands}");
        }
    }
}
