//! Whether packages can be compiled where a deployment installs them.

use crate::formats::dockerfile::{Base, Stage};
use crate::formats::shell::invocations;
use crate::knowledge::CLibrary;

use super::Deployment;

/// Packages of Debian and Alpine that bring a C compiler; clang and the `-dev` images of others are told by their names.
const COMPILERS: &[&str] = &["gcc", "g++", "clang", "build-essential", "build-base", "musl-dev", "llvm"];

/// Images whose stages install no Python packages.
const INSTALL_NO_PYTHON: &[&str] = &["node", "nginx", "golang", "oven/bun"];

/// The compilers that an image is known to lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingTools {
    /// The image that has none, as written: `python:3.13-slim`.
    pub image: String,
    /// Whether it lacks a C compiler too, and not that of Rust alone.
    pub c: bool,
}

impl Deployment<'_> {
    /// The C library that installed wheels have to fit: musl where each stage that may install Python packages stands on
    /// an Alpine image of Python, else glibc.
    #[must_use]
    pub fn c_library(&self) -> CLibrary {
        if self.is_all_alpine().unwrap_or(false) { CLibrary::Musl } else { CLibrary::Glibc }
    }

    fn is_all_alpine(&self) -> Option<bool> {
        let (path, last) = self.dockerfile()?;
        let dockerfile = self.documents().dockerfile(path)?.as_ref().ok()?;
        let mut any = false;
        for stage in dockerfile.stages.iter().filter(|stage| stage.index <= last) {
            let Base::External(base) = dockerfile.root_base(stage) else { continue };
            let tag = base.tag.as_deref().unwrap_or_default();
            let is_python = base.name == "python" || tag.starts_with("python");
            if is_python && tag.contains("alpine") {
                any = true;
            } else if !INSTALL_NO_PYTHON.contains(&base.name.as_str()) {
                return None;
            }
        }
        Some(any)
    }

    /// Whether a command of the image installs a Python package with Alpine's own package manager: `py3-numpy`.
    #[must_use]
    pub fn has_alpine_package(&self, name: &str) -> bool {
        let alpine = format!("py3-{name}");
        self.some_word(|word| word == alpine)
    }

    /// Whether commands of the image build packages with what is installed, or with what they choose, and not with the
    /// newest setuptools.
    #[must_use]
    pub fn chooses_build_tools(&self) -> bool {
        self.some_word(|word| {
            ["--no-build-isolation", "--build-constraint", "PIP_NO_BUILD_ISOLATION", "PIP_CONSTRAINT"]
                .iter()
                .any(|sign| word.starts_with(sign))
        })
    }

    /// Whether an argument of any command of the image, in the last stage or before, is one that is looked for.
    fn some_word(&self, is_sought: impl Fn(&str) -> bool) -> bool {
        let of_image = || {
            let (path, last) = self.dockerfile()?;
            let dockerfile = self.documents().dockerfile(path)?.as_ref().ok()?;
            let stages = dockerfile.stages.iter().filter(|stage| stage.index <= last);
            let mut commands = stages.flat_map(|stage| dockerfile.runs(stage)).flat_map(|run| &run.command.commands);
            Some(commands.any(|command| {
                invocations(command)
                    .iter()
                    .any(|invocation| invocation.arguments.iter().any(|word| is_sought(&word.text)))
            }))
        };
        of_image().unwrap_or(false)
    }

    /// Which compilers the image is known to lack: the official images of Python have none of Rust, and the slim ones none
    /// of C. `None` where no such image is built, or where its commands install a compiler of Rust.
    #[must_use]
    pub fn missing_build_tools(&self) -> Option<MissingTools> {
        let (path, last) = self.dockerfile()?;
        let dockerfile = self.documents().dockerfile(path)?.as_ref().ok()?;
        let stages: Vec<&Stage> = dockerfile.stages.iter().filter(|stage| stage.index <= last).collect();
        let mut image = None;
        let mut has_c = false;
        for stage in &stages {
            let Base::External(base) = dockerfile.root_base(stage) else { continue };
            let tag = base.tag.as_deref().unwrap_or_default();
            if base.name != "python" && !tag.starts_with("python") {
                // Of other images nothing is known; those of Node and web servers install no Python packages.
                if INSTALL_NO_PYTHON.contains(&base.name.as_str()) { continue } else { return None }
            }
            has_c |= !tag.contains("slim") && !tag.contains("alpine");
            image.get_or_insert_with(|| base.name.clone() + ":" + tag);
        }
        let runs = stages.iter().flat_map(|stage| dockerfile.runs(stage));
        for run in runs {
            let words = run.command.commands.iter().flat_map(invocations);
            for invocation in words {
                let words = invocation.arguments.iter().map(|word| word.text.as_str());
                for word in words.chain([invocation.name()]) {
                    if word.contains("rust") || word.contains("cargo") {
                        return None;
                    }
                    let name = word.split(['=', ':']).next().unwrap_or_default();
                    has_c |= COMPILERS.contains(&name) || name.starts_with("gcc-") || name.starts_with("clang-");
                    // A script or a list of packages in a variable may install anything.
                    has_c |= word.contains('$') || word.ends_with(".sh");
                }
            }
        }
        Some(MissingTools { image: image?, c: !has_c })
    }
}
