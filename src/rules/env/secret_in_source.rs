//! ENV002 secret-in-source: a token of a well-known service in a file of the repository.

use crate::deployment::Project;
use crate::diagnostic::{Location, RepoPath, RuleId, Severity};
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
                // Asked for only here: most files that hold what a token begins with hold none, and their text is let go.
                let Some(source) = documents.repository().source(path) else { continue };
                if is_sample(path) && is_comment(source.line_at(secret.span.start).of(source.text())) {
                    continue;
                }
                let severity = if aside { Severity::Warning } else { Severity::Error };
                let message = format!(
                    "{} {} stands in the source: whoever reads the repository can use it, and it is revoked once it is found",
                    article(secret.kind),
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

/// Whether a file is there to be copied and filled in.
fn is_sample(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    ["sample", "example", "template"].iter().any(|word| name.contains(word))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//") || line.starts_with(';')
}

/// The article that goes before the name of a service.
fn article(kind: &str) -> &'static str {
    if kind.starts_with(['A', 'O', 'N']) { "an" } else { "a" }
}
