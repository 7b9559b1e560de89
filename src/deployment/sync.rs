//! Workflows that push to a Hugging Face Space, and which part of the repository they push.

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::{Command, Invocation, invocations};
use crate::formats::workflow::{ActionTarget, Job, Step, Workflow};
use crate::repo::FileKind;

use super::Documents;

/// A step that pushes to a Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceSync {
    /// The push.
    pub location: Location,
    /// The folder whose content becomes the Space; `None` where it can't be told.
    pub pushed: Option<RepoPath>,
    /// What says that it is this folder and not the whole repository.
    pub narrowed_by: Option<Location>,
}

/// All steps of all workflows that push to a Space.
#[must_use]
pub fn space_syncs(documents: &Documents) -> Vec<SpaceSync> {
    let workflows = documents.repository().of_kind(FileKind::Workflow).map(|entry| entry.path());
    workflows
        .filter_map(|path| Some((path, documents.workflow(path)?)))
        .flat_map(|(path, workflow)| workflow_syncs(path, workflow))
        .collect()
}

fn workflow_syncs(path: &RepoPath, workflow: &Workflow) -> Vec<SpaceSync> {
    workflow.jobs.iter().filter_map(|job| job_sync(path, job)).collect()
}

/// A job pushes to one Space: the steps before the push prepare it.
fn job_sync(path: &RepoPath, job: &Job) -> Option<SpaceSync> {
    let mut narrowing = Narrowing::default();
    let mut remote_is_space = false;
    for step in &job.steps {
        if let Some(sync) = action_sync(path, step) {
            return Some(sync);
        }
        if let Some(folder) = &step.working_directory {
            narrowing.enter(&folder.value, folder.span);
        }
        let Some(run) = &step.run else { continue };
        let url_in_script = names_a_space(&run.script.value);
        remote_is_space |= url_in_script;
        for command in &run.commands {
            for invocation in invocations(command) {
                narrowing.note(command, &invocation);
                if let Some(upload) = upload_sync(path, &invocation) {
                    return Some(upload);
                }
                if remote_is_space && is_push(&invocation) && pushes_to_space(&invocation, url_in_script) {
                    return Some(narrowing.sync(Location::new(path, invocation.span)));
                }
            }
        }
    }
    None
}

/// Whether text holds the address of a Space.
fn names_a_space(text: &str) -> bool {
    ["huggingface.co/spaces", "hf.co/spaces", "huggingface.co:spaces"].iter().any(|address| text.contains(address))
}

fn is_push(invocation: &Invocation) -> bool {
    invocation.name() == "git" && {
        let words: Vec<_> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
        words.first() == Some(&"push")
            || words.windows(2).any(|pair| pair == ["subtree", "push"])
            || words.contains(&"push")
    }
}

/// A push to `origin` of the checkout goes to GitHub; anything else, once a Space's address was named, goes there.
fn pushes_to_space(invocation: &Invocation, url_in_script: bool) -> bool {
    let to_origin = invocation.arguments.iter().any(|word| word.text == "origin");
    !to_origin || (url_in_script && invocation.arguments.iter().any(|word| names_a_space(&word.text)))
}

/// What the commands before the push say about the tree that is pushed.
#[derive(Default)]
struct Narrowing {
    /// The folder that the commands stand in, relative to the checkout; `None` once that can't be told.
    folder: Option<String>,
    split: Option<(String, Span)>,
    copied: Option<(String, Span)>,
    own_repository: Option<Span>,
    cloned: bool,
}

impl Narrowing {
    fn enter(&mut self, folder: &str, _span: Span) {
        self.folder = Some(folder.trim_end_matches('/').to_owned());
    }

    fn note(&mut self, command: &Command, invocation: &Invocation) {
        let words: Vec<_> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
        match (invocation.name(), words.as_slice()) {
            ("cd", [folder, ..]) => self.folder = Some((*folder).trim_end_matches('/').to_owned()),
            ("git", ["init", ..]) => self.own_repository = Some(invocation.span),
            ("git", ["clone", ..]) => self.cloned |= invocation.arguments.iter().any(|word| names_a_space(&word.text)),
            ("git", ["subtree", ..]) => {
                if let Some(prefix) = invocation.flag(&["--prefix", "-P"]) {
                    self.split = Some((prefix.text, prefix.span));
                }
            }
            ("git", ["filter-branch" | "filter-repo", ..]) => {
                if let Some(prefix) = invocation.flag(&["--subdirectory-filter"]) {
                    self.split = Some((prefix.text, prefix.span));
                }
            }
            ("cp" | "rsync", _) => {
                let paths: Vec<_> = invocation.arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
                if let [sources @ .., _] = paths.as_slice()
                    && let Some(source) = sources.iter().find(|word| is_content(&word.text))
                {
                    self.copied = Some((content_folder(&source.text), command.span));
                }
            }
            _ => {}
        }
    }

    fn sync(&self, location: Location) -> SpaceSync {
        let at = |span: Span| Some(Location::new(&location.path, span));
        let narrowed = |folder: &str, span: Span| {
            let plain = !folder.contains(['$', '*', '{', '`']);
            (plain.then(|| RepoPath::root().join(folder)).flatten(), at(span))
        };
        let (pushed, narrowed_by) = if let Some((folder, span)) = &self.split {
            narrowed(folder, *span)
        } else if let Some((folder, span)) = &self.copied {
            narrowed(folder, *span)
        } else if let Some(span) = self.own_repository {
            narrowed(self.folder.as_deref().unwrap_or("."), span)
        } else if self.cloned {
            (None, None)
        } else {
            (Some(RepoPath::root()), None)
        };
        SpaceSync { location, pushed, narrowed_by }
    }
}

/// Whether the source of a copy stands for all that a folder holds: `dir/*`, `dir/.`, `dir/`.
fn is_content(source: &str) -> bool {
    source.ends_with("/*") || source.ends_with("/.") || source.ends_with('/')
}

fn content_folder(source: &str) -> String {
    source.trim_end_matches(['*', '.']).trim_end_matches('/').to_owned()
}

/// `hf upload user/space FOLDER --repo-type space` and its older spelling.
fn upload_sync(path: &RepoPath, invocation: &Invocation) -> Option<SpaceSync> {
    let is_upload = matches!(invocation.name(), "hf" | "huggingface-cli")
        && invocation
            .arguments
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "upload" | "upload-large-folder"));
    if !is_upload || invocation.flag(&["--repo-type"]).is_none_or(|kind| kind.text != "space") {
        return None;
    }
    let folder = invocation.arguments.get(2).filter(|word| !word.text.starts_with('-'));
    let pushed = match folder {
        Some(folder) => folder.plain().and_then(|folder| RepoPath::root().join(folder)),
        None => Some(RepoPath::root()),
    };
    let narrowed_by = folder.filter(|word| word.text != ".").map(|word| Location::new(path, word.span));
    Some(SpaceSync { location: Location::new(path, invocation.span), pushed, narrowed_by })
}

/// Actions that push to the Hub, recognised by their names.
fn action_sync(path: &RepoPath, step: &Step) -> Option<SpaceSync> {
    let uses = step.uses.as_ref()?;
    let ActionTarget::Repository { repository, .. } = &uses.target else { return None };
    let name = repository.to_ascii_lowercase();
    let hub = name.contains("huggingface") || name.starts_with("hf-") || name.contains("-hf-");
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
    Some(SpaceSync { location: Location::new(path, uses.text.span), pushed, narrowed_by })
}
