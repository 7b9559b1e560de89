//! Packages of the operating system that an image installs, and the release that they come from.

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::dockerfile::{Base, Dockerfile, InstructionKind, Stage};
use crate::formats::shell::{self, Separator};
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

/// A command of apt that fails whatever it is asked for.
#[derive(Debug, Clone)]
pub struct FailingApt {
    /// Where it stands.
    pub location: Location,
    /// The release that it works on.
    pub release: Fact<DebianRelease>,
    /// Whether it is `apt-key`, and not an update from mirrors that no longer have the release.
    pub is_key: bool,
}

/// Traces of package sources other than the release's own.
const OTHER_SOURCES: &[&str] = &["sources.list", "add-apt-repository", "apt-key", "snapshot.debian.org", ".sources"];

/// Traces of mirrors other than those that images ask by themselves.
const OTHER_MIRRORS: &[&str] = &["sources.list", "archive.debian.org", "snapshot.debian.org", ".sources", "apt.conf"];

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
            let Some((_, release)) = release_of(dockerfile, stage, path) else { continue };
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

    /// The first command of each stage that asks mirrors which no longer have the release, or calls `apt-key` where there is
    /// none.
    #[must_use]
    pub fn failing_apt(&self) -> Vec<FailingApt> {
        let Some((path, last)) = self.dockerfile() else { return vec![] };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return vec![] };
        let text = self.documents().repository().source(path).map_or("", |source| source.text());
        let other_mirrors = OTHER_MIRRORS.iter().filter_map(|trace| text.find(trace)).min().unwrap_or(text.len());
        let mut found = Vec::new();
        for stage in dockerfile.stages.iter().filter(|stage| stage.index <= last) {
            let Some((image, release)) = release_of(dockerfile, stage, path) else { continue };
            // Images of others may ask other mirrors.
            let is_archived = debian().is_archived(release.value) && !image.contains('/');
            let lacks_key = debian().lacks_apt_key(release.value);
            for run in dockerfile.runs(stage).into_iter().filter(|run| run.stage.index == stage.index) {
                let failing = run.command.commands.iter().filter(|command| {
                    command.inside.is_empty() && matches!(command.after, None | Some(Separator::And))
                });
                let mut invocations = failing.flat_map(shell::invocations);
                let failing = invocations.find(|invocation| match invocation.name() {
                    "apt-key" => lacks_key,
                    "apt-get" | "apt" => {
                        is_archived
                            && run.span.end <= other_mirrors
                            && invocation.arguments.iter().any(|word| word.text == "update")
                    }
                    _ => false,
                });
                if let Some(invocation) = failing {
                    let location = Location::new(path, invocation.span);
                    found.push(FailingApt { location, release, is_key: invocation.name() == "apt-key" });
                    break;
                }
            }
        }
        found
    }

    /// The image that has none of the Debian packages `names`, nor one whose name begins so; `None` where it may. Known of
    /// Spaces whose platform builds the image, and of the images of Python where each command is known for what it brings.
    #[must_use]
    pub fn image_without(&self, names: &[String]) -> Option<Fact<String>> {
        let brings = |package: &str| names.iter().any(|name| package.starts_with(name.as_str()));
        let Some((path, last)) = self.dockerfile() else {
            let Platform::Space(super::Sdk::Gradio) = self.platform().value else { return None };
            let packages = self.root().join("packages.txt")?;
            let text = self.documents().repository().source(&packages).map_or("", |source| source.text());
            let image = self.platform().clone().map(|_| "the image of Gradio Spaces".to_owned());
            return (!text.split_whitespace().any(brings)).then_some(image);
        };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return None };
        let stage = dockerfile.stages.get(last)?;
        let Base::External(image) = dockerfile.root_base(stage) else { return None };
        if image.name != "python" || image.registry.is_some() {
            return None;
        }
        for (_, instruction) in dockerfile.instructions(stage) {
            match &instruction.kind {
                InstructionKind::Run(run) => {
                    for invocation in run.commands.iter().flat_map(shell::invocations) {
                        let is_apt = matches!(invocation.name(), "apt-get" | "apt");
                        let is_known = is_apt
                            || invocation.is_python()
                            || debian().brings_no_commands.iter().any(|name| name == invocation.name());
                        let may_bring = |word: &shell::Word| is_apt && (word.plain().is_none() || brings(&word.text));
                        if !is_known || invocation.arguments.iter().any(may_bring) {
                            return None;
                        }
                    }
                }
                InstructionKind::Copy(copy) | InstructionKind::Add(copy) if copy.from.is_some() => return None,
                InstructionKind::Shell(_) => return None,
                _ => {}
            }
        }
        let root = dockerfile.chain(stage).first().map_or(stage.image.span, |root| root.image.span);
        let tag = image.tag.as_deref().map(|tag| format!(":{tag}")).unwrap_or_default();
        Some(Fact::stated(format!("{}{tag}", image.name), Location::new(path, root)))
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

/// The image that a stage is built on in the end, and its release.
fn release_of<'d>(
    dockerfile: &'d Dockerfile,
    stage: &'d Stage,
    path: &RepoPath,
) -> Option<(&'d str, Fact<DebianRelease>)> {
    let Base::External(image) = dockerfile.root_base(stage) else { return None };
    let tag = if image.digest.is_some() { None } else { image.effective_tag() };
    let release = debian().release_of_image(&image.name, tag.filter(|_| image.registry.is_none())?)?;
    let root = dockerfile.chain(stage).first().map_or(stage.image.span, |root| root.image.span);
    Some((&image.name, Fact::stated(release, Location::new(path, root))))
}
