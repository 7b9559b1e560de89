//! SYS001 unreadable-file: a file that matters and can't be read or parsed, so that nothing else can be said about it.

use crate::deployment::reach::is_aside;
use crate::deployment::{Deployment, Project};
use crate::diagnostic::{Location, RepoPath, RuleId, Severity};
use crate::repo::{DecodeError, FileKind, ReadError};
use crate::rules::{Reporter, Rule};

/// SYS001 unreadable-file.
pub struct UnreadableFile;

impl Rule for UnreadableFile {
    fn id(&self) -> RuleId {
        RuleId { code: "SYS001", name: "unreadable-file" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for (path, reason) in documents.repository().unlisted() {
            report
                .warning(Location::file(&path), format!("this folder can't be listed: {reason}"))
                .help("nothing below it was checked; make it readable, or leave it out with `exclude`");
        }
        for (path, error) in documents.unreadable() {
            let kind = documents.repository().entry(path).map_or(FileKind::Other, |entry| entry.kind());
            let severity = severity(path, kind, error);
            report.report(severity, Location::file(path), message(kind, error)).help(help(kind, error));
        }
        for file in documents.malformed() {
            report
                .error(file.location.clone(), format!("this is not {}: {}", file.expected, file.reason))
                .help(format!("{} refuses the file; nothing else in it was checked", file.refused_by));
        }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        // Where what starts can't be told, a file that Python would refuse may be one that never runs.
        if !deployment.reach().is_certain() {
            return;
        }
        for (path, reached) in deployment.reach().files() {
            let Some(error) = deployment.documents().python(path).and_then(|module| module.syntax_errors.first())
            else {
                continue;
            };
            let location = Location::new(path, error.span);
            let finding = report.error(location, format!("Python can't parse this file: {}", error.value));
            finding.help("the program stops where it imports or runs the file; correct the syntax");
            if let Some(importer) = &reached.importer {
                finding.label(importer.clone(), "imported here");
            }
        }
    }
}

/// Material for tests is broken on purpose, and a huge file is data: neither is worth failing a run.
fn severity(path: &RepoPath, kind: FileKind, error: &ReadError) -> Severity {
    let is_code = !matches!(kind, FileKind::Notebook | FileKind::Yaml | FileKind::Toml | FileKind::Readme);
    match error {
        ReadError::TooLarge { .. } => Severity::Advice,
        _ if is_aside(path, &RepoPath::root()) || !is_code => Severity::Advice,
        _ => Severity::Warning,
    }
}

fn message(kind: FileKind, error: &ReadError) -> String {
    match (kind, error) {
        (_, ReadError::Io(reason)) => format!("this file can't be read: {reason}"),
        (FileKind::Python, ReadError::Decode(DecodeError::Binary)) => {
            "this file is named as Python and is binary: Python refuses it".to_owned()
        }
        (FileKind::Python, ReadError::Decode(error)) => {
            format!("Python can't read this file: {error}, and no comment declares another encoding")
        }
        (_, error) => format!("this file was not checked: {error}"),
    }
}

fn help(kind: FileKind, error: &ReadError) -> &'static str {
    match (kind, error) {
        (_, ReadError::Io(_)) => "make it readable for the user who runs the check",
        (_, ReadError::TooLarge { .. }) => "leave it out with `exclude` if it is data",
        (_, ReadError::Decode(DecodeError::Binary)) => {
            "rename it if it is meant to be binary, or leave it out with `exclude`"
        }
        (FileKind::Python, _) => {
            "save it as UTF-8, or declare its encoding in the first line: `# -*- coding: latin-1 -*-`"
        }
        _ => "save it as UTF-8",
    }
}
