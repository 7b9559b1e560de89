//! IMG004 unavailable-system-package: a package that the image's release of Debian or Ubuntu no longer has.

use crate::deployment::Deployment;
use crate::diagnostic::{Fix, RuleId};
use crate::knowledge::debian;
use crate::rules::{Reporter, Rule};

/// IMG004 unavailable-system-package.
pub struct UnavailableSystemPackage;

impl Rule for UnavailableSystemPackage {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG004", name: "unavailable-system-package" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        for command in deployment.missing_commands() {
            let (name, image) = (&command.name, &command.image.value);
            let finding = if command.in_health_check {
                report.warning(
                    command.location,
                    format!("{image} has no {name}, and nothing installs it: the health check fails each time, and the container is never healthy"),
                )
            } else {
                report.error(
                    command.location,
                    format!("{image} has no {name}, and nothing installs it before this line: the build stops here"),
                )
            };
            finding.labels(command.image.label("the image that lacks it".to_owned()));
            let instead = if command.in_health_check { "ask with what the program is written in, or " } else { "" };
            finding.help(format!(
                "{instead}install it first: `RUN apt-get update && apt-get install -y --no-install-recommends {name}`"
            ));
        }
        for package in deployment.system_packages() {
            let release = package.release.value;
            let Some(gone) = debian().missing(&package.name, release) else { continue };
            let message = format!("{release} has no package {}: the build stops at its installation", package.name);
            let finding = report.error(package.location.clone(), message);
            finding.labels(package.release.label(format!("this is {release} today")));
            match &gone.instead {
                Some(instead) => {
                    finding.help(format!("ask for {instead} instead"));
                    finding.fix(Fix::safe(format!("Install {instead} instead of {}", package.name)).replace(
                        &package.location.path,
                        package.location.span,
                        instead,
                    ));
                }
                None => {
                    finding.help(format!(
                        "leave {} out if nothing needs it, or build on an image of an older release",
                        package.name
                    ));
                }
            }
        }
    }
}
