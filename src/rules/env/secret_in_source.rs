//! ENV002 secret-in-source: a token of a well-known service in a file of the repository.

use crate::deployment::Project;
use crate::diagnostic::{Location, RuleId, Severity};
use crate::knowledge::secret_literals;
use crate::rules::{Reporter, Rule};

/// ENV002 secret-in-source.
pub struct SecretInSource;

impl Rule for SecretInSource {
    fn id(&self) -> RuleId {
        RuleId { code: "ENV002", name: "secret-in-source" }
    }

    fn literals(&self) -> &'static [&'static str] {
        secret_literals()
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for path in documents.files_mentioning(secret_literals()) {
            let aside = path.parts().any(|part| {
                matches!(part.to_ascii_lowercase().as_str(), "test" | "tests" | "fixtures" | "testdata" | "docs")
            });
            for secret in documents.secrets(path) {
                let severity = if aside { Severity::Warning } else { Severity::Error };
                let message = format!(
                    "a {} stands in the source: whoever reads the repository can use it, and it is revoked once it is found",
                    secret.kind
                );
                let finding = report.report(severity, Location::new(path, secret.span), message);
                finding.mask(Location::new(path, secret.hidden));
                finding.help(
                    "revoke it now (it stays in git's history), and read the new one from the environment, set as a \
                     secret of the platform",
                );
            }
        }
    }
}
