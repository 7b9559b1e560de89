//! Finds everything that is deployed from a repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::Dockerfile;
use crate::formats::package::Requirement;
use crate::knowledge::{PythonVersion, Resolution, space_card};
use crate::repo::{FileKind, Presence};

use super::container::{Image, Replacement, compose_services, folder_deployment};
use super::packages::{Gatherer, Origin, gather_folder};
use super::space::{self, Card};
use super::sync::{SpaceSync, space_syncs};
use super::{Deployment, Documents, Fact, Platform, PortRole, Role, Sdk, Start, hosts, kubernetes};

/// What the user states about a deployment; it wins over what the repository's files say.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The deployment's name, as reported, or the folder it is in.
    pub name: String,
    /// What it runs on.
    pub platform: Option<Platform>,
    /// Its folder.
    pub root: Option<RepoPath>,
    /// Its Python.
    pub python: Option<PythonVersion>,
    /// The file it starts with, relative to its folder.
    pub entry: Option<String>,
    /// The port that the platform connects to.
    pub port: Option<u16>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
}

/// The repository and what is deployed from it.
#[derive(Debug)]
pub struct Project<'d> {
    documents: &'d Documents,
    deployments: Vec<Deployment<'d>>,
    syncs: Vec<SpaceSync>,
    misfits: Vec<String>,
}

impl<'d> Project<'d> {
    /// Finds the deployments of a repository.
    #[must_use]
    pub fn discover(documents: &'d Documents, overrides: &[Overrides]) -> Self {
        let syncs = space_syncs(documents);
        let mut deployments = spaces(documents, &syncs);
        deployments.extend(containers(documents, &deployments));
        deployments.extend(hosts::deployments(documents));
        deployments.extend(kubernetes::deployments(documents));
        deployments.extend(unspecified(documents, &deployments));
        let applied = overrides.iter().map(|stated| apply(documents, stated, &mut deployments));
        let misfits = applied.filter_map(Result::err).collect();
        Self { documents, deployments, syncs, misfits }
    }

    /// The repository's files, parsed.
    #[must_use]
    pub fn documents(&self) -> &'d Documents {
        self.documents
    }

    /// Everything that is deployed.
    #[must_use]
    pub fn deployments(&self) -> &[Deployment<'d>] {
        &self.deployments
    }

    /// What the user states about deployments and nothing in the repository fits, in words; it was not taken.
    #[must_use]
    pub fn misfits(&self) -> &[String] {
        &self.misfits
    }

    /// Takes the answers of a resolver, by the names of deployments, as facts.
    #[must_use]
    pub fn with_resolutions(mut self, resolutions: &BTreeMap<String, Resolution>) -> Self {
        for deployment in &mut self.deployments {
            if let Some(resolution) = resolutions.get(deployment.name()) {
                deployment.packages.take_resolution(resolution.clone());
            }
        }
        self
    }

    /// The workflow steps that push to a Space.
    #[must_use]
    pub fn syncs(&self) -> &[SpaceSync] {
        &self.syncs
    }
}

/// The Spaces: every card, and every tree that a workflow pushes to one without a card.
fn spaces<'d>(documents: &'d Documents, syncs: &[SpaceSync]) -> Vec<Deployment<'d>> {
    let cards = space::cards(documents);
    let mut found: Vec<_> = cards.iter().map(|card| space_of_card(documents, card)).collect();
    let mut roots: BTreeSet<RepoPath> = cards.iter().map(Card::root).collect();
    for sync in syncs {
        let Some(root) = sync.pushed.clone() else { continue };
        if documents.repository().presence(&root) == Presence::Folder && roots.insert(root.clone()) {
            found.push(space_without_card(documents, &root, &sync.location));
        }
    }
    found
}

fn space_name(root: &RepoPath) -> String {
    if root.is_root() { "Space".to_owned() } else { format!("Space in {root}") }
}

fn space_of_card<'d>(documents: &'d Documents, card: &Card<'d>) -> Deployment<'d> {
    let root = card.root();
    let sdk = card.sdk();
    let at = card.location("sdk").unwrap_or_else(|| Location::file(card.readme()));
    let platform = Fact::stated(Platform::Space(sdk), at);
    let name = space_name(&root);
    if sdk == Sdk::Docker {
        let dockerfile = root.join("Dockerfile");
        let image = dockerfile.and_then(|path| Image::new(documents, &path, &root, None));
        let mut deployment = match image {
            Some(image) => image.deploy(name, platform, &Replacement::default()),
            None => folder_deployment(documents, name, &root, platform, None),
        };
        deployment.ports.push((PortRole::Connected, app_port(card)));
        return deployment;
    }
    let python = card_python(card, sdk);
    let mut deployment = folder_deployment(documents, name, &root, platform, python);
    deployment.packages = space_packages(documents, card, &root, deployment.python.as_ref().map(|python| python.value));
    if sdk == Sdk::Gradio {
        set_gradio_environment(&mut deployment);
        deployment.ports.push((PortRole::Connected, asked_by_default()));
    }
    if sdk == Sdk::Static {
        return deployment;
    }
    let (app_file, location) = card.app_file();
    if let Some(file) = root.join(&app_file).filter(|file| documents.repository().has_file(file)) {
        let location = location.unwrap_or_else(|| Location::file(card.readme()));
        deployment.starts =
            vec![Start { location, invocation: None, file: Some((file, Role::Script)), exec_form: false }];
    }
    deployment
}

/// What the image of a Gradio Space sets.
fn set_gradio_environment(deployment: &mut Deployment<'_>) {
    let defaults = &space_card().defaults;
    for (variable, value) in &defaults.environment {
        let fact = Fact::default(Some(value.clone()), defaults.environment_evidence.clone());
        deployment.environment.set(variable, fact);
    }
}

/// The Python that the card names, or the one that the platform takes.
fn card_python(card: &Card<'_>, sdk: Sdk) -> Option<Fact<PythonVersion>> {
    if let Some(written) = card.text("python_version") {
        let version = written.value.parse().ok()?;
        return Some(Fact::stated(version, Location::new(card.readme(), written.span)));
    }
    let defaults = &space_card().defaults;
    let key = match sdk {
        Sdk::Gradio => "gradio",
        Sdk::Streamlit => "streamlit",
        _ => return None,
    };
    let version = defaults.python_version.get(key)?.parse().ok()?;
    Some(Fact::default(version, defaults.python_evidence.clone()))
}

/// What a Gradio or Streamlit Space installs: `requirements.txt`, and the SDK at the card's version.
fn space_packages(
    documents: &Documents,
    card: &Card<'_>,
    root: &RepoPath,
    python: Option<PythonVersion>,
) -> super::Packages {
    let mut gatherer = Gatherer::new(documents, python);
    // Of other manifests the platform takes no notice; a workflow may make a requirements file of them.
    let installs = matches!(card.sdk(), Sdk::Gradio | Sdk::Streamlit);
    let requirements = root.join("requirements.txt").is_some_and(|path| documents.repository().has_file(&path));
    if requirements || !installs || space::is_assembled(documents, card) || space::is_supplied(documents) {
        gather_folder(documents, root, &mut gatherer);
    }
    if let (Sdk::Gradio | Sdk::Streamlit, Some(version)) = (card.sdk(), card.text("sdk_version")) {
        let name = if card.sdk() == Sdk::Gradio { "gradio" } else { "streamlit" };
        if let Some(requirement) = Requirement::exact(name, version.value.trim(), version.span) {
            gatherer.declare(&requirement, card.readme(), Origin::Card);
        }
    }
    gatherer.finish()
}

fn app_port(card: &Card<'_>) -> Fact<u16> {
    let written = card
        .text("app_port")
        .and_then(|port| Some(Fact::stated(port.value.parse().ok()?, Location::new(card.readme(), port.span))));
    written.unwrap_or_else(asked_by_default)
}

/// The port that a Space is asked at where its card says no other.
fn asked_by_default() -> Fact<u16> {
    let port = space_card().defaults.app_port;
    Fact::default(port, format!("a Space whose card says no app_port is asked at {port}"))
}

/// A tree that is pushed to a Space without saying what it is built with.
fn space_without_card<'d>(documents: &'d Documents, root: &RepoPath, push: &Location) -> Deployment<'d> {
    let platform = Fact::stated(Platform::Space(Sdk::Unknown), push.clone());
    let mut deployment = folder_deployment(documents, space_name(root), root, platform, None);
    let dockerfile = root.join("Dockerfile").filter(|path| documents.repository().has_file(path));
    if let Some(image) = dockerfile.and_then(|path| Image::new(documents, &path, root, None)) {
        let mut deployment = image.deploy(space_name(root), deployment.platform, &Replacement::default());
        deployment.ports.push((PortRole::Connected, asked_by_default()));
        return deployment;
    }
    // Only as a Gradio Space would this tree run without a Dockerfile, and that image sets its variables.
    set_gradio_environment(&mut deployment);
    deployment.ports.push((PortRole::Connected, asked_by_default()));
    let app = root.join(&space_card().defaults.app_file).filter(|file| documents.repository().has_file(file));
    if let Some(file) = app {
        deployment.starts = vec![Start {
            location: push.clone(),
            invocation: None,
            file: Some((file, Role::Script)),
            exec_form: false,
        }];
    }
    deployment
}

/// Images: the services of Compose files, and every Dockerfile that neither a service nor a Space builds.
fn containers<'d>(documents: &'d Documents, spaces: &[Deployment<'d>]) -> Vec<Deployment<'d>> {
    let mut found = Vec::new();
    let mut claimed: BTreeSet<RepoPath> =
        spaces.iter().filter_map(|space| space.dockerfile().map(|(path, _)| path.clone())).collect();
    // A Space of another SDK takes no notice of the Dockerfile beside its card, but other hosts do.
    for entry in documents.repository().of_kind(FileKind::Compose) {
        // What an editor starts for those who work on the program.
        if entry.path().parts().any(|part| part == ".devcontainer") {
            continue;
        }
        let Some(compose) = documents.compose(entry.path()) else { continue };
        for (dockerfile, deployment) in compose_services(documents, entry.path(), compose) {
            claimed.insert(dockerfile);
            found.push(deployment);
        }
    }
    for entry in documents.repository().of_kind(FileKind::Dockerfile) {
        if claimed.contains(entry.path()) || is_development(entry.path()) {
            continue;
        }
        // Beside a card, a file that no tool looks for is left over.
        let folder = entry.path().parent();
        if entry.path().file_name().ends_with(".txt") && spaces.iter().any(|space| *space.root() == folder) {
            continue;
        }
        let context = build_context(documents, entry.path());
        let Some(image) = Image::new(documents, entry.path(), &context, None) else { continue };
        let platform = Fact::stated(Platform::Container, Location::new(entry.path(), image.stage.span));
        found.push(image.deploy(format!("container of {}", entry.path()), platform, &Replacement::default()));
    }
    found
}

/// Images that only developers and tests run, and those that nobody does any more.
fn is_development(path: &RepoPath) -> bool {
    path.parts().any(|part| {
        let part = part.to_ascii_lowercase();
        matches!(
            part.as_str(),
            ".devcontainer"
                | ".gitpod"
                | ".gitpod.dockerfile"
                | ".github"
                | "test"
                | "tests"
                | "testing"
                | "fixtures"
                | "examples"
                | "docs"
                | "testdata"
                | "base-images"
                | "archived"
                | "_archived"
                | "_archive"
                | "deprecated"
        ) || part.contains("{{")
            || part.ends_with(".dev")
            || part.ends_with("-dev")
            || part.contains(".test")
    })
}

/// The folder that a Dockerfile is most likely built in: its own where what it copies is there, else the repository's root.
fn build_context(documents: &Documents, path: &RepoPath) -> RepoPath {
    let own = path.parent();
    let Some(Ok(dockerfile)) = documents.dockerfile(path) else { return own };
    let mut sources: Vec<_> = dockerfile
        .stages
        .iter()
        .flat_map(|stage| dockerfile.copies(stage))
        .filter(|copied| copied.copy.from.is_none())
        .flat_map(|copied| copied.sources)
        .filter_map(|source| source.value)
        .collect();
    // `COPY . .` says nothing by itself; what the image then runs and installs has to come from there.
    if sources.iter().any(|source| matches!(source.as_str(), "." | "./")) {
        sources.extend(files_used(dockerfile));
    }
    sources.retain(|source| source != "." && source != "./" && !source.contains(['*', '?', ':']));
    let present = |context: &RepoPath| {
        let exists = |source: &&String| {
            context
                .join(source.trim_start_matches('/'))
                .is_some_and(|path| documents.repository().presence(&path) != Presence::Absent)
        };
        sources.iter().filter(exists).count()
    };
    let candidates = std::iter::successors(Some(own.clone()), |folder| (!folder.is_root()).then(|| folder.parent()));
    // The nearest folder wins where several hold equally much.
    let mut best = (own.clone(), present(&own));
    for candidate in candidates.skip(1) {
        let count = present(&candidate);
        if count > best.1 {
            best = (candidate, count);
        }
    }
    best.0
}

/// The files, by relative paths, that the commands of an image need: scripts that start, manifests that are installed.
fn files_used(dockerfile: &Dockerfile) -> Vec<String> {
    let Some(stage) = dockerfile.final_stage() else { return Vec::new() };
    let runs = dockerfile.runs(stage);
    let own = dockerfile.command(stage);
    let commands = runs.iter().flat_map(|run| &run.command.commands).chain(own.iter().flat_map(|own| &own.commands));
    let mut found = Vec::new();
    for word in commands.flat_map(|command| &command.words).filter_map(|word| word.plain()) {
        let is_file = [".py", ".sh", ".txt", ".toml", ".lock"].iter().any(|ending| word.ends_with(ending));
        if is_file && !word.starts_with(['/', '-']) {
            found.push(word.to_owned());
        } else if word == "." || word.starts_with(".[") {
            found.push("pyproject.toml".to_owned());
        }
    }
    found
}

/// Folders with a manifest of an application that no platform's files claim.
fn unspecified<'d>(documents: &'d Documents, known: &[Deployment<'d>]) -> Vec<Deployment<'d>> {
    let read: BTreeSet<&RepoPath> =
        known.iter().flat_map(|deployment| deployment.packages().manifests()).map(|manifest| &manifest.path).collect();
    let roots: BTreeSet<RepoPath> = known.iter().map(|deployment| deployment.root().clone()).collect();
    let manifests = documents.repository().entries().filter(|entry| {
        matches!(entry.path().file_name(), "requirements.txt" | "Pipfile")
            || (entry.kind() == FileKind::Pyproject
                && documents.pyproject(entry.path()).is_some_and(|project| project.name.is_some()))
    });
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for entry in manifests {
        let root = entry.path().parent();
        // A model that MLflow saved, with what it was trained on, is data of a program.
        let is_model = root.join("MLmodel").is_some_and(|path| documents.repository().has_file(&path));
        // So is one among icons or documents, with nothing to run beside or below it.
        let runs = |path: &RepoPath| path.as_str().ends_with(".py") || path.as_str().ends_with(".ipynb");
        let has_code = root.is_root() || documents.repository().within(&root).any(|entry| runs(entry.path()));
        let aside = is_model || !has_code || super::reach::is_aside(entry.path(), &RepoPath::root());
        if read.contains(entry.path()) || roots.contains(&root) || aside || !seen.insert(root.clone()) {
            continue;
        }
        let platform = Fact::default(Platform::Unspecified, "no file names a platform");
        let name = if root.is_root() { "program".to_owned() } else { format!("program in {root}") };
        found.push(folder_deployment(documents, name, &root, platform, None));
    }
    found
}

/// Takes what the user states. The error says what of it fits nothing.
fn apply<'d>(
    documents: &'d Documents,
    stated: &Overrides,
    deployments: &mut Vec<Deployment<'d>>,
) -> Result<(), String> {
    let Overrides { name, root, entry, .. } = stated;
    let repository = documents.repository();
    if let Some(root) = root.as_ref().filter(|root| repository.presence(root) == Presence::Absent) {
        return Err(format!("[deployment.{name}]: there is no folder {root}"));
    }
    let known = position(stated, deployments);
    let folder = match known {
        Some(index) => deployments[index].root().clone(),
        None => root.clone().unwrap_or_else(RepoPath::root),
    };
    if let Some(entry) = entry {
        let file = folder.join(entry);
        if !file.is_some_and(|file| repository.has_file(&file)) {
            let folder = if folder.is_root() { String::new() } else { format!(" in {folder}") };
            return Err(format!("[deployment.{name}]: there is no {entry}{folder} to start"));
        }
    }
    let index = match known {
        Some(index) => index,
        None if root.is_none() && entry.is_none() => return Err(fits_none(name, deployments)),
        None => {
            let platform = Fact::configured(stated.platform.unwrap_or(Platform::Unspecified));
            let python = stated.python.map(Fact::configured);
            deployments.push(folder_deployment(documents, name.clone(), &folder, platform, python));
            deployments.len() - 1
        }
    };
    let deployment = &mut deployments[index];
    if let Some(platform) = stated.platform {
        deployment.platform = Fact::configured(platform);
    }
    if let Some(python) = stated.python {
        deployment.python = Some(Fact::configured(python));
    }
    if let Some(file) = stated.entry.as_ref().and_then(|entry| deployment.root.join(entry)) {
        let location = Location::file(&file);
        deployment.starts =
            vec![Start { location, invocation: None, file: Some((file, Role::Script)), exec_form: false }];
    }
    if let Some(port) = stated.port {
        deployment.ports.retain(|(role, _)| *role != PortRole::Connected);
        deployment.ports.push((PortRole::Connected, Fact::configured(port)));
    }
    for (name, value) in &stated.environment {
        deployment.environment.set(name, Fact::configured(Some(value.clone())));
    }
    Ok(())
}

/// The deployment that is meant: that of the name, or of the folder, or the only one whose name begins so.
fn position(stated: &Overrides, deployments: &[Deployment<'_>]) -> Option<usize> {
    let place = |is_meant: &dyn Fn(&Deployment<'_>) -> bool| deployments.iter().position(is_meant);
    let in_short = format!("{} ", stated.name);
    let begins_so = |deployment: &Deployment<'_>| deployment.name().starts_with(&in_short);
    let is_only = || stated.root.is_none() && deployments.iter().filter(|one| begins_so(one)).count() == 1;
    place(&|deployment| deployment.name() == stated.name)
        .or_else(|| place(&|deployment| stated.root.as_ref() == Some(deployment.root())))
        .or_else(|| place(&begins_so).filter(|_| is_only()))
}

fn fits_none(name: &str, deployments: &[Deployment<'_>]) -> String {
    const TOLD: usize = 4;
    let names: Vec<_> = deployments.iter().take(TOLD).map(|deployment| format!("\"{}\"", deployment.name())).collect();
    let known = match names.as_slice() {
        [] => "there is none".to_owned(),
        names if deployments.len() > TOLD => format!("there are {} and others", names.join(", ")),
        names => format!("there is {}", names.join(", ")),
    };
    format!("[deployment.{name}] fits no deployment ({known}); one that the files do not show needs a root or an entry")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repository;

    /// What starts in each deployment, with its folder and the Python file that it leads to.
    fn starts(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| (*path, text.as_bytes()));
        let documents = Documents::new(Repository::in_memory(files));
        let project = Project::discover(&documents, &[]);
        let deployments = project.deployments().iter();
        deployments
            .flat_map(|deployment| {
                deployment.starts().iter().map(|start| {
                    let file = start.file.as_ref().map_or("?", |(path, _)| path.as_str());
                    format!("{} in {}: {file}", deployment.platform().value, deployment.root())
                })
            })
            .collect()
    }

    #[test]
    fn an_image_is_built_where_what_it_runs_lies() {
        let dockerfile = "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n";
        let files = [("docker/Dockerfile", dockerfile), ("app.py", ""), ("requirements.txt", "")];
        assert_eq!(starts(&files), ["container in .: app.py"]);
        let files = [("api/Dockerfile", dockerfile), ("api/app.py", ""), ("api/requirements.txt", ""), ("app.py", "")];
        assert_eq!(starts(&files)[0], "container in api: api/app.py");
    }

    #[test]
    fn a_service_runs_what_is_mounted_into_it() {
        let compose = "services:\n  web:\n    build: ./web\n    command: python app.py\n    volumes: [./web:/srv]\n";
        let files =
            [("compose.yaml", compose), ("web/Dockerfile", "FROM python:3.12\nWORKDIR /srv\n"), ("web/app.py", "")];
        assert_eq!(starts(&files), ["Compose service in web: web/app.py"]);
    }

    #[test]
    fn start_scripts_start_what_they_end_in() {
        let script = "#!/bin/sh\nset -e\necho starting\nmkdir -p data\nexec python main.py\n";
        let dockerfile = "FROM python:3.12\nCOPY . .\nENTRYPOINT [\"./start.sh\"]\n";
        let files = [("Dockerfile", dockerfile), ("start.sh", script), ("main.py", "")];
        assert_eq!(starts(&files), ["container in .: main.py"]);
    }

    #[test]
    fn a_command_of_the_project_starts_the_module_behind_it() {
        let dockerfile = "FROM python:3.12\nCOPY . .\nRUN pip install .\nCMD [\"serve\", \"--all\"]\n";
        let project = "[project]\nname = 'demo'\n[project.scripts]\nserve = 'demo.web.server:main'\n";
        let files = [("Dockerfile", dockerfile), ("pyproject.toml", project), ("src/demo/web/server.py", "")];
        assert_eq!(starts(&files), ["container in .: src/demo/web/server.py"]);
    }

    #[test]
    fn images_of_templates_tests_and_workbenches_are_no_deployments() {
        let image = "FROM python:3.12\nCMD x\n";
        let files = [("{{name}}/Dockerfile", image), ("tests/Dockerfile", image), (".gitpod.Dockerfile", image)];
        assert!(starts(&files).is_empty());
    }

    #[test]
    fn models_and_folders_without_code_are_no_programs() {
        let files = [
            ("mlruns/0/model/MLmodel", ""),
            ("mlruns/0/model/code.py", ""),
            ("mlruns/0/model/requirements.txt", "flask\n"),
            ("static/icons/requirements.txt", "flask\n"),
        ];
        let files = files.map(|(path, text)| (path, text.as_bytes()));
        let documents = Documents::new(Repository::in_memory(files));
        assert!(Project::discover(&documents, &[]).deployments().is_empty());
    }
}
