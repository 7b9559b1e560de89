//! Commands that install what a lock file says, where the repository has none.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::Dockerfile;
use crate::formats::shell::{Invocation, Word, invocations};
use crate::repo::Presence;

use super::Deployment;
use super::build_paths::{MissingKind, MissingPath};

/// The lock file of uv.
pub(super) const UV_LOCK: &str = "uv.lock";

/// The option by which an invocation of uv insists on the lock file that is there: `--frozen` or `--locked`.
pub(super) fn insists_on_lock(invocation: &Invocation) -> Option<&Word> {
    let first = invocation.arguments.first().map(|word| word.text.as_str());
    let concerned = invocation.name() == "uv" && matches!(first, Some("sync" | "export"));
    let mut options = invocation.arguments.iter().filter(|word| matches!(word.text.as_str(), "--frozen" | "--locked"));
    options.next().filter(|_| concerned)
}

impl Deployment<'_> {
    /// The first `uv sync --frozen` or `--locked` of an image's build that meets no lock file.
    pub(super) fn missing_lock(&self, path: &RepoPath, dockerfile: &Dockerfile, last: usize) -> Option<MissingPath> {
        let repository = self.documents().repository();
        let has = |name: &str| self.root().join(name).map(|file| repository.presence(&file));
        let somewhere = repository.entries().any(|entry| entry.path().file_name() == UV_LOCK);
        // What git leaves out may be there where the image is built.
        let ignored = [RepoPath::root(), self.root().clone()].iter().any(|folder| self.is_ignored(folder, &[UV_LOCK]));
        if somewhere
            || ignored
            || has(UV_LOCK) != Some(Presence::Absent)
            || has("pyproject.toml") != Some(Presence::File)
        {
            return None;
        }
        let mut first = None;
        for stage in dockerfile.stages.iter().filter(|stage| stage.index <= last) {
            for run in dockerfile.runs(stage).iter().filter(|run| run.stage.index == stage.index) {
                for command in &run.command.commands {
                    for invocation in invocations(command) {
                        let may_make_one = invocation.name() == "uv" && insists_on_lock(&invocation).is_none()
                            || matches!(invocation.name(), "git" | "curl" | "wget" | "cp" | "mv" | "tar" | "touch");
                        if may_make_one {
                            return first;
                        }
                        let Some(option) = insists_on_lock(&invocation) else { continue };
                        let optional = command.is_failure_swallowed() || command.is_conditional();
                        if optional || first.is_some() {
                            continue;
                        }
                        let what = invocation.arguments.first().map_or("sync", |word| word.text.as_str());
                        first = Some(MissingPath {
                            location: Location::new(path, option.span),
                            kind: MissingKind::Lock { command: format!("uv {what}"), option: option.text.clone() },
                            further: vec![],
                        });
                    }
                }
            }
        }
        first
    }
}
