//! A database that is a file on the disk where a variable is not set.

use crate::deployment::Deployment;
use crate::diagnostic::Location;
use crate::formats::python::EnvironmentAccessKind;
use crate::rules::Reporter;

/// Reports `os.getenv("DATABASE_URL", "sqlite:///app.db")` where nothing sets the variable.
pub(super) fn check(deployment: &Deployment<'_>, report: &mut Reporter) {
    let platform = deployment.platform().value.with_article();
    for (path, module) in super::deployed(deployment, &["sqlite"]) {
        for access in module.environment.iter().filter(|row| row.kind == EnvironmentAccessKind::Optional) {
            let Some(fallback) = access.default.as_ref() else { continue };
            let Some(url) = fallback.as_str().filter(|url| url.starts_with("sqlite")) else { continue };
            // /data is where a Space's persistent storage is, and ":memory:" is meant to go away.
            if url.contains("/data/") || url.contains(":memory:") || url == "sqlite://" {
                continue;
            }
            if deployment.environment().get(&access.variable).is_some() {
                continue;
            }
            report
                .advice(
                    Location::new(path, access.span),
                    format!(
                        "without {} the data goes to a file on the disk of {platform}, which is empty again after a restart",
                        access.variable
                    ),
                )
                .labels(deployment.platform().label("the program runs here"))
                .help(format!(
                    "let the program fail at start where {} is not set, or keep the file on storage that lasts",
                    access.variable
                ));
        }
    }
}
