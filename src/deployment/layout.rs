//! Where files of the repository stand in an image: the COPY and ADD instructions read backwards.

use std::collections::BTreeMap;

use crate::diagnostic::RepoPath;
use crate::formats::dockerfile::{Dockerfile, Stage};
use crate::formats::dockerignore::DockerIgnore;
use crate::repo::{Presence, Repository};

use super::start::Locate;

/// One source of a COPY.
#[derive(Debug, Clone)]
struct Copied {
    source: RepoPath,
    is_folder: bool,
    /// The absolute path in the image that the source becomes; for a folder, the folder that its content goes to.
    target: String,
    /// Whether a volume puts it there, for which no build context counts.
    is_mounted: bool,
}

/// Where files of the repository stand in an image.
#[derive(Debug, Clone)]
pub struct ImageLayout<'d> {
    repository: &'d Repository,
    copies: Vec<Copied>,
    workdir: String,
    python_path: Vec<String>,
    /// What `ENV` sets.
    variables: BTreeMap<String, String>,
    /// The build context, and what does not reach the build from it.
    context: RepoPath,
    ignored: Option<&'d DockerIgnore>,
    /// Folders of the image whose content nothing in the repository tells: volumes.
    covered: Vec<String>,
    /// Whether some copy brings what can't be followed to a file of the repository.
    brings_unknown: bool,
}

impl<'d> ImageLayout<'d> {
    /// Follows the stages that lead to `stage` of a Dockerfile built in the folder `context`.
    #[must_use]
    pub fn new(
        repository: &'d Repository,
        dockerfile: &Dockerfile,
        stage: &Stage,
        context: &RepoPath,
        ignored: Option<&'d DockerIgnore>,
    ) -> Self {
        Self::before(repository, dockerfile, stage, context, ignored, usize::MAX)
    }

    /// As [`Self::new`], with what the instructions bring that stand before the offset `end` of the Dockerfile.
    #[must_use]
    pub(super) fn before(
        repository: &'d Repository,
        dockerfile: &Dockerfile,
        stage: &Stage,
        context: &RepoPath,
        ignored: Option<&'d DockerIgnore>,
        end: usize,
    ) -> Self {
        let workdir = dockerfile.workdir(stage).and_then(|folder| folder.value).unwrap_or_else(|| "/".to_owned());
        let environment = dockerfile.environment(stage);
        let python_path = environment.iter().rev().find(|variable| variable.name.value == "PYTHONPATH");
        let python_path = python_path.and_then(|variable| variable.value.value.clone()).unwrap_or_default();
        let python_path = python_path.split(':').filter(|part| !part.is_empty()).map(|part| absolute(&workdir, part));
        let set = environment.iter().filter_map(|one| Some((one.name.value.clone(), one.value.value.clone()?)));
        let mut layout = Self {
            variables: set.collect(),
            repository,
            copies: Vec::new(),
            python_path: python_path.collect(),
            workdir,
            context: context.clone(),
            ignored,
            covered: Vec::new(),
            brings_unknown: false,
        };
        for copied in dockerfile.copies(stage).into_iter().filter(|copied| copied.span.start < end) {
            // A relative destination without a WORKDIR lands where the base image says; most say `/`.
            let destination =
                copied.destination.clone().unwrap_or_else(|| absolute("/", &copied.copy.destination.value));
            let sources: Vec<_> = copied.sources.iter().filter_map(|source| source.value.as_deref()).collect();
            layout.brings_unknown |= sources.len() < copied.sources.len() || copied.copy.has_heredoc;
            let as_folder = is_folder_path(&copied.copy.destination.value) || copied.sources.len() > 1;
            match &copied.copy.from {
                None => layout.copy(context, &sources, &destination, as_folder),
                Some(from) => {
                    let from = dockerfile.stage_by_name(&from.value).filter(|from| from.index < copied.stage.index);
                    layout.copy_from_stage(dockerfile, from, context, &sources, &destination);
                }
            }
        }
        layout
    }

    fn copy(&mut self, context: &RepoPath, sources: &[&str], destination: &str, as_folder: bool) {
        let target = absolute("/", destination);
        for source in sources {
            // A source is relative to the build context even where it is written with a leading slash.
            let relative = source.trim_start_matches('/').trim_start_matches("./");
            if relative.contains(['*', '?', '[']) {
                self.copy_pattern(context, relative, &target);
                continue;
            }
            let Some(path) = context.join(relative) else { continue };
            match self.repository.presence(&path) {
                _ if self.is_ignored(&path) => {}
                Presence::Folder => self.copies.push(Copied {
                    source: path,
                    is_folder: true,
                    target: target.clone(),
                    is_mounted: false,
                }),
                Presence::File => {
                    let target = if as_folder { inside(&target, path.file_name()) } else { target.clone() };
                    self.copies.push(Copied { source: path, is_folder: false, target, is_mounted: false });
                }
                Presence::Unknown | Presence::Absent => self.brings_unknown = true,
            }
        }
    }

    /// `COPY *.py ./` and its like: each match by its own name.
    fn copy_pattern(&mut self, context: &RepoPath, pattern: &str, target: &str) {
        let Ok(glob) = globset::GlobBuilder::new(pattern).literal_separator(true).build() else { return };
        let matcher = glob.compile_matcher();
        for entry in self.repository.within(context) {
            let matches = entry.path().relative_to(context).is_some_and(|relative| matcher.is_match(relative));
            if matches && !self.is_ignored(entry.path()) {
                let target = inside(target, entry.path().file_name());
                self.copies.push(Copied { source: entry.path().clone(), is_folder: false, target, is_mounted: false });
            }
        }
    }

    /// What an earlier stage had copied from the repository, and this one takes over; `None` where no such stage comes
    /// before.
    fn copy_from_stage(
        &mut self,
        dockerfile: &Dockerfile,
        from: Option<&Stage>,
        context: &RepoPath,
        sources: &[&str],
        destination: &str,
    ) {
        let Some(stage) = from else {
            self.brings_unknown = true;
            return;
        };
        let earlier = ImageLayout::new(self.repository, dockerfile, stage, context, self.ignored);
        // An earlier stage makes things.
        self.brings_unknown = true;
        let target = absolute("/", destination);
        for source in sources.iter().map(|source| absolute("/", source)) {
            for copied in &earlier.copies {
                if copied.target == source {
                    self.copies.push(Copied { target: target.clone(), ..copied.clone() });
                } else if let Some(rest) = below(&copied.target, &source) {
                    self.copies.push(Copied { target: inside(&target, rest), ..copied.clone() });
                } else if let (true, Some(rest)) = (copied.is_folder, below(&source, &copied.target)) {
                    let Some(path) = copied.source.join(rest) else { continue };
                    let is_folder = self.repository.presence(&path) == Presence::Folder;
                    self.copies.push(Copied { source: path, is_folder, target: target.clone(), is_mounted: false });
                }
            }
        }
    }

    /// Puts a file or folder of the repository at `target`, over what the image has there.
    pub(super) fn mount(&mut self, source: &RepoPath, target: &str) {
        let presence = self.repository.presence(source);
        if matches!(presence, Presence::File | Presence::Folder) {
            let target = absolute(&self.workdir, target);
            self.copies.push(Copied {
                source: source.clone(),
                is_folder: presence == Presence::Folder,
                target,
                is_mounted: true,
            });
        }
    }

    /// Whether the ignore file of the build context leaves a path of the repository out.
    fn is_ignored(&self, path: &RepoPath) -> bool {
        let relative = path.relative_to(&self.context);
        self.ignored.zip(relative).is_some_and(|(ignored, relative)| ignored.excluding(relative).is_some())
    }

    /// A volume that hides what the image has at `target`, and that brings nobody knows what.
    pub(super) fn cover(&mut self, target: &str) {
        self.covered.push(absolute(&self.workdir, target));
    }

    /// Whether `path` of the image can only be from the repository: no volume lies over it.
    pub(super) fn is_covered(&self, path: &str) -> bool {
        let path = absolute(&self.workdir, path);
        self.covered.iter().any(|covered| path == *covered || below(&path, covered).is_some())
    }

    /// Whether some copy brings what can't be followed to a file of the repository.
    pub(super) fn brings_unknown(&self) -> bool {
        self.brings_unknown
    }

    /// The folders, as paths of the image, in which Python looks for modules.
    pub(super) fn module_folders(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.workdir).chain(&self.python_path).map(String::as_str)
    }

    /// The folders of the repository of which parts stand, under their own names, in a folder where Python looks for
    /// modules: the root, for `COPY src /app/src` where the program runs in `/app`.
    pub(super) fn folders_in_part(&self) -> Vec<RepoPath> {
        let stands_in = |copied: &Copied, folder: &str| {
            below(&copied.target, folder).is_some_and(|name| name == copied.source.file_name())
        };
        let is_in_part = |copied: &&Copied| self.module_folders().any(|folder| stands_in(copied, folder));
        let mut folders: Vec<RepoPath> =
            self.copies.iter().filter(is_in_part).map(|copied| copied.source.parent()).collect();
        folders.sort();
        folders.dedup();
        folders
    }

    /// The working directory at the end.
    #[must_use]
    pub fn workdir(&self) -> &str {
        &self.workdir
    }

    /// Sets the working directory that a Compose file or manifest chooses instead.
    pub fn set_workdir(&mut self, workdir: &str) {
        self.workdir = absolute(&self.workdir, workdir);
    }

    /// The file or folder of the repository that stands at `path` of the image; a relative path starts in the working
    /// directory. `None` where it is not from the repository.
    #[must_use]
    pub fn source_of(&self, path: &str) -> Option<RepoPath> {
        let path = absolute(&self.workdir, path);
        self.copies.iter().rev().find_map(|copied| {
            if copied.target == path {
                return Some(copied.source.clone());
            }
            let rest = below(&path, &copied.target).filter(|_| copied.is_folder)?;
            let source = copied.source.join(rest)?;
            let is_there = matches!(self.repository.presence(&source), Presence::File | Presence::Folder);
            (is_there && (copied.is_mounted || !self.is_ignored(&source))).then_some(source)
        })
    }

    /// Whether the image has the file `path` of the repository, wherever that stands there.
    pub(super) fn holds(&self, path: &RepoPath) -> bool {
        self.copies.iter().any(|copied| {
            let is_below = || copied.is_folder && path.relative_to(&copied.source).is_some() && !self.is_ignored(path);
            copied.source == *path || is_below()
        })
    }

    /// Where in the repository the image would have `path` from, if it was there: in a folder that is copied whole.
    #[must_use]
    pub fn expected(&self, path: &str) -> Option<RepoPath> {
        let path = absolute(&self.workdir, path);
        let copied =
            self.copies.iter().rev().find(|copied| copied.is_folder && below(&path, &copied.target).is_some())?;
        copied.source.join(below(&path, &copied.target)?)
    }

    /// Whether anything of the repository is copied at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }
}

impl Locate for ImageLayout<'_> {
    fn file(&self, path: &str) -> Option<RepoPath> {
        self.source_of(path).filter(|path| self.repository.has_file(path))
    }

    fn import_roots(&self) -> Vec<RepoPath> {
        let folders = std::iter::once(&self.workdir).chain(&self.python_path);
        let mut roots: Vec<_> = folders.filter_map(|folder| self.source_of(folder)).collect();
        roots.dedup();
        roots
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

/// Where a deployment runs in a folder of the repository as it is.
#[derive(Debug, Clone)]
pub struct FolderLayout<'d> {
    /// The repository.
    pub repository: &'d Repository,
    /// The folder.
    pub root: RepoPath,
}

impl Locate for FolderLayout<'_> {
    fn file(&self, path: &str) -> Option<RepoPath> {
        let relative = ["/app/", "/home/user/app/", "/workspace/"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix))
            .unwrap_or(path);
        let found = self.root.join(relative)?;
        self.repository.has_file(&found).then_some(found)
    }

    fn import_roots(&self) -> Vec<RepoPath> {
        vec![self.root.clone()]
    }
}

/// Whether a destination is written as a folder.
fn is_folder_path(destination: &str) -> bool {
    destination.ends_with('/') || matches!(destination, "." | "..") || destination.ends_with("/.")
}

/// The path of `name` in `folder`.
fn inside(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// `path` below `folder`, relative to it; `None` where it is not below.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)?.strip_prefix('/').filter(|rest| !rest.is_empty())
}

/// `path` as an absolute path without `.` and `..`; a relative one starts at `workdir`.
fn absolute(workdir: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{workdir}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Source;

    #[test]
    fn image_paths_lead_back_to_the_repository() {
        let repo = Repository::in_memory([
            ("api/main.py", b"".as_slice()),
            ("api/lib/db.py", b""),
            ("run.sh", b""),
            ("web/dist/index.html", b""),
        ]);
        let text = "FROM node AS web\nWORKDIR /w\nCOPY web .\n\nFROM python:3.12 AS base\nWORKDIR /srv\nCOPY api ./app\n\
                    FROM base\nCOPY *.sh /srv/\nCOPY --from=web /w/dist /srv/static\nENV PYTHONPATH=/srv/app\n";
        let dockerfile = Dockerfile::parse(&Source::new(RepoPath::new("Dockerfile"), text)).unwrap();
        let layout = ImageLayout::new(&repo, &dockerfile, &dockerfile.stages[2], &RepoPath::root(), None);
        let source = |path: &str| layout.source_of(path).map(|path| path.to_string());
        assert_eq!(source("app/lib/db.py").as_deref(), Some("api/lib/db.py"));
        assert_eq!(source("/srv/app/main.py").as_deref(), Some("api/main.py"));
        assert_eq!(source("./run.sh").as_deref(), Some("run.sh"));
        assert_eq!(source("static/index.html").as_deref(), Some("web/dist/index.html"));
        assert_eq!(source("app/none.py"), None);
        assert_eq!(layout.import_roots(), [RepoPath::new("api")]);
    }

    #[test]
    fn a_folder_of_which_parts_are_copied_is_known() {
        let repo = Repository::in_memory([("src/app.py", b"".as_slice()), ("lib/db.py", b"")]);
        let folders = |copy: &str| {
            let text = format!("FROM python:3.12\nWORKDIR /srv\n{copy}\n");
            let dockerfile = Dockerfile::parse(&Source::new(RepoPath::new("Dockerfile"), text.as_str())).unwrap();
            ImageLayout::new(&repo, &dockerfile, &dockerfile.stages[0], &RepoPath::root(), None).folders_in_part()
        };
        assert_eq!(folders("COPY src /srv/src"), [RepoPath::root()]);
        assert_eq!(folders("COPY src/app.py lib/db.py ./"), [RepoPath::new("lib"), RepoPath::new("src")]);
        assert_eq!(folders("COPY src /srv/app"), []);
        assert_eq!(folders("COPY src /opt/src"), []);
    }
}
