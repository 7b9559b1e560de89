//! Folders that Python opens while it starts, and that neither the repository, nor the build, nor the program makes.

use super::{Deployment, Layout, Platform, Role, is_environment_dependent};
use crate::diagnostic::Location;
use crate::formats::python::{Call, Module};
use crate::knowledge::is_made_name;
use crate::repo::{FileKind, Presence};

/// A folder that is not there when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFolder {
    /// The call that opens it.
    pub location: Location,
    /// The folder as written: `logs`.
    pub folder: String,
    /// What is called: `logging.FileHandler`.
    pub opened_by: &'static str,
    /// What is raised.
    pub error: &'static str,
}

/// Classes and functions that open a path at once: what they are called, the parameter and its position, and what they
/// raise. A parameter `directory` is the folder itself, any other a file in it.
const OPENERS: &[(&str, &str, Option<usize>, &str)] = &[
    ("logging.basicConfig", "filename", None, "FileNotFoundError"),
    ("logging.FileHandler", "filename", Some(0), "FileNotFoundError"),
    ("logging.handlers.RotatingFileHandler", "filename", Some(0), "FileNotFoundError"),
    ("logging.handlers.TimedRotatingFileHandler", "filename", Some(0), "FileNotFoundError"),
    ("fastapi.staticfiles.StaticFiles", "directory", None, "RuntimeError"),
    ("starlette.staticfiles.StaticFiles", "directory", None, "RuntimeError"),
];

impl Deployment<'_> {
    /// Relative folders that the files of the start open for sure and that are nowhere made.
    #[must_use]
    pub fn missing_folders(&self) -> Vec<MissingFolder> {
        if self.platform().value == Platform::Unspecified || !self.reach().is_certain() {
            return vec![];
        }
        let mut found = Vec::new();
        for (path, reached) in self.reach().files().filter(|(_, reached)| reached.at_start) {
            let Some(module) = self.documents().python(path) else { continue };
            for call in module.live_calls().filter(|call| runs_for_sure(module, call, reached.role)) {
                let Some((opened_by, folder, error)) = opened(call) else { continue };
                if !is_environment_dependent(module, call.block)
                    && !module.is_caught(call.block, error)
                    && self.is_nowhere(&folder, error == "RuntimeError")
                {
                    let location = Location::new(path, call.span);
                    found.push(MissingFolder { location, folder, opened_by, error });
                }
            }
        }
        // What is not made by the program is told once; what makes folders is seldom far from where they are used.
        if !found.is_empty() && self.makes_folders() {
            found.clear();
        }
        found
    }

    /// Whether the folder is neither in the repository nor named by anything that builds, mounts or starts.
    fn is_nowhere(&self, folder: &str, is_served: bool) -> bool {
        let repository = self.documents().repository();
        let expected = match self.layout() {
            Layout::Image(layout) => layout.expected(folder),
            Layout::Folder(_) => self.root().join(folder),
        };
        let Some(expected) = expected.filter(|path| repository.presence(path) == Presence::Absent) else {
            return false;
        };
        let last = format!("/{folder}");
        if repository.folders().any(|other| other.as_str() == folder || other.as_str().ends_with(&last)) {
            return false;
        }
        // What a build makes is served, and git leaves it out.
        let is_built = folder.split('/').any(is_made_name) || repository.is_ignored(&expected, true);
        if is_served && is_built {
            return false;
        }
        let name = folder.split('/').next().unwrap_or(folder);
        let makers = repository.entries().filter(|entry| {
            matches!(
                entry.kind(),
                FileKind::Dockerfile | FileKind::Shell | FileKind::Compose | FileKind::Workflow | FileKind::Yaml
            ) || matches!(entry.path().file_name(), "Procfile" | "Makefile" | "package.json")
        });
        !makers.filter_map(|entry| entry.source().ok()).any(|source| source.text().contains(name))
    }

    /// Whether a file of the program makes folders, whatever their names.
    fn makes_folders(&self) -> bool {
        let files = self.reach().files().filter_map(|(path, _)| self.documents().repository().source(path));
        files.into_iter().any(|source| ["mkdir", "makedirs"].iter().any(|word| source.text().contains(word)))
    }
}

/// Whether a call of a file that the start loads is made whatever happens.
fn runs_for_sure(module: &Module, call: &Call, role: Role) -> bool {
    let at_start = module.runs_at_import(call.block)
        || role == Role::Script && module.in_main_guard(call.block) && call.function.is_none();
    let is_main_guard = module.in_main_guard(call.block);
    at_start && (is_main_guard || module.conditions(call.block).next().is_none())
}

/// What a call opens: the name of what is called, the folder, and the error without it.
fn opened(call: &Call) -> Option<(&'static str, String, &'static str)> {
    let (name, parameter, position, error) = OPENERS.iter().find(|(name, ..)| call.is(name))?;
    let is_put_off = ["delay", "check_dir"].iter().any(|option| call.keyword(option).is_some());
    let argument = call.keyword(parameter).or_else(|| call.positional((*position)?)).filter(|_| !is_put_off)?;
    let path = argument.value.as_str()?.trim_start_matches("./");
    let folder = if *parameter == "directory" { path } else { path.rsplit_once('/')?.0 };
    let is_plain = folder.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    (is_plain && !folder.is_empty() && !folder.starts_with(['/', '.'])).then(|| (*name, folder.to_owned(), *error))
}
