//! What is known of each deployment, as plain data that both forms of the output are written from. The shape is stable:
//! keys may be added, and the version rises when one changes or goes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{Findings, path_text};
use crate::deployment::packages::{Allowed, Origin};
use crate::deployment::servers::{Server, Source};
use crate::deployment::{Deployment, Evidence, Fact, PortRole, Project, Role, Start, shown_value};
use crate::diagnostic::{Location, RepoPath};

/// A place as people count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub path: String,
    pub line: usize,
    pub column: usize,
}

/// What says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Because {
    /// A place in the repository.
    Stated(Place),
    /// The platform or the framework, and how it decides.
    Default { reason: String },
    /// The configuration of preflight.
    Configured,
}

#[derive(Debug, Serialize)]
pub(super) struct DeploymentFacts {
    pub name: String,
    pub platform: PlatformFact,
    pub root: String,
    pub dockerfile: Option<String>,
    /// The workflow steps that push it to its platform.
    pub pushed_by: Vec<Place>,
    pub starts: Vec<StartFact>,
    pub python: Option<ValueFact>,
    pub manifests: Vec<ManifestFact>,
    pub packages: Vec<PackageFact>,
    /// What a resolver chose in addition, for others to work; only where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brought: Option<BroughtFact>,
    pub servers: Vec<ServerFact>,
    pub ports: Vec<PortFact>,
    pub environment: Vec<VariableFact>,
    pub files: FilesFact,
}

#[derive(Debug, Serialize)]
pub(super) struct PlatformFact {
    /// The name that a configuration file uses.
    pub name: &'static str,
    /// In words.
    pub title: String,
    pub because: Because,
}

#[derive(Debug, Serialize)]
pub(super) struct ValueFact {
    pub value: String,
    pub because: Because,
}

#[derive(Debug, Serialize)]
pub(super) struct StartFact {
    /// The program with its arguments; `null` where the platform starts a file by itself.
    pub command: Option<String>,
    /// The Python file of the repository that it leads to.
    pub file: Option<String>,
    /// `script` or `imported`.
    pub role: Option<&'static str>,
    pub because: Because,
}

#[derive(Debug, Serialize)]
pub(super) struct ManifestFact {
    pub path: String,
    pub kind: &'static str,
    /// Whether a lock file or hashes fix what it asks for.
    pub fixed: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct PackageFact {
    pub name: String,
    /// The versions that the next build may install; `null` where it comes from elsewhere or from a variable.
    pub versions: Option<String>,
    /// What the next build installs, where the releases are known.
    pub next: Option<String>,
    /// Whether lock files fix several versions, each for other Pythons, platforms or installers.
    pub several_locked: bool,
    /// Whether a text of the repository asks for it, rather than only a lock file.
    pub asked_for: bool,
    pub places: Vec<Place>,
}

#[derive(Debug, Serialize)]
pub(super) struct BroughtFact {
    /// The resolver with its version.
    pub resolver: String,
    /// The versions by name.
    pub packages: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ServerFact {
    pub framework: &'static str,
    pub host: String,
    /// Whether nothing outside reaches it.
    pub loopback: bool,
    pub host_because: Because,
    pub port: Option<u16>,
    pub place: Place,
}

#[derive(Debug, Serialize)]
pub(super) struct PortFact {
    pub port: u16,
    pub role: &'static str,
    pub because: Because,
}

#[derive(Debug, Serialize)]
pub(super) struct VariableFact {
    pub name: String,
    /// The value; `null` where it is not in the repository. Secrets are masked.
    pub value: Option<String>,
    pub because: Because,
}

#[derive(Debug, Serialize)]
pub(super) struct FilesFact {
    /// Whether they were followed from what starts, rather than taken from the folder.
    pub followed: bool,
    pub python: Vec<String>,
}

/// Turns locations into places as the user sees them.
pub(super) struct Places<'a> {
    pub findings: &'a Findings<'a>,
    /// Whether paths are for people: as seen from where the user stands.
    pub for_people: bool,
    /// What stands before the paths of a document.
    pub prefix: &'a str,
}

impl Places<'_> {
    pub(super) fn path(&self, path: &RepoPath) -> String {
        if self.for_people { self.findings.shown(path) } else { format!("{}{}", self.prefix, path_text(path)) }
    }

    fn place(&self, location: &Location) -> Place {
        let start = self.findings.region(location).start;
        Place { path: self.path(&location.path), line: start.line, column: start.column }
    }

    fn because<T>(&self, fact: &Fact<T>) -> Because {
        match &fact.evidence {
            Evidence::Stated(location) => Because::Stated(self.place(location)),
            Evidence::Default(reason) => Because::Default { reason: reason.clone() },
            Evidence::Configured => Because::Configured,
        }
    }

    /// Everything known of every deployment.
    pub(super) fn deployments(&self, project: &Project<'_>) -> Vec<DeploymentFacts> {
        project.deployments().iter().map(|deployment| self.deployment(project, deployment)).collect()
    }

    fn deployment(&self, project: &Project<'_>, deployment: &Deployment<'_>) -> DeploymentFacts {
        let platform = deployment.platform();
        let pushes = project
            .syncs()
            .iter()
            .filter(|sync| platform.value.is_any_space() && sync.pushed.as_ref() == Some(deployment.root()));
        let manifests = deployment.packages().manifests().iter();
        DeploymentFacts {
            name: deployment.name().to_owned(),
            platform: PlatformFact {
                name: platform.value.name(),
                title: platform.value.to_string(),
                because: self.because(platform),
            },
            root: self.path(deployment.root()),
            dockerfile: deployment.dockerfile().map(|(path, _)| self.path(path)),
            pushed_by: pushes.map(|sync| self.place(&sync.location)).collect(),
            starts: deployment.starts().iter().map(|start| self.start(start)).collect(),
            python: deployment
                .python()
                .map(|python| ValueFact { value: python.value.to_string(), because: self.because(python) }),
            manifests: manifests
                .map(|manifest| ManifestFact {
                    path: self.path(&manifest.path),
                    kind: origin(manifest.origin),
                    fixed: manifest.locked,
                })
                .collect(),
            packages: self.packages(deployment),
            brought: brought(deployment),
            servers: deployment.servers().iter().map(|server| self.server(server)).collect(),
            ports: deployment.ports().iter().map(|(role, port)| self.port(*role, port)).collect(),
            environment: deployment
                .environment()
                .iter()
                .map(|(name, fact)| VariableFact {
                    name: name.to_owned(),
                    value: fact.value.as_deref().map(|value| shown_value(name, value).into_owned()),
                    because: self.because(fact),
                })
                .collect(),
            files: FilesFact {
                followed: deployment.reach().is_certain(),
                python: deployment.reach().files().map(|(path, _)| self.path(path)).collect(),
            },
        }
    }

    fn start(&self, start: &Start) -> StartFact {
        StartFact {
            command: start.invocation.as_ref().map(|invocation| {
                let module = invocation.module.iter().flat_map(|module| ["-m", module.text.as_str()]);
                let arguments = invocation.arguments.iter().map(|word| word.text.as_str());
                let words = std::iter::once(invocation.program.text.as_str()).chain(module).chain(arguments);
                words.collect::<Vec<_>>().join(" ")
            }),
            file: start.file.as_ref().map(|(path, _)| self.path(path)),
            role: start.file.as_ref().map(|(_, role)| match role {
                Role::Script => "script",
                Role::Imported => "imported",
            }),
            because: Because::Stated(self.place(&start.location)),
        }
    }

    fn packages(&self, deployment: &Deployment<'_>) -> Vec<PackageFact> {
        let packages = deployment.packages();
        let asked = packages.declarations().iter().filter(|declaration| declaration.origin != Origin::Constraints);
        let mut names: Vec<&str> = asked.map(|declaration| declaration.name()).collect();
        names.sort_unstable();
        names.dedup();
        let locked = packages.all_locked().map(|(name, ..)| name).filter(|name| names.binary_search(name).is_err());
        let locked: Vec<&str> = locked.collect();
        let asked_for = names.iter().map(|name| (*name, true)).chain(locked.into_iter().map(|name| (name, false)));
        asked_for
            .map(|(name, asked_for)| {
                let allowed = packages.allowed(name);
                let places = match &allowed {
                    Some(allowed) => allowed.evidence.iter().map(|location| self.place(location)).collect(),
                    None => packages.of(name).map(|declaration| self.place(&declaration.location())).collect(),
                };
                PackageFact {
                    name: name.to_owned(),
                    versions: allowed.as_ref().map(Allowed::asked_in_words),
                    next: allowed.and_then(|allowed| Some(allowed.next?.to_string())),
                    several_locked: packages.is_forked(name),
                    asked_for,
                    places,
                }
            })
            .collect()
    }

    fn server(&self, server: &Server) -> ServerFact {
        let host_because = match &server.host.source {
            Source::Written(location) | Source::Variable { location: Some(location), .. } => {
                Because::Stated(self.place(location))
            }
            Source::Variable { name, location: None } => Because::Default { reason: format!("{name} says so") },
            Source::Default => Because::Default { reason: format!("{} listens there by default", server.framework) },
        };
        ServerFact {
            framework: server.framework,
            host: server.host.value.to_string(),
            loopback: server.host.value.is_loopback(),
            host_because,
            port: server.port.as_ref().map(|port| port.value),
            place: self.place(&server.location),
        }
    }

    fn port(&self, role: PortRole, port: &Fact<u16>) -> PortFact {
        let role = match role {
            PortRole::Connected => "connected",
            PortRole::Declared => "declared",
            PortRole::Published => "published",
            PortRole::Probed => "probed",
        };
        PortFact { port: port.value, role, because: self.because(port) }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Requirements => "requirements",
        Origin::Constraints => "constraints",
        Origin::Pyproject => "pyproject",
        Origin::Pipfile => "pipfile",
        Origin::CondaEnvironment => "conda",
        Origin::SetupCfg => "setup.cfg",
        Origin::SetupPy => "setup.py",
        Origin::Card => "card",
        Origin::Command => "command",
    }
}

/// What a resolver chose beside what is asked for.
fn brought(deployment: &Deployment<'_>) -> Option<BroughtFact> {
    let packages = deployment.packages();
    let (versions, resolver) = packages.all_resolved()?;
    let others = versions.iter().filter(|(name, _)| !packages.has(name));
    let packages = others.map(|(name, version)| (name.clone(), version.to_string())).collect();
    Some(BroughtFact { resolver: resolver.to_owned(), packages })
}
