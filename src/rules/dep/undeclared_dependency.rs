//! DEP004 undeclared-dependency: an import that runs at start and that nothing installed brings.

use std::collections::{BTreeMap, HashSet};

use crate::deployment::packages::{Declaration, Origin, add_to};
use crate::deployment::space::is_passed_over;
use crate::deployment::{Deployment, Platform};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId};
use crate::knowledge::distributions::bringing;
use crate::knowledge::import_names::{ImportedModule, imported_module, is_needed_by_many};
use crate::knowledge::normalized_name;
use crate::knowledge::standard_library::is_standard_module;
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// DEP004 undeclared-dependency.
pub struct UndeclaredDependency;

impl Rule for UndeclaredDependency {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP004", name: "undeclared-dependency" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let own = own_modules(deployment);
        // What nobody builds installs nothing (HF008).
        let built = deployment.dockerfile().is_none_or(|(path, _)| !is_passed_over(deployment.documents(), path));
        if !built || !is_known(deployment, &own) {
            return;
        }
        // What a resolver chose is known by version, which is better than what any release may bring.
        let installed = deployment.installed().filter(|_| deployment.packages().all_resolved().is_none());
        // By what is to be installed: pymongo brings bson too.
        let mut missing: BTreeMap<&str, (&str, Vec<Location>)> = BTreeMap::new();
        let mut told = HashSet::new();
        for (path, reached) in deployment.reach().files() {
            let Some(module) = deployment.documents().python(path) else { continue };
            for import in module.imports.iter().filter(|import| import.level == 0 && reached.loads_at_start(import)) {
                let top = import.module.split('.').next().unwrap_or_default();
                if own.contains(top) || is_standard_module(top) {
                    continue;
                }
                let is_absent = installed.as_ref().is_some_and(|all| !all.brings(top));
                let package = match imported_module(top) {
                    Some(known) if is_absent || !is_brought(deployment, known) => known.by.first().map(String::as_str),
                    None if is_absent && !is_left_out(deployment, top) => package_of(top),
                    _ => None,
                };
                if let Some(package) = package {
                    told.insert(top);
                    let places = &mut missing.entry(package).or_insert_with(|| (top, Vec::new())).1;
                    if places.last().is_none_or(|place| place.path != *path) {
                        places.push(Location::new(path, import.span));
                    }
                }
            }
        }
        for (package, (module, places)) in missing {
            report_module(deployment, module, package, &places, report);
        }
        not_resolved(deployment, &own, &mut told, report);
        named_elsewhere(deployment, &own, &mut told, report);
    }
}

/// Reports modules that none of all that a resolver chose brings.
fn not_resolved<'d>(
    deployment: &'d Deployment<'_>,
    own: &HashSet<&str>,
    told: &mut HashSet<&'d str>,
    report: &mut Reporter,
) {
    let packages = deployment.packages();
    let Some((chosen, resolver)) = packages.all_resolved() else { return };
    // For several Pythons, what differs between them is not among the answers.
    if deployment.python().is_none() {
        return;
    }
    let asked = packages.declarations().iter().filter(|one| one.origin != Origin::Constraints);
    // What a resolver leaves out, for want of a wheel, may bring anything.
    if !asked.map(Declaration::name).all(|name| chosen.contains_key(name)) {
        return;
    }
    for (path, reached) in deployment.reach().files() {
        let Some(module) = deployment.documents().python(path) else { continue };
        for import in module.imports.iter().filter(|import| import.level == 0 && reached.loads_at_start(import)) {
            let top = import.module.split('.').next().unwrap_or_default();
            let is_chosen = || bringing(top).iter().any(|distribution| chosen.contains_key(*distribution));
            let Some(package) = package_of(top).filter(|_| !is_standard_module(top) && !is_chosen()) else { continue };
            if own.contains(top) || is_left_out(deployment, top) || !told.insert(top) {
                continue;
            }
            let message = format!(
                "{} imports {top}, and {package} is not among the {} packages that {resolver} chooses",
                path.file_name(),
                chosen.len()
            );
            let finding = report.error(Location::new(path, import.span), message);
            if let Some(manifest) = packages.manifests().first() {
                finding.label(Location::file(&manifest.path), format!("{package} is missing here"));
            }
            finding.help(format!("the start ends in `ModuleNotFoundError: No module named '{top}'`: add {package}"));
            finding.fix(add_to(
                Fix::unsafe_(format!("Install {package} too")),
                deployment,
                package,
                &[package.to_owned()],
            ));
        }
    }
}

/// A requirements file of more lines than these may list what others bring, as `pip freeze` does.
const LONGEST: usize = 40;

/// Reports modules of which nothing is known but that another requirements file of the repository, which is not installed
/// here, asks for the distribution of the same name.
fn named_elsewhere<'d>(
    deployment: &'d Deployment<'_>,
    own: &HashSet<&str>,
    told: &mut HashSet<&'d str>,
    report: &mut Reporter,
) {
    let documents = deployment.documents();
    let packages = deployment.packages();
    let mut elsewhere: BTreeMap<&str, Location> = BTreeMap::new();
    let is_other = |path: &RepoPath| packages.manifests().iter().all(|manifest| manifest.path != *path);
    let entries = documents.repository().entries();
    for path in entries.filter(|entry| entry.kind() == FileKind::Requirements).map(|entry| entry.path()) {
        let Some(file) = documents.requirements(path).filter(|_| is_other(path)) else { continue };
        if file.compiled_by.is_some() || file.requirements.len() > LONGEST {
            continue;
        }
        for requirement in &file.requirements {
            let name = requirement.name.value.as_str();
            if !is_needed_by_many(name) {
                elsewhere.entry(name).or_insert_with(|| Location::new(path, requirement.span));
            }
        }
    }
    if elsewhere.is_empty() {
        return;
    }
    for (path, reached) in deployment.reach().files() {
        let Some(module) = documents.python(path) else { continue };
        for import in module.imports.iter().filter(|import| import.level == 0 && reached.loads_at_start(import)) {
            let top = import.module.split('.').next().unwrap_or_default();
            let package = top.to_ascii_lowercase().replace('_', "-");
            let Some(named) = elsewhere.get(package.as_str()) else { continue };
            let brought = packages.declarations().iter().any(|one| one.name().contains(&package));
            if own.contains(top)
                || is_standard_module(top)
                || imported_module(top).is_some()
                || brought
                || !told.insert(top)
            {
                continue;
            }
            let place = Location::new(path, import.span);
            let message = format!(
                "{} imports {top}, which {} asks for and nothing that is installed here is known to bring",
                path.file_name(),
                named.path
            );
            let finding = report.warning(place, message);
            finding.label(named.clone(), "asked for here, in a file that is not installed");
            if let Some(manifest) = packages.manifests().iter().map(|manifest| &manifest.path).next() {
                finding.label(Location::file(manifest), format!("{package} is missing here"));
            }
            finding.help(format!(
                "unless something brings it, the start ends in `ModuleNotFoundError: No module named '{top}'`: install \
                 {package} too"
            ));
        }
    }
}

/// Whether it is known what is installed and what runs.
fn is_known(deployment: &Deployment<'_>, own: &HashSet<&str>) -> bool {
    let packages = deployment.packages();
    let platform = deployment.platform().value;
    // A package of the repository's own, installed by its name, needs what only its own manifest says.
    let installs_itself =
        packages.declarations().iter().any(|declaration| own.contains(declaration.name().replace('-', "_").as_str()));
    // An image on a base of its own make may bring anything.
    let known_base =
        deployment.dockerfile().is_none() || deployment.python().is_some_and(|python| python.because().is_none());
    let asks = packages
        .declarations()
        .iter()
        .any(|declaration| matches!(declaration.origin, Origin::Requirements | Origin::Command | Origin::Pipfile));
    platform != Platform::Unspecified
        && deployment.reach().is_certain()
        && known_base
        && asks
        && !installs_itself
        && !deployment.installs_by_itself()
        && packages.is_complete()
        && packages.all_locked().next().is_none()
}

/// Whether something that is installed brings the module; also where a package's name speaks of it.
fn is_brought(deployment: &Deployment<'_>, known: &ImportedModule) -> bool {
    let usual = known.by.first().map_or("", String::as_str);
    let speaks_of_it = |package: &str| !usual.is_empty() && package.contains(usual);
    // `pipecat-ai[openai]` brings openai.
    let by_extra = |declaration: &Declaration| {
        declaration.requirement.has_extra(usual) || declaration.requirement.has_extra(&known.name)
    };
    if deployment.packages().declarations().iter().any(by_extra) {
        return true;
    }
    let packages = deployment.packages();
    let names = packages.declarations().iter().map(Declaration::name);
    names
        .chain(deployment.beside_requirements().map(|(name, _)| name))
        .chain(packages.all_preinstalled())
        .filter(|package| !lacks(deployment, known, package))
        .any(|package| known.is_brought_by(package) || speaks_of_it(package))
}

/// Whether the next build installs a release of a package that does not bring the module, though others did.
fn lacks(deployment: &Deployment<'_>, known: &ImportedModule, package: &str) -> bool {
    let packages = deployment.packages();
    let Some(lacking) = known.lacking_releases(package).filter(|_| packages.has(package)) else { return false };
    if lacking.is_any() {
        return true;
    }
    let Some(allowed) = packages.allowed(package) else { return false };
    // Relatives that are held may hold it at an older release.
    let family = package.split('-').next().unwrap_or(package);
    let free = |one: &Declaration| !one.name().starts_with(family) || !one.requirement.has_upper_bound();
    allowed.versions.is_subset_of(&lacking)
        || (allowed.next.is_some_and(|next| lacking.contains(&next)) && packages.declarations().iter().all(free))
}

/// The names of all modules and folders that the repository itself holds, wherever they are.
fn own_modules<'d>(deployment: &Deployment<'d>) -> HashSet<&'d str> {
    let entries = deployment.documents().repository().entries();
    entries
        .flat_map(|entry| {
            let path = entry.path().as_str();
            let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
            folders.split('/').chain(file.strip_suffix(".py"))
        })
        .collect()
}

fn report_module(deployment: &Deployment<'_>, name: &str, package: &str, places: &[Location], report: &mut Reporter) {
    let Some(first) = places.first() else { return };
    let message = format!("{} imports {name}, and nothing that is installed brings it", first.path.file_name());
    let finding = report.error(first.clone(), message);
    for place in places.iter().skip(1).take(5) {
        finding.label(place.clone(), "imported here too");
    }
    let files: Vec<&RepoPath> = deployment.packages().manifests().iter().map(|manifest| &manifest.path).collect();
    if let Some(file) = files.first() {
        finding.label(Location::file(file), format!("{package} is missing here"));
    }
    finding.help(format!("the start ends in `ModuleNotFoundError: No module named '{name}'`: add {package}"));
    finding.fix(add_to(Fix::unsafe_(format!("Install {package} too")), deployment, package, &[package.to_owned()]));
}

/// The distribution that is known to bring a module, and whose name tells so: `client` and `core`, which some distributions
/// bring in passing, are rather files that the repository does not hold.
fn package_of(module: &str) -> Option<&'static str> {
    let name = normalized_name(module);
    let known = bringing(module);
    let of_its_name = known.iter().find(|package| **package == name);
    let only = known.first().filter(|package| known.len() == 1 && name.len() > 3 && package.contains(&name));
    of_its_name.or(only).copied()
}

/// Whether git leaves out a file or folder of the repository that a module of this name would be: a `config.py` with secrets.
fn is_left_out(deployment: &Deployment<'_>, module: &str) -> bool {
    let repository = deployment.documents().repository();
    let is_ignored = |name: &str, is_folder| {
        let roots = [RepoPath::root(), deployment.root().clone()];
        roots.iter().filter_map(|root| root.join(name)).any(|path| repository.is_ignored(&path, is_folder))
    };
    is_ignored(&format!("{module}.py"), false) || is_ignored(module, true)
}
