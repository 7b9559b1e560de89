//! Paths of somebody's home folder, in what is deployed.

use std::sync::LazyLock;

use regex::Regex;

use super::reach::is_aside;
use super::{Deployment, Documents, Platform, is_environment_dependent, workflows};
use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::python::{Callee, Module};
use crate::formats::shell::invocations;
use crate::formats::workflow::Job;
use crate::repo::{FileKind, Source};

/// A path in somebody's home folder.
#[derive(Debug, Clone)]
pub struct MachineBound {
    /// Where it is written.
    pub location: Location,
    /// The home folder: `/home/pi`.
    pub home: String,
    /// Whether it is only one more folder in which Python looks for modules: one that is not there does no harm by itself.
    pub is_searched: bool,
}

impl MachineBound {
    /// The user whose home it is.
    fn user(&self) -> &str {
        self.home.rsplit(['/', '\\']).next().unwrap_or(&self.home)
    }
}

/// Homes that images, runners and platforms have, and names that stand for any.
const USUAL_HOMES: &[&str] = &[
    "user",
    "app",
    "appuser",
    "node",
    "ubuntu",
    "runner",
    "vscode",
    "jovyan",
    "airflow",
    "coder",
    "codespace",
    "site",
    "sandbox",
    "nonroot",
    "python",
    "django",
    "worker",
    "container",
    "username",
    "you",
    "your",
    "yourname",
    "me",
    "name",
    "public",
    "shared",
    "default",
    "runneradmin",
    "webapp",
    "vcap",
    "sbx",
    "linuxbrew",
    "developer",
    "someone",
    "root",
];

impl Deployment<'_> {
    /// Paths in somebody's home folder, in Python that runs there.
    #[must_use]
    pub fn machine_bound_paths(&self) -> Vec<MachineBound> {
        if self.platform().value == Platform::Unspecified || !self.reach().is_certain() {
            return vec![];
        }
        let dockerfile = self.dockerfile().and_then(|(path, _)| self.documents().repository().source(path));
        let dockerfile = dockerfile.map_or("", |source| source.text());
        let mut found = Vec::new();
        for (path, reached) in self.reach().files() {
            let Some(module) = self.documents().python(path) else { continue };
            let is_imported = reached.importer.is_some();
            let own = homes_in(path, module, is_imported).filter(|bound| !dockerfile.contains(&bound.home));
            found.extend(own);
        }
        found
    }
}

/// Paths in somebody's home folder in the strings of a Python file. `is_imported`: what only a program does is left out.
fn homes_in(path: &RepoPath, module: &Module, is_imported: bool) -> impl Iterator<Item = MachineBound> {
    module.strings.iter().filter(|string| !string.documentation).filter_map(move |string| {
        // A function of that name is called by tests alone, wherever it stands.
        let in_test =
            module.block(string.block).function.is_some_and(|id| module.function(id).name.starts_with("test_"));
        if in_test
            || is_environment_dependent(module, string.block)
            || module.in_main_guard(string.block) && is_imported
        {
            return None;
        }
        let home = home_of(&string.value)?;
        let is_searched = module.calls.iter().any(|call| {
            call.arguments_span.covers(string.span)
                && matches!(&call.callee, Callee::Qualified(name) | Callee::Method(name)
                    if name == "sys.path.insert" || name == "sys.path.append")
        });
        Some(MachineBound { location: Location::new(path, string.span), home, is_searched })
    })
}

/// Paths in somebody's home folder in the Python files that the commands of workflows start on GitHub's machines.
#[must_use]
pub fn machine_bound_scripts(documents: &Documents) -> Vec<MachineBound> {
    let mut scripts: Vec<RepoPath> = Vec::new();
    for (path, workflow) in workflows::live(documents) {
        let text = documents.repository().source(path).map_or("", |source| source.text());
        for job in workflow.jobs.iter().filter(|job| is_on_hosted_machine(job, text)) {
            for step in job.steps.iter().filter(|step| !step.is_switched_off()) {
                let Some(run) = &step.run else { continue };
                let folder = [&step.working_directory, &job.working_directory, &workflow.working_directory];
                let folder = folder.into_iter().flatten().next().map_or(".", |folder| folder.value.as_str());
                let started = run.commands.iter().flat_map(invocations).filter_map(|invocation| {
                    let (script, _) = invocation.python_script()?;
                    RepoPath::root().join(folder)?.join(script.plain()?)
                });
                scripts.extend(started);
            }
        }
    }
    scripts.sort();
    scripts.dedup();
    let modules = scripts.iter().filter_map(|path| Some((path, documents.python(path)?)));
    modules.flat_map(|(path, module)| homes_in(path, module, false)).collect()
}

/// Whether a job runs on a machine of GitHub's, outside a container.
fn is_on_hosted_machine(job: &Job, text: &str) -> bool {
    !job.is_switched_off() && !job.node.span.of(text).contains("self-hosted") && job.node.get("container").is_none()
}

/// Paths in somebody's home folder in what is no Python: start scripts and other shell scripts, Dockerfiles, the commands of
/// workflows. Comments are left out, and so is what runs on a machine that is known to have the folder.
#[must_use]
pub fn machine_bound_lines(documents: &Documents) -> Vec<MachineBound> {
    let repository = documents.repository();
    let mut found = Vec::new();
    let whole = |path: &RepoPath| !is_aside(path, &RepoPath::root());
    let images: Vec<&str> = repository
        .of_kind(FileKind::Dockerfile)
        .filter_map(|entry| Some(entry.source().ok()?.text()))
        .filter(|text| text.contains("useradd") || text.contains("adduser") || text.contains("/home/"))
        .collect();
    for entry in repository.of_kind(FileKind::Shell).filter(|entry| whole(entry.path())) {
        let Ok(source) = entry.source() else { continue };
        // What logs in elsewhere, or makes the user, speaks of that machine.
        let speaks_of_another =
            ["ssh ", "scp ", "rsync ", "useradd", "adduser"].iter().any(|word| source.text().contains(word));
        if !speaks_of_another {
            let mut own = Vec::new();
            lines(source, Span::new(0, source.text().len()), &mut own);
            // A user that an image has, the script may run as.
            found.extend(own.into_iter().filter(|path| !images.iter().any(|text| text.contains(path.user()))));
        }
    }
    for entry in repository.of_kind(FileKind::Dockerfile).filter(|entry| whole(entry.path())) {
        let Ok(source) = entry.source() else { continue };
        let mut own = Vec::new();
        lines(source, Span::new(0, source.text().len()), &mut own);
        // Homes below /home are made in the image, or are those of its base.
        found.extend(own.into_iter().filter(|path| !path.home.starts_with("/home/")));
    }
    for (path, workflow) in workflows::live(documents) {
        let Some(source) = repository.source(path) else { continue };
        for job in workflow.jobs.iter().filter(|job| !job.node.span.of(source.text()).contains("self-hosted")) {
            let elsewhere = |text: &str| ["ssh", "scp", "rsync"].iter().any(|word| text.contains(word));
            for run in job.steps.iter().filter_map(|step| step.run.as_ref()) {
                if !elsewhere(run.script.span.of(source.text())) && job.node.get("container").is_none() {
                    lines(source, run.script.span, &mut found);
                }
            }
        }
    }
    found
}

/// The homes in the lines of `span`.
fn lines(source: &Source, span: Span, found: &mut Vec<MachineBound>) {
    static HOME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s='\x22:(])((?:/home/|/Users/|/mnt/[a-z]/Users/|[A-Z]:[\\/]+Users[\\/]+)([A-Za-z0-9._-]+))[\\/]+[\w.-]").ok()
    });
    let Some(pattern) = HOME.as_ref() else { return };
    let mut at = span.start;
    for line in span.of(source.text()).split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') || trimmed.starts_with("echo ") || trimmed.starts_with("printf ") {
            continue;
        }
        for matched in pattern.captures_iter(line) {
            let (Some(home), Some(name)) = (matched.get(1), matched.get(2)) else { continue };
            let before = line.get(..home.start()).unwrap_or_default();
            let is_comment = before.contains(" #");
            if !is_comment
                && !is_of_a_container(before, line)
                && !USUAL_HOMES.contains(&name.as_str().to_ascii_lowercase().as_str())
            {
                let location = source.location(Span::new(start + home.start(), start + home.end()));
                found.push(MachineBound { location, home: home.as_str().to_owned(), is_searched: false });
            }
        }
    }
}

/// Whether a path on a line, after what stands before it, is one in a container: the target of a mount, or its folder.
fn is_of_a_container(before: &str, line: &str) -> bool {
    let ends = ["target=", "dst=", "destination=", "--workdir ", "--workdir=", "-w ", "-w="];
    let is_mounted =
        before.ends_with(':') && ["-v ", "--volume", "docker ", "podman "].iter().any(|word| line.contains(word));
    is_mounted || ends.iter().any(|end| before.ends_with(end))
}

/// The folder of one machine that a text starts with: somebody's home, a drive of Windows, what lies on a desktop.
fn home_of(text: &str) -> Option<String> {
    static HOME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:/home/|/Users/|/mnt/[a-z]/Users/|[A-Z]:[\\/]+Users[\\/]+)([A-Za-z0-9._-]+)[\\/]+\S").ok()
    });
    static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^([D-Z]:(?:\\|/[A-Za-z0-9_.-]+[\\/])|~[\\/](?:Desktop|Downloads|Documents|OneDrive))[\\/]*[\w.-]")
            .ok()
    });
    if text.contains('\n') {
        return None;
    }
    if let Some(found) = HOME.as_ref()?.captures(text) {
        let name = found.get(1)?;
        let usual = USUAL_HOMES.contains(&name.as_str().to_ascii_lowercase().as_str());
        return (!usual).then(|| text[..name.end()].to_owned());
    }
    let place = PLACE.as_ref()?.captures(text)?.get(1)?;
    Some(place.as_str().trim_end_matches(['\\', '/']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_of_people_are_told_from_those_of_images() {
        for (text, home) in [
            ("/home/pi/app/data.json", Some("/home/pi")),
            ("/Users/anna/models", Some("/Users/anna")),
            (r"C:\Users\Anna\Desktop\x.csv", Some(r"C:\Users\Anna")),
            ("/mnt/c/Users/anna/x", Some("/mnt/c/Users/anna")),
            (r"D:\data\train.csv", Some("D:")),
            (r"E:/datasets/faces/x", Some("E:/datasets")),
            ("~/Desktop/out.csv", Some("~/Desktop")),
            ("Note: see x", None),
            ("X: y", None),
            ("~/.cache/x", None),
            ("/home/user/app", None),
            ("/home/{name}/x", None),
            ("/home", None),
            ("see /home/pi/app", None),
        ] {
            assert_eq!(home_of(text).as_deref(), home, "{text}");
        }
    }
}
