//! DEP003 conflicting-versions: requirements of one installation that no release satisfies together.

use std::collections::BTreeSet;

use crate::deployment::packages::{Declaration, Origin};
use crate::deployment::{Deployment, Platform, Sdk};
use crate::diagnostic::{Location, RuleId};
use crate::knowledge::package_needs::Need;
use crate::knowledge::{VersionSet, normalized_name};
use crate::rules::{Reporter, Rule};

use super::severe::severe;

/// How a Gradio Space is built, from its public build logs.
const SPACE_BUILD: &str = "a Gradio Space installs `-r requirements.txt gradio[oauth,mcp]==SDK_VERSION \"uvicorn>=0.14.0\" \
                           \"websockets>=10.4\" spaces` in one go";

/// DEP003 conflicting-versions.
pub struct ConflictingVersions;

impl Rule for ConflictingVersions {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP003", name: "conflicting-versions" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let names: BTreeSet<&str> = deployment.packages().declarations().iter().map(Declaration::name).collect();
        for name in &names {
            across_files(deployment, name, report);
            replaced(deployment, name, report);
        }
        against_lock(deployment, report);
        let needs = names.iter().flat_map(|name| {
            deployment.packages().needs_in_force(name).filter_map(|need| against_needs(deployment, name, need))
        });
        let conflicts: Vec<Conflict> = needs.chain(over_a_third(deployment)).collect();
        for knot in knots(conflicts) {
            report_knot(deployment, &knot, report);
        }
    }
}

/// Whether a declaration counts among those that one installation resolves together. What separate commands install may
/// replace each other, and the card's `sdk_version` against the requirements is the business of HF004.
fn resolves_together(declaration: &Declaration) -> bool {
    let requirement = &declaration.requirement;
    !matches!(declaration.origin, Origin::Command | Origin::Card)
        && requirement.source.is_none()
        && !requirement.has_variable
        && requirement.verbatim_version.is_none()
}

/// Requirements of one package in different files that exclude each other.
fn across_files(deployment: &Deployment<'_>, name: &str, report: &mut Reporter) {
    let packages = deployment.packages();
    if !packages.has(name) {
        return;
    }
    let declarations: Vec<&Declaration> =
        packages.of(name).filter(|declaration| resolves_together(declaration)).collect();
    for (index, declaration) in declarations.iter().enumerate() {
        let conditional =
            |declaration: &Declaration| declaration.requirement.marker.is_some() && deployment.python().is_none();
        let allowed = declaration.requirement.allowed();
        let other = declarations.iter().take(index).find(|other| {
            other.path != declaration.path
                && other.installation == declaration.installation
                && !conditional(other)
                && !conditional(declaration)
                && !allowed.is_empty()
                && !other.requirement.allowed().is_empty()
                && allowed.is_disjoint_from(&other.requirement.allowed())
        });
        let Some(other) = other else { continue };
        let spelling = declaration.requirement.name.value.spelling();
        let message = format!(
            "no release of {spelling} satisfies both this and {}: the installation fails",
            other.path.file_name()
        );
        let finding = severe(deployment, report, other.location(), message);
        finding.remark(format!("{spelling} is {} here", in_words(&other.requirement.allowed())));
        finding.label(declaration.location(), format!("and {} here", in_words(&allowed)));
        finding.help("both files are read by one installation: state the same versions in both, or in one of them");
        return;
    }
}

/// Manifests that no longer admit the versions which the lock file beside them fixes.
fn against_lock(deployment: &Deployment<'_>, report: &mut Reporter) {
    let packages = deployment.packages();
    let outdated = |declaration: &&Declaration| {
        let requirement = &declaration.requirement;
        let Some((version, locked)) = packages.locked(declaration.name()) else { return false };
        matches!(declaration.origin, Origin::Pyproject | Origin::Pipfile)
            && declaration.path.parent() == locked.path.parent()
            && requirement.marker.is_none()
            && resolves_together(declaration)
            // A lock file may fix several versions, each for other Pythons.
            && packages.allowed(declaration.name()).is_some()
            && !requirement.allowed().is_empty()
            && !requirement.allowed().contains(version)
    };
    let outdated: Vec<&Declaration> = packages.declarations().iter().filter(outdated).collect();
    let Some(first) = outdated.first() else { return };
    let Some((version, locked)) = packages.locked(first.name()) else { return };
    let spelling = first.requirement.name.value.spelling();
    let (manifest, lock) = (first.path.file_name(), locked.path.file_name());
    let asked = in_words(&first.requirement.allowed());
    let message = format!("{manifest} asks for {spelling} {asked}, and {lock} still fixes {version}");
    let finding = report.warning(first.location(), message);
    finding.label(locked.clone(), format!("{version} is fixed here"));
    for other in outdated.iter().skip(1) {
        if let Some((version, _)) = packages.locked(other.name()) {
            finding.label(other.location(), format!("{version} is fixed for this"));
        }
    }
    let again = match lock {
        "poetry.lock" => "poetry lock",
        "pdm.lock" => "pdm lock",
        "Pipfile.lock" => "pipenv lock",
        _ => "uv lock",
    };
    // Where the manifest contradicts itself, a new lock file can't be made.
    let names: BTreeSet<&str> = packages.declarations().iter().map(Declaration::name).collect();
    let excluded = names.iter().find_map(|name| {
        let bars = |need: &&Need| need.needs == first.name() && need.to.is_disjoint_from(&first.requirement.allowed());
        let need = packages.needs_in_force(name).find(bars)?;
        let asking = packages.of(name).find(|one| one.origin == first.origin && one.path == first.path)?;
        Some((asking, without_holes(&need.written)))
    });
    if let Some((asking, needs)) = excluded {
        let other = asking.requirement.name.value.spelling();
        finding.label(asking.location(), format!("{other} needs {spelling}{needs}"));
        finding.help(format!(
            "choose a {spelling} of {needs}, or another {other}, and lock again: as {manifest} stands, `{again}` finds no \
             versions that fit together"
        ));
        return;
    }
    finding.help(format!(
        "lock again (`{again}`): an installation that takes the lock file as it is gets {version}, and one that checks it \
         against {manifest} stops"
    ));
}

/// A command that installs another release than a requirements file of the same image.
fn replaced(deployment: &Deployment<'_>, name: &str, report: &mut Reporter) {
    let packages = deployment.packages();
    let pinned = |declaration: &&Declaration| {
        let requirement = &declaration.requirement;
        requirement.source.is_none() && !requirement.has_variable && requirement.allowed().exact_version().is_some()
    };
    let by_command = packages.of(name).filter(pinned).find(|declaration| declaration.origin == Origin::Command);
    let mut by_files =
        packages.of(name).filter(pinned).filter(|declaration| declaration.origin == Origin::Requirements);
    let Some(file) = by_files.next() else { return };
    let of_later = by_files.find(|later| later.installation != file.installation && later.path != file.path);
    let Some(command) = by_command.or(of_later) else { return };
    let (one, other) = (command.requirement.allowed(), file.requirement.allowed());
    if !one.is_disjoint_from(&other) {
        return;
    }
    let spelling = command.requirement.name.value.spelling();
    let message = format!(
        "{} installs {spelling} {}, and {} {}: the later one replaces the other",
        command.path.file_name(),
        in_words(&one),
        file.path.file_name(),
        in_words(&other)
    );
    let finding = report.warning(command.location(), message);
    finding.label(file.location(), format!("{} here", in_words(&other)));
    finding.help("name the release in one place, or take that of the requirements as a constraint: `pip install -c`");
}

/// Packages of which one needs of another, or both of a third, what excludes the other.
struct Conflict {
    /// The package of which no release fits.
    contested: String,
    /// Those that take part, each once.
    between: BTreeSet<String>,
    place: Location,
    message: String,
    /// Who needs what, each with the place that asks for it.
    needs: Vec<(Location, String)>,
    help: String,
}

/// Conflicts over one package, or between the same packages, together: who mends one has to look at all of them.
fn knots(conflicts: Vec<Conflict>) -> Vec<Vec<Conflict>> {
    let mut knots: Vec<Vec<Conflict>> = Vec::new();
    for conflict in conflicts {
        let belongs = |knot: &Vec<Conflict>| {
            knot.iter().any(|one| one.contested == conflict.contested || one.between == conflict.between)
        };
        let (mut same, others): (Vec<_>, Vec<_>) = knots.into_iter().partition(belongs);
        let mut knot: Vec<Conflict> = same.drain(..).flatten().collect();
        knot.push(conflict);
        knots = others;
        knots.push(knot);
    }
    knots
}

fn report_knot(deployment: &Deployment<'_>, knot: &[Conflict], report: &mut Reporter) {
    let Some(first) = knot.first() else { return };
    let finding = severe(deployment, report, first.place.clone(), first.message.clone());
    let mut told: Vec<&(Location, String)> = Vec::new();
    for need in knot.iter().flat_map(|conflict| &conflict.needs) {
        if !told.contains(&need) {
            finding.label(need.0.clone(), need.1.clone());
            told.push(need);
        }
    }
    for other in knot.iter().skip(1).filter(|other| other.place.span != first.place.span) {
        finding.label(other.place.clone(), other.message.clone());
    }
    match knot {
        [only] => finding.help(only.help.clone()),
        _ => {
            let names: BTreeSet<&str> = knot.iter().flat_map(|one| &one.between).map(String::as_str).collect();
            let names: Vec<&str> = names.into_iter().collect();
            finding.help(format!(
                "the installer finds no release of {} for all of them: leave the versions of {} out, install, and pin what \
                 then is chosen",
                first.contested,
                names.join(", ")
            ))
        }
    };
}

/// Pinned packages that need versions of a third one that exclude each other.
fn over_a_third(deployment: &Deployment<'_>) -> impl Iterator<Item = Conflict> {
    deployment.packages().contradictions().map(|(name, one, other)| Conflict {
        contested: name.to_owned(),
        between: [one, other].iter().map(|holder| package_of(&holder.release)).collect(),
        place: one.location.clone(),
        message: format!(
            "{} can't be installed with {}: they need {name}{} and {name}{}",
            one.release, other.release, one.needs, other.needs
        ),
        needs: vec![(other.location.clone(), format!("{} needs {name}{}", other.release, other.needs))],
        help: "the installer finds no release for both: raise the older of them".to_owned(),
    })
}

/// The package of a release in words, such as `transformers 4.39.3`.
fn package_of(release: &str) -> String {
    normalized_name(release.split([' ', ',']).next().unwrap_or(release))
}

fn in_words(versions: &VersionSet) -> String {
    match versions.exact_version() {
        Some(version) => format!("=={version}"),
        None => versions.to_string(),
    }
}

/// Specifiers without the single releases that they leave out, where these are many.
fn without_holes(written: &str) -> String {
    let (holes, bounds): (Vec<&str>, Vec<&str>) = written.split(',').partition(|part| part.starts_with("!="));
    if holes.len() > 2 && !bounds.is_empty() { bounds.join(",") } else { written.to_owned() }
}

/// A package whose releases ask of another what its own requirement excludes.
fn against_needs(deployment: &Deployment<'_>, name: &str, need: &Need) -> Option<Conflict> {
    let packages = deployment.packages();
    let other = packages.allowed(&need.needs)?;
    if other.asked.is_empty() || !other.asked.is_disjoint_from(&need.to) {
        return None;
    }
    // Lock files are consistent in themselves.
    if packages.locked(name).is_some() || packages.locked(&need.needs).is_some() {
        return None;
    }
    let is_asked = |declaration: &&Declaration| declaration.origin != Origin::Constraints;
    let wanting = packages.of(name).find(is_asked)?;
    let wanted = packages.of(&need.needs).find(is_asked)?;
    // What separate commands install replace each other, with a line in the log.
    let separate = wanting.installation != wanted.installation
        || (wanting.origin == Origin::Command || wanted.origin == Origin::Command)
            && (wanting.path != wanted.path || wanting.origin != wanted.origin);
    if separate {
        return None;
    }
    let spelling = wanted.requirement.name.value.spelling();
    let wanting_spelling = wanting.requirement.name.value.spelling();
    let with_extra = need.extra.as_ref().map(|extra| format!("[{extra}]")).unwrap_or_default();
    let version = packages.allowed(name).and_then(|package| package.asked.exact_version().cloned());
    let release = version.map(|version| format!(" {version}")).unwrap_or_default();
    let message = format!(
        "{spelling} {} can't be installed with {wanting_spelling}{with_extra}{release}, which needs {spelling}{}",
        other.asked_in_words(),
        without_holes(&need.written)
    );
    let mut help = format!("choose a {spelling} of {}, or another {wanting_spelling}", without_holes(&need.written));
    if deployment.platform().value == Platform::Space(Sdk::Gradio) && name == "gradio" {
        help.push_str("; ");
        help.push_str(SPACE_BUILD);
    }
    let needs = format!("{wanting_spelling}{with_extra}{release} needs {spelling}{}", without_holes(&need.written));
    Some(Conflict {
        contested: need.needs.clone(),
        between: [name.to_owned(), need.needs.clone()].into(),
        place: wanted.location(),
        message,
        needs: vec![(wanting.location(), needs)],
        help,
    })
}
