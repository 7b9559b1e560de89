//! Where a deployment may take packages from beside the usual index: paths of its machine, other indexes, folders of wheels.

use crate::formats::dockerfile::Base;
use crate::repo::{Entry, FileKind};

use super::{Deployment, Layout, Platform};

/// Images that come without settings of pip, by the last part of their name.
const WITHOUT_SETTINGS: &[&str] = &["python", "debian", "ubuntu", "alpine", "uv", "cuda", "miniconda3", "pytorch"];
/// What pip's and uv's settings of an index or a folder of wheels have in their names, and files that hold some.
const SETTINGS: &[&str] =
    &["INDEX", "FIND_LINKS", "PIP_CONFIG", "UV_CONFIG", "pip.conf", "pip.ini", "uv.toml", "pip config", ".whl"];
/// What a text has that tells people to name another index.
const ADVICE: &[&str] = &["index-url", "--index", "find-links", "pytorch.org/whl", ".whl", " -f http"];

impl Deployment<'_> {
    /// Whether a file or folder may stand at this absolute path where the deployment's packages are installed: from the
    /// repository, or made by the image's build.
    #[must_use]
    pub fn may_have_path(&self, path: &str) -> bool {
        let is_copied = match self.layout() {
            Layout::Image(layout) => layout.source_of(path).is_some() || layout.is_covered(path),
            Layout::Folder(_) => ["pyproject.toml", "setup.py", "setup.cfg"]
                .iter()
                .any(|name| self.locate(&format!("{}/{name}", path.trim_end_matches('/'))).is_some()),
        };
        if is_copied || self.locate(path).is_some() {
            return true;
        }
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let Some(first) = parts.next() else { return true };
        // `/srv/wheels/…`, which some command of the image may fill.
        let start = parts.next().map_or(format!("/{first}"), |second| format!("/{first}/{second}"));
        let removes_lines = |text: &str| text.contains("file://") || text.contains(" @ ") || text.contains("sed -i");
        self.image_text().is_some_and(|text| text.contains(&start) || removes_lines(text))
    }

    /// Whether packages may come from another index than the usual one, or from a folder of wheels, by any sign.
    #[must_use]
    pub fn may_have_other_index(&self) -> bool {
        if self.packages().names_index() || self.packages().all_locked().next().is_some() {
            return true;
        }
        let repository = self.documents().repository();
        let of_name = |name: &str| repository.entries().any(|entry| entry.path().file_name() == name);
        if SETTINGS.iter().any(|setting| of_name(setting)) {
            return true;
        }
        let is_set = |name: &str| SETTINGS.iter().any(|setting| name.contains(setting));
        let manifest = self.root().join("pyproject.toml").and_then(|path| repository.source(&path));
        if self.environment().iter().any(|(name, _)| is_set(name))
            || manifest.is_some_and(|source| ["index", "find-links"].iter().any(|word| source.text().contains(word)))
        {
            return true;
        }
        match self.dockerfile() {
            Some(_) => !self.builds_without_settings() || self.image_text().is_some_and(is_set),
            // What people are told to do, and what other files of the host may do.
            None if self.platform().value == Platform::Unspecified => repository.entries().any(advises),
            None => false,
        }
    }

    fn image_text(&self) -> Option<&str> {
        let (path, _) = self.dockerfile()?;
        Some(self.documents().repository().source(path)?.text())
    }

    fn builds_without_settings(&self) -> bool {
        let Some((path, stage)) = self.dockerfile() else { return true };
        let Some(Ok(dockerfile)) = self.documents().dockerfile(path) else { return false };
        dockerfile.stages.iter().filter(|one| one.index <= stage).all(|stage| match &stage.base {
            Base::External(image) => WITHOUT_SETTINGS.iter().any(|known| image.name.rsplit('/').next() == Some(known)),
            Base::Stage(_) | Base::Scratch => true,
            Base::Unknown => false,
        })
    }
}

/// Whether a text that people follow names an index.
fn advises(entry: &Entry) -> bool {
    let name = entry.path().file_name();
    let is_read = matches!(entry.kind(), FileKind::Workflow | FileKind::Shell)
        || ["README", "readme", "Makefile", "INSTALL", "CONTRIBUTING"].iter().any(|start| name.starts_with(start))
        || [".md", ".rst", ".bat", ".ps1", ".sh"].iter().any(|end| name.ends_with(end));
    is_read && entry.source().is_ok_and(|source| ADVICE.iter().any(|word| source.text().contains(word)))
}
