//! DEP006 transitive-drift: a held package with newer releases of what it needs, which nothing keeps out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use pep440_rs::Version;

use crate::deployment::packages::{Allowed, Declaration, Origin, Packages, Verdict, add_to, narrow};
use crate::deployment::{Deployment, Platform, Sdk};
use crate::diagnostic::{Fix, Location, RuleId, enumerated};
use crate::knowledge::package_breaks::{Drift, PythonBreak, beyond_drift, caps, drifts, python_breaks};
use crate::knowledge::{PythonSet, PythonVersion, VersionSet, newest_for, releases};
use crate::rules::{Reporter, Rule};

use super::imported::{import_of, is_named, use_of};
use super::severe::is_deployed;

/// DEP006 transitive-drift.
pub struct TransitiveDrift;

/// A row of the table that holds for a deployment.
struct Case<'d> {
    row: &'static Drift,
    allowed: Allowed<'d>,
    /// The one release that the next build installs, where others are allowed.
    release: Option<Version>,
    place: Location,
    imported: Option<Location>,
    /// Whether nothing else is allowed.
    always: bool,
}

impl Rule for TransitiveDrift {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP006", name: "transitive-drift" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        // An image on a base that brings packages of its own may hold the right releases already.
        if deployment.dockerfile().is_some() && deployment.python().is_none() {
            return;
        }
        let cases: Vec<Case<'_>> = drifts().iter().filter_map(|row| case(deployment, row)).collect();
        for group in groups(cases) {
            report_group(deployment, &group, report);
        }
    }
}

fn case<'d>(deployment: &'d Deployment<'_>, row: &'static Drift) -> Option<Case<'d>> {
    let packages = deployment.packages();
    let allowed = packages.allowed(&row.package)?;
    if !on_this_python(deployment, &row.pythons)
        || row.mended_by.iter().any(|package| is_installed(packages, package))
        || !stands_alone(deployment, row)
        || packages.locked(&row.package).is_some()
    {
        return None;
    }
    let release = match allowed.verdict(&row.versions)? {
        Verdict::EveryVersion => None,
        // An old release is the newest one where the Python is too old for the others.
        Verdict::NextBuild(version) if deployment.python().is_some() && !allowed.is_held_back() => Some(version),
        Verdict::NextBuild(_) => return None,
    };
    let declaration = packages.of(&row.package).find(|declaration| declaration.origin != Origin::Constraints)?;
    let is_locked = |declaration: &Declaration| {
        packages.manifests().iter().any(|manifest| manifest.path == declaration.path && manifest.locked)
    };
    if is_locked(declaration) || !asks_for_moved(deployment, row) {
        return None;
    }
    let always = takes_broken(deployment, row)? == Certainty::Always && release.is_none();
    // What is taken from a repository or a URL may keep the newer release out, or bring a package in another one.
    if !always && packages.has_remote() {
        return None;
    }
    let imported = if row.uses.is_empty() {
        import_of(deployment, &row.modules)
    } else {
        Some(use_of(deployment, &row.uses, &row.modules)?)
    };
    Some(Case { row, place: declaration.location(), allowed, release, imported, always })
}

/// Whether a package is asked for, or `package[extra]` with that extra.
fn is_installed(packages: &Packages, package: &str) -> bool {
    match package.trim_end_matches(']').split_once('[') {
        Some((package, extra)) => packages.of(package).any(|declaration| declaration.requirement.has_extra(extra)),
        None => packages.has(package),
    }
}

/// Whether nothing else is installed than a row knows about, where it says so. The platform of a Space brings more.
fn stands_alone(deployment: &Deployment<'_>, row: &Drift) -> bool {
    let is_known = |declaration: &Declaration| row.only_beside.iter().any(|known| known == declaration.name());
    row.only_beside.is_empty()
        || (!matches!(deployment.platform().value, Platform::Space(Sdk::Gradio))
            && deployment.packages().declarations().iter().all(is_known))
}

/// Whether a row holds on the deployment's Python: always where it names none, else only where that is known.
fn on_this_python(deployment: &Deployment<'_>, pythons: &PythonSet) -> bool {
    pythons.versions().is_any() || deployment.python().is_some_and(|python| pythons.allows(python.value))
}

/// Whether the other package is installed at all, where the row says that this depends on an extra.
fn asks_for_moved(deployment: &Deployment<'_>, row: &Drift) -> bool {
    let Some(extra) = &row.extra else { return true };
    let packages = deployment.packages();
    let moved = normalized(&row.moved);
    packages.has(&moved)
        || packages.brought(&moved).is_some()
        || packages.of(&row.package).any(|declaration| declaration.requirement.has_extra(extra))
}

fn normalized(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// How sure it is that a build installs a release that no longer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// No other is allowed.
    Always,
    /// It is the newest that is allowed.
    NextBuild,
}

/// Whether the next build installs a release of the other package that no longer fits; `None` where it does not.
fn takes_broken(deployment: &Deployment<'_>, row: &Drift) -> Option<Certainty> {
    let packages = deployment.packages();
    let moved = normalized(&row.moved);
    // The image's own release stays, whichever that is.
    if packages.preinstalled(&moved).is_some() {
        return None;
    }
    let mut versions = match packages.allowed(&moved) {
        Some(allowed) if packages.has(&moved) => allowed.versions,
        None if packages.has(&moved) => return None,
        // What a resolver chose of it is not all that it may choose.
        _ => constrained(deployment, &moved),
    };
    // What pinned packages need of it, where no text asks for it by name.
    if let Some((brought, _)) = packages.brought(&moved) {
        versions = versions.intersect(brought);
    }
    for cap in caps().iter().filter(|cap| cap.caps == moved && on_this_python(deployment, &cap.pythons)) {
        let asked = packages.allowed(&cap.package).map(|allowed| allowed.versions);
        let installed = asked.or_else(|| packages.brought(&cap.package).map(|(versions, _)| versions.clone()));
        let holds = installed.is_some_and(|versions| !versions.is_empty() && versions.is_subset_of(&cap.versions));
        if holds {
            versions = versions.intersect(&cap.to);
        }
    }
    if versions.is_empty() {
        return None;
    }
    if versions.is_subset_of(&row.breaks) {
        return Some(Certainty::Always);
    }
    // An answer that the texts no longer allow was given before they changed.
    let chosen = packages.resolved(&moved).filter(|(version, _)| versions.contains(version));
    let breaks = if let Some((version, _)) = chosen {
        row.breaks.contains(version)
    } else {
        let versions = packages.fitting(&moved, &versions);
        match newest_for(&moved, &versions, deployment.python().map(|python| python.value)) {
            Some(newest) => row.breaks.contains(&newest.version),
            // Without a list of releases: the first that breaks is a real one.
            None => match row.breaks.lowest() {
                Some(Bound::Included(first)) => versions.contains(&first) || versions.is_subset_of(&row.breaks),
                _ => false,
            },
        }
    };
    breaks.then_some(Certainty::NextBuild)
}

/// What constraints files allow of a package that only others ask for.
fn constrained(deployment: &Deployment<'_>, name: &str) -> VersionSet {
    let of_it = deployment.packages().of(name);
    of_it.fold(VersionSet::any(), |versions, declaration| versions.intersect(&declaration.requirement.allowed()))
}

/// What moved under a package or several, together.
struct Group<'d> {
    /// The packages that moved, each with the bound that keeps out what breaks any of the others.
    moved: BTreeMap<&'static str, &'static str>,
    cases: Vec<Case<'d>>,
}

/// One diagnostic for all that moved under the same packages.
fn groups(cases: Vec<Case<'_>>) -> Vec<Group<'_>> {
    let mut by_moved: BTreeMap<&'static str, Vec<Case<'_>>> = BTreeMap::new();
    for case in cases {
        by_moved.entry(&case.row.moved).or_default().push(case);
    }
    let mut by_packages: BTreeMap<BTreeSet<&'static str>, Group<'_>> = BTreeMap::new();
    for (moved, cases) in by_moved {
        let packages = cases.iter().map(|case| case.row.package.as_str()).collect();
        let group = by_packages.entry(packages).or_insert_with(|| Group { moved: BTreeMap::new(), cases: Vec::new() });
        group.moved.insert(moved, tightest(&cases));
        group.cases.extend(cases);
    }
    by_packages.into_values().collect()
}

fn report_group(deployment: &Deployment<'_>, group: &Group<'_>, report: &mut Reporter) {
    let Some(main) = group.cases.iter().find(|case| case.imported.is_some()).or(group.cases.first()) else { return };
    let row = main.row;
    let release = match &main.release {
        Some(version) => match main.allowed.resolver {
            Some(resolver) => format!(" {version}, which {resolver} chooses today,"),
            None => format!(" {version}, the newest that the Python here takes,"),
        },
        None if main.allowed.asked.is_any() => String::new(),
        None => format!(" {}", main.allowed.asked_in_words()),
    };
    let broken: BTreeMap<&str, &VersionSet> = group
        .cases
        .iter()
        .filter(|case| case.row.package == row.package)
        .map(|case| (case.row.moved.as_str(), &case.row.breaks))
        .collect();
    let with: Vec<String> = broken.iter().map(|(moved, breaks)| format!("{moved}{breaks}")).collect();
    let always = group.cases.iter().any(|case| case.row.package == row.package && case.always);
    let chosen = group.moved.keys().find_map(|moved| deployment.packages().resolved(&normalized(moved)));
    let them = if with.len() > 1 { "them" } else { "it" };
    let why = match chosen {
        _ if always => "and nothing else is allowed here".to_owned(),
        Some((_, resolver)) => format!("which {resolver} chooses today since nothing keeps {them} out"),
        None => format!("which the next build installs since nothing keeps {them} out"),
    };
    let message = format!("{}{release} fails with {}, {why}", main.allowed.spelling, enumerated(&with));
    let is_program = row.modules.iter().any(|module| module == "gunicorn");
    let card_contradicts = card_contradicts(deployment);
    let finding = if (main.imported.is_some() || is_program) && always && is_deployed(deployment) && !card_contradicts {
        report.error(main.place.clone(), message)
    } else if main.imported.is_some() || is_program || is_named(deployment, &row.modules) {
        report.warning(main.place.clone(), message)
    } else {
        // What nothing imports fails nowhere, unless another package wants it.
        report.advice(main.place.clone(), message)
    };
    let names: Vec<&str> = group.moved.keys().copied().collect();
    finding.remark(format!("its own requirements leave {} unbounded", enumerated(&names)));
    let mut seen = vec![main.place.clone()];
    for other in &group.cases {
        if !seen.contains(&other.place) {
            finding.label(other.place.clone(), format!("{} fails with it too", other.allowed.spelling));
            seen.push(other.place.clone());
        }
    }
    for declaration in deployment.packages().of(&row.package) {
        if !seen.contains(&declaration.location()) && declaration.origin != Origin::Constraints {
            let asked = declaration.requirement.allowed();
            let by = if declaration.origin == Origin::Card { "the card asks for" } else { "and this is" };
            finding.label(declaration.location(), format!("{by} {}{}", main.allowed.spelling, specifiers(&asked)));
        }
    }
    for moved in &names {
        for declaration in deployment.packages().of(&normalized(moved)) {
            finding.label(declaration.location(), format!("this lets newer releases of {moved} in"));
        }
    }
    if let Some(import) = &main.imported {
        finding.label(import.clone(), format!("fails here or soon after: {}", row.fails));
    }
    let bounds: Vec<String> = group.moved.iter().map(|(moved, bound)| format!("`{moved}{bound}`")).collect();
    let bounds = enumerated(&bounds);
    let mut help = if always { format!("let {bounds} in") } else { format!("add {bounds} to what is installed") };
    let python = deployment.python().map(|python| python.value);
    let fits = row.fixed_in.as_ref().map(|version| beyond_drift(&row.package, version));
    if let Some(fits) = fits.filter(|fits| python.is_none_or(|python| admits(&row.package, fits, python))) {
        help.push_str(&format!(", or raise {} to {fits} or later", main.allowed.spelling));
    }
    let fails_anyway = |broken: &&PythonBreak| {
        broken.package == row.package
            && python.is_some_and(|python| broken.pythons.allows(python))
            && !broken.mended_by.iter().any(|package| deployment.packages().has(package))
            && main.allowed.versions.is_subset_of(&broken.versions)
    };
    if let (Some(_), Some(python)) = (python_breaks().iter().find(fails_anyway), python) {
        help.push_str(&format!(
            "; the bound alone does not help on Python {python}, where it fails in itself (DEP002)"
        ));
    }
    if card_contradicts {
        help.push_str("; nothing is installed before the card and the requirements agree on gradio (HF004)");
    }
    finding.help(help);
    // Where the releases that fit are kept out, a further bound would leave none.
    finding.fix(bound_fix(deployment, group, &row.package).filter(|_| group.cases.iter().all(|case| !case.always)));
}

/// Whether a release can be installed on a Python, as far as is known.
fn admits(package: &str, release: &str, python: PythonVersion) -> bool {
    let known = releases(package).unwrap_or_default();
    known.iter().find(|known| known.version.to_string() == release).is_none_or(|known| known.python.allows(python))
}

/// Whether the card's `sdk_version` and the requirements exclude each other, so that nothing is installed at all.
fn card_contradicts(deployment: &Deployment<'_>) -> bool {
    let packages = deployment.packages();
    let of_card = packages.declarations().iter().filter(|declaration| declaration.origin == Origin::Card);
    of_card.map(Declaration::name).any(|name| packages.allowed(name).is_some_and(|allowed| allowed.asked.is_empty()))
}

/// Versions as one writes them behind a name: "==4.44.1", ">=4,<5", and nothing for any version.
fn specifiers(versions: &VersionSet) -> String {
    match versions.exact_version() {
        Some(version) => format!("=={version}"),
        None if versions.is_any() => String::new(),
        None => versions.to_string(),
    }
}

/// The bound that keeps out what breaks any of the packages.
fn tightest(cases: &[Case<'_>]) -> &'static str {
    let mut best: Option<(&'static str, VersionSet)> = None;
    for case in cases {
        let Ok(set) = VersionSet::parse(&case.row.bound) else { continue };
        if best.as_ref().is_none_or(|(_, known)| set.is_subset_of(known)) {
            best = Some((&case.row.bound, set));
        }
    }
    best.map_or("", |(bound, _)| bound)
}

/// The edit that adds the bounds: to the lines that ask for the other packages already, else on lines of their own. It is
/// safe where everything else is pinned, so that a bound can't make the resolver choose another release of it.
fn bound_fix(deployment: &Deployment<'_>, group: &Group<'_>, package: &str) -> Option<Fix> {
    let packages = deployment.packages();
    let names: Vec<String> = group.moved.keys().map(|moved| normalized(moved)).collect();
    let others_pinned = packages
        .declarations()
        .iter()
        .filter(|declaration| declaration.origin != Origin::Constraints)
        .filter(|declaration| !names.iter().any(|name| name == declaration.name()))
        .all(|declaration| declaration.requirement.is_pinned());
    let bounds: Vec<String> = group.moved.iter().map(|(moved, bound)| format!("{moved}{bound}")).collect();
    let message = format!("Keep {}", enumerated(&bounds));
    let mut fix = if others_pinned { Fix::safe(message) } else { Fix::unsafe_(message) };
    let mut missing = Vec::new();
    for ((moved, bound), name) in group.moved.iter().zip(&names) {
        let asked = packages.of(name).find(|declaration| declaration.origin != Origin::Constraints);
        match asked {
            Some(declaration) => fix = narrow(fix, deployment.documents(), declaration, bound)?,
            None => missing.push(format!("{moved}{bound}")),
        }
    }
    if missing.is_empty() { Some(fix) } else { add_to(fix, deployment, package, &missing) }
}
