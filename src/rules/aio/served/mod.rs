//! Which files a server imports while its event loop runs already, and which before.

use std::collections::BTreeMap;

use crate::deployment::call_graph::CallGraph;
use crate::deployment::{Deployment, Project, Role, Start};
use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Call, ValueKind};
use crate::knowledge::{Server, VersionSet, event_loops};
use crate::rules::program::program_modules;

/// When a server imports the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Import {
    /// Before its loop runs.
    Before,
    /// It depends on what is not known: the version, the number of workers.
    Either,
    /// While its loop runs.
    Under,
}

/// The files that servers import, with the places that start them.
#[derive(Debug, Default)]
pub(super) struct Served<'d> {
    files: BTreeMap<&'d RepoPath, (Import, Location)>,
}

impl<'d> Served<'d> {
    /// What the deployments start, and what scripts give to `uvicorn.run`.
    pub fn new(project: &'d Project<'_>, graph: &CallGraph<'d>) -> Self {
        let mut served = Self::default();
        for deployment in project.deployments() {
            for start in deployment.starts() {
                let Some((file, Role::Imported)) = start.file.as_ref() else { continue };
                let Some(entry) = graph.documents().repository().entry(file) else { continue };
                let import = import_by(deployment, start);
                graph
                    .run_by_import_of(entry.path())
                    .into_iter()
                    .for_each(|path| served.add(path, import, &start.location));
            }
        }
        // `uvicorn.run("main:app")` in a script: what the script itself has imported is not run again.
        for (path, module) in program_modules(graph.documents(), &["uvicorn"]) {
            for call in module.live_calls().filter(|call| call.is("uvicorn.run")) {
                let Some(name) = call.argument("app", 0).and_then(|argument| argument.value.as_str()) else { continue };
                let Some(target) = file_of(graph, path, name) else { continue };
                let known = graph.run_by_import_of(path);
                let import = import_by_script(project, path, call);
                for file in graph.run_by_import_of(target) {
                    if file == target || !known.contains(file) {
                        served.add(file, import, &Location::new(path, call.span));
                    }
                }
            }
        }
        served
    }

    fn add(&mut self, path: &'d RepoPath, import: Import, place: &Location) {
        let known = self.files.entry(path).or_insert_with(|| (import, place.clone()));
        if import > known.0 {
            *known = (import, place.clone());
        }
    }

    /// The start of the server that imports the file under its loop for sure.
    pub fn under_loop(&self, path: &RepoPath) -> Option<&Location> {
        self.files.get(path).filter(|(import, _)| *import == Import::Under).map(|(_, place)| place)
    }

    /// Whether a server may import the file under its loop.
    pub fn may_be_under_loop(&self, path: &RepoPath) -> bool {
        self.files.get(path).is_some_and(|(import, _)| *import != Import::Before)
    }

    /// The start of the server that imports the file before its loop, where no other imports it under one.
    pub fn before_loop(&self, path: &RepoPath) -> Option<&Location> {
        self.files.get(path).filter(|(import, _)| *import == Import::Before).map(|(_, place)| place)
    }
}

/// When the program of a start imports the application. A script of the project's own has no loop then.
fn import_by(deployment: &Deployment<'_>, start: &Start) -> Import {
    let Some(invocation) = &start.invocation else { return Import::Before };
    let servers = &event_loops().servers;
    let Some(server) = servers.iter().find(|row| row.commands.iter().any(|name| name == invocation.name())) else {
        return Import::Before;
    };
    let own = import_of_version(deployment, server);
    let children = server.children.iter().map(String::as_str).filter(|option| invocation.has_flag(&[option]));
    let by_option = children.map(|option| match invocation.flag(&[option]).as_ref().map(|word| word.plain()) {
        Some(Some("1")) => own,
        Some(None) => own.max(Import::Either),
        _ => Import::Under,
    });
    by_option.max().unwrap_or(own)
}

/// When the version that a deployment installs imports the application, in the process that was started.
fn import_of_version(deployment: &Deployment<'_>, server: &Server) -> Import {
    let (Some(package), Some(under)) = (&server.package, &server.under_loop) else { return Import::Before };
    let Ok(under) = VersionSet::parse(under) else { return Import::Either };
    let Some(allowed) = deployment.packages().allowed(package) else { return Import::Either };
    // The host may ask for more processes.
    let alone = server.variables.iter().all(|variable| deployment.environment().get(variable).is_none());
    if allowed.versions.is_subset_of(&under) {
        Import::Under
    } else if alone && allowed.versions.is_disjoint_from(&under) {
        Import::Before
    } else {
        Import::Either
    }
}

/// When `uvicorn.run` in a script imports the application.
fn import_by_script(project: &Project<'_>, script: &RepoPath, call: &Call) -> Import {
    let option = |name: &str| call.keyword(name).map(|argument| &argument.value.kind);
    let children = match (option("reload"), option("workers")) {
        (Some(ValueKind::Bool(true)), _) => return Import::Under,
        (_, Some(ValueKind::Int(workers))) if *workers > 1 => return Import::Under,
        (None | Some(ValueKind::Bool(false)), None | Some(ValueKind::None | ValueKind::Int(_))) => false,
        _ => true,
    };
    let Some(server) = event_loops().servers.iter().find(|row| row.commands.iter().any(|name| name == "uvicorn"))
    else {
        return Import::Either;
    };
    let deployments = project.deployments().iter().filter(|deployment| deployment.reach().contains(script));
    let mut imports = deployments.map(|deployment| import_of_version(deployment, server));
    let first = imports.next().unwrap_or(Import::Either);
    let agreed = if imports.all(|other| other == first) { first } else { Import::Either };
    if children && agreed == Import::Before { Import::Either } else { agreed }
}

/// The file that `package.module:app` names, from the folder of the script or one above it.
fn file_of<'d>(graph: &CallGraph<'d>, script: &RepoPath, name: &str) -> Option<&'d RepoPath> {
    let (module, _) = name.split_once(':')?;
    let repository = graph.documents().repository();
    let mut folder = script.parent();
    loop {
        let file = folder.join(&format!("{}.py", module.replace('.', "/")));
        if let Some(file) = file.filter(|file| repository.has_file(file)) {
            return Some(repository.entry(&file)?.path());
        }
        if folder.is_root() {
            return None;
        }
        folder = folder.parent();
    }
}
