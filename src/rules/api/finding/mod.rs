//! What the three API rules share: from the uses in a deployment's files to findings about the versions installed there.

use crate::deployment::packages::{Allowed, Verdict};
use crate::deployment::{Deployment, Project};
use crate::diagnostic::{Diagnostic, Fix, Label, Location, RepoPath};
use crate::knowledge::{Change, FixAvailability, Library, PythonVersion, VersionSet, api_changes};

use super::usage::{Use, uses};

/// The versions of one library in a deployment, with what says so.
pub(super) enum Installed<'p> {
    /// The standard library: the deployment's Python.
    Python(VersionSet, String, Vec<Label>),
    /// A package.
    Package(Allowed<'p>, &'static Library),
}

/// What a set of versions means for what is installed.
pub(super) struct Judgement {
    /// Whether no allowed version escapes.
    pub every: bool,
    /// The versions in words: "gradio 4.19.2", "gradio 6.31.0, which the next build installs".
    pub versions: String,
    /// The evidence.
    pub labels: Vec<Label>,
}

impl<'p> Installed<'p> {
    /// What the deployment installs of `library`; `None` where that is not known.
    pub(super) fn of(deployment: &'p Deployment<'_>, library: &'static Library) -> Option<Self> {
        if library.is_python() {
            let python = deployment.python()?;
            let PythonVersion { major, minor, .. } = python.value;
            let versions = VersionSet::parse(&format!(">={major}.{minor},<{major}.{}", minor + 1)).ok()?;
            let label = python.label(format!("Python {} runs here", python.value));
            return Some(Self::Python(versions, format!("Python {}", python.value), label.into_iter().collect()));
        }
        Some(Self::Package(deployment.packages().allowed(&library.name)?, library))
    }

    /// What it means that `versions` are concerned; `None` where they are no concern here.
    pub(super) fn judge(&self, versions: &VersionSet) -> Option<Judgement> {
        match self {
            Self::Python(installed, words, labels) => installed.is_subset_of(versions).then(|| Judgement {
                every: true,
                versions: words.clone(),
                labels: labels.clone(),
            }),
            Self::Package(allowed, library) => {
                let verdict = allowed.verdict(versions)?;
                let name = &library.name;
                let (every, words) = match &verdict {
                    Verdict::EveryVersion if allowed.versions.exact_version().is_some() => {
                        (true, format!("{name} {}", allowed.in_words()))
                    }
                    Verdict::EveryVersion => {
                        (true, format!("every {name} that is allowed here ({})", allowed.in_words()))
                    }
                    Verdict::NextBuild(version) => (false, format!("{name} {version}, which the next build installs")),
                };
                Some(Judgement { every, versions: words, labels: evidence(allowed, name, &verdict) })
            }
        }
    }

    /// Whether all that may be installed lies in `versions`, so that a rewrite can't fail there.
    fn all_within(&self, versions: &VersionSet) -> bool {
        match self {
            Self::Python(installed, ..) => installed.is_subset_of(versions),
            Self::Package(allowed, _) => allowed.versions.is_subset_of(versions),
        }
    }

    /// Whether what the next build installs lies in `versions`.
    fn next_within(&self, versions: &VersionSet) -> bool {
        match self {
            Self::Python(..) => self.all_within(versions),
            Self::Package(allowed, _) => {
                self.all_within(versions) || allowed.next.is_some_and(|next| versions.contains(&next.version))
            }
        }
    }
}

fn evidence(allowed: &Allowed<'_>, name: &str, verdict: &Verdict) -> Vec<Label> {
    let words = match (allowed.asked.exact_version(), verdict) {
        (Some(version), _) => format!("{name} is pinned to {version} here"),
        (None, Verdict::EveryVersion) if allowed.held_by.is_empty() => {
            format!("{name} is bounded to {} here", allowed.in_words())
        }
        (None, Verdict::EveryVersion) => format!("{name} is asked for here"),
        (None, Verdict::NextBuild(version)) => {
            let asked = allowed.asked_in_words();
            let which = if allowed.is_held_back() { "the newest that fits the others" } else { "the newest release" };
            format!("{name} may be {asked} here: the next build takes {version}, {which}")
        }
    };
    let held = allowed.held_by.iter().take(2).map(|holder| Label {
        location: holder.location.clone(),
        message: format!("{} needs {name} {}", holder.release, holder.needs),
    });
    let asked = allowed.evidence.iter().take(2);
    asked.map(|location| Label { location: location.clone(), message: words.clone() }).chain(held).collect()
}

/// Whether some deployment installs a library with a change that `wanted` admits.
pub(super) fn concerns(project: &Project<'_>, wanted: impl Fn(&Library, &Change) -> bool) -> bool {
    // Reading the tables takes more than a tree without deployments is worth.
    if project.deployments().is_empty() {
        return false;
    }
    let libraries: Vec<_> =
        api_changes().iter().filter(|library| library.changes.iter().any(|change| wanted(library, change))).collect();
    project.deployments().iter().any(|one| libraries.iter().any(|library| Installed::of(one, library).is_some()))
}

/// Hands the uses of each change that `wanted` admits, file by file of those that run in the deployment, to `report`.
pub(super) fn each_use(
    deployment: &Deployment<'_>,
    literals: &[&str],
    wanted: impl Fn(&Library, &Change) -> bool,
    mut report: impl FnMut(&RepoPath, &[Use], &Installed<'_>),
) {
    let documents = deployment.documents();
    let installed: Vec<_> = api_changes()
        .iter()
        .filter(|library| library.changes.iter().any(|change| wanted(library, change)))
        .filter_map(|library| Some((library, Installed::of(deployment, library)?)))
        .collect();
    if installed.is_empty() {
        return;
    }
    for path in documents.files_mentioning(literals).filter(|path| deployment.reach().contains(path)) {
        let (Some(module), Some(source)) = (documents.python(path), documents.repository().source(path)) else {
            continue;
        };
        for (library, installed) in &installed {
            let mut found: Vec<Use> = uses(module, source, library);
            found.retain(|one| wanted(library, one.change));
            // One change that a file meets in many places is one finding with many labels.
            while let Some(first) = found.first() {
                let (change, symbol) = (first.change, first.symbol.clone());
                let (same, others): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|one| std::ptr::eq(one.change, change) && one.symbol == symbol);
                report(path, &same, installed);
                found = others;
            }
        }
    }
}

/// Adds labels, help and fix to a finding about `one`.
pub(super) fn explain(
    finding: &mut Diagnostic,
    path: &RepoPath,
    uses: &[Use],
    installed: &Installed<'_>,
    judgement: Judgement,
    fails: bool,
) {
    let Some((one, others)) = uses.split_first() else { return };
    let change = one.change;
    let mut help = Vec::new();
    // What a row quotes is the failure where it has one, and else the warning.
    if let Some(line) = change.failure(&one.symbol).filter(|_| fails || change.breaks.is_none()) {
        help.push(format!("it says: {line}"));
    }
    finding.labels(others.iter().map(|other| Label { location: place(path, other), message: "and here".to_owned() }));
    let fits = change.works.as_ref().is_none_or(|works| installed.next_within(works));
    if let Some(replacement) = &change.replacement {
        let package = change.requires.as_ref().map_or_else(String::new, |package| format!(", from {package}"));
        help.push(if fits {
            format!("use {replacement}{package}")
        } else {
            let works = change.works.as_ref().map_or_else(String::new, |works| format!(" (it needs {works})"));
            format!("use {replacement}{package}{works}, or another version of the package")
        });
    }
    help.extend(change.note.clone());
    finding.labels(judgement.labels);
    if !help.is_empty() {
        finding.help(help.join("; "));
    }
    finding.fix(fix(path, uses, installed));
}

/// All uses are rewritten together, or none.
fn fix(path: &RepoPath, uses: &[Use], installed: &Installed<'_>) -> Option<Fix> {
    let one = uses.first()?;
    if uses.iter().any(|one| one.edits.is_empty()) || one.change.requires.is_some() {
        return None;
    }
    let works = one.change.works.as_ref();
    if works.is_some_and(|works| !installed.next_within(works)) {
        return None;
    }
    let everywhere = works.is_none_or(|works| installed.all_within(works));
    let message =
        one.change.replacement.as_ref().map_or_else(|| "Remove the argument".to_owned(), |new| format!("Use {new}"));
    let fix = match one.change.applicability {
        FixAvailability::None => return None,
        FixAvailability::Display => Fix::display(message),
        FixAvailability::Safe if everywhere => Fix::safe(message),
        FixAvailability::Safe | FixAvailability::Unsafe => Fix::unsafe_(message),
    };
    Some(uses.iter().flat_map(|one| &one.edits).fold(fix, |fix, (span, text)| fix.replace(path, *span, text.clone())))
}

/// The place of a use.
pub(super) fn place(path: &RepoPath, one: &Use) -> Location {
    Location::new(path, one.span)
}
