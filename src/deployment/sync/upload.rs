//! Uploads to a Space that are no push of git's: the hub's command line, its actions, its Python library.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::Invocation;
use crate::formats::workflow::{ActionTarget, Run, Step};
use crate::repo::Source;

use super::SpaceSync;

/// Options of `hf upload` that take a value.
const OPTIONS_WITH_VALUE: &[&str] = &[
    "--repo-type",
    "--revision",
    "--token",
    "--commit-message",
    "--commit-description",
    "--include",
    "--exclude",
    "--delete",
    "--every",
];

fn upload(location: Location, pushed: Option<RepoPath>, narrowed_by: Option<Location>) -> SpaceSync {
    SpaceSync { location, pushed, narrowed_by, keeps_remote_files: true, writes_card: false }
}

/// `hf upload user/space FOLDER --repo-type space` and its older spelling.
pub(super) fn command_sync(path: &RepoPath, invocation: &Invocation) -> Option<SpaceSync> {
    if !matches!(invocation.name(), "hf" | "huggingface-cli")
        || invocation.flag(&["--repo-type"]).is_none_or(|kind| kind.text != "space")
    {
        return None;
    }
    let mut positional = Vec::new();
    let mut words = invocation.arguments.iter();
    while let Some(word) = words.next() {
        if OPTIONS_WITH_VALUE.contains(&word.text.as_str()) {
            words.next();
        } else if !word.text.starts_with('-') {
            positional.push(word);
        }
    }
    if !positional.first().is_some_and(|word| matches!(word.text.as_str(), "upload" | "upload-large-folder")) {
        return None;
    }
    let folder = positional.get(2);
    let pushed = match folder {
        Some(folder) => folder.plain().and_then(|folder| RepoPath::root().join(folder)),
        None => Some(RepoPath::root()),
    };
    let narrowed_by = folder.filter(|word| word.text != ".").map(|word| Location::new(path, word.span));
    Some(upload(Location::new(path, invocation.span), pushed, narrowed_by))
}

/// `upload_folder(folder_path="…", repo_type="space")` in a script that a step holds.
pub(super) fn script_sync(source: &Source, run: &Run) -> Option<SpaceSync> {
    static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bupload_(?:large_)?folder\s*\(").ok());
    static SPACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"repo_type\s*=\s*["']space["']"#).ok());
    static FOLDER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"folder_path\s*=\s*["']([^"'$]*)["']"#).ok());
    let text = run.script.span.of(source.text());
    let call = CALL.as_ref()?.find(text)?;
    let arguments = text.get(call.end()..)?;
    if !SPACE.as_ref()?.is_match(arguments) {
        return None;
    }
    let at =
        |start: usize, end: usize| Location::new(source.path(), Span::new(start, end).shifted(run.script.span.start));
    let folder = FOLDER.as_ref()?.captures(arguments).and_then(|found| found.get(1));
    let pushed = folder.and_then(|folder| RepoPath::root().join(folder.as_str()));
    let narrowed_by = folder
        .filter(|folder| !matches!(folder.as_str(), "." | "./" | ""))
        .map(|folder| at(call.end() + folder.start(), call.end() + folder.end()));
    Some(upload(at(call.start(), call.end()), pushed, narrowed_by))
}

/// Actions that push to the Hub, recognised by their names.
pub(super) fn action_sync(path: &RepoPath, step: &Step) -> Option<SpaceSync> {
    let uses = step.uses.as_ref()?;
    let ActionTarget::Repository { owner, repository, .. } = &uses.target else { return None };
    let name = format!("{owner}/{repository}").to_ascii_lowercase();
    let hub = name.contains("huggingface") || name.contains("/hf-") || name.contains("-hf-");
    if !hub || !["sync", "deploy", "push", "upload"].iter().any(|word| name.contains(word)) {
        return None;
    }
    let input =
        |names: &[&str]| step.with.iter().find(|(key, _)| names.contains(&key.value.as_str())).map(|(_, value)| value);
    if input(&["repo_type", "repo-type"]).is_some_and(|kind| kind.value != "space") {
        return None;
    }
    let folder = input(&["subdirectory", "folder", "directory", "path", "source", "local_dir"]);
    let pushed = folder.map_or(Some(RepoPath::root()), |folder| {
        (!folder.value.contains('$')).then(|| RepoPath::root().join(&folder.value)).flatten()
    });
    let narrowed_by = folder.map(|folder| Location::new(path, folder.span));
    Some(upload(Location::new(path, uses.text.span), pushed, narrowed_by))
}
