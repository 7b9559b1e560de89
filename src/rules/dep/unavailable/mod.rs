//! Lines of a requirements file that pip finds nothing for: paths of another machine, and local versions that the usual index
//! never has.

use crate::deployment::Deployment;
use crate::deployment::packages::{Declaration, Origin};
use crate::diagnostic::RepoPath;
use crate::formats::package::RequirementSource;
use crate::rules::Reporter;

use crate::rules::dep::severe::severe;

/// How many further lines are shown.
const SHOWN: usize = 4;

/// `name @ file:///croot/…`: packages from paths that are not there.
pub(super) fn foreign_paths(deployment: &Deployment<'_>, path: &RepoPath, report: &mut Reporter) {
    // What is meant for others, is not installed here; without a known Python that can't be told.
    let concerned = |declaration: &&Declaration| declaration.path == *path && declaration.requirement.marker.is_none();
    let all = deployment.packages().declarations().iter().filter(concerned);
    let foreign: Vec<(&Declaration, &str)> = all
        .filter_map(|declaration| Some((declaration, foreign_path(declaration)?)))
        .filter(|(_, path)| !deployment.may_have_path(path))
        .collect();
    let Some((first, source)) = foreign.first() else { return };
    let spelling = first.requirement.name.value.spelling();
    let message =
        format!("pip finds no {source} where this is installed, and installs nothing of {}", path.file_name());
    let further = foreign.len() - 1;
    let finding = severe(deployment, report, first.location(), message);
    for (other, _) in foreign.iter().skip(1).take(SHOWN) {
        finding.label(other.location(), "a path of another machine too");
    }
    if further > SHOWN {
        finding.remark(format!("{} lines of the file name such paths", foreign.len()));
    }
    finding.help(format!(
        "write `{spelling}==VERSION` instead; `pip freeze` in a conda environment writes such paths, and `pip list \
         --format=freeze` there writes the versions"
    ));
}

/// The absolute path of a `file:` URL.
fn foreign_path(declaration: &Declaration) -> Option<&str> {
    let RequirementSource::Path(path) = &declaration.requirement.source.as_ref()?.value else { return None };
    path.strip_prefix("//localhost").or_else(|| path.strip_prefix("//")).filter(|path| path.starts_with('/'))
}

/// `torch==2.3.0+cpu` where nothing names an index that has it.
pub(super) fn local_versions(deployment: &Deployment<'_>, report: &mut Reporter) {
    let packages = deployment.packages();
    let is_local = |declaration: &&Declaration| {
        let requirement = &declaration.requirement;
        matches!(declaration.origin, Origin::Requirements | Origin::Command)
            && requirement.source.is_none()
            && requirement.misplaced_options.is_empty()
            && (requirement.marker.is_none() || deployment.python().is_some())
            && requirement.allowed().exact_version().is_some_and(|version| version.is_local())
            && packages.preinstalled(declaration.name()).is_none()
    };
    let local: Vec<&Declaration> = packages.declarations().iter().filter(is_local).collect();
    let Some(first) = local.first() else { return };
    if deployment.may_have_other_index() {
        return;
    }
    let spelling = first.requirement.name.value.spelling();
    let Some(version) = first.requirement.allowed().exact_version().cloned() else { return };
    let message = format!(
        "pip finds no {spelling}=={version} here: the usual index takes no local versions, and no other is named"
    );
    let finding = severe(deployment, report, first.location(), message);
    for other in local.iter().skip(1) {
        finding.label(other.location(), "a local version too");
    }
    let local = version.local().first().map(ToString::to_string).unwrap_or_default();
    let is_torch = matches!(first.name(), "torch" | "torchvision" | "torchaudio");
    let index = if is_torch { format!("https://download.pytorch.org/whl/{local}") } else { "URL".to_owned() };
    finding.help(format!(
        "name the index that has it, on a line of its own: `--extra-index-url {index}`; or ask for {spelling}=={}",
        version.clone().without_local()
    ));
}
