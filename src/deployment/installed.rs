//! All distributions that may be installed where a deployment runs.

use std::collections::HashSet;

use crate::formats::dockerfile::Base;
use crate::formats::shell::{Invocation, invocations};
use crate::knowledge::distributions::{all_brought, bringing};
use crate::knowledge::{base_image, beside_requirements, installs_no_distribution, is_plain_image};

use super::packages::Origin;
use super::{Deployment, Platform, Sdk};

/// Packages of Debian and Alpine that belong to Python itself, behind their `python3-`.
const SYSTEM_PYTHON: &[&str] = &["dev", "distutils", "full", "minimal", "pip", "setuptools", "venv", "wheel"];
const INSTALLERS: &[&str] = &["pip", "setuptools", "wheel"];

/// All distributions that may be installed where a deployment runs.
#[derive(Debug)]
pub struct Installed(HashSet<&'static str>);

impl Installed {
    /// Whether a distribution, given by its normalised name, may be among them.
    #[must_use]
    pub fn has(&self, distribution: &str) -> bool {
        self.0.contains(distribution)
    }

    /// Whether one of them brings a module, given by the first part of its dotted name.
    #[must_use]
    pub fn brings(&self, module: &str) -> bool {
        bringing(module).iter().any(|distribution| self.0.contains(distribution))
    }
}

impl Deployment<'_> {
    /// All distributions that may be installed there; `None` where something is not known: an image that brings more than
    /// Python, a distribution of which nothing is known, or one whose needs aren't.
    #[must_use]
    pub fn installed(&self) -> Option<Installed> {
        let packages = self.packages();
        let installs = |origin| origin != Origin::Constraints;
        if !packages.is_complete() || packages.all_locked().next().is_some() {
            return None;
        }
        let of_image = self.of_image()?.iter().map(|name| (name.as_str(), Vec::new()));
        let asked = packages.declarations().iter().filter(|one| installs(one.origin));
        let asked = asked.map(|one| {
            let extras = one.requirement.extras.iter().map(|extra| extra.value.as_str());
            (one.name(), extras.collect())
        });
        let installers = INSTALLERS.iter().map(|name| (*name, Vec::new()));
        let beside = self.beside_requirements().map(|(name, extras)| -> (&str, Vec<&str>) { (name, extras) });
        all_brought(asked.chain(of_image).chain(beside).chain(installers)).map(Installed)
    }

    /// What the build of a Space installs beside the requirements: names of distributions, each with its extras.
    pub fn beside_requirements(&self) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        beside_requirements(match self.platform().value {
            Platform::Space(Sdk::Gradio) => "gradio",
            Platform::Space(Sdk::Streamlit) => "streamlit",
            _ => "",
        })
    }

    /// Whether the program calls pip itself as it starts.
    #[must_use]
    pub fn installs_by_itself(&self) -> bool {
        let repository = self.documents().repository();
        self.reach().files().any(|(path, _)| {
            repository.source(path).is_some_and(|source| {
                let text = source.text();
                let names_pip = ["pip install", "\"pip\"", "'pip'", "uv pip"].iter().any(|word| text.contains(word));
                let runs = ["subprocess", "os.system", "pip.main", "pip._internal", "!pip"];
                names_pip && text.contains("install") && runs.iter().any(|word| text.contains(word))
            })
        })
    }

    /// What the image brings before an installer adds to it: nothing, where there is none; `None` where it isn't known, or a
    /// step of the build may add what can't be followed.
    fn of_image(&self) -> Option<&'static [String]> {
        let Some((path, stage)) = self.dockerfile() else { return Some(&[]) };
        let dockerfile = self.documents().dockerfile(path)?.as_ref().ok()?;
        let root = dockerfile.stages.get(stage).and_then(|stage| dockerfile.chain(stage).first().copied())?;
        let Base::External(image) = &root.base else { return None };
        let brought = match base_image(&image.name) {
            Some(known) => known.whole.then_some(known.packages.as_slice()),
            None => is_plain_image(&image.name).then_some(&[][..]),
        };
        let runs = dockerfile.stages.iter().flat_map(|stage| dockerfile.runs(stage));
        let mut steps = runs.flat_map(|run| run.command.commands.iter().flat_map(invocations));
        brought.filter(|_| steps.all(|step| adds_nothing(&step)))
    }
}

/// Whether a step of a build installs no distribution but what an installer is told to.
fn adds_nothing(step: &Invocation) -> bool {
    let first = step.arguments.first().map_or("", |word| word.text.as_str());
    match step.name() {
        "python" | "python3" => matches!(first, "-c" | "--version" | "-V" | ""),
        "apt" | "apt-get" | "apk" => {
            let of_python = step.arguments.iter().filter_map(|word| word.text.strip_prefix("python3-"));
            of_python.into_iter().all(|rest| SYSTEM_PYTHON.contains(&rest))
        }
        name => installs_no_distribution(name),
    }
}
