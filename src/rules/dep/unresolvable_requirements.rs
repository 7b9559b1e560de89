//! DEP008 unresolvable-requirements: a pin of a release that does not exist, or a resolver that says that what a deployment
//! asks for can't be installed together.

use crate::deployment::Deployment;
use crate::deployment::packages::{Declaration, Origin};
use crate::diagnostic::RuleId;
use crate::knowledge::missing_release;
use crate::rules::{Reporter, Rule};

use super::severe::severe;

/// DEP008 unresolvable-requirements.
pub struct UnresolvableRequirements;

impl Rule for UnresolvableRequirements {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP008", name: "unresolvable-requirements" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let missing = without_release(deployment, report);
        let Some((explanation, resolver)) = deployment.packages().unsatisfiable() else { return };
        let all = deployment.packages().declarations();
        let mut named: Vec<&Declaration> = all.iter().filter(|one| names(explanation, one.name())).collect();
        if named.iter().any(|one| missing.contains(&one.name())) {
            return;
        }
        named.sort_by_key(|one| one.origin == Origin::Constraints);
        let Some(first) = named.first().copied().or(all.first()) else { return };
        let python = deployment.python().map(|python| format!(" on Python {}", python.value)).unwrap_or_default();
        let message = format!("these requirements can't be installed together{python}, says {resolver}");
        // Commands that install one after the other may replace what each other installed.
        let one_after_the_other = all.iter().all(|one| one.origin == Origin::Command);
        let finding = if one_after_the_other {
            report.warning(first.location(), message)
        } else {
            report.error(first.location(), message)
        };
        for other in named.iter().skip(1) {
            finding.label(other.location(), "the explanation speaks of this one too");
        }
        finding
            .labels(deployment.python().and_then(|python| python.label(format!("Python {} runs here", python.value))));
        finding.help(explanation);
    }
}

/// Reports pins of releases that do not exist; gives the names of the packages.
fn without_release<'d>(deployment: &'d Deployment<'_>, report: &mut Reporter) -> Vec<&'d str> {
    let packages = deployment.packages();
    // Another index, or a folder, may have releases of its own.
    if packages.has_other_indexes() || packages.takes_from_folder() {
        return Vec::new();
    }
    let mut missing = Vec::new();
    for declaration in packages.declarations() {
        let requirement = &declaration.requirement;
        let by_index = !matches!(declaration.origin, Origin::Card | Origin::Constraints | Origin::CondaEnvironment);
        let plain = requirement.source.is_none()
            && !requirement.has_variable
            && requirement.verbatim_version.is_none()
            && (requirement.marker.is_none() || deployment.python().is_some());
        let allowed = requirement.allowed();
        let version = allowed.exact_version().filter(|_| by_index && plain);
        let Some(version) = version.filter(|_| packages.locked(declaration.name()).is_none()) else { continue };
        let Some((before, after)) = missing_release(declaration.name(), version) else { continue };
        let spelling = requirement.name.value.spelling();
        let message = format!("the package index has no {spelling} {version}: the installation fails");
        let finding = severe(deployment, report, declaration.location(), message);
        finding.help(format!(
            "take {spelling} {} or {}, the releases next to it; pip says: ERROR: No matching distribution found for \
             {spelling}=={version}",
            before.version, after.version
        ));
        missing.push(declaration.name());
    }
    missing
}

/// Whether a text speaks of a package.
fn names(text: &str, package: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(|c: char| !is_part(c))
        .any(|word| word.trim_matches('.').to_ascii_lowercase().replace(['_', '.'], "-") == package)
}
