//! Programs that an image starts and that lie where they are not found: in root's home, or in a virtual environment.

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::dockerfile::{CommandLine, Dockerfile, InstructionKind, Stage};
use crate::formats::shell::{Invocation, invocations};
use crate::knowledge::programs::commands;

use super::{Deployment, Platform};

/// A program of an installed package that the start can't find.
#[derive(Debug, Clone)]
pub struct HiddenProgram {
    /// Where it is started.
    pub location: Location,
    /// Its name, as written.
    pub program: String,
    /// Where it lies.
    pub hidden: Hidden,
}

/// Why a program is not found.
#[derive(Debug, Clone)]
pub enum Hidden {
    /// It is in root's home, which the user that starts may not enter.
    RootHome {
        /// What brings it there.
        installed: Location,
        /// The `USER`.
        user: Location,
    },
    /// It is in a virtual environment that is not on the path.
    Environment {
        /// `uv sync` or `poetry install`.
        tool: &'static str,
        /// Where that runs.
        installed: Location,
    },
}

impl Deployment<'_> {
    /// The first program of the start that lies where it is not found.
    #[must_use]
    pub fn hidden_program(&self) -> Option<HiddenProgram> {
        let (path, last) = self.dockerfile()?;
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return None };
        let stage = dockerfile.stages.get(last)?;
        // A start script may do anything first.
        if self.starts().iter().any(|start| self.documents().shell(&start.location.path).is_some()) {
            return None;
        }
        let (start, invocation) = self.starts().iter().find_map(|start| Some((start, start.invocation.as_ref()?)))?;
        let is_run = invocation.wrappers.iter().any(|wrapper| wrapper.ends_with(" run") || wrapper == "uvx");
        let name = invocation.program.plain().filter(|name| !is_run && !name.contains('/'))?;
        let is_of_a_package = if invocation.is_python() {
            invocation.module.as_ref().is_some_and(|module| is_command(&module.text))
        } else {
            is_command(name)
        };
        if !is_of_a_package {
            return None;
        }
        let hidden =
            self.in_root_home(path, dockerfile, stage).or_else(|| self.in_environment(path, dockerfile, stage))?;
        let location = Location::new(&start.location.path, invocation.program.span);
        Some(HiddenProgram { location, program: invocation.name().to_owned(), hidden })
    }

    /// What `pip install --user` of root leaves, where another user starts.
    fn in_root_home(&self, path: &RepoPath, dockerfile: &Dockerfile, stage: &Stage) -> Option<Hidden> {
        let user = dockerfile.user(stage)?;
        let is_root = matches!(user.value.split(':').next(), Some("root" | "0")) || user.value.contains('$');
        let sets_user = self.compose_service().is_some_and(|(_, _, service)| service.node.get("user").is_some());
        let others = self.platform().value == Platform::Kubernetes;
        if is_root || sets_user || others || speaks_of(self, path, &["chmod", "setfacl", "usermod"]) {
            return None;
        }
        let mut installed = None;
        let mut by_root = true;
        for (_, instruction) in dockerfile.instructions(stage) {
            match &instruction.kind {
                InstructionKind::User(user) => by_root = matches!(user.value.split(':').next(), Some("root" | "0")),
                InstructionKind::Copy(copy) if copy.from.is_some() => {
                    if copy.destination.value.trim_end_matches('/') == "/root/.local" {
                        installed = Some(instruction.span);
                    } else if copy.sources.iter().any(|source| brings_packages(&source.value)) {
                        return None;
                    }
                }
                InstructionKind::Run(run) => {
                    for invocation in installations(run) {
                        if !by_root || !invocation.has_flag(&["--user"]) {
                            return None;
                        }
                        installed = Some(invocation.span);
                    }
                }
                _ => {}
            }
        }
        Some(Hidden::RootHome { installed: Location::new(path, installed?), user: Location::new(path, user.span) })
    }

    /// What `uv sync` and `poetry install` install, where nothing enters their environment.
    fn in_environment(&self, path: &RepoPath, dockerfile: &Dockerfile, stage: &Stage) -> Option<Hidden> {
        let enters = [
            "activate",
            "VIRTUAL_ENV",
            "UV_PROJECT_ENVIRONMENT",
            "virtualenvs.create",
            "VIRTUALENVS_CREATE",
            "ln -s",
            ".venv/bin",
            "venv/bin",
            "-m venv",
            "uv venv",
            "conda",
        ];
        if speaks_of(self, path, &enters) {
            return None;
        }
        let mut found: Option<(&'static str, Span)> = None;
        for (_, instruction) in dockerfile.instructions(stage) {
            match &instruction.kind {
                InstructionKind::Run(run) => {
                    if installations(run).next().is_some() {
                        return None;
                    }
                    for invocation in run.commands.iter().flat_map(invocations) {
                        let has = |word: &str| invocation.arguments.iter().any(|argument| argument.text == word);
                        match invocation.name() {
                            "uv" if has("sync") => found = found.or(Some(("uv sync", invocation.span))),
                            "poetry" if has("install") => found = found.or(Some(("poetry install", invocation.span))),
                            "poetry" if has("export") || has("config") => return None,
                            "uv" if has("export") || has("tool") => return None,
                            "apt-get" | "apt" | "apk"
                                if invocation.arguments.iter().any(|word| is_python_package(&word.text)) =>
                            {
                                return None;
                            }
                            _ => {}
                        }
                    }
                }
                InstructionKind::Copy(copy)
                    if copy.from.is_some() && copy.sources.iter().any(|source| brings_packages(&source.value)) =>
                {
                    return None;
                }
                // Somebody has thought of the path; what is on it is not followed.
                InstructionKind::Env(settings) if settings.iter().any(|(name, _)| name.value == "PATH") => return None,
                _ => {}
            }
        }
        let (tool, span) = found?;
        Some(Hidden::Environment { tool, installed: Location::new(path, span) })
    }
}

/// Whether a Dockerfile holds one of some words.
fn speaks_of(deployment: &Deployment<'_>, path: &RepoPath, words: &[&str]) -> bool {
    let text = deployment.documents().repository().source(path).map_or("", |source| source.text());
    words.iter().any(|word| text.contains(word))
}

/// Whether a copy from another stage may bring installed packages, with their programs.
fn brings_packages(source: &str) -> bool {
    ["site-packages", "dist-packages", "/usr", "/install", "venv", "/opt", ".local", "/packages"]
        .iter()
        .any(|part| source.contains(part))
        || source == "/"
}

/// Packages of the system that bring programs in Python.
fn is_python_package(name: &str) -> bool {
    commands().iter().any(|program| name.contains(program.as_str()))
}

/// The commands that install packages by pip, or by another for the Python of the system.
fn installations(run: &CommandLine) -> impl Iterator<Item = Invocation> {
    run.commands.iter().flat_map(invocations).filter(|invocation| {
        let has = |word: &str| invocation.arguments.iter().any(|argument| argument.text == word);
        // Tools that manage projects are not what starts.
        let is_tool = ["uv", "poetry", "pip", "setuptools", "wheel", "poetry-core"];
        let named = invocation
            .arguments
            .iter()
            .map(|word| word.text.split(['=', '<', '>', '~', '[']).next().unwrap_or_default());
        let mut packages = named.filter(|word| !word.starts_with('-') && !matches!(*word, "install" | "pip"));
        let only_tools = packages.all(|package| is_tool.contains(&package));
        match invocation.name() {
            "pip" | "pip3" => has("install") && !only_tools,
            "uv" => has("pip") && has("install"),
            _ => false,
        }
    })
}

/// Whether a package brings the command.
fn is_command(name: &str) -> bool {
    commands().iter().any(|known| known == name)
}
