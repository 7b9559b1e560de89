//! Commands that a build or a health check calls, and that the image does not have.

use std::collections::BTreeSet;

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::compose::{Compose, Service};
use crate::formats::dockerfile::{Base, Copy, Dockerfile, InstructionKind, Stage};
use crate::formats::package::{Requirement, RequirementSource, UnnamedRequirement};
use crate::formats::pip_command::parse_pip_command;
use crate::formats::shell::{self, Command, Invocation, Separator};
use crate::knowledge::debian;
use crate::repo::FileKind;

use super::packages::invocation_words;
use super::{Deployment, Documents, Fact, Platform};

/// A command that the image does not have when a `RUN` or its health check calls it.
#[derive(Debug, Clone)]
pub struct MissingCommand {
    /// Its name.
    pub name: String,
    /// Where it is called.
    pub location: Location,
    /// The image that the stage builds on, which lacks it.
    pub image: Fact<String>,
    /// What calls it.
    pub in_use: Use,
}

/// What calls a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// `RUN`.
    Build {
        /// The requirement that pip fetches with it.
        fetched: Option<Location>,
    },
    /// The health check. The place is that of a service which does not start before this one is healthy.
    HealthCheck {
        /// Where another service says that it waits.
        waited_for: Option<Location>,
        /// Whether the image is built here, so that the command can be installed.
        is_built: bool,
    },
}

impl Deployment<'_> {
    /// Commands that a `RUN` or the health check calls although neither the image that is built on nor an earlier command
    /// brings them, the first of each name. Nothing is said from the first instruction on that may bring others without
    /// naming them.
    #[must_use]
    pub fn missing_commands(&self) -> Vec<MissingCommand> {
        let Some((path, last)) = self.dockerfile() else { return vec![] };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return vec![] };
        let Some(last) = dockerfile.stages.get(last) else { return vec![] };
        let mut found = Vec::new();
        for stage in used_stages(dockerfile, last) {
            let Base::External(image) = dockerfile.root_base(stage) else { continue };
            let tag = if image.digest.is_some() { None } else { image.effective_tag() };
            let Some(tag) = tag.filter(|_| image.registry.is_none()) else { continue };
            let lacking: BTreeSet<&str> = debian().commands_lacking(&image.name, tag).collect();
            let root = dockerfile.chain(stage).first().map_or(stage.image.span, |root| root.image.span);
            let image = Fact::stated(format!("{}:{tag}", image.name), Location::new(path, root));
            let missing = |name: &str, span: Span, path: &RepoPath, in_use: Use| MissingCommand {
                name: name.to_owned(),
                location: Location::new(path, span),
                image: image.clone(),
                in_use,
            };
            let (called, lacking) = self.during_build(dockerfile, stage, lacking);
            for call in called {
                found.push(missing(&call.name, call.span, path, Use::Build { fetched: call.fetched }));
            }
            let Some((file, commands)) = self.check_commands.as_ref().filter(|_| stage.index == last.index) else {
                continue;
            };
            let in_check = Use::HealthCheck { waited_for: self.waited_for(), is_built: true };
            for call in needed(commands, lacking) {
                found.push(missing(call.name(), call.program.span, file, in_check.clone()));
            }
        }
        found
    }

    /// The commands that a stage's own build calls in vain, the first of each name, and those that its containers lack.
    fn during_build<'t>(
        &self,
        dockerfile: &Dockerfile,
        stage: &Stage,
        mut lacking: BTreeSet<&'t str>,
    ) -> (Vec<Called>, BTreeSet<&'t str>) {
        let mut called = Vec::new();
        for (of_stage, instruction) in dockerfile.instructions(stage) {
            match &instruction.kind {
                InstructionKind::Run(run) => {
                    for command in &run.commands {
                        for invocation in shell::invocations(command) {
                            let call = if lacking.contains(invocation.name()) {
                                let name = invocation.name().to_owned();
                                Some(Called { name, span: invocation.program.span, fetched: None })
                            } else if lacking.contains("git") {
                                self.fetches_with_git(&invocation)
                            } else {
                                None
                            };
                            let Some(call) = call else {
                                if brings_only_what_it_names(&invocation, &mut lacking) {
                                    continue;
                                }
                                return (called, BTreeSet::new());
                            };
                            // In a pipe or a substitution, what fails is not noticed there.
                            let is_plain = command.inside.is_empty()
                                && matches!(command.before, None | Some(Separator::And | Separator::Sequence))
                                && matches!(command.after, None | Some(Separator::And));
                            if !is_plain {
                                return (called, BTreeSet::new());
                            }
                            lacking.remove(call.name.as_str());
                            if of_stage.index == stage.index {
                                called.push(call);
                            }
                        }
                    }
                }
                InstructionKind::Copy(copy) | InstructionKind::Add(copy) => {
                    lacking.retain(|name| !may_bring(dockerfile, copy, name));
                }
                InstructionKind::Shell(_) => return (called, BTreeSet::new()),
                _ => {}
            }
        }
        (called, lacking)
    }

    /// The requirement for which an installation calls git.
    fn fetches_with_git(&self, invocation: &Invocation) -> Option<Called> {
        let words = invocation_words(invocation);
        let pip = parse_pip_command(&words)?;
        let path = self.dockerfile()?.0;
        let called = |span: Span, fetched: Location| Called { name: "git".to_owned(), span, fetched: Some(fetched) };
        if let Some(span) = by_git(&pip.requirements, &pip.unnamed) {
            return Some(called(invocation.program.span, Location::new(path, span)));
        }
        pip.requirement_files.iter().find_map(|file| {
            // The file is taken from the folder that is built, where an image has it most often, too.
            let found = self
                .root()
                .join(file.value.trim_start_matches("./"))
                .or_else(|| self.root().join(file.value.rsplit('/').next()?))?;
            let read = self.documents().requirements(&found)?;
            Some(called(invocation.program.span, Location::new(&found, by_git(&read.requirements, &read.unnamed)?)))
        })
    }

    /// Where a service of the Compose file says that it waits until this one is healthy.
    fn waited_for(&self) -> Option<Location> {
        let (path, compose, service) = self.compose_service()?;
        waits_for(compose, service, path)
    }

    /// The Compose service that this is, with its file.
    #[must_use]
    pub fn compose_service(&self) -> Option<(&RepoPath, &Compose, &Service)> {
        let place = self.platform().location().filter(|_| self.platform().value == Platform::Compose)?;
        let compose = self.documents().compose(&place.path)?;
        let service = compose.services.iter().find(|service| service.name.span == place.span)?;
        Some((&place.path, compose, service))
    }
}

fn waits_for(compose: &Compose, service: &Service, path: &RepoPath) -> Option<Location> {
    let mut waits = compose.services.iter().flat_map(|other| &other.waits_for);
    waits.find(|name| name.value == service.name.value).map(|name| Location::new(path, name.span))
}

/// Health checks of Compose services that run a public image as it is, and call what that lacks.
#[must_use]
pub fn checks_of_public_images(documents: &Documents) -> Vec<MissingCommand> {
    let mut found = Vec::new();
    for entry in documents.repository().of_kind(FileKind::Compose) {
        let Some(compose) = documents.compose(entry.path()) else { continue };
        for service in compose.services.iter().filter(|service| service.build.is_none()) {
            let (Some(image), Some(written), Some(check)) =
                (&service.image_reference, &service.image, &service.healthcheck)
            else {
                continue;
            };
            let tag = if image.digest.is_some() { None } else { image.effective_tag() };
            let Some(tag) = tag.filter(|_| image.registry.is_none()) else { continue };
            // What starts in place of the image's own command may install it first.
            let starts = service.entrypoint.iter().chain(&service.command).flatten();
            let started: Vec<_> = starts.flat_map(|command| &command.words).collect();
            let lacking = debian().commands_lacking(&image.name, tag);
            let lacking: BTreeSet<_> =
                lacking.filter(|name| !started.iter().any(|word| word.text.contains(name))).collect();
            let image = Fact::stated(format!("{}:{tag}", image.name), Location::new(entry.path(), written.span));
            found.extend(needed(&check.commands, lacking).iter().map(|invocation| MissingCommand {
                name: invocation.name().to_owned(),
                location: Location::new(entry.path(), invocation.program.span),
                image: image.clone(),
                in_use: Use::HealthCheck { waited_for: waits_for(compose, service, entry.path()), is_built: false },
            }));
        }
    }
    found
}

/// A command that a build calls.
struct Called {
    name: String,
    span: Span,
    /// The requirement that pip fetches with it.
    fetched: Option<Location>,
}

/// Where a requirement says that git fetches it, wherever it is installed.
fn by_git(requirements: &[Requirement], unnamed: &[UnnamedRequirement]) -> Option<Span> {
    let is_git =
        |source: &RequirementSource| matches!(source, RequirementSource::Vcs { url, .. } if url.starts_with("git+"));
    let named = requirements.iter().filter(|one| one.marker.is_none()).filter_map(|one| one.source.as_ref());
    let others = unnamed.iter().filter(|one| one.marker.is_none()).map(|one| &one.source);
    named.chain(others).find(|source| is_git(&source.value)).map(|source| source.span)
}

/// The stages that a build makes for `last`: those that it builds on or copies from.
fn used_stages<'d>(dockerfile: &'d Dockerfile, last: &'d Stage) -> Vec<&'d Stage> {
    let mut used = BTreeSet::from([last.index]);
    // A stage can only name an earlier one.
    for stage in dockerfile.stages.iter().rev().skip_while(|stage| stage.index > last.index) {
        if !used.contains(&stage.index) {
            continue;
        }
        if let Base::Stage(index) = stage.base {
            used.insert(index);
        }
        let names = stage.instructions.iter().filter_map(|instruction| match &instruction.kind {
            InstructionKind::Copy(copy) => copy.from.as_ref(),
            _ => None,
        });
        used.extend(names.filter_map(|name| Some(dockerfile.stage_by_name(&name.value)?.index)));
    }
    dockerfile.stages.iter().filter(|stage| used.contains(&stage.index)).collect()
}

/// The commands of a health check that fail with it, where they are among the `lacking`.
fn needed(commands: &[Command], mut lacking: BTreeSet<&str>) -> Vec<Invocation> {
    let gives_up = |command: &Command| {
        let program = command.words.first();
        program.is_some_and(|word| matches!(word.text.as_str(), "exit" | "false" | "/bin/false" | "kill"))
    };
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let has_other_way = command.after == Some(Separator::Or) && !commands.get(index + 1).is_some_and(gives_up);
        for invocation in shell::invocations(command) {
            // It asks first whether the command is there.
            if matches!(invocation.name(), "command" | "which" | "type" | "hash" | "test" | "[") {
                return found;
            }
            if command.inside.is_empty() && !has_other_way && lacking.remove(invocation.name()) {
                found.push(invocation);
            }
        }
    }
    found
}

/// Whether an instruction may copy a command to where it is found.
fn may_bring(dockerfile: &Dockerfile, copy: &Copy, command: &str) -> bool {
    let destination = copy.destination.value.trim_end_matches('/');
    let is_system = matches!(destination, "" | "/usr" | "/usr/bin" | "/bin" | "/usr/sbin" | "/sbin" | "/usr/local");
    if copy.sources.iter().any(|source| source.value.rsplit('/').next() == Some(command)) {
        return true;
    }
    if !is_system && !destination.contains("bin") {
        return false;
    }
    let Some(from) = &copy.from else {
        // A file keeps its name; a folder may hold anything.
        return !copy
            .sources
            .iter()
            .all(|source| source.value.rsplit('/').next().is_some_and(|name| name.contains('.')));
    };
    let is_whole_folder = |path: &str| {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        path.ends_with('/') || path.contains('*') || matches!(name, "" | "usr" | "local" | "bin" | "sbin")
    };
    if !copy.sources.iter().any(|source| is_whole_folder(&source.value)) {
        return false;
    }
    // apt installs to /usr/bin; what a stage puts into /usr/local/bin by hand, its commands name.
    let Some(stage) = dockerfile.stage_by_name(&from.value).filter(|_| destination == "/usr/local/bin") else {
        return true;
    };
    let is_known = matches!(dockerfile.root_base(stage), Base::External(image) if image.name == "python");
    let runs = dockerfile.runs(stage);
    let mut commands = runs.iter().flat_map(|run| &run.command.commands).flat_map(shell::invocations);
    !is_known
        || commands.any(|invocation| {
            let words = std::iter::once(&invocation.program).chain(&invocation.arguments);
            !matches!(invocation.name(), "apt-get" | "apt") && words.into_iter().any(|word| word.text.contains(command))
        })
}

/// Whether a command brings no other commands than the packages that it names; those are taken out of `lacking`.
fn brings_only_what_it_names(invocation: &Invocation, lacking: &mut BTreeSet<&str>) -> bool {
    let table = debian();
    if !matches!(invocation.name(), "apt-get" | "apt") {
        return table.brings_no_commands.iter().any(|name| name == invocation.name()) || invocation.is_python();
    }
    let installs = invocation.arguments.iter().any(|word| word.text == "install");
    let words = invocation.arguments.iter().filter(|word| installs && !word.text.starts_with('-'));
    let mut packages = words.map(|word| word.text.as_str()).filter(|word| *word != "install");
    packages.all(|package| {
        let package = package.split(['=', '/', ':']).next().unwrap_or_default();
        if let Some(brought) = table.brings.get(package) {
            lacking.retain(|command| !brought.iter().any(|one| one == command));
            return true;
        }
        lacking.remove(package) || table.leaves.iter().any(|leaf| leaf == package)
    })
}
