//! Uploads to a Space that are no push of git's: the hub's command line, its actions, its Python library.

use std::sync::LazyLock;

use globset::Glob;
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

/// Actions that create the Space with its SDK and upload all but the README, whatever their inputs: the first of them
/// calls `upload_folder` with `ignore_patterns=["*.git*", "*README.md*"]`, and in its oldest releases sends programs and
/// text files only (`sync_with_spaces.py`).
const ACTIONS_WITHOUT_README: &[&str] = &["nateraw/huggingface-sync-action"];

fn upload(location: Location, pushed: Option<RepoPath>, narrowed_by: Option<Location>) -> SpaceSync {
    SpaceSync {
        location,
        pushed,
        narrowed_by,
        keeps_remote_files: true,
        writes_card: false,
        brought_readme: None,
        sends_history: false,
        merges_space: false,
        leaves_readme_out: false,
        is_forced: true,
        other_branch: None,
        by_hand: false,
    }
}

/// Whether an upload with these patterns leaves out the README at the top of its folder. The Hub's library reads them as
/// `fnmatch` does, so that `*` stands for slashes, too.
fn leaves_readme_out<'p>(
    allowed: impl IntoIterator<Item = &'p str>,
    ignored: impl IntoIterator<Item = &'p str>,
) -> bool {
    let covers = |pattern: &str| Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match("README.md"));
    let mut allowed = allowed.into_iter().peekable();
    let is_selective = allowed.peek().is_some();
    let unreadable = |pattern: &str| pattern.contains(['$', '`']);
    let is_allowed = !is_selective || allowed.any(|pattern| unreadable(pattern) || covers(pattern));
    !is_allowed || ignored.into_iter().any(covers)
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
    let (included, excluded) = (patterns_of(invocation, "--include"), patterns_of(invocation, "--exclude"));
    let leaves_readme_out = leaves_readme_out(included, excluded);
    Some(SpaceSync { leaves_readme_out, ..upload(Location::new(path, invocation.span), pushed, narrowed_by) })
}

/// The patterns after an option that may be repeated or take several: `--exclude a b`, `--exclude=a`.
fn patterns_of<'i>(invocation: &'i Invocation, option: &str) -> Vec<&'i str> {
    let mut patterns = Vec::new();
    let mut is_open = false;
    for word in invocation.arguments.iter().map(|word| word.text.as_str()) {
        match word.strip_prefix(option) {
            Some("") => is_open = true,
            Some(value) => patterns.extend(value.strip_prefix('=')),
            None if word.starts_with('-') => is_open = false,
            None if is_open => patterns.push(word),
            None => {}
        }
    }
    patterns
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
    let leaves_readme_out =
        leaves_readme_out(strings_of(arguments, "allow_patterns"), strings_of(arguments, "ignore_patterns"));
    Some(SpaceSync { leaves_readme_out, ..upload(at(call.start(), call.end()), pushed, narrowed_by) })
}

/// The strings that the first argument called `name` is given in the text of a call: `name="a"`, `name=["a", "b"]`.
fn strings_of<'t>(arguments: &'t str, name: &str) -> Vec<&'t str> {
    static VALUE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"^\s*=\s*(\[[^\]]*\]|"[^"\n]*"|'[^'\n]*')"#).ok());
    static STRING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""([^"\n]*)"|'([^'\n]*)'"#).ok());
    let after = arguments.split_once(name).map_or("", |(_, after)| after);
    let (Some(value), Some(string)) = (VALUE.as_ref(), STRING.as_ref()) else { return Vec::new() };
    let Some(value) = value.captures(after).and_then(|found| found.get(1)) else { return Vec::new() };
    let strings = string.captures_iter(value.as_str());
    strings.filter_map(|found| found.get(1).or_else(|| found.get(2))).map(|found| found.as_str()).collect()
}

/// Actions that push to the Hub: recognised by their names, or by an input that says that it is a Space they write to, and
/// then only what another input names is known to be pushed.
pub(super) fn action_sync(path: &RepoPath, step: &Step) -> Option<SpaceSync> {
    let uses = step.uses.as_ref()?;
    let ActionTarget::Repository { owner, repository, .. } = &uses.target else { return None };
    let name = format!("{owner}/{repository}").to_ascii_lowercase();
    let is_of_the_hub = name.contains("huggingface") || name.contains("/hf-") || name.contains("-hf-");
    let is_known = is_of_the_hub && ["sync", "deploy", "push", "upload"].iter().any(|word| name.contains(word));
    let input =
        |names: &[&str]| step.with.iter().find(|(key, _)| names.contains(&key.value.as_str())).map(|(_, value)| value);
    let kind = input(&["repo_type", "repo-type"]).map(|kind| kind.value.as_str());
    if kind.map_or(!is_known, |kind| kind != "space") {
        return None;
    }
    let folder = input(&["subdirectory", "folder", "directory", "path", "source", "local_dir"]);
    let pushed = folder.map_or_else(
        || is_known.then(RepoPath::root),
        |folder| (!folder.value.contains('$')).then(|| RepoPath::root().join(&folder.value)).flatten(),
    );
    let narrowed_by = folder.map(|folder| Location::new(path, folder.span));
    let speaks_of_readme = step.with.iter().any(|(_, value)| value.value.to_ascii_lowercase().contains("readme"));
    let leaves_readme_out = ACTIONS_WITHOUT_README.contains(&name.as_str()) || (!is_known && speaks_of_readme);
    Some(SpaceSync { leaves_readme_out, ..upload(Location::new(path, uses.text.span), pushed, narrowed_by) })
}
