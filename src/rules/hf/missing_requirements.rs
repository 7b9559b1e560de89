//! HF005 missing-requirements: a Space whose program imports what its image does not bring, and no requirements file.

use std::collections::BTreeMap;

use crate::deployment::space::{self, Card};
use crate::deployment::{Deployment, Documents, Platform, Sdk};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId};
use crate::knowledge::import_names::imported_module;
use crate::knowledge::standard_library::is_standard_module;
use crate::knowledge::{releases, space_card};
use crate::repo::{FileKind, Presence};
use crate::rules::{Reporter, Rule};

use super::card_values::sdk_name;

/// The only file of packages that a Space installs.
const REQUIREMENTS: &str = "requirements.txt";

/// The number of further modules that are shown.
const SHOWN: usize = 6;

/// HF005 missing-requirements.
pub struct MissingRequirements;

impl Rule for MissingRequirements {
    fn id(&self) -> RuleId {
        RuleId { code: "HF005", name: "missing-requirements" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Platform::Space(sdk @ (Sdk::Gradio | Sdk::Streamlit)) = deployment.platform().value else { return };
        let (Some(card), Some(sdk)) = (super::card_of(deployment), sdk_name(sdk)) else { return };
        let documents = deployment.documents();
        let requirements = card.root().join(REQUIREMENTS);
        let is_there =
            requirements.as_ref().is_none_or(|path| documents.repository().presence(path) != Presence::Absent);
        if is_there
            || !deployment.reach().is_certain()
            || space::is_assembled(documents, &card)
            || space::is_supplied(documents)
            || deployment.installs_by_itself()
        {
            return;
        }
        let missing = missing_modules(deployment, sdk);
        // What the program itself imports is told first, in its order.
        let mut modules: Vec<(&String, &Location)> = missing.iter().collect();
        let is_start = |path: &RepoPath| {
            deployment.starts().iter().any(|start| start.file.as_ref().is_some_and(|(file, _)| file == path))
        };
        modules.sort_by_key(|(_, place)| (!is_start(&place.path), &place.path, place.span.start));
        let mut modules = modules.into_iter();
        let Some((module, first)) = modules.next() else { return };
        let message = format!(
            "{} imports {module}, which the image of a Space with `sdk: {sdk}` does not bring, and there is no {REQUIREMENTS}",
            first.path.file_name()
        );
        let finding = report.error(first.clone(), message);
        for (module, place) in modules.take(SHOWN) {
            finding.label(place.clone(), format!("{module} is missing, too"));
        }
        let at = card.location("sdk").unwrap_or_else(|| Location::file(card.readme()));
        finding.label(at, format!("a Space installs {REQUIREMENTS} beside this card, and nothing else"));
        let others = others(documents, &card);
        let packages: Vec<Option<String>> = missing.keys().map(|module| package_of(module)).collect();
        if let [only] = others.as_slice() {
            finding.label(Location::file(only), "the Space takes no notice of this file");
        }
        let own = if package_of(module).is_none() {
            format!(", or add {module}.py where that is a module of your own")
        } else {
            String::new()
        };
        finding.help(format!(
            "the start ends in `ModuleNotFoundError: No module named '{module}'`: write {REQUIREMENTS} beside README.md{own}"
        ));
        let Some(target) = requirements else { return };
        let misnamed = others.iter().find(|path| {
            path.parent() == card.root()
                && strsim::damerau_levenshtein(&path.file_name().to_ascii_lowercase(), REQUIREMENTS) <= 2
        });
        if let Some(misnamed) = misnamed {
            let fix = Fix::unsafe_(format!("Rename {} to {REQUIREMENTS}", misnamed.file_name()));
            finding.fix(fix.move_file(misnamed, &target));
        } else if let Some(packages) = packages.into_iter().collect::<Option<Vec<_>>>().filter(|_| others.is_empty()) {
            let fix = Fix::unsafe_(format!("Write a {REQUIREMENTS} with what is imported, to be given versions"));
            finding.fix(fix.create(&target, packages.join("\n") + "\n"));
        }
    }
}

/// The modules that are imported as the program starts and that nothing brings, each with its first place.
fn missing_modules(deployment: &Deployment<'_>, sdk: &str) -> BTreeMap<String, Location> {
    let brought = space_card().modules_of(sdk);
    let mut found: BTreeMap<String, Location> = BTreeMap::new();
    for (path, reached) in deployment.reach().files() {
        let Some(module) = deployment.documents().python(path) else { continue };
        for import in module.imports.iter().filter(|import| import.level == 0 && reached.loads_at_start(import)) {
            let top = import.module.split('.').next().unwrap_or_default();
            let known = top.is_empty()
                || is_standard_module(top)
                || brought.iter().any(|brought| brought == top)
                || found.contains_key(top)
                || is_first_party(deployment, top);
            if !known {
                found.insert(top.to_owned(), Location::new(path, import.span));
            }
        }
    }
    found
}

/// Whether the repository itself holds a module or folder of that name, wherever it is.
fn is_first_party(deployment: &Deployment<'_>, module: &str) -> bool {
    let repository = deployment.documents().repository();
    let file = format!("{module}.py");
    let beside = deployment.root().join(module);
    beside.is_some_and(|path| repository.presence(&path) != Presence::Absent)
        || repository
            .entries()
            .any(|entry| entry.path().file_name() == file || entry.path().parent().parts().any(|part| part == module))
}

/// The files that name packages for other installers, or stand elsewhere or under another name.
fn others(documents: &Documents, card: &Card<'_>) -> Vec<RepoPath> {
    let root = card.root();
    let in_root = documents.repository().within(&root).filter(|entry| {
        let name = entry.path().file_name().to_ascii_lowercase();
        entry.path().parent() == root
            && (matches!(
                entry.kind(),
                FileKind::Requirements | FileKind::Pyproject | FileKind::Pipfile | FileKind::CondaEnvironment
            ) || strsim::damerau_levenshtein(&name, REQUIREMENTS) <= 2)
    });
    in_root.map(|entry| entry.path().clone()).collect()
}

/// The package that brings a module, where that is known.
fn package_of(module: &str) -> Option<String> {
    let known = imported_module(module).and_then(|known| known.by.first().cloned());
    known.or_else(|| releases(module).map(|_| module.replace('_', "-")))
}
