//! DEP008 unresolvable-requirements: a resolver says that what a deployment asks for can't be installed together.

use crate::deployment::Deployment;
use crate::deployment::packages::{Declaration, Origin};
use crate::diagnostic::RuleId;
use crate::rules::{Reporter, Rule};

/// DEP008 unresolvable-requirements.
pub struct UnresolvableRequirements;

impl Rule for UnresolvableRequirements {
    fn id(&self) -> RuleId {
        RuleId { code: "DEP008", name: "unresolvable-requirements" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Some((explanation, resolver)) = deployment.packages().unsatisfiable() else { return };
        let all = deployment.packages().declarations();
        let mut named: Vec<&Declaration> = all.iter().filter(|one| names(explanation, one.name())).collect();
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

/// Whether a text speaks of a package.
fn names(text: &str, package: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(|c: char| !is_part(c))
        .any(|word| word.trim_matches('.').to_ascii_lowercase().replace(['_', '.'], "-") == package)
}
