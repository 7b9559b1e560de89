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
        // One token in several places is one cause: all of them are there to be revoked at once.
        let mut tokens: Vec<(String, &'static str, Vec<Place>)> = Vec::new();
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
                let place = Place {
                    at: Location::new(path, secret.span),
                    hidden: Location::new(path, secret.hidden),
                    severity: if aside { Severity::Warning } else { Severity::Error },
                };
                let text = secret.span.of(source.text());
                match tokens.iter_mut().find(|(known, ..)| known == text) {
                    Some((.., places)) => places.push(place),
                    None => tokens.push((text.to_owned(), secret.kind, vec![place])),
                }
            }
        }
        for (_, kind, mut places) in tokens {
            // The gravest place is shown first.
            places.sort_by_key(|place| place.severity != Severity::Error);
            report_token(kind, &places, report);
        }
    }
}

/// Where a token stands.
struct Place {
    at: Location,
    hidden: Location,
    severity: Severity,
}

fn report_token(kind: &str, places: &[Place], report: &mut Reporter) {
    let Some((first, others)) = places.split_first() else { return };
    let message = format!(
        "{} {kind} stands in the source: whoever reads the repository can use it, and it is revoked once it is found",
        article(kind),
    );
    let finding = report.report(first.severity, first.at.clone(), message);
    finding.mask(first.hidden.clone());
    for other in others {
        finding.label(other.at.clone(), "the same one");
        finding.mask(other.hidden.clone());
    }
    finding.help(
        "revoke it now (it stays in git's history), and read the new one from the environment, set as a secret of the \
         platform",
    );
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
