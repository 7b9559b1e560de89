//! What is deployed: facts with evidence, gathered once, before any rule runs.

mod build_paths;
mod build_tools;
pub mod call_graph;
mod container;
mod discover;
mod documents;
mod environment;
mod fact;
mod host_starts;
mod hosts;
mod installed;
pub mod kubernetes;
mod layout;
mod literals;
mod locked_installs;
mod machine;
mod malformed;
mod missing_commands;
mod missing_folders;
mod naming;
pub mod package_sources;
pub mod packages;
mod platform;
mod preinstalled;
mod probes;
mod pushed_files;
mod python_version;
pub mod reach;
mod required_variables;
mod run;
pub mod servers;
pub mod space;
mod start;
mod start_paths;
mod start_programs;
pub mod sync;
mod system_packages;
mod values;
mod visible_locks;
pub mod workflow_paths;
pub mod workflows;

use std::sync::OnceLock;

use crate::diagnostic::{Location, RepoPath};
use crate::formats::shell::Command;
use crate::knowledge::PythonVersion;

pub use build_paths::{MissingKind, MissingPath};
pub use build_tools::MissingTools;
pub use call_graph::CallGraph;
pub use discover::{Overrides, Project};
pub use documents::Documents;
pub use environment::{Environment, shown_value};
pub use fact::{Evidence, Fact};
pub use host_starts::MissingStart;
pub use layout::{FolderLayout, ImageLayout};
pub use machine::{MachineBound, machine_bound_lines, machine_bound_scripts};
pub use malformed::Malformed;
pub use missing_commands::{MissingCommand, Use, checks_of_public_images};
pub use missing_folders::MissingFolder;
pub use packages::Packages;
pub use platform::{Platform, Sdk};
pub use pushed_files::RefusedFile;
pub use reach::Reach;
pub use required_variables::{Failure, RequiredVariable};
pub use run::is_environment_dependent;
pub use servers::Server;
pub use start::{Locate, Role, Start};
pub use start_programs::{Hidden, HiddenProgram};
pub use system_packages::{FailingApt, SystemPackage};

/// Where files of the repository stand in a deployment.
#[derive(Debug, Clone)]
pub enum Layout<'d> {
    /// In an image, as its Dockerfile copies them.
    Image(ImageLayout<'d>),
    /// In a folder of the repository as it is.
    Folder(FolderLayout<'d>),
}

impl Locate for Layout<'_> {
    fn file(&self, path: &str) -> Option<RepoPath> {
        match self {
            Self::Image(layout) => layout.file(path),
            Self::Folder(layout) => layout.file(path),
        }
    }

    fn import_roots(&self) -> Vec<RepoPath> {
        match self {
            Self::Image(layout) => layout.import_roots(),
            Self::Folder(layout) => layout.import_roots(),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        match self {
            Self::Image(layout) => layout.variable(name),
            Self::Folder(layout) => layout.variable(name),
        }
    }
}

/// A port of a deployment, and who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortRole {
    /// The platform connects to it: `app_port`, `internal_port`, a service's target.
    Connected,
    /// The image declares it: `EXPOSE`, `containerPort`.
    Declared,
    /// A host's port is mapped to it: Compose `ports`.
    Published,
    /// A health check asks it.
    Probed,
}

/// One thing that is deployed.
#[derive(Debug)]
pub struct Deployment<'d> {
    documents: &'d Documents,
    name: String,
    root: RepoPath,
    platform: Fact<Platform>,
    layout: Layout<'d>,
    dockerfile: Option<(RepoPath, usize)>,
    starts: Vec<Start>,
    python: Option<Fact<PythonVersion>>,
    packages: Packages,
    environment: Environment,
    ports: Vec<(PortRole, Fact<u16>)>,
    health_check: bool,
    /// What its health check runs in the container, and the file that says so.
    check_commands: Option<(RepoPath, Vec<Command>)>,
    takes_requests: bool,
    reach: OnceLock<Reach>,
    servers: OnceLock<Vec<Server>>,
}

impl<'d> Deployment<'d> {
    /// The repository's files, parsed.
    #[must_use]
    pub fn documents(&self) -> &'d Documents {
        self.documents
    }

    /// Its name in the report: the platform's word and where it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its host sends requests to it: not to a worker, nor to what runs once.
    #[must_use]
    pub fn takes_requests(&self) -> bool {
        self.takes_requests
    }

    /// The folder that is deployed; for a container, the build context.
    #[must_use]
    pub fn root(&self) -> &RepoPath {
        &self.root
    }

    /// What it runs on.
    #[must_use]
    pub fn platform(&self) -> &Fact<Platform> {
        &self.platform
    }

    /// The Dockerfile and the index of the stage that is built, where an image is built.
    #[must_use]
    pub fn dockerfile(&self) -> Option<(&RepoPath, usize)> {
        self.dockerfile.as_ref().map(|(path, stage)| (path, *stage))
    }

    /// Where files of the repository stand in it.
    #[must_use]
    pub fn layout(&self) -> &Layout<'d> {
        &self.layout
    }

    /// What starts.
    #[must_use]
    pub fn starts(&self) -> &[Start] {
        &self.starts
    }

    /// The Python that runs, where it can be told.
    #[must_use]
    pub fn python(&self) -> Option<&Fact<PythonVersion>> {
        self.python.as_ref()
    }

    /// The packages that are installed.
    #[must_use]
    pub fn packages(&self) -> &Packages {
        &self.packages
    }

    /// The environment variables that are set.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The ports that platform and image speak of.
    #[must_use]
    pub fn ports(&self) -> &[(PortRole, Fact<u16>)] {
        &self.ports
    }

    /// Whether something asks the program now and then whether it is well.
    #[must_use]
    pub fn has_health_check(&self) -> bool {
        self.health_check
    }

    /// The file of the repository that a path, as the running program would open it, stands for.
    #[must_use]
    pub fn locate(&self, path: &str) -> Option<RepoPath> {
        self.layout.file(path)
    }

    /// The Python files that run.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        self.reach.get_or_init(|| {
            if self.platform.value.is_space(Sdk::Static) {
                // Files are served as they are; no Python runs.
                Reach::default()
            } else if self.starts.iter().any(|start| start.file.is_some()) {
                let installed = |module: &str| {
                    let name = module.to_ascii_lowercase().replace('_', "-");
                    let mut asked = self.packages.of(&name);
                    asked.any(|one| one.requirement.source.is_none() && one.origin != packages::Origin::Constraints)
                };
                let mut roots = self.layout.import_roots();
                if let Layout::Image(image) = &self.layout {
                    roots.extend(image.folders_in_part());
                }
                Reach::from_starts(self.documents, &self.starts, &roots, installed)
            } else {
                Reach::of_folder(self.documents, &self.root)
            }
        })
    }

    /// The servers that start.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        self.servers.get_or_init(|| servers::servers(self))
    }

    /// Whether what starts is the image's own command, not one that a Compose file or manifest puts in its place.
    #[must_use]
    pub fn starts_with_own_command(&self) -> bool {
        self.dockerfile().is_some_and(|(path, _)| {
            let dockerfile_or_script =
                |start: &Start| start.location.path == *path || self.documents.shell(&start.location.path).is_some();
            !self.starts.is_empty() && self.starts.iter().all(dockerfile_or_script)
        })
    }

    /// Whether every program that starts is known, so that no other can listen on a port.
    #[must_use]
    pub fn knows_all_servers(&self) -> bool {
        servers::knows_all(self)
    }

    /// Whether a program starts that is neither Python nor known.
    #[must_use]
    pub fn starts_unknown_program(&self) -> bool {
        servers::starts_unknown_program(self)
    }

    /// The bot that starts and opens no port, where nothing else starts.
    #[must_use]
    pub fn polling(&self) -> Option<servers::Polling> {
        servers::polling(self)
    }

    /// The start that defines a web application and serves nothing, where it is the only one.
    #[must_use]
    pub fn idle_start(&self) -> Option<servers::IdleStart> {
        servers::idle_start(self)
    }

    /// Whether the image is built with cargo, so that Rust code of the repository runs in it.
    #[must_use]
    pub fn builds_rust(&self) -> bool {
        let Some((path, _)) = self.dockerfile() else { return false };
        let Some(Ok(dockerfile)) = self.documents.dockerfile(path) else { return false };
        dockerfile.stages.iter().flat_map(|stage| dockerfile.runs(stage)).any(|run| {
            run.command.commands.iter().flat_map(crate::formats::shell::invocations).any(|invocation| {
                invocation.name() == "cargo"
                    && invocation.arguments.iter().any(|word| matches!(word.text.as_str(), "build" | "install" | "run"))
            })
        })
    }

    /// Why a server there must be reachable from outside, as a place and a remark; `None` where nothing says that it must.
    #[must_use]
    pub fn exposure(&self) -> Option<(Option<Location>, String)> {
        let platform = self.platform.value;
        if !platform.isolates_network() {
            return None;
        }
        // What connects is better evidence than what an image merely declares.
        let with_role = |wanted: PortRole| self.ports.iter().find(|(role, _)| *role == wanted);
        let port = [PortRole::Connected, PortRole::Published, PortRole::Declared].into_iter().find_map(with_role);
        Some(match port {
            Some((_, port)) => (port.location().cloned(), format!("port {} is reached from outside", port.value)),
            None => (self.platform.location().cloned(), format!("the {platform} is reached from outside")),
        })
    }
}
