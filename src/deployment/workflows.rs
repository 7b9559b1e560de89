//! Every file with the shape of a GitHub workflow, and whether GitHub reads it where it lies.

use crate::diagnostic::RepoPath;
use crate::formats::package::Requirement;
use crate::formats::pip_command::parse_pip_command;
use crate::formats::shell::invocations;
use crate::formats::workflow::{Action, Workflow, looks_like_workflow};
use crate::repo::FileKind;

use super::Documents;
use super::packages::invocation_words;

/// The one folder whose workflows GitHub reads; it does not look into folders below.
const LIVE_FOLDER: &str = ".github/workflows";

/// Words in the name of a file or folder that say that it is kept for show or for later.
const SHELVED: &[&str] = &[
    "archive",
    "archived",
    "backup",
    "bak",
    "boilerplate",
    "cookiecutter",
    "deprecated",
    "disabled",
    "draft",
    "example",
    "inactive",
    "legacy",
    "old",
    "reference",
    "sample",
    "scaffold",
    "skeleton",
    "snippet",
    "starter",
    "template",
    "tmpl",
    "unused",
];

/// Words in the name of a folder that say that it holds material, other people's projects, or another service's files.
const MATERIAL: &[&str] = &[
    "blog",
    "course",
    "data",
    "doc",
    "external",
    "fixture",
    "forgejo",
    "gitea",
    "lesson",
    "spec",
    "submodule",
    "test",
    "testdata",
    "tests",
    "tutorial",
    "vendored",
];

/// Where a workflow lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Where GitHub reads it.
    Live,
    /// So close to the right place that its author meant it to run.
    NearMiss {
        /// Where it belongs.
        target: RepoPath,
        /// What is wrong with the place, as a clause.
        why: &'static str,
    },
    /// Somewhere else in the repository.
    Elsewhere {
        /// Where it would run.
        target: RepoPath,
    },
}

/// A file with the shape of a workflow.
#[derive(Debug, Clone)]
pub struct WorkflowFile<'d> {
    /// The file.
    pub path: &'d RepoPath,
    /// What it says.
    pub workflow: &'d Workflow,
    /// Where it lies.
    pub place: Place,
}

/// The workflows that GitHub reads, whatever their shape, by path.
pub fn live(documents: &Documents) -> impl Iterator<Item = (&RepoPath, &Workflow)> {
    let paths = documents.repository().of_kind(FileKind::Workflow).map(|entry| entry.path());
    paths.filter_map(|path| Some((path, documents.workflow(path)?)))
}

/// What the steps of a workflow install by name: `run: pip install …`.
#[must_use]
pub fn installed(workflow: &Workflow) -> Vec<Requirement> {
    let steps = workflow.jobs.iter().flat_map(|job| &job.steps);
    let runs = steps.filter_map(|step| step.run.as_ref());
    let commands = runs.flat_map(|run| &run.commands).flat_map(invocations);
    commands
        .filter_map(|command| parse_pip_command(&invocation_words(&command)))
        .flat_map(|pip| pip.requirements)
        .collect()
}

/// The composite actions of the repository that are its own and meant to run, by path.
pub fn composite_actions(documents: &Documents) -> impl Iterator<Item = (&RepoPath, &Action)> {
    let paths = documents.repository().of_kind(FileKind::Action).map(|entry| entry.path());
    let meant = paths.filter(|path| path.as_str().starts_with(".github/") || !is_shelved(path));
    meant.filter_map(|path| Some((path, documents.action(path)?)))
}

/// The files outside the live folder that have the shape of a workflow and are no templates, examples or the like.
#[must_use]
pub fn misplaced(documents: &Documents) -> Vec<WorkflowFile<'_>> {
    let entries = documents.repository().entries();
    let candidates = entries.filter_map(|entry| Some((entry.path(), place(documents, entry.path(), entry.kind())?)));
    candidates
        .filter(|(path, _)| {
            // Most YAML files are something else: look before parsing.
            let mentions = |text: &str| text.contains("jobs") && (text.contains("runs-on") || text.contains("uses"));
            documents.repository().source(path).is_some_and(|source| mentions(source.text()))
                && documents.yaml_root(path).is_some_and(looks_like_workflow)
        })
        .filter_map(|(path, place)| Some(WorkflowFile { path, workflow: documents.workflow(path)?, place }))
        .collect()
}

/// The live workflows and those that nearly are: what their author takes for running.
#[must_use]
pub fn intended(documents: &Documents) -> Vec<(&RepoPath, &Workflow)> {
    let near = misplaced(documents).into_iter().filter(|file| matches!(file.place, Place::NearMiss { .. }));
    live(documents).chain(near.map(|file| (file.path, file.workflow))).collect()
}

/// Whether a file in the live folder has a name that GitHub passes over and an editor or download may have given it.
#[must_use]
pub fn is_misnamed(path: &RepoPath) -> bool {
    if path.parent().as_str() != LIVE_FOLDER {
        return false;
    }
    let name = path.file_name().to_ascii_lowercase();
    let spoiled = [".yml.txt", ".yaml.txt", ".ymal", ".yalm", ".ylm", ".yamll", ".ymll", ".yam", ".yml.yml.txt"];
    spoiled.iter().any(|ending| name.ends_with(ending)) || !name.contains('.')
}

/// Where a workflow at `path` would lie; `None` for the right place and for files that are not meant to run.
fn place(documents: &Documents, path: &RepoPath, kind: FileKind) -> Option<Place> {
    if is_misnamed(path) {
        let stem = path.file_name().split('.').next().unwrap_or_default();
        let target = RepoPath::new(&format!("{LIVE_FOLDER}/{stem}.yml"));
        return Some(Place::NearMiss { target, why: "GitHub only reads files whose names end in .yml or .yaml" });
    }
    let is_yaml = matches!(kind, FileKind::Yaml | FileKind::Compose | FileKind::CondaEnvironment);
    if !is_yaml || is_shelved(path) {
        return None;
    }
    let target = RepoPath::new(&format!("{LIVE_FOLDER}/{}", path.file_name()));
    let near = |why| Some(Place::NearMiss { target: target.clone(), why });
    let folder = path.parent();
    let parts: Vec<&str> = folder.parts().collect();
    match parts.as_slice() {
        [] => near("it lies in the root of the repository"),
        [github] if is_github(github) => near("it lies beside the folder workflows, not in it"),
        [".github", "workflows", ..] => near("GitHub does not look into folders below .github/workflows"),
        [github, workflows] if is_github(github) && is_like_workflows(workflows) => {
            near("the folder's name is not .github/workflows")
        }
        [workflows] if is_like_workflows(workflows.trim_start_matches('.')) => {
            near("the folder workflows does not lie in .github")
        }
        [project, ".github", "workflows"] if !project.starts_with('.') && live(documents).next().is_none() => {
            Some(Place::Elsewhere { target })
        }
        [".github", ..] => None,
        [_] | [_, _] if !is_in_package(documents, path) => Some(Place::Elsewhere { target }),
        _ => None,
    }
}

/// `.github` and the ways to miss it.
fn is_github(folder: &str) -> bool {
    let name = folder.trim_start_matches(['.', '_']).to_ascii_lowercase();
    name == "github" || (folder.starts_with('.') && strsim::damerau_levenshtein(&name, "github") == 1)
}

/// `workflows` and the ways to miss it.
fn is_like_workflows(folder: &str) -> bool {
    let name = folder.to_ascii_lowercase().replace(['-', '_', ' '], "");
    strsim::damerau_levenshtein(&name, "workflows") <= 2 || name == "githubworkflows"
}

/// Whether a file is the data of a Python package.
fn is_in_package(documents: &Documents, path: &RepoPath) -> bool {
    let folders = std::iter::successors(Some(path.parent()), |folder| (!folder.is_root()).then(|| folder.parent()));
    folders.filter_map(|folder| folder.join("__init__.py")).any(|init| documents.repository().has_file(&init))
}

/// Whether the path says that the file is not meant to run as it is.
fn is_shelved(path: &RepoPath) -> bool {
    let folders = path.parent();
    path.as_str().contains(['{', '%'])
        || folders.parts().any(|part| words(part).any(|word| is_one_of(&word, SHELVED) || is_one_of(&word, MATERIAL)))
        || words(path.file_name()).any(|word| is_one_of(&word, SHELVED))
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.contains(&word) || word.strip_suffix('s').is_some_and(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repository;

    const WORKFLOW: &[u8] = b"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n";

    fn places(files: &[&str]) -> Vec<String> {
        let repository = Repository::in_memory(files.iter().map(|path| (*path, WORKFLOW)));
        let documents = Documents::new(repository);
        misplaced(&documents)
            .into_iter()
            .map(|file| match file.place {
                Place::Live => unreachable!(),
                Place::NearMiss { target, .. } => format!("near {target}"),
                Place::Elsewhere { target } => format!("elsewhere {target}"),
            })
            .collect()
    }

    #[test]
    fn places_are_told_apart() {
        for (path, place) in [
            ("sync.yml", Some("near .github/workflows/sync.yml")),
            ("test.yml", Some("near .github/workflows/test.yml")),
            (".github/ci.yaml", Some("near .github/workflows/ci.yaml")),
            (".github/workflow/ci.yml", Some("near .github/workflows/ci.yml")),
            (".github/Workflows/ci.yml", Some("near .github/workflows/ci.yml")),
            (".github/workflows/space/ci.yml", Some("near .github/workflows/ci.yml")),
            (".githib/workflows/ci.yml", Some("near .github/workflows/ci.yml")),
            ("github/workflows/ci.yml", Some("near .github/workflows/ci.yml")),
            ("workflows/ci.yml", Some("near .github/workflows/ci.yml")),
            (".github/workflows/ci.yml.txt", Some("near .github/workflows/ci.yml")),
            (".github/workflows/ci", Some("near .github/workflows/ci.yml")),
            ("deploy/ci.yml", Some("elsewhere .github/workflows/ci.yml")),
            ("app/.github/workflows/ci.yml", Some("elsewhere .github/workflows/ci.yml")),
            (".github/workflows/ci.yml", None),
            (".github/workflows/ci.yml.disabled", None),
            (".github/workflows/disabled/ci.yml", None),
            (".github/workflow-templates/ci.yml", None),
            ("workflow-templates/ci.yml", None),
            (".gitea/workflows/ci.yml", None),
            ("docs/ci.yml", None),
            ("tests/data/ci.yml", None),
            ("{{cookiecutter.name}}/.github/workflows/ci.yml", None),
            ("a/b/c/ci.yml", None),
            ("ci.example.yml", None),
        ] {
            assert_eq!(places(&[path]), place.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{path}");
        }
        assert!(places(&["app/.github/workflows/ci.yml", ".github/workflows/x.yml"]).is_empty());
        assert!(places(&["package/__init__.py", "package/commands/space.yml"]).is_empty());
    }
}
