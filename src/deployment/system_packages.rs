//! Packages of the operating system that an image installs, and the release that they come from.

use std::collections::BTreeSet;

use crate::diagnostic::{Location, Span};
use crate::formats::dockerfile::{Base, Dockerfile, InstructionKind};
use crate::formats::shell::{self, Invocation, Separator};
use crate::knowledge::{DebianRelease, debian};

use super::{Deployment, Fact, Platform};

/// A package that is asked for by name.
#[derive(Debug, Clone)]
pub struct SystemPackage {
    /// Its name, without a version.
    pub name: String,
    /// Where it is asked for.
    pub location: Location,
    /// The release that has it or not.
    pub release: Fact<DebianRelease>,
}

/// A command that the image does not have when a RUN or its health check calls it.
#[derive(Debug, Clone)]
pub struct MissingCommand {
    /// Its name.
    pub name: String,
    /// Where it is called.
    pub location: Location,
    /// The image that the stage builds on, which lacks it.
    pub image: Fact<String>,
    /// Whether it is the health check that calls it, and not the build.
    pub in_health_check: bool,
}

/// Traces of package sources other than the release's own.
const OTHER_SOURCES: &[&str] = &["sources.list", "add-apt-repository", "apt-key", "snapshot.debian.org", ".sources"];

impl Deployment<'_> {
    /// The packages that are installed with apt, in the order asked for, where the release is known and nothing adds other
    /// sources.
    #[must_use]
    pub fn system_packages(&self) -> Vec<SystemPackage> {
        match self.dockerfile() {
            Some((path, last)) => match self.documents().dockerfile(path) {
                Some(Ok(dockerfile)) => self.image_packages(dockerfile, last),
                _ => vec![],
            },
            None => self.space_packages(),
        }
    }

    fn image_packages(&self, dockerfile: &Dockerfile, last: usize) -> Vec<SystemPackage> {
        let Some((path, _)) = self.dockerfile() else { return vec![] };
        let text = self.documents().repository().source(path).map_or("", |source| source.text());
        // What is installed before a line adds other sources comes from the release.
        let other_sources = OTHER_SOURCES.iter().filter_map(|trace| text.find(trace)).min().unwrap_or(text.len());
        let mut found = Vec::new();
        for stage in dockerfile.stages.iter().filter(|stage| stage.index <= last) {
            let Base::External(image) = dockerfile.root_base(stage) else { continue };
            let tag = if image.digest.is_some() { None } else { image.effective_tag() };
            let release = tag.filter(|_| image.registry.is_none());
            let Some(release) = release.and_then(|tag| debian().release_of_image(&image.name, tag)) else { continue };
            let root = dockerfile.chain(stage).first().map_or(stage.image.span, |root| root.image.span);
            let release = Fact::stated(release, Location::new(path, root));
            for run in dockerfile.runs(stage).into_iter().filter(|run| run.stage.index == stage.index) {
                // One RUN may add a source and install from it in whatever order its scripts have.
                if run.span.end > other_sources {
                    continue;
                }
                for invocation in run.command.commands.iter().flat_map(shell::invocations) {
                    let installs = matches!(invocation.name(), "apt-get" | "apt" | "aptitude")
                        && invocation.arguments.iter().any(|word| word.text == "install");
                    let words = invocation.arguments.iter().filter(|word| installs && !word.text.starts_with('-'));
                    for word in words.filter(|word| word.text != "install" && word.plain().is_some()) {
                        let name = word.text.split(['=', '/', ':']).next().unwrap_or_default().to_owned();
                        let location = Location::new(path, word.span);
                        found.push(SystemPackage { name, location, release: release.clone() });
                    }
                }
            }
        }
        found
    }

    /// Commands that a RUN or the health check calls although neither the image that is built on nor an earlier command
    /// brings them, the first of each name. Nothing is said from the first command on that may bring others without naming
    /// them.
    #[must_use]
    pub fn missing_commands(&self) -> Vec<MissingCommand> {
        let Some((path, last)) = self.dockerfile() else { return vec![] };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return vec![] };
        let Some(stage) = dockerfile.stages.get(last) else { return vec![] };
        let Base::External(image) = dockerfile.root_base(stage) else { return vec![] };
        let tag = if image.digest.is_some() { None } else { image.effective_tag() };
        let Some(tag) = tag.filter(|_| image.registry.is_none()) else { return vec![] };
        let mut lacking: BTreeSet<&str> = debian().commands_lacking(&image.name, tag).collect();
        let root = dockerfile.chain(stage).first().map_or(stage.image.span, |root| root.image.span);
        let image = Fact::stated(format!("{}:{tag}", image.name), Location::new(path, root));
        let mut found = Vec::new();
        for (_, instruction) in dockerfile.instructions(stage) {
            match &instruction.kind {
                InstructionKind::Run(run) => {
                    for command in &run.commands {
                        for invocation in shell::invocations(command) {
                            let name = invocation.name();
                            if lacking.contains(name) {
                                // In a pipe or a substitution, what fails is not noticed there.
                                let is_plain = command.inside.is_empty()
                                    && matches!(command.before, None | Some(Separator::And | Separator::Sequence))
                                    && matches!(command.after, None | Some(Separator::And));
                                if !is_plain {
                                    return found;
                                }
                                lacking.remove(name);
                                let location = Location::new(path, invocation.program.span);
                                let (name, image) = (name.to_owned(), image.clone());
                                found.push(MissingCommand { name, location, image, in_health_check: false });
                            } else if !brings_only_what_it_names(&invocation, &mut lacking) {
                                return found;
                            }
                        }
                    }
                }
                // Programs may come from another image, or from the repository.
                InstructionKind::Copy(copy) | InstructionKind::Add(copy) => {
                    let destination = copy.destination.value.as_str();
                    if copy.from.is_some() || destination.contains("bin") || destination == "/" {
                        return found;
                    }
                }
                InstructionKind::Shell(_) => return found,
                _ => {}
            }
        }
        // It runs when all of the above has been done, wherever it stands.
        let check = dockerfile.healthcheck(stage).flatten();
        for command in check.iter().flat_map(|check| &check.commands).filter(|command| command.inside.is_empty()) {
            for invocation in shell::invocations(command) {
                if lacking.remove(invocation.name()) {
                    found.push(MissingCommand {
                        name: invocation.name().to_owned(),
                        location: Location::new(path, invocation.program.span),
                        image: image.clone(),
                        in_health_check: true,
                    });
                }
            }
        }
        found
    }

    /// `packages.txt` of a Gradio Space, which is built on the official image of its Python.
    fn space_packages(&self) -> Vec<SystemPackage> {
        let Platform::Space(super::Sdk::Gradio) = self.platform().value else { return vec![] };
        let Some(python) = self.python() else { return vec![] };
        let Some(release) = debian().release_of_python(&python.value.to_string()) else { return vec![] };
        let release = python.clone().map(|_| release);
        let Some(path) = self.root().join("packages.txt") else { return vec![] };
        let Some(source) = self.documents().repository().source(&path) else { return vec![] };
        let mut found = Vec::new();
        let mut at = 0;
        for line in source.text().split_inclusive('\n') {
            let name = line.trim();
            let start = at + (line.len() - line.trim_start().len());
            if !name.is_empty() && !name.starts_with('#') {
                let location = Location::new(&path, Span::new(start, start + name.len()));
                found.push(SystemPackage { name: name.to_owned(), location, release: release.clone() });
            }
            at += line.len();
        }
        found
    }
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
        lacking.remove(package) || table.leaves.iter().any(|leaf| leaf == package)
    })
}
