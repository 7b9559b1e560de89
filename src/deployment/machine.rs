//! Ties of deployed code to one machine: paths of somebody's home folder, variables that only their author's shell has.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Location;
use crate::formats::python::EnvironmentAccessKind;
use crate::knowledge::is_provided_variable;
use crate::repo::FileKind;

use super::{Deployment, Platform, is_environment_dependent};

/// A path in somebody's home folder.
#[derive(Debug, Clone)]
pub struct MachineBound {
    /// Where it is written.
    pub location: Location,
    /// The home folder: `/home/pi`.
    pub home: String,
}

/// A variable that code requires.
#[derive(Debug, Clone)]
pub struct RequiredVariable {
    /// Where it is read.
    pub location: Location,
    /// Its name.
    pub variable: String,
    /// Whether it is read as the program starts.
    pub at_import: bool,
}

/// Homes that images, runners and platforms have, and names that stand for any.
const USUAL_HOMES: &[&str] = &[
    "user",
    "app",
    "appuser",
    "node",
    "ubuntu",
    "runner",
    "vscode",
    "jovyan",
    "airflow",
    "coder",
    "codespace",
    "site",
    "sandbox",
    "nonroot",
    "python",
    "django",
    "worker",
    "container",
    "username",
    "you",
    "your",
    "yourname",
    "me",
    "name",
    "public",
    "shared",
    "default",
    "runneradmin",
    "webapp",
    "vcap",
    "sbx",
    "linuxbrew",
    "developer",
    "someone",
    "root",
];

impl Deployment<'_> {
    /// Paths in somebody's home folder, in Python that runs there.
    #[must_use]
    pub fn machine_bound_paths(&self) -> Vec<MachineBound> {
        if self.platform().value == Platform::Unspecified || !self.reach().is_certain() {
            return vec![];
        }
        let dockerfile = self.dockerfile().and_then(|(path, _)| self.documents().repository().source(path));
        let dockerfile = dockerfile.map_or("", |source| source.text());
        let mut found = Vec::new();
        for (path, reached) in self.reach().files() {
            let Some(module) = self.documents().python(path) else { continue };
            for string in module.strings.iter().filter(|string| !string.documentation) {
                if is_environment_dependent(module, string.block)
                    || module.in_main_guard(string.block) && reached.importer.is_some()
                {
                    continue;
                }
                let Some(home) = home_of(&string.value) else { continue };
                if !dockerfile.contains(&home) {
                    found.push(MachineBound { location: Location::new(path, string.span), home });
                }
            }
        }
        found
    }

    /// The variables that code there requires, and that nothing in the repository sets or mentions.
    #[must_use]
    pub fn undeclared_variables(&self) -> Vec<RequiredVariable> {
        if self.platform().value == Platform::Unspecified || !self.reach().is_certain() {
            return vec![];
        }
        let mut found: Vec<RequiredVariable> = Vec::new();
        for (path, reached) in self.reach().files() {
            let Some(module) = self.documents().python(path) else { continue };
            for access in module.environment.iter().filter(|access| access.kind == EnvironmentAccessKind::Required) {
                let asked = module.environment.iter().any(|other| {
                    other.variable == access.variable
                        && matches!(other.kind, EnvironmentAccessKind::Test | EnvironmentAccessKind::Write)
                });
                let guarded = module.in_main_guard(access.block) && reached.importer.is_some();
                let caught = module.is_caught(access.block, "KeyError") || module.in_type_checking(access.block);
                let provided = is_provided_variable(&access.variable)
                    || self.environment().get(&access.variable).is_some()
                    || self.variable_at_run(path, &access.variable).is_some();
                if asked || guarded || caught || provided {
                    continue;
                }
                let at_import = access.function.is_none() && module.conditions(access.block).next().is_none();
                found.push(RequiredVariable {
                    location: Location::new(path, access.span),
                    variable: access.variable.to_string(),
                    at_import,
                });
            }
        }
        found.retain(|read| !self.is_mentioned(&read.variable));
        found
    }

    /// Whether any file of the repository but code names a variable: an example, a manifest, a workflow, a README.
    fn is_mentioned(&self, variable: &str) -> bool {
        let whole = |text: &str| {
            text.match_indices(variable).any(|(at, _)| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                !text[..at].chars().next_back().is_some_and(is_name)
                    && !text[at + variable.len()..].chars().next().is_some_and(is_name)
            })
        };
        let entries = self.documents().repository().entries().filter(|entry| {
            !matches!(entry.kind(), FileKind::Python | FileKind::Notebook | FileKind::Rust | FileKind::PythonLock)
                && (entry.kind() != FileKind::Other
                    || matches!(
                        entry.path().extension(),
                        "md" | "rst" | "txt" | "example" | "template" | "sample" | "tf"
                    )
                    || entry.path().file_name().contains("env"))
        });
        entries.filter_map(|entry| entry.source().ok()).any(|source| whole(source.text()))
    }
}

/// The home folder that a text starts with, where it is somebody's own.
fn home_of(text: &str) -> Option<String> {
    static HOME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:/home/|/Users/|/mnt/[a-z]/Users/|[A-Z]:[\\/]+Users[\\/]+)([A-Za-z0-9._-]+)[\\/]+\S").ok()
    });
    let found = HOME.as_ref()?.captures(text)?;
    let (whole, name) = (found.get(0)?, found.get(1)?);
    let usual = USUAL_HOMES.contains(&name.as_str().to_ascii_lowercase().as_str());
    let end = name.end();
    (!usual && whole.start() == 0 && !text.contains('\n')).then(|| text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_of_people_are_told_from_those_of_images() {
        for (text, home) in [
            ("/home/pi/app/data.json", Some("/home/pi")),
            ("/Users/anna/models", Some("/Users/anna")),
            (r"C:\Users\Anna\Desktop\x.csv", Some(r"C:\Users\Anna")),
            ("/mnt/c/Users/anna/x", Some("/mnt/c/Users/anna")),
            ("/home/user/app", None),
            ("/home/{name}/x", None),
            ("/home", None),
            ("see /home/pi/app", None),
        ] {
            assert_eq!(home_of(text).as_deref(), home, "{text}");
        }
    }
}
