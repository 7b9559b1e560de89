//! Programs of the system that packages of Python call and that the image is known to lack.

use crate::deployment::Deployment;
use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Call, Module};
use crate::knowledge::programs::{CalledProgram, called_programs};
use crate::rules::Reporter;

/// Reports the first call of each function whose program nothing installs.
pub(super) fn report(deployment: &Deployment<'_>, report: &mut Reporter) {
    for row in called_programs().iter().filter(|row| deployment.packages().has(&row.package)) {
        let Some((place, is_caught)) = first_call(deployment, row) else { continue };
        let Some(image) = deployment.image_without(&row.debian) else { continue };
        let (program, package) = (&row.program, &row.package);
        let brings = row.debian.first().map_or("", String::as_str);
        let message = format!("{package} runs {program} here, and nothing installs it in {}", image.value);
        // Who catches whatever fails may have something else to go by.
        let finding = if is_caught { report.advice(place, message) } else { report.warning(place, message) };
        finding.labels(image.label("this has no such program".to_owned()));
        let line = if deployment.dockerfile().is_some() {
            format!("install it: `RUN apt-get update && apt-get install -y --no-install-recommends {brings}`")
        } else {
            format!("write {brings} into packages.txt")
        };
        finding.help(format!("{line}; the call says: {}", row.fails));
    }
}

/// The first call, in a file that runs there, that needs the program and does not say where it is; and whether its failure is
/// caught.
fn first_call(deployment: &Deployment<'_>, row: &CalledProgram) -> Option<(Location, bool)> {
    let in_file = |(path, module): (&RepoPath, &Module)| {
        let is_needed = |call: &&Call| {
            let is_told =
                row.place.as_ref().is_some_and(|place| call.keyword(place).is_some() || call.unknown_keywords);
            // `from pytesseract import pytesseract` is used as much.
            let is_meant = |name: &str| row.calls.iter().any(|one| *one == name.replacen(".pytesseract.", ".", 1));
            call.qualified().is_some_and(|name| is_meant(name)) && !is_told
        };
        let is_caught = |call: &Call| module.is_caught(call.block, "Exception");
        let mut calls: Vec<&Call> = module.calls.iter().filter(is_needed).collect();
        calls.sort_by_key(|call| is_caught(call));
        calls.first().map(|call| (Location::new(path, call.span), is_caught(call)))
    };
    let files = deployment.reach().files();
    files.filter_map(|(path, _)| Some((path, deployment.documents().python(path)?))).find_map(in_file)
}
