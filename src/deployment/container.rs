//! Deployments that run an image built from one of the repository's Dockerfiles.

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::compose::{Compose, Service};
use crate::formats::dockerfile::{Dockerfile, Stage, StartCommand};
use crate::formats::dockerignore::DockerIgnore;
use crate::formats::shell::Command;
use crate::knowledge::PythonVersion;
use crate::repo::Presence;

use super::packages::{Gatherer, gather_folder};
use super::preinstalled::{note_of_image, note_of_job};
use super::probes::asked_ports;
use super::python_version::UvProject;
use super::start::starts;
use super::visible_locks::Visible;
use super::{
    Deployment, Documents, Environment, Fact, ImageLayout, Layout, Locate, Platform, PortRole, Reach, Start,
    python_version,
};

/// An image that a deployment runs, and what the deployment changes about it.
pub(super) struct Image<'d> {
    pub documents: &'d Documents,
    pub path: RepoPath,
    pub dockerfile: &'d Dockerfile,
    pub stage: &'d Stage,
    pub context: RepoPath,
}

/// What a Compose file or manifest replaces of an image's own start.
#[derive(Default)]
pub(super) struct Replacement<'a> {
    pub path: Option<&'a RepoPath>,
    pub entrypoint: Option<&'a [Command]>,
    pub command: Option<&'a [Command]>,
    pub workdir: Option<&'a str>,
    /// Folders and files of the repository that are mounted into the container, each with its path there.
    pub mounts: Vec<(RepoPath, &'a str)>,
    /// Paths of the container that other volumes lie over.
    pub covered: Vec<&'a str>,
}

impl<'d> Image<'d> {
    /// The image that `path` builds in `context`, of the stage named `target` or the last.
    pub(super) fn new(
        documents: &'d Documents,
        path: &RepoPath,
        context: &RepoPath,
        target: Option<&str>,
    ) -> Option<Self> {
        let dockerfile = documents.dockerfile(path)?.as_ref().ok()?;
        let stage = match target {
            Some(target) => dockerfile.stage_by_name(target)?,
            None => dockerfile.final_stage()?,
        };
        Some(Self { documents, path: path.clone(), dockerfile, stage, context: context.clone() })
    }

    fn ignored(&self) -> Option<&'d DockerIgnore> {
        self.documents.dockerignore(&self.path, &self.context).map(|(_, ignored)| ignored)
    }

    /// The deployment that runs the image.
    pub(super) fn deploy(
        &self,
        name: String,
        platform: Fact<Platform>,
        replacement: &Replacement<'_>,
    ) -> Deployment<'d> {
        let mut layout =
            ImageLayout::new(self.documents.repository(), self.dockerfile, self.stage, &self.context, self.ignored());
        if let Some(workdir) = replacement.workdir {
            layout.set_workdir(workdir);
        }
        for (source, target) in &replacement.mounts {
            layout.mount(source, target);
        }
        for target in &replacement.covered {
            layout.cover(target);
        }
        let reach = std::sync::OnceLock::new();
        if !self.holds_repository(&layout) {
            // Nothing of the repository runs in it.
            let _ = reach.set(Reach::default());
        }
        let layout = Layout::Image(layout);
        let python = self.python(&layout);
        let mut gatherer = Gatherer::new(self.documents, python.as_ref().map(|python| python.value));
        self.gather(&mut gatherer, &layout);
        Deployment {
            documents: self.documents,
            name,
            root: self.context.clone(),
            platform,
            starts: self.starts(&layout, replacement),
            dockerfile: Some((self.path.clone(), self.stage.index)),
            python,
            packages: gatherer.finish(),
            environment: self.environment(),
            ports: self.exposed(),
            health_check: matches!(self.dockerfile.healthcheck(self.stage), Some(Some(_))),
            check_commands: (self.dockerfile.healthcheck(self.stage).flatten())
                .map(|check| (self.path.clone(), check.commands.clone())),
            takes_requests: true,
            layout,
            reach,
            servers: std::sync::OnceLock::new(),
        }
    }

    /// The Python of the base image, else the one that its commands bring, else the one that uv picks. Where uv manages
    /// the project, what its files ask for comes first.
    fn python(&self, layout: &Layout<'d>) -> Option<Fact<PythonVersion>> {
        let of_image = || {
            python_version::of_image(self.dockerfile, self.stage, &self.path)
                .or_else(|| python_version::of_commands(self.dockerfile, self.stage, &self.path))
        };
        match python_version::of_uv_project(self.dockerfile, self.stage, &self.path) {
            Some(UvProject::Asked(python)) => Some(python),
            Some(UvProject::OfImage) => of_image(),
            Some(UvProject::Free) => {
                let image = of_image();
                let pinned = self.pinned(layout);
                let fits = |python: &Fact<PythonVersion>| match &pinned {
                    Some(pinned) => pinned.value.without_patch() == python.value.without_patch(),
                    None => self.is_admitted(python.value, layout),
                };
                image.filter(fits).or(pinned)
            }
            None => of_image().or_else(|| {
                let by_uv = python_version::is_chosen_by_uv(self.dockerfile, self.stage);
                by_uv.then(|| python_version::of_folder(self.documents, &self.context)).flatten()
            }),
        }
    }

    /// The Python that a `.python-version` in the image's working directory asks uv for.
    fn pinned(&self, layout: &Layout<'d>) -> Option<Fact<PythonVersion>> {
        let path = layout.file(".python-version")?;
        let version = self.documents.python_version(&path)?;
        Some(Fact::stated(version.value, Location::new(&path, version.span)))
    }

    /// Whether the project that uv finds admits a Python; uv downloads another one where it does not.
    fn is_admitted(&self, python: PythonVersion, layout: &Layout<'d>) -> bool {
        let manifest = layout.file("pyproject.toml").or_else(|| self.context.join("pyproject.toml"));
        let project = manifest.and_then(|path| self.documents.pyproject(&path));
        project
            .and_then(|project| project.requires_python.as_ref())
            .is_none_or(|required| required.value.allows(python))
    }

    /// Whether any file of the repository can be in the image: a copy from the build context or a bind mount brings it. An
    /// image that only clones other repositories holds none.
    fn holds_repository(&self, layout: &ImageLayout<'d>) -> bool {
        let of_context = |stage: &Stage| self.dockerfile.copies(stage).iter().any(|copied| copied.copy.from.is_none());
        // The flags of RUN are not read: what stands between the word and its command may be a bind mount.
        let has_flags = |stage: &Stage| {
            let runs = self.dockerfile.runs(stage);
            runs.iter().any(|run| run.command.span.start > run.span.start + "RUN --".len())
        };
        !layout.is_empty() || self.dockerfile.stages.iter().any(|stage| of_context(stage) || has_flags(stage))
    }

    fn environment(&self) -> Environment {
        let mut environment = Environment::default();
        for variable in self.dockerfile.environment(self.stage) {
            let location = Location::new(&self.path, variable.name.span);
            environment.set(&variable.name.value, Fact::stated(variable.value.value, location));
        }
        environment
    }

    fn exposed(&self) -> Vec<(PortRole, Fact<u16>)> {
        let exposed = self.dockerfile.exposed(self.stage).into_iter().filter(|port| port.protocol == "tcp");
        exposed
            .filter_map(|port| {
                Some((PortRole::Declared, Fact::stated(port.port?, Location::new(&self.path, port.text.span))))
            })
            .chain(self.probed())
            .collect()
    }

    /// The ports that `HEALTHCHECK` asks.
    fn probed(&self) -> Vec<(PortRole, Fact<u16>)> {
        let Some(Some(check)) = self.dockerfile.healthcheck(self.stage) else { return vec![] };
        let environment = self.environment();
        let ports = asked_ports(&check.commands, &|name| environment.value(name).map(str::to_owned));
        let fact = |port: Spanned<u16>| Fact::stated(port.value, Location::new(&self.path, port.span));
        ports.into_iter().map(|port| (PortRole::Probed, fact(port))).collect()
    }

    fn starts(&self, layout: &Layout<'d>, replacement: &Replacement<'_>) -> Vec<Start> {
        let own = self.dockerfile.command(self.stage);
        let elsewhere = replacement.path.unwrap_or(&self.path);
        let from =
            |path: &RepoPath, commands: &[Command], exec: bool| starts(self.documents, layout, path, commands, exec);
        match (replacement.entrypoint, replacement.command) {
            (Some(entrypoint), command) => {
                let mut found = from(elsewhere, entrypoint, false);
                found.extend(command.map(|command| from(elsewhere, command, false)).unwrap_or_default());
                found
            }
            (None, Some(command)) => from(elsewhere, command, false),
            (None, None) => own.map(|own| self.own_starts(&own, layout)).unwrap_or_default(),
        }
    }

    fn own_starts(&self, own: &StartCommand<'_>, layout: &Layout<'d>) -> Vec<Start> {
        let is_exec =
            |line: &crate::formats::dockerfile::CommandLine| line.form == crate::formats::dockerfile::Form::Exec;
        let exec_form = own.cmd.or(own.entrypoint).is_some_and(is_exec);
        let mut found = starts(self.documents, layout, &self.path, &own.commands, exec_form);
        // An entrypoint that is a script usually ends in `exec "$@"`: then CMD runs after it.
        if let (Some(entrypoint), Some(cmd)) = (own.entrypoint, own.cmd) {
            let runs_script = entrypoint.commands.iter().any(|command| {
                command.words.iter().any(|word| word.text.ends_with(".sh") || word.text.contains("entrypoint"))
            });
            if runs_script {
                found.extend(starts(self.documents, layout, &self.path, &cmd.commands, is_exec(cmd)));
            }
        }
        found
    }

    fn layout_before(&self, stage: &Stage, end: usize) -> ImageLayout<'d> {
        let repository = self.documents.repository();
        ImageLayout::before(repository, self.dockerfile, stage, &self.context, self.ignored(), end)
    }

    /// The packages that the image's RUN instructions install. Where none can be followed, those that the folder's
    /// manifests ask for are not installed, and nothing is said about packages.
    fn gather(&self, gatherer: &mut Gatherer<'d>, layout: &Layout<'d>) {
        for stage in &self.dockerfile.stages {
            // Packages are often installed in one stage and copied to another; a stage that the result never uses is
            // left out.
            if stage.index > self.stage.index {
                break;
            }
            let before = gatherer.declared();
            let own =
                ImageLayout::new(self.documents.repository(), self.dockerfile, stage, &self.context, self.ignored());
            for run in self.dockerfile.runs(stage).iter().filter(|run| run.stage.index == stage.index) {
                let mut located = own.clone();
                if let Some(workdir) = &run.workdir {
                    located.set_workdir(workdir);
                }
                let holds_repository = self.holds_repository(&located);
                let visible = Visible {
                    documents: self.documents,
                    dockerfile: self.dockerfile,
                    path: &self.path,
                    context: &self.context,
                    run,
                    before: self.layout_before(stage, run.span.start),
                };
                let fallback = Installed {
                    image: &located,
                    context: &self.context,
                    documents: self.documents,
                    holds_repository,
                    visible,
                };
                gatherer.commands(&run.command.commands, &self.path, &fallback);
            }
            if stage.index == self.stage.index || gatherer.declared() > before {
                note_of_image(gatherer, self.dockerfile, stage, &self.path);
            }
        }
        let _ = layout;
    }
}

/// Finds what an installation reads: in the image as it is built, and, for bind mounts and copies that can't be followed,
/// in the build context itself.
struct Installed<'a, 'd> {
    image: &'a ImageLayout<'d>,
    context: &'a RepoPath,
    documents: &'d Documents,
    holds_repository: bool,
    visible: Visible<'a, 'd>,
}

impl Locate for Installed<'_, '_> {
    fn file(&self, path: &str) -> Option<RepoPath> {
        if !self.holds_repository {
            return None;
        }
        self.image.file(path).or_else(|| {
            let name = path.trim_start_matches("./");
            let name = if path.starts_with('/') { name.rsplit('/').next()? } else { name };
            let found = self.context.join(name)?;
            self.documents.repository().entry(&found).map(|entry| entry.path().clone())
        })
    }

    fn import_roots(&self) -> Vec<RepoPath> {
        self.image.import_roots()
    }

    fn sees_lock(&self, manifest: &RepoPath, lock: &RepoPath) -> bool {
        self.visible.sees(manifest, lock)
    }
}

/// The services of a Compose file that build an image here.
pub(super) fn compose_services<'d>(
    documents: &'d Documents,
    path: &'d RepoPath,
    compose: &'d Compose,
) -> Vec<(RepoPath, Deployment<'d>)> {
    compose.services.iter().filter_map(|service| compose_service(documents, path, service)).collect()
}

fn compose_service<'d>(
    documents: &'d Documents,
    path: &'d RepoPath,
    service: &'d Service,
) -> Option<(RepoPath, Deployment<'d>)> {
    let build = service.build.as_ref()?;
    let context = path.parent().join(&build.context.value)?;
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |file| file.value.as_str());
    let dockerfile = context.join(name)?;
    let image =
        Image::new(documents, &dockerfile, &context, build.target.as_ref().map(|target| target.value.as_str()))?;
    let replacement = Replacement {
        path: Some(path),
        entrypoint: service.entrypoint.as_deref(),
        command: service.command.as_deref().filter(|command| !command.is_empty()),
        workdir: service.working_dir.as_ref().map(|folder| folder.value.as_str()),
        mounts: mounts(path, service),
        covered: covered(documents, path, service),
    };
    let platform = Fact::stated(Platform::Compose, Location::new(path, service.name.span));
    let mut deployment = image.deploy(format!("{} service in {path}", service.name.value), platform, &replacement);
    for setting in &service.environment {
        let location = Location::new(path, setting.name.span);
        deployment.environment.set(&setting.name.value, Fact::stated(setting.resolved.clone(), location));
    }
    for file in service.env_files.iter().filter_map(|file| path.parent().join(&file.path.value)) {
        for entry in documents.dotenv(&file).into_iter().flatten() {
            if deployment.environment.get(&entry.name.value).is_none() {
                let value = entry.value.as_ref().map(|value| value.value.clone());
                deployment
                    .environment
                    .set(&entry.name.value, Fact::stated(value, Location::new(&file, entry.name.span)));
            }
        }
    }
    for port in service.ports.iter().filter(|port| port.protocol == "tcp") {
        if let Some(target) = port.target {
            deployment.ports.push((PortRole::Published, Fact::stated(target, Location::new(path, port.text.span))));
        }
    }
    if let Some(check) = &service.healthcheck {
        deployment.health_check = !check.disabled;
        if check.disabled || !check.commands.is_empty() {
            deployment.check_commands = Some((path.clone(), check.commands.clone()));
        }
        deployment.ports.retain(|(role, _)| *role != PortRole::Probed);
        let environment = &deployment.environment;
        let asked = asked_ports(&check.commands, &|name| environment.value(name).map(str::to_owned));
        let probes = asked.into_iter().map(|port| Fact::stated(port.value, Location::new(path, port.span)));
        deployment.ports.extend(probes.map(|port| (PortRole::Probed, port)));
    }
    Some((dockerfile, deployment))
}

/// What a service mounts from the repository.
fn mounts<'a>(path: &RepoPath, service: &'a Service) -> Vec<(RepoPath, &'a str)> {
    let volumes = service.volumes.iter();
    volumes
        .filter_map(|volume| {
            let source = volume.source.as_deref()?;
            let mounted = source.starts_with('.').then(|| path.parent().join(source)).flatten()?;
            Some((mounted, volume.target.as_str()))
        })
        .collect()
}

/// The paths in the container where a volume brings what is not from the repository.
fn covered<'a>(documents: &Documents, path: &RepoPath, service: &'a Service) -> Vec<&'a str> {
    let from_here = |source: &str| {
        let found = source.starts_with('.').then(|| path.parent().join(source)).flatten();
        found.is_some_and(|found| matches!(documents.repository().presence(&found), Presence::File | Presence::Folder))
    };
    let volumes = service.volumes.iter();
    volumes
        .filter(|volume| !volume.source.as_deref().is_some_and(from_here))
        .map(|volume| volume.target.as_str())
        .collect()
}

/// A deployment of a folder as it is, on a platform that installs what the folder's manifests ask for.
pub(super) fn folder_deployment<'d>(
    documents: &'d Documents,
    name: String,
    root: &RepoPath,
    platform: Fact<Platform>,
    python: Option<Fact<PythonVersion>>,
) -> Deployment<'d> {
    // Spaces take no notice of `.python-version`.
    let own = || python_version::of_folder(documents, root).filter(|_| !platform.value.is_any_space());
    let python = python.or_else(own);
    let mut gatherer = Gatherer::new(documents, python.as_ref().map(|python| python.value));
    gather_folder(documents, root, &mut gatherer);
    if platform.value == Platform::Unspecified {
        note_of_job(&mut gatherer, documents, root);
    }
    Deployment {
        documents,
        name,
        root: root.clone(),
        platform,
        layout: Layout::Folder(super::FolderLayout { repository: documents.repository(), root: root.clone() }),
        dockerfile: None,
        starts: Vec::new(),
        python,
        packages: gatherer.finish(),
        environment: Environment::default(),
        ports: Vec::new(),
        health_check: false,
        check_commands: None,
        takes_requests: true,
        reach: std::sync::OnceLock::new(),
        servers: std::sync::OnceLock::new(),
    }
}
