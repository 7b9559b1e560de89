//! IMG003 missing-build-path: the build or the start of an image names something that is not there.

use crate::deployment::reach::{is_aside, is_for_agents};
use crate::deployment::{
    Deployment, Documents, Hidden, HiddenProgram, MissingKind, MissingPath, MissingStart, Platform, Project, Sdk,
};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Severity};
use crate::repo::{FileKind, Presence};
use crate::rules::{Reporter, Rule};

use super::{compose_files, configuration, misnamed, volumes};

/// IMG003 missing-build-path.
pub struct MissingBuildPath;

impl Rule for MissingBuildPath {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG003", name: "missing-build-path" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        refused(project, report);
        compose(project, report);
        configuration::check(project, report);
        misnamed::check(project, report);
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        for missing in deployment.missing_host_starts() {
            host_start(deployment, missing, report);
        }
        if let Some(program) = deployment.hidden_program() {
            hidden_program(program, report);
        }
        missing_folders(deployment, report);
        let mut modules: Vec<String> = Vec::new();
        let mut missing_paths = deployment.missing_paths();
        wrong_context(deployment, &mut missing_paths, report);
        for missing in missing_paths {
            let location = missing.location.clone();
            let further = missing.further;
            match missing.kind {
                MissingKind::CopySource { source, context, similar, beside } => {
                    let place = if context.is_root() { "the repository".to_owned() } else { format!("{context}/") };
                    let message = format!("{source} is not in {place}, the build context: the build stops here");
                    let finding = report.error(location.clone(), message);
                    for place in further {
                        finding.label(place, "this is missing too");
                    }
                    let repository = deployment.documents().repository();
                    let is_ignored = context
                        .join(source.trim_matches('/'))
                        .is_some_and(|path| repository.is_ignored(&path, source.ends_with('/')));
                    let ignored = if is_ignored {
                        "; .gitignore leaves it out, so that a build from a checkout has none"
                    } else {
                        ""
                    };
                    match (similar, beside) {
                        (_, Some(beside)) => {
                            finding.label(Location::file(&beside), "this is beside the Dockerfile, not in the context");
                            if let Some(place) = deployment.platform().location().filter(|place| **place != location) {
                                finding.label(place.clone(), "the build context is chosen here");
                            }
                            match beside.relative_to(&context) {
                                Some(seen) => {
                                    finding.help(format!("sources are relative to the build context: write {seen}"));
                                    let fix = Fix::unsafe_(format!("Copy {seen}"));
                                    finding.fix(fix.replace(&location.path, location.span, seen));
                                }
                                None => {
                                    finding
                                        .help(format!("build in {}, or in a folder that holds both", beside.parent()));
                                }
                            }
                        }
                        (Some(similar), None) => {
                            let changed = source.replace(source.rsplit('/').next().unwrap_or_default(), &similar);
                            finding.help(format!("{similar} is there{ignored}"));
                            let fix = Fix::unsafe_(format!("Copy {changed}"));
                            finding.fix(fix.replace(&location.path, location.span, changed));
                        }
                        (None, None) => {
                            finding.help(format!("add {source} to the repository, or correct the path{ignored}"));
                        }
                    }
                }
                MissingKind::Lock { command, option } => {
                    let message = format!(
                        "`{command} {option}` takes only what uv.lock says, and the repository has no uv.lock: the build \
                         stops here"
                    );
                    let finding = report.error(location, message);
                    finding.help(format!("run `uv lock` and commit uv.lock, or leave `{option}` out"));
                }
                MissingKind::Stage(index) => {
                    let message = format!("there is no stage {index} before this one to copy from");
                    report.error(location, message).help("name the stages (`FROM … AS build`) and copy by name");
                }
                MissingKind::IgnoredSource { source, by } => {
                    let message =
                        format!("the ignore file keeps {source} out of the build context: the build stops here");
                    let finding = report.error(location, message);
                    finding.help(format!(
                        "let it in again with a later line `!{}`, or do not copy it",
                        source.trim_matches('/')
                    ));
                    finding.label(by, "left out by this line");
                }
                MissingKind::Script { path, expected, ignored_by, elsewhere } => {
                    let why = match (&expected, &ignored_by) {
                        (_, Some(_)) => "the ignore file keeps it out of the build".to_owned(),
                        (Some(expected), None) => format!("{expected} is not in the repository"),
                        (None, None) => "nothing copies it there".to_owned(),
                    };
                    let finding = report.error(location, format!("the image has no {path}: {why}"));
                    finding.help("correct the path, which is relative to WORKDIR, or copy the file to it");
                    if let Some(line) = ignored_by {
                        finding.label(line, "left out by this line");
                    } else if let Some(elsewhere) = elsewhere {
                        finding.label(Location::file(&elsewhere), "this may be what is meant");
                    }
                }
                MissingKind::StartModule { module, looked_for, ignored_by, meant } => {
                    let message = format!("the image has no module {module}: there is no {looked_for}");
                    let finding = report.error(location.clone(), message);
                    if let Some(line) = ignored_by {
                        finding.label(line, "the ignore file leaves it out by this line");
                    }
                    match meant {
                        Some((file, name)) => {
                            finding.label(Location::file(&file), format!("in the image this is {name}"));
                            finding.help(format!("start {name}, or copy the files so that the folder keeps its name"));
                            let documents = deployment.documents();
                            let text = documents
                                .repository()
                                .source(&location.path)
                                .map(|source| location.span.of(source.text()));
                            let fix = text.filter(|text| text.contains(&module)).map(|text| {
                                let changed = text.replacen(&module, &name, 1);
                                Fix::unsafe_(format!("Start {name}")).replace(&location.path, location.span, changed)
                            });
                            finding.fix(fix);
                        }
                        None => {
                            finding.help(
                                "name the module as it is in the image: relative to WORKDIR, with dots for folders",
                            );
                        }
                    }
                }
                MissingKind::Module { module, found, shorter } => {
                    let top = module.split('.').next().unwrap_or_default().to_owned();
                    if modules.contains(&top) {
                        continue;
                    }
                    let message = format!(
                        "the image has no package {top}: the import of {module} fails with ModuleNotFoundError"
                    );
                    let finding = report.error(location, message);
                    finding.label(Location::file(&found), format!("in the image this is {shorter}"));
                    finding.help(format!(
                        "copy the folder under its name (`COPY . ./{top}`) and start it as {top}.…, or import {shorter}"
                    ));
                    modules.push(top);
                }
            }
        }
    }
}

/// Sources that are all written from the root of the repository, while the image is built in a folder below it: one
/// cause, which is told once and taken out of the list.
fn wrong_context(deployment: &Deployment<'_>, missing: &mut Vec<MissingPath>, report: &mut Reporter) {
    let repository = deployment.documents().repository();
    let is_from_root = |one: &MissingPath| match &one.kind {
        MissingKind::CopySource { source, context, .. } if !context.is_root() => RepoPath::root()
            .join(source.trim_start_matches('/'))
            .is_some_and(|path| !path.is_root() && repository.presence(&path) != Presence::Absent),
        _ => false,
    };
    let (from_root, rest): (Vec<_>, Vec<_>) = std::mem::take(missing).into_iter().partition(is_from_root);
    *missing = rest;
    let [first, others @ ..] = from_root.as_slice() else { return };
    if others.is_empty() {
        missing.extend(from_root);
        return;
    }
    let MissingKind::CopySource { source, context, .. } = &first.kind else { return };
    let message = format!(
        "{source} and what else is copied here is looked for in {context}/, the build context, and stands in the \
         repository's root: the build stops here"
    );
    let finding = report.error(first.location.clone(), message);
    for other in others {
        finding.label(other.location.clone(), "this is missing there too");
    }
    if let Some(place) = deployment.platform().location() {
        finding.label(place.clone(), "the build context is chosen here");
    }
    finding.help(format!(
        "build in the root of the repository and name this Dockerfile (`context: .` and `dockerfile: {}`), or write the \
         sources from {context}/",
        first.location.path
    ));
}

/// Folders that the program opens as it starts and nothing makes; one finding for each folder.
fn missing_folders(deployment: &Deployment<'_>, report: &mut Reporter) {
    let missing = deployment.missing_folders();
    let mut told: Vec<&str> = Vec::new();
    for one in &missing {
        let folder = one.folder.as_str();
        if told.contains(&folder) {
            continue;
        }
        told.push(folder);
        let message = format!(
            "{} opens {folder}/, which is not in the repository and which nothing makes: the start ends in {}",
            one.opened_by, one.error
        );
        let finding = report.error(one.location.clone(), message);
        for other in missing.iter().filter(|other| other.folder == folder && other.location != one.location) {
            finding.label(other.location.clone(), "this opens it too");
        }
        finding.help(match one.error {
            "RuntimeError" => {
                format!("add {folder}/ with a file in it, such as .gitkeep: git carries no empty folders")
            }
            _ => format!("make it before: `os.makedirs(\"{folder}\", exist_ok=True)`; git carries no empty folders"),
        });
    }
}

/// A program that lies where the start does not look, or may not.
fn hidden_program(found: HiddenProgram, report: &mut Reporter) {
    let program = &found.program;
    match found.hidden {
        Hidden::RootHome { installed, user } => {
            let message = format!(
                "{program} lies in /root/.local, which no user but root may enter: the container ends with \"permission \
                 denied\""
            );
            let finding = report.error(found.location, message);
            finding.label(installed, "installed to root's home here");
            finding.label(user, "this user starts it");
            finding.help(
                "install without `--user` into a virtual environment (`python -m venv /opt/venv`), and copy that",
            );
        }
        Hidden::Environment { tool, installed } => {
            let message = format!(
                "`{tool}` installs to a virtual environment, and {program} is started outside it: it is not found there"
            );
            let finding = report.error(found.location, message);
            finding.label(installed, "installed to the environment here");
            finding.help(match tool {
                "uv sync" => format!("start it with `uv run {program} …`, or put the environment first: `ENV PATH=\"/app/.venv/bin:$PATH\"` (with the folder of WORKDIR for /app)"),
                _ => format!("start it with `poetry run {program} …`, or set `ENV POETRY_VIRTUALENVS_CREATE=false` before the installation"),
            });
        }
    }
}

/// A command of a host that starts what is not there.
fn host_start(deployment: &Deployment<'_>, missing: MissingStart, report: &mut Reporter) {
    let MissingStart { location, program, written, is_module, looked_for, elsewhere, after_program } = missing;
    let platform = deployment.platform().value;
    let does = if is_module { "starts the module" } else { "runs" };
    let fails = if is_module {
        "the process ends in ModuleNotFoundError as soon as it starts"
    } else {
        "the process ends as soon as it starts"
    };
    let condition = match (&elsewhere, platform) {
        (Some(folder), _) => format!(", unless the host is set to start in {folder}/"),
        (None, Platform::Railway) => ", unless the service is set to start in another folder".to_owned(),
        (None, _) => String::new(),
    };
    let severity = if condition.is_empty() { Severity::Error } else { Severity::Warning };
    let message = format!("{program} {does} {written}, and there is no {looked_for}: {fails}{condition}");
    let finding = report.report(severity, location.clone(), message);
    let Some(folder) = elsewhere.as_ref().and_then(|folder| folder.relative_to(deployment.root())) else {
        finding.help("name what the repository has, from the folder that the host starts in, or add it");
        return;
    };
    let flag = match program.as_str() {
        "gunicorn" => Some("--chdir"),
        "uvicorn" => Some("--app-dir"),
        _ => None,
    };
    match flag.filter(|_| is_module && !folder.contains(' ')) {
        Some(flag) => {
            finding.help(format!("{written} is in {folder}/: start it with `{flag} {folder}`"));
            let fix = Fix::unsafe_(format!("Start in {folder}/"));
            finding.fix(fix.insert(&location.path, after_program, format!(" {flag} {folder}")));
        }
        None => {
            finding.help(format!("it is in {folder}/: begin the command with `cd {folder} &&`"));
        }
    }
}

/// Dockerfiles that Docker does not read to the end, and instructions that it refuses or reads otherwise.
fn refused(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    for entry in documents.repository().of_kind(FileKind::Dockerfile) {
        let path = entry.path();
        let text = documents.repository().source(path).map_or("", |source| source.text());
        let is_template =
            text.contains("{{") || text.contains("{%") || text.contains("<%") || path.as_str().contains("{{");
        if is_template || is_aside(path, &RepoPath::root()) {
            continue;
        }
        match documents.dockerfile(path) {
            Some(Err(error)) => {
                if is_empty(text) {
                    report_empty(project, path, report);
                    continue;
                }
                let names_an_image =
                    text.lines().any(|line| line.trim_start().to_ascii_uppercase().starts_with("FROM "));
                if names_an_image || path.file_name() == "Dockerfile" {
                    report
                        .error(
                            Location::new(path, error.span),
                            format!("Docker refuses this Dockerfile: {}", error.message),
                        )
                        .help("see the Dockerfile reference for what an instruction may look like");
                }
            }
            Some(Ok(dockerfile)) => {
                for fault in dockerfile.faults() {
                    let finding = report.error(Location::new(path, fault.span), fault.message);
                    finding.help(fault.help);
                    finding.fix(
                        fault
                            .replacement
                            .map(|text| Fix::unsafe_(format!("Write `{text}`")).replace(path, fault.span, text)),
                    );
                }
            }
            None => {}
        }
    }
}

/// Whether there is nothing in a Dockerfile but comments.
fn is_empty(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// A Dockerfile without a line is mostly one that somebody meant to write.
fn report_empty(project: &Project<'_>, path: &RepoPath, report: &mut Reporter) {
    let documents = project.documents();
    let compose = documents.repository().of_kind(FileKind::Compose);
    let mut builds = compose
        .filter_map(|entry| Some((entry.path().parent(), documents.compose(entry.path())?)))
        .flat_map(|(folder, compose)| compose.services.iter().map(move |service| (folder.clone(), service)))
        .filter_map(|(folder, service)| Some((folder, service.build.as_ref()?)));
    let is_composed = builds.any(|(folder, build)| {
        let context = folder.join(&build.context.value);
        let name = build.dockerfile.as_ref().map_or("Dockerfile", |file| file.value.as_str());
        context.and_then(|context| context.join(name)).as_ref() == Some(path)
    });
    let is_a_space = || {
        let mut deployments = project.deployments().iter();
        deployments.any(|one| one.platform().value.is_space(Sdk::Docker) && *one.root() == path.parent())
            && path.file_name() == "Dockerfile"
    };
    let severity = if is_composed || is_a_space() { Severity::Error } else { Severity::Advice };
    report
        .report(severity, Location::file(path), "this Dockerfile is empty: Docker refuses to build it")
        .help("begin it with the image to build on, `FROM python:3.12-slim`, or take the file out");
}

/// Build contexts and Dockerfiles that a Compose file names.
fn compose(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    let repository = documents.repository();
    for entry in repository.of_kind(FileKind::Compose).filter(|entry| !is_for_agents(entry.path())) {
        let Some(compose) = documents.compose(entry.path()) else { continue };
        // Another file is often put on top of the main one, and its paths are then relative to that.
        if entry.path().file_name().matches('.').count() > 1 {
            continue;
        }
        volumes::check(documents, entry.path(), compose, report);
        if !is_aside(entry.path(), &RepoPath::root()) {
            compose_files::check(documents, entry.path(), compose, report);
        }
        for service in &compose.services {
            let Some(build) = service.build.as_ref() else { continue };
            if service.image.as_ref().is_some_and(|image| is_built_by_a_script(documents, &image.value)) {
                continue;
            }
            let plain = |text: &str| !text.contains(['$', '{', ':', '#']) && !text.starts_with('/');
            if !plain(&build.context.value) {
                continue;
            }
            let Some(context) = entry.path().parent().join(&build.context.value) else { continue };
            if repository.presence(&context) == Presence::Absent {
                let message = format!("the build context {} is not in the repository", build.context.value);
                report
                    .error(Location::new(entry.path(), build.context.span), message)
                    .help("correct the path, which is relative to the Compose file, or add the folder as a submodule");
                continue;
            }
            if build.dockerfile.is_none() && build_is_inline(build.span, documents, entry.path()) {
                continue;
            }
            let (name, span) = match &build.dockerfile {
                Some(file) if plain(&file.value) => (file.value.as_str(), file.span),
                Some(_) => continue,
                None => ("Dockerfile", build.context.span),
            };
            let file = context.join(name);
            if file.is_some_and(|file| repository.presence(&file) == Presence::Absent) {
                let message = format!("{name} is not in the build context {}", build.context.value);
                report
                    .error(Location::new(entry.path(), span), message)
                    .help("`dockerfile:` is relative to `context:`, not to the Compose file");
            }
        }
    }
}

/// Whether a script builds the image of that name, which Compose then finds and does not build.
fn is_built_by_a_script(documents: &Documents, image: &str) -> bool {
    let is_script = |kind: FileKind| !matches!(kind, FileKind::Python | FileKind::Compose | FileKind::Notebook);
    let entries = documents.repository().entries().filter(|entry| is_script(entry.kind()));
    !image.is_empty()
        && entries.filter_map(|entry| entry.source().ok()).any(|source| {
            let lines = source.text().lines();
            let mut builds = lines.filter(|line| line.contains("docker build") || line.contains("docker pull"));
            builds.any(|line| line.split([' ', '"', '\'', '=']).any(|word| word == image))
        })
}

fn build_is_inline(span: crate::diagnostic::Span, documents: &Documents, path: &crate::diagnostic::RepoPath) -> bool {
    documents.repository().source(path).is_some_and(|source| span.of(source.text()).contains("dockerfile_inline"))
}
