//! Pinned packages that the deployment's Python can't install as they are: releases that exclude it, and releases without
//! a wheel for it, which are built from source there.

use crate::deployment::packages::{Declaration, Holder, Origin};
use crate::deployment::{Deployment, Fact, MissingTools, Platform};
use crate::diagnostic::{Label, Location};
use crate::knowledge::package_breaks::build_failure;
use crate::knowledge::{
    BinaryPackage, CLibrary, PythonVersion, VersionSet, binary_package, built_from_source, releases,
};
use crate::rules::Reporter;

/// How many packages are labelled one by one.
const MAX_LABELS: usize = 10;

/// Why a release can't be installed as it is, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Its files exclude the Python.
    Excluded(String),
    /// There is neither a wheel nor a source.
    NoFile,
    /// The build from source is known to fail there.
    BuildFails(&'static str),
    /// The build needs Rust.
    NeedsRust { missing: bool },
    /// The build needs a C compiler.
    NeedsC { missing: bool },
}

/// One package of which every allowed release is concerned.
struct Case {
    kind: Kind,
    name: String,
    /// The package with its version or range: "pandas 2.1.4".
    release: String,
    place: Location,
    /// The pinned package that brings it, where no text asks for it.
    holder: Option<Holder>,
    /// The first release with a wheel for the Python.
    first: Option<String>,
    /// The newest Python below with a wheel for it.
    older: Option<PythonVersion>,
}

/// What the wheels have to fit.
#[derive(Debug, Clone, Copy)]
struct Target {
    python: PythonVersion,
    library: CLibrary,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = if self.library == CLibrary::Musl { " on Alpine" } else { "" };
        write!(f, "Python {}{on}", self.python)
    }
}

/// Reports what can't be installed on the deployment's Python, in one finding.
pub fn report(deployment: &Deployment<'_>, report: &mut Reporter) {
    from_source(deployment, report);
    let Some(python) = deployment.python() else { return };
    let tools = deployment.missing_build_tools();
    let target = Target { python: python.value, library: deployment.c_library() };
    let mut cases = cases(deployment, target, tools.as_ref());
    cases.sort_by(|a, b| (&a.kind, &a.place).cmp(&(&b.kind, &b.place)));
    let Some(main) = cases.first() else { return };
    let deployed = deployment.platform().value != Platform::Unspecified;
    let fails = !matches!(main.kind, Kind::NeedsRust { missing: false } | Kind::NeedsC { missing: false });
    let certain = deployed && python.because().is_none() && fails;
    let message = message(main, target, tools.as_ref());
    let finding =
        if certain { report.error(main.place.clone(), message) } else { report.warning(main.place.clone(), message) };
    finding.labels(python.label(format!("Python {} runs here", python.value)));
    let others = cases.iter().skip(1);
    finding.labels(others.clone().take(MAX_LABELS).map(label));
    if let Some(next) = others.clone().nth(MAX_LABELS) {
        let more = cases.len() - 1 - MAX_LABELS;
        finding.label(next.place.clone(), format!("and {more} more without a wheel for it"));
    }
    finding.help(help(&cases, python, target, tools.as_ref()));
}

fn cases(deployment: &Deployment<'_>, target: Target, tools: Option<&MissingTools>) -> Vec<Case> {
    let packages = deployment.packages();
    // Other indexes may have wheels that the usual one lacks.
    let other_indexes = packages.has_other_indexes() || packages.takes_from_folder();
    let kind = |name: &str, versions: &VersionSet| {
        let kind = kind(name, versions, target, tools)?;
        let is_built_otherwise = matches!(kind, Kind::BuildFails(_)) && deployment.chooses_build_tools();
        let counts = matches!(kind, Kind::Excluded(_)) || !(other_indexes || is_built_otherwise);
        (counts && !(target.library == CLibrary::Musl && deployment.has_alpine_package(name))).then_some(kind)
    };
    let mut names: Vec<&str> = packages.declarations().iter().map(Declaration::name).collect();
    names.extend(packages.all_locked().map(|(name, ..)| name));
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let asking = packages.of(name).find(|declaration| declaration.origin != Origin::Constraints);
        let locked = packages.locked(name).map(|(_, location)| location.clone());
        let Some(place) = locked.or_else(|| asking.map(Declaration::location)) else { continue };
        let Some(allowed) = packages.allowed(name) else { continue };
        if asking.is_some_and(|declaration| declaration.origin == Origin::CondaEnvironment) {
            continue;
        }
        if let Some(kind) = kind(name, &allowed.asked) {
            found.push(case(kind, name, allowed.spelling, &allowed.asked, place, None, target));
        }
    }
    for name in packages.all_brought() {
        let Some((versions, holders)) = packages.brought(name) else { continue };
        // Not those that let newer releases in, which only others keep out.
        let alone = holders.iter().find_map(|holder| Some((kind(name, &holder.versions)?, &holder.versions, holder)));
        let together = || Some((kind(name, versions)?, versions, holders.first()?));
        if let Some((kind, versions, holder)) = alone.or_else(together) {
            let place = holder.location.clone();
            found.push(case(kind, name, name, versions, place, Some(holder.clone()), target));
        }
    }
    found
}

fn case(
    kind: Kind,
    name: &str,
    spelling: &str,
    versions: &VersionSet,
    place: Location,
    holder: Option<Holder>,
    target: Target,
) -> Case {
    let release = match versions.exact_version() {
        Some(version) => format!("{spelling} {version}"),
        None if versions.is_any() => spelling.to_owned(),
        None => format!("{spelling} {versions}"),
    };
    let Target { python, library } = target;
    let binary = binary_package(name);
    let first = binary.and_then(|binary| binary.next_with_wheel(versions, python, library)).map(ToString::to_string);
    let first = first.or_else(|| build_failure(name, versions, python)?.fixed_in.clone());
    let older = binary.and_then(|binary| older(binary, versions, target));
    Case { kind, name: name.to_owned(), release, place, holder, first, older }
}

/// The newest Python below `python` for which some allowed release may have a wheel.
fn older(binary: &BinaryPackage, versions: &VersionSet, target: Target) -> Option<PythonVersion> {
    let below = (10..target.python.minor).rev().map(|minor| PythonVersion::new(3, minor));
    below.into_iter().find(|older| !binary.lacks_wheels(versions, *older, target.library))
}

/// Why none of `versions` of a package can be installed as it is; `None` where one may be.
fn kind(name: &str, versions: &VersionSet, target: Target, tools: Option<&MissingTools>) -> Option<Kind> {
    let Target { python, library } = target;
    let is_musl = library == CLibrary::Musl;
    if versions.is_empty() {
        return None;
    }
    if versions.is_any() && !is_musl {
        return only_source(name, versions, python);
    }
    if let Some(required) = excludes(name, versions, python) {
        return Some(Kind::Excluded(required));
    }
    let Some(binary) = binary_package(name) else { return only_source(name, versions, python) };
    if !binary.lacks_wheels(versions, python, library) {
        return None;
    }
    if let Some(failure) = build_failure(name, versions, python) {
        return Some(Kind::BuildFails(&failure.says));
    }
    match binary {
        _ if binary.compiles_optionally => None,
        _ if binary.wheels_only => Some(Kind::NoFile),
        // Who installs a compiler on Alpine knows that wheels are missing there.
        _ if is_musl && !tools.is_some_and(|tools| tools.c) => None,
        _ if binary.needs_rust => Some(Kind::NeedsRust { missing: tools.is_some() }),
        _ => Some(Kind::NeedsC { missing: tools.is_some_and(|tools| tools.c) }),
    }
}

/// The failure of a build of what never had a wheel: it is in no table of wheels.
fn only_source(name: &str, versions: &VersionSet, python: PythonVersion) -> Option<Kind> {
    let failure = build_failure(name, versions, python).filter(|_| binary_package(name).is_none())?;
    Some(Kind::BuildFails(&failure.says))
}

/// What the files of all releases in `versions` require of Python, where that excludes `python`.
fn excludes(name: &str, versions: &VersionSet, python: PythonVersion) -> Option<String> {
    let allowed = releases(name)?.iter().filter(|release| versions.contains(&release.version));
    let mut newest = None;
    for release in allowed {
        if release.python.allows(python) {
            return None;
        }
        newest = Some(release);
    }
    // A range beyond the newest release that is known may hold others.
    let known = releases(name)?.last().and_then(|last| VersionSet::parse(&format!("<={}", last.version)).ok())?;
    newest.filter(|_| versions.is_subset_of(&known)).map(|release| release.python.to_string())
}

fn message(case: &Case, target: Target, tools: Option<&MissingTools>) -> String {
    let release = &case.release;
    let subject = match &case.holder {
        Some(holder) => format!("{} needs {release}, which", holder.release),
        None => release.clone(),
    };
    let image = tools.map_or("the image", |tools| tools.image.as_str());
    match &case.kind {
        Kind::Excluded(required) => {
            format!("{subject} can't be installed on Python {}: it requires Python {required}", target.python)
        }
        Kind::NoFile => {
            format!("{subject} has no wheel for {target} and no source: pip finds nothing to install")
        }
        Kind::BuildFails(_) => format!("{subject} has no wheel for {target}, and building it from source fails"),
        Kind::NeedsRust { missing: true } => {
            format!("{subject} has no wheel for {target}, and {image} has no Rust to build it from source")
        }
        Kind::NeedsC { missing: true } => {
            format!("{subject} has no wheel for {target}, and {image} has no compiler to build it from source")
        }
        Kind::NeedsRust { missing: false } => {
            format!("{subject} has no wheel for {target}: the build falls back to compiling it, with Rust")
        }
        Kind::NeedsC { missing: false } => {
            format!("{subject} has no wheel for {target}: the build falls back to compiling it")
        }
    }
}

fn label(case: &Case) -> Label {
    let why = match &case.kind {
        Kind::Excluded(required) => format!("requires Python {required}"),
        Kind::NoFile => "has neither wheel nor source for it".to_owned(),
        _ => "has no wheel for it either".to_owned(),
    };
    let message = match &case.holder {
        Some(holder) => format!("{} needs {}, which {why}", holder.release, case.release),
        None => format!("{} {why}", case.release),
    };
    Label { location: case.place.clone(), message }
}

fn help(cases: &[Case], python: &Fact<PythonVersion>, target: Target, tools: Option<&MissingTools>) -> String {
    let mut ways = Vec::new();
    let Some(main) = cases.first() else { return String::new() };
    if let (None, Some(first)) = (&main.holder, &main.first) {
        ways.push(format!("raise {} to {first} or later", main.name));
    } else if let Some(holder) = &main.holder {
        let package = holder.release.split(' ').next().unwrap_or_default();
        let first = main.first.as_ref().map(|first| format!(" that takes {} {first} or later", main.name));
        ways.push(format!("raise {package} to a release{}", first.unwrap_or_default()));
    }
    // A Python that has wheels for all of them.
    if let Some(older) = cases.iter().map(|case| case.older).min().flatten() {
        ways.push(format!("run Python {older}"));
    }
    let is_musl = target.library == CLibrary::Musl;
    if is_musl && !matches!(main.kind, Kind::Excluded(_)) {
        ways.push(format!("build on python:{}-slim, whose C library the usual wheels fit", python.value));
    }
    if matches!(main.kind, Kind::NeedsC { missing: true }) && tools.is_some() {
        let compiler = if is_musl { "build-base" } else { "build-essential" };
        ways.push(format!("install a compiler first (`{compiler}`)"));
    }
    if matches!(main.kind, Kind::NeedsC { missing: false } | Kind::NeedsRust { missing: false }) {
        ways.push("expect a long build, which often fails on a Python that is younger than the release".to_owned());
    }
    let mut help = ways.join(", or ");
    if let Kind::BuildFails(says) = main.kind {
        let joint = if help.is_empty() { "" } else { "; " };
        help.push_str(&format!("{joint}it says: {says}"));
    }
    if let Some(because) = python.because() {
        help.push_str(&format!(" ({because})"));
    }
    help
}

/// Packages that have no wheel for Linux at all, in an image that has no compiler.
fn from_source(deployment: &Deployment<'_>, report: &mut Reporter) {
    let packages = deployment.packages();
    let Some(tools) = deployment.missing_build_tools().filter(|tools| tools.c) else { return };
    if packages.has_other_indexes() {
        return;
    }
    for declaration in packages.declarations().iter().filter(|declaration| declaration.origin != Origin::Constraints) {
        let Some(instead) = built_from_source(declaration.name()) else { continue };
        if declaration.requirement.source.is_some() || declaration.origin == Origin::CondaEnvironment {
            continue;
        }
        let spelling = declaration.requirement.name.value.spelling();
        let message =
            format!("{spelling} has no wheels for Linux, and {} has no compiler to build it from source", tools.image);
        let finding = report.error(declaration.location(), message);
        let compiler = "install a compiler and the headers that it needs first";
        finding.help(match instead {
            "" => compiler.to_owned(),
            instead => format!("use {instead}, or {compiler}"),
        });
    }
}
