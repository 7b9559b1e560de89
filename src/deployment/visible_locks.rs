//! Whether an instruction that installs sees a lock file: what an image is not given it can't install from.

use crate::diagnostic::{RepoPath, Span};
use crate::formats::dockerfile::{Dockerfile, RunStep};

use super::{Documents, ImageLayout};

/// What a `RUN` sees of the repository.
pub(super) struct Visible<'a, 'd> {
    pub documents: &'d Documents,
    pub dockerfile: &'d Dockerfile,
    /// The Dockerfile.
    pub path: &'a RepoPath,
    pub context: &'a RepoPath,
    pub run: &'a RunStep<'d>,
    /// What the instructions before it copied.
    pub before: ImageLayout<'d>,
}

impl Visible<'_, '_> {
    /// Whether the instruction may see the file `lock`, which lies beside the manifest that it installs from. Only where
    /// that manifest was copied, and nothing may have brought the lock file, it does not.
    pub(super) fn sees(&self, manifest: &RepoPath, lock: &RepoPath) -> bool {
        self.before.holds(lock) || !self.before.holds(manifest) || self.may_be_brought(lock) || self.is_mounted(lock)
    }

    /// Whether some earlier copy is not known, or bears the file's name: `COPY --from=other /srv/uv.lock ./`.
    fn may_be_brought(&self, lock: &RepoPath) -> bool {
        let earlier = self.dockerfile.copies(self.run.stage).into_iter();
        let mut earlier = earlier.filter(|copied| copied.span.start < self.run.span.start);
        earlier.any(|copied| {
            let is_named = |source: &str| source.rsplit('/').next() == Some(lock.file_name());
            let from_elsewhere = |source: &str| copied.copy.from.is_some() || source.contains("://");
            copied.copy.has_heredoc
                || copied.sources.iter().any(|source| match source.value.as_deref() {
                    Some(source) => from_elsewhere(source) && is_named(source),
                    None => true,
                })
        })
    }

    /// Whether the instruction mounts the file, a folder that has it, or what is not known.
    fn is_mounted(&self, lock: &RepoPath) -> bool {
        let flags = Span::new(self.run.span.start, self.run.command.span.start);
        let text = self.documents.repository().source(self.path).map(|source| source.text());
        let Some(flags) = text.and_then(|text| text.get(flags.start..flags.end)) else { return false };
        flags.split_whitespace().filter_map(|word| word.strip_prefix("--mount=")).any(|mount| {
            let value = |names: [&str; 2]| {
                let mut settings = mount.split(',').filter_map(|setting| setting.split_once('='));
                settings.find(|(name, _)| names.contains(name)).map(|(_, value)| value.trim_matches(['"', '\'']))
            };
            if value(["type", "type"]).is_some_and(|kind| kind != "bind") {
                return false;
            }
            let source = value(["source", "src"]).unwrap_or(".");
            let mounted = self.context.join(source.trim_start_matches('/'));
            value(["from", "from"]).is_some()
                || source.contains('$')
                || mounted.is_none_or(|mounted| *lock == mounted || lock.relative_to(&mounted).is_some())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::deployment::Documents;
    use crate::deployment::Project;
    use crate::repo::Repository;

    /// Whether what the image of a Dockerfile installs is fixed by the lock file.
    fn is_locked(instructions: &str) -> bool {
        let image = format!("FROM python:3.12\nWORKDIR /srv\n{instructions}\nCMD [\"python\", \"app.py\"]\n");
        let project = "[project]\nname = 'demo'\ndependencies = ['flask']\n";
        let lock = "version = 1\n[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n";
        let files = [("Dockerfile", image.as_str()), ("pyproject.toml", project), ("uv.lock", lock), ("app.py", "")];
        let documents = Documents::new(Repository::in_memory(files.map(|(path, text)| (path, text.as_bytes()))));
        let project = Project::discover(&documents, &[]);
        let packages = project.deployments()[0].packages();
        assert!(packages.has("flask"), "{instructions}");
        packages.locked("flask").is_some()
    }

    #[test]
    fn a_lock_file_counts_where_the_installation_sees_it() {
        for seen in [
            "COPY . .\nRUN uv sync",
            "COPY pyproject.toml uv.lock* ./\nRUN uv sync",
            "COPY pyproject.toml ./\nCOPY uv.lock ./\nRUN uv sync",
            "COPY pyproject.toml ./\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync",
            "COPY pyproject.toml ./\nRUN --mount=target=/srv uv sync",
            "COPY pyproject.toml ./\nRUN uv sync --no-install-project\nCOPY . .\nRUN uv sync",
            "COPY pyproject.toml ./\nRUN uv sync --frozen",
            "ARG LOCK\nCOPY pyproject.toml $LOCK ./\nRUN uv sync",
            "COPY pyproject.toml ./\nCOPY --from=locks /srv/uv.lock ./\nRUN uv sync",
            "RUN --mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync",
        ] {
            assert!(is_locked(seen), "{seen}");
        }
        for unseen in [
            "COPY pyproject.toml ./\nRUN uv sync\nCOPY . .",
            "COPY pyproject.toml app.py ./\nRUN uv sync",
            "COPY pyproject.toml ./\nRUN --mount=type=cache,target=/root/.cache/uv uv sync",
            "COPY --from=ghcr.io/astral-sh/uv /uv /bin/uv\nCOPY pyproject.toml ./\nRUN uv sync",
        ] {
            assert!(!is_locked(unseen), "{unseen}");
        }
    }
}
