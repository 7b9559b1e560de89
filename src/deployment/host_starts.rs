//! Scripts and modules that a host starts from the repository's own folders, and that are not there: Procfile,
//! render.yaml, app.yaml, railway.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::shell::Invocation;
use crate::knowledge::standard_library::is_standard_module;
use crate::repo::{FileKind, Presence};

use super::start_paths::{OWN_NAMES, What, wanted};
use super::{Deployment, Platform};

/// What a host's command starts, and what is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingStart {
    /// The word that names it.
    pub location: Location,
    /// The program that is to run or serve it: `gunicorn`.
    pub program: String,
    /// The module or the path of the script, as written.
    pub written: String,
    /// Whether it is a module.
    pub is_module: bool,
    /// The file that would be it.
    pub looked_for: RepoPath,
    /// The only folder below the one that is deployed in which it is.
    pub elsewhere: Option<RepoPath>,
    /// Where further words of the program may be written.
    pub after_program: usize,
}

impl Deployment<'_> {
    /// What the host's commands start and the repository lacks.
    #[must_use]
    pub fn missing_host_starts(&self) -> Vec<MissingStart> {
        let starts_from_folder = matches!(
            self.platform().value,
            Platform::Procfile | Platform::Render | Platform::AppEngine | Platform::Railway
        );
        if !starts_from_folder || self.dockerfile().is_some() || self.environment().get("PYTHONPATH").is_some() {
            return vec![];
        }
        // A script that is started may go elsewhere before it starts the program.
        let own = self.starts().iter().filter(|start| {
            start.file.is_none()
                && self.documents().shell(&start.location.path).is_none()
                && !self.moves(&start.location)
        });
        own.filter_map(|start| self.missing_start(&start.location, start.invocation.as_ref()?)).collect()
    }

    /// Whether the command goes to another folder first.
    fn moves(&self, start: &Location) -> bool {
        let Some(source) = self.documents().repository().source(&start.path) else { return true };
        let text = match self.platform().value {
            Platform::Procfile => source.line_at(start.span.start).of(source.text()),
            _ => source.text(),
        };
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ';' | '&'))
            .any(|word| matches!(word, "cd" | "pushd"))
    }

    fn missing_start(&self, place: &Location, invocation: &Invocation) -> Option<MissingStart> {
        if invocation.assignments.iter().any(|assignment| assignment.name.value == "PYTHONPATH") {
            return None;
        }
        let wanted = wanted(invocation)?;
        let (written, file, is_module) = match &wanted.what {
            What::Script => {
                let path = wanted.word.plain()?;
                (path.to_owned(), path.trim_start_matches("./").to_owned(), false)
            }
            What::Module { name, folder, ending } => {
                let relative = name.replace('.', "/");
                let folder = folder.as_deref().map_or(String::new(), |folder| format!("{folder}/"));
                if self.is_there(&format!("{folder}{relative}{ending}.py"))
                    || self.is_there(&format!("{relative}.py"))
                    || self.is_there(&format!("{relative}{ending}.py"))
                    || !self.is_own_module(name)
                {
                    return None;
                }
                (name.clone(), format!("{folder}{relative}.py"), true)
            }
        };
        if file.starts_with(['/', '~', '$']) || self.is_there(&file) || self.is_made(&file) {
            return None;
        }
        let looked_for = self.root().join(&file)?;
        Some(MissingStart {
            location: Location::new(&place.path, wanted.word.span),
            program: invocation.name().to_owned(),
            written,
            is_module,
            elsewhere: self.only_folder_with(&file),
            looked_for,
            after_program: invocation.program.span.end,
        })
    }

    /// Whether there may be such a file below the folder that is deployed, or below the repository.
    fn is_there(&self, file: &str) -> bool {
        let repository = self.documents().repository();
        let at =
            |folder: &RepoPath| folder.join(file).is_none_or(|path| repository.presence(&path) != Presence::Absent);
        at(self.root()) || at(&RepoPath::root())
    }

    /// Whether a module can only be one of the repository's own.
    fn is_own_module(&self, name: &str) -> bool {
        let top = name.split('.').next().unwrap_or_default();
        let repository = self.documents().repository();
        let is_installed = ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|file| self.is_there(file));
        let mut here = repository.within(self.root());
        let is_beside = self.is_there(top);
        let is_own = is_beside
            || (!is_installed
                && (OWN_NAMES.contains(&top)
                    || here.any(|entry| {
                        entry.kind() == FileKind::Python
                            && (entry.path().file_name().strip_suffix(".py") == Some(top)
                                || entry.path().parent().parts().any(|part| part == top))
                    })));
        is_own && !is_standard_module(top) && !self.packages().has(&top.replace('_', "-"))
    }

    fn only_folder_with(&self, file: &str) -> Option<RepoPath> {
        let ending = format!("/{file}");
        let mut found = self.documents().repository().within(self.root()).filter_map(|entry| {
            let folder = entry.path().as_str().strip_suffix(&ending)?;
            Some(RepoPath::new(folder))
        });
        found.next().filter(|_| found.next().is_none())
    }
}
