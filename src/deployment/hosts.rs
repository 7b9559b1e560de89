//! Hosts that build and run a folder by a file of their own: Procfile, fly.toml, render.yaml, app.yaml, railway.

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::platform_files::{Script, Setting};
use crate::formats::shell::Command;
use crate::repo::FileKind;

use super::container::{Image, Replacement, folder_deployment};
use super::packages::Gatherer;
use super::start::starts;
use super::{Deployment, Documents, Fact, FolderLayout, Platform, PortRole, python_version};

/// Everything that such a file deploys.
pub(super) fn deployments(documents: &Documents) -> Vec<Deployment<'_>> {
    let mut found = procfiles(documents);
    found.extend(fly(documents));
    found.extend(render(documents));
    found.extend(app_engine(documents));
    found.extend(railway(documents));
    for deployment in found.iter_mut().filter(|deployment| deployment.platform.value.sets_port()) {
        if deployment.environment.get("PORT").is_none() {
            let why = format!("{} sets PORT", deployment.platform.value);
            deployment.environment.set("PORT", Fact::default(None, why));
        }
    }
    found
}

/// One process of a folder that is deployed as it is.
fn process<'d>(
    documents: &'d Documents,
    name: String,
    root: &RepoPath,
    platform: Fact<Platform>,
    path: &RepoPath,
    commands: &[Command],
) -> Deployment<'d> {
    let mut deployment = folder_deployment(documents, name, root, platform, None);
    deployment.starts = starts(documents, &deployment.layout, path, commands, false);
    deployment
}

fn procfiles(documents: &Documents) -> Vec<Deployment<'_>> {
    let mut found = Vec::new();
    for entry in documents.repository().of_kind(FileKind::Procfile) {
        let path = entry.path();
        let root = path.parent();
        for declared in documents.procfile(path).into_iter().flatten().filter(|process| process.name.value != "release")
        {
            let name = format!("{} process in {path}", declared.name.value);
            let platform = Fact::stated(Platform::Procfile, Location::new(path, declared.name.span));
            let mut deployment = process(documents, name, &root, platform, path, &declared.commands);
            deployment.takes_requests = declared.name.value == "web";
            found.push(deployment);
        }
    }
    found
}

fn fly(documents: &Documents) -> Option<Deployment<'_>> {
    let path = RepoPath::new("fly.toml");
    let file = documents.fly(&path)?;
    let platform = Fact::stated(Platform::Fly, Location::file(&path));
    let dockerfile = file.dockerfile.as_ref().map_or("Dockerfile", |name| name.value.as_str());
    let dockerfile = RepoPath::root().join(dockerfile)?;
    let name = "Fly.io app".to_owned();
    let replaced =
        file.processes.first().map(|(_, script)| script.commands.as_slice()).filter(|commands| !commands.is_empty());
    let replacement = Replacement { path: Some(&path), command: replaced, ..Replacement::default() };
    let mut deployment = match Image::new(documents, &dockerfile, &RepoPath::root(), None) {
        Some(image) => image.deploy(name, platform, &replacement),
        None => folder_deployment(documents, name, &RepoPath::root(), platform, None),
    };
    set_all(&mut deployment, &path, &file.env);
    for port in &file.internal_ports {
        deployment.ports.push((PortRole::Connected, Fact::stated(port.value, Location::new(&path, port.span))));
    }
    Some(deployment)
}

fn render(documents: &Documents) -> Vec<Deployment<'_>> {
    let mut found = Vec::new();
    for name in ["render.yaml", "render.yml"] {
        let path = RepoPath::new(name);
        let Some(file) = documents.render(&path) else { continue };
        for service in &file.services {
            let kind = service.kind.as_ref().map_or("web", |kind| kind.value.as_str());
            if !matches!(kind, "web" | "pserv" | "worker" | "cron") {
                continue;
            }
            let root = service
                .root_dir
                .as_ref()
                .and_then(|folder| RepoPath::root().join(&folder.value))
                .unwrap_or_else(RepoPath::root);
            let platform = Fact::stated(Platform::Render, Location::new(&path, service.span));
            let name =
                service.name.as_ref().map_or("Render service".to_owned(), |name| format!("{} on Render", name.value));
            let takes_requests = matches!(kind, "web" | "pserv");
            let name = if takes_requests { name } else { format!("{name} ({kind})") };
            let docker = service.runtime.as_ref().is_some_and(|runtime| runtime.value == "docker");
            let mut deployment = if docker {
                let context = service.docker_context.as_ref().and_then(|folder| root.join(&folder.value));
                let context = context.unwrap_or_else(|| root.clone());
                let written = service.dockerfile_path.as_ref().map_or("Dockerfile", |file| file.value.as_str());
                let Some(image) =
                    root.join(written).and_then(|dockerfile| Image::new(documents, &dockerfile, &context, None))
                else {
                    continue;
                };
                image.deploy(name, platform, &Replacement::default())
            } else {
                let commands = service.start_command.as_ref().map_or(&[][..], |script: &Script| &script.commands);
                let mut deployment = process(documents, name, &root, platform, &path, commands);
                if let Some(build) = &service.build_command {
                    let mut gatherer = Gatherer::new(documents, deployment.python.as_ref().map(|python| python.value));
                    gatherer.commands(
                        &build.commands,
                        &path,
                        &FolderLayout { repository: documents.repository(), root: root.clone() },
                    );
                    deployment.packages = gatherer.finish();
                }
                deployment
            };
            deployment.takes_requests = takes_requests;
            set_all(&mut deployment, &path, &service.env_vars);
            if let Some(version) = deployment.environment.get("PYTHON_VERSION").cloned()
                && let Some(python) = version.value.as_deref().and_then(|text| text.parse().ok())
            {
                deployment.python = Some(version.map(|_| python));
            }
            found.push(deployment);
        }
    }
    found
}

fn app_engine(documents: &Documents) -> Option<Deployment<'_>> {
    let path = RepoPath::new("app.yaml");
    let file = documents.app_engine(&path)?;
    let runtime: &Spanned<String> = file.runtime.as_ref()?;
    let version = runtime.value.strip_prefix("python")?;
    let platform = Fact::stated(Platform::AppEngine, Location::new(&path, runtime.span));
    let commands = file.entrypoint.as_ref().map_or(&[][..], |script| &script.commands);
    let mut deployment =
        process(documents, "App Engine service".to_owned(), &RepoPath::root(), platform, &path, commands);
    // `python312` names 3.12.
    if let Some(python) = version.split_at_checked(1).and_then(|(major, minor)| format!("{major}.{minor}").parse().ok())
    {
        deployment.python = Some(Fact::stated(python, Location::new(&path, runtime.span)));
    }
    set_all(&mut deployment, &path, &file.env_variables);
    Some(deployment)
}

fn railway(documents: &Documents) -> Option<Deployment<'_>> {
    let (path, file) = ["railway.json", "railway.toml"].iter().find_map(|name| {
        let path = RepoPath::new(name);
        Some((path.clone(), documents.railway(&path)?))
    })?;
    let root = RepoPath::root();
    let platform = Fact::stated(Platform::Railway, Location::file(&path));
    let name = "Railway service".to_owned();
    let dockerfile = file.dockerfile_path.as_ref().map_or("Dockerfile", |file| file.value.as_str());
    let image = root.join(dockerfile).and_then(|dockerfile| Image::new(documents, &dockerfile, &root, None));
    let commands = file.start_command.as_ref().map(|script| script.commands.as_slice());
    Some(match image {
        Some(image) => image.deploy(
            name,
            platform,
            &Replacement { path: Some(&path), command: commands, ..Replacement::default() },
        ),
        None => {
            let python = python_version::of_folder(documents, &root);
            let mut deployment = process(documents, name, &root, platform, &path, commands.unwrap_or_default());
            deployment.python = python.or(deployment.python);
            deployment
        }
    })
}

fn set_all(deployment: &mut Deployment<'_>, path: &RepoPath, settings: &[Setting]) {
    for setting in settings {
        let value = setting.value.as_ref().map(|value| value.value.clone());
        deployment.environment.set(&setting.name.value, Fact::stated(value, Location::new(path, setting.name.span)));
    }
}
