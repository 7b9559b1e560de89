//! All distributions that may be installed where a deployment runs.

use std::collections::HashSet;

use crate::formats::dockerfile::Base;
use crate::formats::shell::{Invocation, invocations};
use crate::knowledge::distributions::{all_brought, bringing};
use crate::knowledge::installs_no_distribution;

use super::packages::Origin;
use super::{Deployment, Platform, Sdk};

/// What the builds of Spaces add to the requirements, with their extras.
/// Source: build logs of Gradio and Streamlit Spaces.
const BESIDE_GRADIO: &[(&str, &[&str])] = &[
    ("gradio", &["oauth", "mcp"]),
    ("datasets", &[]),
    ("hf-transfer", &[]),
    ("huggingface-hub", &[]),
    ("protobuf", &[]),
    ("click", &[]),
    ("uvicorn", &[]),
    ("websockets", &[]),
    ("spaces", &[]),
];
const BESIDE_STREAMLIT: &[(&str, &[&str])] =
    &[("streamlit", &[]), ("datasets", &[]), ("hf-transfer", &[]), ("huggingface-hub", &[]), ("protobuf", &[])];
/// Images that bring Python, or can install it, and no distributions beside those that install others.
const PLAIN_IMAGES: &[&str] = &["python", "debian", "ubuntu", "alpine", "uv"];
/// Packages of Debian and Alpine that belong to Python itself, behind their `python3-`.
const SYSTEM_PYTHON: &[&str] = &["dev", "distutils", "full", "minimal", "pip", "setuptools", "venv", "wheel"];
const INSTALLERS: &[&str] = &["pip", "setuptools", "wheel"];

/// All distributions that may be installed where a deployment runs.
#[derive(Debug)]
pub struct Installed(HashSet<&'static str>);

impl Installed {
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
        if !packages.is_complete() || packages.all_locked().next().is_some() || !self.has_plain_image() {
            return None;
        }
        let platform = match self.platform().value {
            Platform::Space(Sdk::Gradio) => BESIDE_GRADIO,
            Platform::Space(Sdk::Streamlit) => BESIDE_STREAMLIT,
            _ => &[],
        };
        let asked = packages.declarations().iter().filter(|one| installs(one.origin));
        let asked = asked.map(|one| {
            let extras = one.requirement.extras.iter().map(|extra| extra.value.as_str());
            (one.name(), extras.collect())
        });
        let beside = platform.iter().map(|(name, extras)| (*name, extras.to_vec()));
        let installers = INSTALLERS.iter().map(|name| (*name, Vec::new()));
        all_brought(asked.chain(beside).chain(installers)).map(Installed)
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

    /// Whether the image begins with Python alone, and nothing but an installer adds distributions to it.
    fn has_plain_image(&self) -> bool {
        let Some((path, stage)) = self.dockerfile() else { return true };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return false };
        let root = dockerfile.stages.get(stage).and_then(|stage| dockerfile.chain(stage).first().copied());
        let Some(Base::External(image)) = root.map(|root| &root.base) else { return false };
        let is_plain =
            PLAIN_IMAGES.iter().any(|plain| image.name == *plain || image.name.ends_with(&format!("/{plain}")));
        let runs = dockerfile.stages.iter().flat_map(|stage| dockerfile.runs(stage));
        is_plain
            && runs.flat_map(|run| run.command.commands.iter().flat_map(invocations)).all(|step| adds_nothing(&step))
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
