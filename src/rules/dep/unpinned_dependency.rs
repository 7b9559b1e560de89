//! DEP001 unpinned-dependency: what is deployed takes whatever release is newest on the day of the build.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::packages::{Declaration, Origin};
use crate::deployment::workflows::installed;
use crate::deployment::{Deployment, Platform, Project};
use crate::diagnostic::{Location, RepoPath, RuleId};
use crate::formats::pyproject::ProjectKind;
use crate::knowledge::{is_development_tool, newest_for};
use crate::rules::{Reporter, Rule};

/// How many places are labelled one by one.
const MAX_LABELS: usize = 12;

/// Words in the name of a requirements file that is for those who work on the program.
const FOR_DEVELOPERS: &[&str] =
    &["dev", "develop", "development", "test", "tests", "testing", "lint", "doc", "docs", "ci"];

/// DEP001 unpinned-dependency.
pub struct UnpinnedDependency;

impl Rule for UnpinnedDependency {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP001", name: "unpinned-dependency" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        in_workflows(project, report);
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        if is_for_others(deployment) {
            return;
        }
        let packages = deployment.packages();
        for (path, declarations) in by_file(deployment) {
            let open: Vec<&Declaration> =
                declarations.iter().copied().filter(|declaration| is_open(deployment, declaration)).collect();
            let Some(first) = open.first() else { continue };
            let bare = open.iter().filter(|declaration| says_nothing(declaration)).count();
            let nothing_holds = bare == declarations.len() && bare > 1;
            let deployed = deployment.platform().value != Platform::Unspecified;
            let held =
                open.iter().any(|one| packages.allowed(one.name()).is_some_and(|allowed| allowed.is_held_back()));
            let message = message(path, &open, declarations.len(), bare, held);
            let finding = if nothing_holds && deployed {
                report.warning(first.location(), message)
            } else {
                report.advice(first.location(), message)
            };
            finding.remark(remark(first));
            for declaration in open.iter().skip(1).take(MAX_LABELS - 2) {
                finding.label(declaration.location(), remark(declaration));
            }
            if let Some(next) = open.get(MAX_LABELS - 1) {
                let more = open.len() - MAX_LABELS;
                let rest = if more > 0 { format!("and {more} more") } else { remark(next) };
                finding.label(next.location(), rest);
            }
            finding.help(help(first.origin));
        }
    }
}

/// What workflows that push to a Space install without a version: the push fails on the day one of them changes.
fn in_workflows(project: &Project<'_>, report: &mut Reporter) {
    let paths: BTreeSet<&RepoPath> = project.syncs().iter().map(|sync| &sync.location.path).collect();
    for path in paths {
        let Some(workflow) = project.documents().workflow(path) else { continue };
        let mut open = installed(workflow);
        open.retain(|requirement| {
            let name = requirement.name.value.as_str();
            requirement.source.is_none()
                && !requirement.has_variable
                && !requirement.has_upper_bound()
                && !is_development_tool(name)
        });
        let Some((first, others)) = open.split_first() else { continue };
        let names = match others.len() {
            0 => first.name.value.spelling().to_owned(),
            more => format!("{} and {more} more", first.name.value.spelling()),
        };
        let message =
            format!("this workflow installs {names} without an upper bound: each run takes the newest release");
        let finding = report.advice(Location::new(path, first.span), message);
        for other in others.iter().take(MAX_LABELS) {
            finding.label(Location::new(path, other.span), "any version");
        }
        let mut newest = open.iter().filter_map(|requirement| {
            let release = newest_for(requirement.name.value.as_str(), &requirement.allowed(), None)?;
            Some(format!(", as in `\"{}=={}\"`", requirement.name.value.spelling(), release.version))
        });
        finding.help(format!("pin what the step was tested with{}", newest.next().unwrap_or_default()));
    }
}

/// Whether nothing says that this is deployed, and its manifests serve others: those of a library, or of a part of the
/// repository that stands by itself.
fn is_for_others(deployment: &Deployment<'_>) -> bool {
    if deployment.platform().value != Platform::Unspecified {
        return false;
    }
    let root = deployment.root();
    let holds =
        |name: &str| root.join(name).is_some_and(|path| deployment.documents().repository().entry(&path).is_some());
    let library = root.join("pyproject.toml").is_some_and(|path| {
        deployment.documents().pyproject(&path).is_some_and(|project| project.kind == ProjectKind::Library)
    });
    !root.is_root() || library || holds("setup.py") || holds("setup.cfg")
}

/// What each file of the installation asks for, except for what is fixed by a lock file or hashes, and for the ranges of
/// libraries.
fn by_file<'d>(deployment: &'d Deployment<'_>) -> BTreeMap<&'d RepoPath, Vec<&'d Declaration>> {
    let packages = deployment.packages();
    let left_alone = |declaration: &Declaration| {
        let locked = packages.manifests().iter().any(|manifest| manifest.path == declaration.path && manifest.locked);
        let library = (declaration.origin == Origin::Pyproject && is_library(deployment, &declaration.path))
            || matches!(declaration.origin, Origin::SetupCfg | Origin::SetupPy);
        let other = matches!(declaration.origin, Origin::Constraints | Origin::Card);
        // A folder of wheels fixes the versions; the repository's own package is what it is.
        let by_folder = declaration.origin == Origin::Command && packages.takes_from_folder();
        let own = own_names(deployment).any(|name| name == declaration.name());
        // What the image comes with stays as it is.
        let kept = packages.preinstalled(declaration.name()).is_some();
        locked || library || other || by_folder || own || kept || is_development_tool(declaration.name())
    };
    let mut files: BTreeMap<&RepoPath, Vec<&Declaration>> = BTreeMap::new();
    for declaration in packages.declarations().iter().filter(|declaration| !left_alone(declaration)) {
        let of_file = files.entry(&declaration.path).or_default();
        // A package that is named twice is one.
        if !of_file.iter().any(|known| known.name() == declaration.name()) {
            of_file.push(declaration);
        }
    }
    files.retain(|path, _| !is_for_developers(path));
    files
}

/// Whether a file that installs packages is, by its name or folder, for those who work on the program:
/// `requirements-dev.txt`, `requirements/test.txt`, `tests/Dockerfile`.
fn is_for_developers(path: &RepoPath) -> bool {
    if path.parent().parts().any(|folder| matches!(folder, "test" | "tests" | "testing" | ".devcontainer")) {
        return true;
    }
    let stem = path.file_name().strip_suffix(".txt").or_else(|| path.file_name().strip_suffix(".in"));
    stem.is_some_and(|stem| stem.to_ascii_lowercase().split(['-', '_', '.']).any(|word| FOR_DEVELOPERS.contains(&word)))
}

/// The names of the projects in the deployment's folder and at the root of the repository.
fn own_names(deployment: &Deployment<'_>) -> impl Iterator<Item = String> {
    let folders = [RepoPath::root(), deployment.root().clone()];
    folders.into_iter().filter_map(|folder| {
        let project = deployment.documents().pyproject(&folder.join("pyproject.toml")?)?;
        Some(project.name.as_ref()?.value.to_ascii_lowercase().replace(['_', '.'], "-"))
    })
}

/// Whether a `pyproject.toml` is that of a package, whose ranges are for those who install it, or of nothing deployed.
fn is_library(deployment: &Deployment<'_>, path: &RepoPath) -> bool {
    let kind = deployment.documents().pyproject(path).map(|project| project.kind);
    kind == Some(ProjectKind::Library) || deployment.platform().value == Platform::Unspecified
}

/// Whether a later release may be installed with nothing in the repository against it.
fn is_open(deployment: &Deployment<'_>, declaration: &Declaration) -> bool {
    let requirement = &declaration.requirement;
    if requirement.is_pinned() || requirement.has_variable {
        return false;
    }
    match &requirement.source {
        Some(source) => !source.value.is_fixed(),
        None => {
            deployment.packages().allowed(declaration.name()).is_some_and(|allowed| !allowed.asked.has_upper_bound())
        }
    }
}

/// Whether it names the package and no version at all.
fn says_nothing(declaration: &Declaration) -> bool {
    declaration.requirement.source.is_none() && declaration.requirement.allowed().is_any()
}

fn remark(declaration: &Declaration) -> String {
    if declaration.requirement.source.is_some() {
        "follows whatever is there at the time".to_owned()
    } else if says_nothing(declaration) {
        "any version".to_owned()
    } else {
        format!("any version {}", declaration.requirement.allowed())
    }
}

/// What is said of a file; `held` where pinned packages keep the newest release of one that is open out.
fn message(path: &RepoPath, open: &[&Declaration], all: usize, bare: usize, held: bool) -> String {
    let file = path.file_name();
    let fits = if held { " that fits the others" } else { "" };
    match open {
        [only] => {
            let what = if bare == 1 { "without a version" } else { "without an upper bound" };
            let name = spelling(only);
            format!("{file} asks for {name} {what}: the next build takes the newest release{fits}")
        }
        _ => {
            let count = match (bare == all, open.len() == all) {
                (true, _) => format!("none of the {all} packages in {file} has a version"),
                (_, true) => format!("none of the {all} packages in {file} has an upper bound"),
                _ => format!("{} of {all} packages in {file} have no upper bound", open.len()),
            };
            format!("{count}: the next build takes the newest of each{fits}")
        }
    }
}

fn spelling(declaration: &Declaration) -> &str {
    declaration.requirement.name.value.spelling()
}

fn help(origin: Origin) -> &'static str {
    match origin {
        Origin::Pyproject => "commit a lock file (`uv lock`, `poetry lock`) and install from it, or pin with `==`",
        Origin::Pipfile => "commit `Pipfile.lock` and install with `pipenv sync`",
        Origin::CondaEnvironment => {
            "state the versions that work, as in `numpy=2.1`, or install from a `conda-lock` file"
        }
        _ => {
            "pin the versions that work today: `pip freeze` where it runs, or `uv pip compile` into a file that is \
             installed, so that the packages they bring are fixed too"
        }
    }
}
