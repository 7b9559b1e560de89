//! What the API rules share: from the uses in a deployment's files to findings about the versions installed there.

mod words;

use std::cell::LazyCell;

use crate::deployment::packages::{Allowed, Origin, Packages, Verdict};
use crate::deployment::{Deployment, Role};
use crate::diagnostic::{Fix, Label, Location, RepoPath, Severity, Shared};
use crate::knowledge::{
    Change, ChangeKind, FixAvailability, Library, PythonVersion, StatedSeverity, VersionSet, filled,
};
use crate::rules::Reporter;

use super::change_rule::Found;
use super::usage::{NamesByRoot, Use, imports_library, names_any, uses};

pub(super) use words::all_in_words;
use words::{advice, each_in_words, help, replacements};

/// The versions of one library in a deployment, with what says so.
pub(super) enum Installed<'p> {
    /// The standard library: the deployment's Python, in words, where it is stated, and why it is that one where it is not.
    Python(VersionSet, String, Vec<Label>, Option<&'p str>),
    /// A package.
    Package(Box<Allowed<'p>>, &'static Library),
    /// Whatever is installed: of a team's own code, which no manifest names.
    Whatever,
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

impl Judgement {
    /// That of a row which speaks of no version.
    pub(super) fn always() -> Self {
        Self { every: true, versions: String::new(), labels: Vec::new() }
    }
}

impl<'p> Installed<'p> {
    /// What the deployment installs of `library`; `None` where that is not known.
    pub(super) fn of(deployment: &'p Deployment<'_>, library: &'static Library) -> Option<Self> {
        if library.is_python() {
            let python = deployment.python()?;
            let PythonVersion { major, minor, .. } = python.value;
            let versions = VersionSet::parse(&format!(">={major}.{minor},<{major}.{}", minor + 1)).ok()?;
            let label = python.label(format!("Python {} runs here", python.value));
            return Some(Self::Python(
                versions,
                format!("Python {}", python.value),
                label.into_iter().collect(),
                python.because(),
            ));
        }
        let packages = deployment.packages();
        match packages.allowed(&library.normalized).or_else(|| packages.brought_along(&library.normalized)) {
            Some(mut allowed) => {
                // An image on a base that brings packages of its own may hold another release already.
                if deployment.dockerfile().is_some() && deployment.python().is_none() && allowed.kept.is_none() {
                    allowed.next = None;
                }
                Some(Self::Package(Box::new(allowed), library))
            }
            None => library.rule.is_some().then_some(Self::Whatever),
        }
    }

    /// What it means that `versions` are concerned; `None` where they are no concern here.
    pub(super) fn judge(&self, versions: &VersionSet) -> Option<Judgement> {
        match self {
            Self::Whatever => None,
            Self::Python(installed, words, labels, _) => installed.is_subset_of(versions).then(|| Judgement {
                every: true,
                versions: words.clone(),
                labels: labels.clone(),
            }),
            Self::Package(allowed, library) => {
                let verdict = allowed.verdict(versions)?;
                let name = &library.name;
                let chosen = match allowed.resolver {
                    Some(resolver) => format!("which {resolver} chooses today"),
                    None if allowed.kept.is_some() => "which the image comes with".to_owned(),
                    None => "which the next build installs".to_owned(),
                };
                let (every, words) = match &verdict {
                    // Nothing in the repository asks for it: others bring it.
                    Verdict::EveryVersion if allowed.evidence.is_empty() => match &allowed.next {
                        Some(next) => (true, format!("{name} {next}, {chosen}")),
                        None => (true, format!("{name} {}, {chosen}", allowed.in_words())),
                    },
                    Verdict::EveryVersion if allowed.versions.exact_version().is_some() => {
                        (true, format!("{name} {}", allowed.in_words()))
                    }
                    Verdict::EveryVersion => {
                        (true, format!("every {name} that is allowed here ({})", allowed.in_words()))
                    }
                    Verdict::NextBuild(version) => (false, format!("{name} {version}, {chosen}")),
                };
                Some(Judgement { every, versions: words, labels: evidence(allowed, name, &verdict) })
            }
        }
    }

    /// Why the Python is the one that it is, where no place says it.
    pub(super) fn because(&self) -> Option<&'p str> {
        match self {
            Self::Python(.., because) => *because,
            Self::Package(..) | Self::Whatever => None,
        }
    }

    /// Whether all that may be installed lies in `versions`, so that a rewrite can't fail there.
    fn all_within(&self, versions: &VersionSet) -> bool {
        match self {
            Self::Whatever => false,
            Self::Python(installed, ..) => installed.is_subset_of(versions),
            Self::Package(allowed, _) => allowed.versions.is_subset_of(versions),
        }
    }

    /// Whether some version that may be installed lies in `versions`.
    pub(super) fn may_be_within(&self, versions: &VersionSet) -> bool {
        match self {
            Self::Whatever => false,
            Self::Python(installed, ..) => !installed.is_disjoint_from(versions),
            Self::Package(allowed, _) => allowed.may_take(versions),
        }
    }

    /// Whether what the next build installs lies in `versions`.
    fn next_within(&self, versions: &VersionSet) -> bool {
        match self {
            Self::Python(..) | Self::Whatever => self.all_within(versions),
            Self::Package(allowed, _) => {
                self.all_within(versions) || allowed.next.as_ref().is_some_and(|next| versions.contains(next))
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
            let taken = match allowed.resolver {
                Some(resolver) => format!("{resolver} chooses {version}"),
                None if allowed.kept.is_some() => format!("the image's {version} stays"),
                None if allowed.is_held_back() => {
                    format!("the next build takes {version}, the newest that fits the others")
                }
                None => format!("the next build takes {version}, the newest release"),
            };
            format!("{name} may be {asked} here: {taken}")
        }
    };
    let held = allowed.held_by.iter().take(2).map(|holder| Label {
        location: holder.location.clone(),
        message: format!("{} needs {name} {}", holder.release, holder.needs),
    });
    let asked = allowed.evidence.iter().take(2);
    let image = allowed.kept.and_then(|kept| {
        let version = kept.version.as_ref()?;
        Some(Label { location: kept.location.clone(), message: format!("{name} {version} comes with this image") })
    });
    let asked = asked.map(|location| Label { location: location.clone(), message: words.clone() });
    asked.chain(held).chain(image).collect()
}

/// What is looked for in a deployment's files.
pub(super) struct Sought<'r> {
    /// The texts of which a file must hold one.
    pub literals: &'r [&'static str],
    /// The tables.
    pub libraries: &'r [&'static Library],
    /// Those of them that say of functions what they return, beside the tables that are compiled in.
    pub results_of: &'r [&'static Library],
    /// Which rows.
    pub wanted: fn(&Library, &Change) -> bool,
}

/// Hands the uses of what is sought, file by file of those that run in the deployment, to `report`: those together that
/// make one finding.
pub(super) fn each_use(
    deployment: &Deployment<'_>,
    sought: &Sought<'_>,
    mut report: impl FnMut(&RepoPath, &[Use], &Installed<'_>),
) {
    let documents = deployment.documents();
    let installed: Vec<_> =
        sought.libraries.iter().filter_map(|library| Some((*library, Installed::of(deployment, library)?))).collect();
    if installed.is_empty() {
        return;
    }
    for path in documents.files_mentioning(sought.literals).filter(|path| deployment.reach().contains(path)) {
        let (Some(module), Some(source)) = (documents.python(path), documents.repository().source(path)) else {
            continue;
        };
        let named = LazyCell::new(|| NamesByRoot::new(module, sought.results_of));
        for (library, installed) in installed.iter().filter(|(library, _)| imports_library(module, library)) {
            let mut found: Vec<Use> = uses(module, source, &named, library, |change| (sought.wanted)(library, change));
            let is_script = deployment.reach().get(path).is_none_or(|reached| reached.role == Role::Script);
            // Where what starts is a guess, a module of a package is imported rather than run.
            let is_program = is_script && (deployment.reach().is_certain() || !is_in_package(deployment, path));
            found.retain(|one| (is_program || !one.main_only) && matters(deployment, one.change));
            // Where the module itself fails, nothing after its import runs.
            let fails = |one: &&Use| {
                let breaks = one.change.breaks.as_ref().filter(|_| one.change.kind == ChangeKind::Module);
                !one.symbol.contains('.') && breaks.is_some_and(|breaks| installed.judge(breaks).is_some())
            };
            if let Some(whole) = found.iter().find(fails).map(|one| one.change) {
                found.retain(|one| std::ptr::eq(one.change, whole));
            }
            while let Some(first) = found.first().cloned() {
                let (same, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| belongs_to(one, &first));
                report(path, &same, installed);
                found = others;
            }
        }
    }
}

/// Whether what a row says of the rest of the code holds: nothing cares for it already, and something depends on it.
fn matters(deployment: &Deployment<'_>, change: &'static Change) -> bool {
    let documents = deployment.documents();
    let texts: Vec<&str> = change.unless.iter().map(String::as_str).collect();
    let cared_for = !texts.is_empty() && documents.files_mentioning(&texts).next().is_some();
    let mut modules = deployment.reach().files().filter_map(|(path, _)| documents.python(path));
    let packages = deployment.packages();
    let stands_in = !change.unless_installed.is_empty()
        && (!packages.is_complete() || change.unless_installed.iter().any(|name| is_installed(packages, name)));
    !cared_for && !stands_in && (change.beside.is_empty() || modules.any(|module| names_any(module, &change.beside)))
}

/// Whether a package is installed; of `package[extra]`, whether with the extra.
fn is_installed(packages: &Packages, name: &str) -> bool {
    match name.trim_end_matches(']').split_once('[') {
        // A Gradio Space installs `gradio[oauth,mcp]`.
        Some((package, extra)) => packages
            .of(package)
            .any(|declaration| declaration.requirement.has_extra(extra) || declaration.origin == Origin::Card),
        None => packages.has(name),
    }
}

/// Whether a file is part of a package.
fn is_in_package(deployment: &Deployment<'_>, path: &RepoPath) -> bool {
    let marker = path.parent().join("__init__.py");
    path.file_name() != "__main__.py" && marker.is_some_and(|file| deployment.documents().repository().has_file(&file))
}

/// Whether two uses of a file make one finding: of one change in many places, of several arguments of one callee that
/// changed together, or in one statement that imports several names.
fn belongs_to(one: &Use, first: &Use) -> bool {
    let (a, b) = (one.change, first.change);
    // What is said of an argument in words that name nothing else is said once.
    let says_the_same = a.kind == ChangeKind::Parameter && a.message.as_ref().is_some_and(|own| !own.contains('{'));
    if std::ptr::eq(a, b) && (one.symbol == first.symbol || says_the_same) {
        return true;
    }
    let same_versions = (&a.breaks, &a.deprecated, &a.works) == (&b.breaks, &b.deprecated, &b.works)
        && (a.severity, a.applicability) == (b.severity, b.applicability)
        && (&a.message, &a.help) == (&b.message, &b.help);
    let is_argument = |change: &Change| change.kind == ChangeKind::Parameter;
    let arguments = is_argument(a) && is_argument(b) && one.symbol == first.symbol;
    let one_import = one.imported && first.imported && one.statement == first.statement;
    same_versions && (arguments || one_import) && one.edits.is_empty() == first.edits.is_empty()
}

/// Which side of a row a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What fails.
    Failure,
    /// What warns, and fails later.
    Deprecation,
}

/// What is said of uses that make one finding.
pub(super) struct Said {
    /// In a sentence of its own.
    pub message: String,
    /// Without them, where the same may be said of others in the file: "fail with langchain 1.5.0".
    pub predicate: Option<String>,
}

impl From<String> for Said {
    fn from(message: String) -> Self {
        Self { message, predicate: None }
    }
}

/// Reports uses that make one finding, with labels, help and fix.
pub(super) fn explain(
    found: &Found<'_, '_>,
    report: &mut Reporter,
    severity: Severity,
    said: impl Into<Said>,
    judgement: Judgement,
    kind: Kind,
) {
    let Some((one, others)) = found.uses.split_first() else { return };
    let stated = one.change.severity.map(|stated| match stated {
        StatedSeverity::Error => Severity::Error,
        StatedSeverity::Warning => Severity::Warning,
        StatedSeverity::Advice => Severity::Advice,
    });
    let Said { message, predicate } = said.into();
    let message = one.change.message.as_ref().map_or(message, |own| filled(own, &one.symbol));
    let finding = report.report(stated.unwrap_or(severity), place(found.path, one), message);
    finding.labels(
        others.iter().map(|other| Label { location: place(found.path, other), message: "and here".to_owned() }),
    );
    if let Some(handler) = found.uses.iter().find_map(|one| one.hidden_by).filter(|_| kind == Kind::Failure) {
        finding.label(Location::new(found.path, handler), "this catches the failure, and the program goes on without");
    }
    // What a team says in its own words is about each place.
    if one.change.message.is_none() {
        finding.joins();
        if let Some(predicate) = predicate {
            finding.shares(Shared { subjects: each_in_words(found.uses), predicate, advice: advice(found.uses) });
        }
    }
    finding.labels(judgement.labels);
    let help = help(found.uses, found.installed, kind);
    if !help.is_empty() {
        finding.help(help);
    }
    finding.fix(fix(found.path, found.uses, found.installed));
}

/// All uses are rewritten together, or none.
fn fix(path: &RepoPath, uses: &[Use], installed: &Installed<'_>) -> Option<Fix> {
    let one = uses.first()?;
    if uses.iter().any(|one| one.edits.is_empty() || one.change.requires.is_some()) {
        return None;
    }
    let works = one.change.works.as_ref();
    if works.is_some_and(|works| !installed.next_within(works)) {
        return None;
    }
    let everywhere = works.is_none_or(|works| installed.all_within(works));
    let new = replacements(uses);
    let message = if new.is_empty() { "Remove the argument".to_owned() } else { format!("Use {new}") };
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
