//! Files that a Compose service reads from the repository: `env_file`, and files that it mounts.

use crate::deployment::Documents;
use crate::diagnostic::{Fix, Location, RepoPath, Severity};
use crate::formats::compose::{Compose, EnvironmentFile, Volume};
use crate::repo::{FileKind, Presence};
use crate::rules::Reporter;

/// Endings of files that people write, and that no program makes.
const WRITTEN: &[&str] = &[
    "cfg",
    "cnf",
    "conf",
    "hcl",
    "html",
    "ini",
    "js",
    "lua",
    "properties",
    "py",
    "rb",
    "sh",
    "sql",
    "template",
    "tmpl",
    "toml",
    "ts",
    "vcl",
    "xml",
    "yaml",
    "yml",
];

/// Words in the names of files that show what another is to hold.
const EXAMPLES: &[&str] = &["example", "sample", "template", "dist", "default", "tmpl"];

/// Reports what is missing, each file once.
pub(super) fn check(documents: &Documents, path: &RepoPath, compose: &Compose, report: &mut Reporter) {
    let mut seen: Vec<RepoPath> = Vec::new();
    for service in &compose.services {
        for file in service.env_files.iter().filter(|file| file.required) {
            let _ = check_environment(documents, path, file, &mut seen, report);
        }
        for volume in &service.volumes {
            let _ = check_mount(documents, path, volume, &mut seen, report);
        }
    }
}

/// Compose stops where a file of variables is missing. Such files are often kept out of git on purpose; then something
/// says so: an ignore file, an example, a document.
fn check_environment(
    documents: &Documents,
    path: &RepoPath,
    file: &EnvironmentFile,
    seen: &mut Vec<RepoPath>,
    report: &mut Reporter,
) -> Option<()> {
    let written = file.path.value.as_str();
    let repository = documents.repository();
    if written.contains(['$', '~', '{']) || written.starts_with('/') {
        return None;
    }
    let target = path.parent().join(written)?;
    if repository.presence(&target) != Presence::Absent || seen.contains(&target) {
        return None;
    }
    let folder = target.parent();
    let location = Location::new(path, file.path.span);
    if repository.presence(&folder) == Presence::Absent {
        let message =
            format!("there is no folder {folder} for {written}: docker compose stops before it starts anything");
        report
            .report(Severity::Error, location, message)
            .help("correct the path, which is relative to the Compose file");
        seen.push(target);
        return Some(());
    }
    let name = target.file_name();
    let beside: Vec<&str> = repository
        .within(&folder)
        .filter(|entry| entry.path().parent() == folder)
        .map(|entry| entry.path().file_name())
        .collect();
    let has_example = beside.iter().any(|other| {
        let other = other.to_ascii_lowercase();
        // An `.env.example` stands for whatever `.env` is called in the end.
        let is_for_it =
            other.contains(&name.to_ascii_lowercase()) || (name.starts_with(".env") && other.contains("env"));
        is_for_it && EXAMPLES.iter().any(|word| other.contains(word))
    });
    let near = beside.iter().find(|other| {
        other.contains("env")
            && strsim::damerau_levenshtein(other, name) <= 2
            && FileKind::of(&RepoPath::new(other)) == FileKind::DotEnv
    });
    if near.is_none() && (has_example || is_spoken_of(documents, name, path)) {
        return None;
    }
    let message =
        format!("{written} is not in the repository, and nothing says how to make it: docker compose stops without it");
    let finding = report.warning(location.clone(), message);
    match near {
        Some(near) => {
            finding.label(Location::file(&folder.join(near)?), "this may be what is meant");
            let changed = written.strip_suffix(name).map(|folder| format!("{folder}{near}"))?;
            finding.help(format!("{near} is there"));
            let changed = repository.source(path)?.in_same_quotes(location.span, &changed);
            finding.fix(Fix::unsafe_(format!("Read {near}")).replace(&location.path, location.span, changed));
        }
        None => {
            finding.help(format!(
                "add {name}.example and name the file in .gitignore; or let Compose start without it: `path: {written}` with \
                 `required: false`"
            ));
        }
    }
    seen.push(target);
    Some(())
}

/// Whether anything in the repository but the Compose file itself names the file: an ignore file, a script, a document.
fn is_spoken_of(documents: &Documents, name: &str, compose: &RepoPath) -> bool {
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or(name);
    let entries = documents.repository().entries().filter(|entry| entry.path() != compose);
    let mut texts = entries
        .filter(|entry| !matches!(entry.kind(), FileKind::Compose | FileKind::PythonLock))
        .filter_map(|entry| Some((entry.path(), entry.source().ok()?)));
    texts.any(|(path, source)| {
        let text = source.text();
        let is_ignore_file = path.file_name().ends_with("ignore");
        text.contains(name)
            || (is_ignore_file
                && text.lines().any(|line| {
                    let pattern = line.trim().trim_start_matches('/').trim_end_matches('/');
                    pattern.contains('*') && pattern.contains(stem)
                        || pattern.strip_prefix('*').is_some_and(|end| end.len() > 1 && name.ends_with(end))
                }))
    })
}

/// Docker makes a folder where the source of a mount is missing; a program that reads a file there then stops.
fn check_mount(
    documents: &Documents,
    path: &RepoPath,
    volume: &Volume,
    seen: &mut Vec<RepoPath>,
    report: &mut Reporter,
) -> Option<()> {
    let source = volume.source.as_deref().filter(|source| source.starts_with("./") || source.starts_with("../"))?;
    let repository = documents.repository();
    let ending = |path: &str| path.rsplit('/').next()?.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_file =
        ending(source).is_some_and(|own| WRITTEN.contains(&own.as_str()) && ending(&volume.target) == Some(own));
    if !is_file || source.contains(['$', '*', '{']) {
        return None;
    }
    let target = path.parent().join(source)?;
    // Compose files in a folder of their own are often run for the folder above.
    let from_root = RepoPath::root()
        .join(source.trim_start_matches("../"))
        .is_some_and(|found| repository.presence(&found) != Presence::Absent);
    let name = target.file_name();
    if repository.presence(&target) != Presence::Absent || from_root || seen.contains(&target) {
        return None;
    }
    let example = repository.within(&target.parent()).any(|entry| {
        let other = entry.path().file_name();
        entry.path().parent() == target.parent() && EXAMPLES.iter().any(|word| other.contains(word))
    });
    if example || is_spoken_of(documents, name, path) {
        return None;
    }
    let message = format!(
        "{source} is not in the repository: Docker makes an empty folder of that name, and the container finds a folder where it \
         reads {}",
        volume.target
    );
    let finding = report.error(Location::new(path, volume.span), message);
    let mut same = repository.entries().filter(|entry| entry.path().file_name() == name);
    if let Some(other) = same.next().filter(|_| same.next().is_none()) {
        finding.label(Location::file(other.path()), "this may be what is meant");
    }
    finding.help("add the file, or correct the path, which is relative to the Compose file");
    seen.push(target);
    Some(())
}
