//! IMG004 unavailable-system-package: a package that the image's release of Debian or Ubuntu no longer has.

use crate::deployment::{Deployment, MissingCommand, Project, Use, checks_of_public_images};
use crate::diagnostic::{Fix, RuleId, Severity};
use crate::knowledge::debian;
use crate::rules::{Reporter, Rule};

use super::missing_program;

/// IMG004 unavailable-system-package.
pub struct UnavailableSystemPackage;

impl Rule for UnavailableSystemPackage {
    fn id(&self) -> RuleId {
        RuleId { code: "IMG004", name: "unavailable-system-package" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        for command in checks_of_public_images(project.documents()) {
            missing_command(command, report);
        }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        for command in deployment.missing_commands() {
            missing_command(command, report);
        }
        for apt in deployment.failing_apt() {
            let release = apt.release.value;
            let (message, help) = if apt.is_key {
                (
                    format!("{release} has no apt-key: the build stops here"),
                    "write the key to a file below /etc/apt/keyrings with `gpg --dearmor`, and name it in the source: \
                     `deb [signed-by=/etc/apt/keyrings/NAME.gpg] …`",
                )
            } else {
                (
                    format!(
                        "the mirrors no longer have {release}, so that this finds no package: the build stops here"
                    ),
                    "build on an image of a release that is kept (bookworm, trixie); archive.debian.org still has the \
                     old packages, without corrections",
                )
            };
            let finding = report.error(apt.location, message);
            finding.labels(apt.release.label(format!("this is {release}")));
            finding.help(help);
        }
        missing_program::report(deployment, report);
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

/// A command that the image lacks where the build or a health check calls it.
fn missing_command(command: MissingCommand, report: &mut Reporter) {
    let (name, image) = (&command.name, &command.image.value);
    let install = format!("`RUN apt-get update && apt-get install -y --no-install-recommends {name}`");
    let lacks = format!("{image} has no {name}, and nothing installs it");
    match command.in_use {
        Use::Build { fetched } => {
            let finding = report.error(command.location, format!("{lacks} before this line: the build stops here"));
            finding.labels(command.image.label("the image that lacks it".to_owned()));
            if let Some(fetched) = fetched {
                finding.label(fetched, "this is fetched with git");
            }
            finding.help(format!("install it first: {install}"));
        }
        Use::HealthCheck { waited_for, is_built } => {
            let fails = "the health check fails each time, and the container is never healthy";
            let severity = if waited_for.is_some() { Severity::Error } else { Severity::Warning };
            let finding = report.report(severity, command.location, format!("{lacks}: {fails}"));
            finding.labels(command.image.label("the image that lacks it".to_owned()));
            if let Some(waits) = waited_for {
                finding.label(waits, "this service waits for it, and never starts");
            }
            finding.help(if is_built {
                format!("ask with what the program is written in, or install it first: {install}")
            } else {
                "ask with a program that the image has, or build an image of your own on it that has this one"
                    .to_owned()
            });
        }
    }
}
