//! Files that a platform or an installer reads and would refuse as a whole.

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::platform_files::{Fly, Railway, Render};
use crate::formats::toml;
use crate::repo::{FileKind, Source};

use super::Documents;
use super::reach::is_aside;

/// A file that is not what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Where that was noticed.
    pub location: Location,
    /// The reason, as a clause.
    pub reason: String,
    /// What the file should be, in words: "a Compose file".
    pub expected: &'static str,
    /// Who refuses it.
    pub refused_by: &'static str,
}

/// Every such file of the repository. Workflows, Dockerfiles and Space cards have rules of their own.
pub(super) fn malformed(documents: &Documents) -> Vec<Malformed> {
    let entries = documents.repository().entries();
    let mut found = Vec::new();
    for entry in entries {
        let (kind, path) = (entry.kind(), entry.path());
        let (expected, refused_by) = match (kind, path.as_str()) {
            (FileKind::Compose, _) => ("a Compose file", "docker compose"),
            (FileKind::Pyproject, _) => ("TOML", "pip and every other installer"),
            (_, "fly.toml") => ("TOML", "flyctl"),
            (_, "render.yaml" | "render.yml") => ("YAML", "Render"),
            (_, "railway.toml" | "railway.json") => ("a configuration of Railway", "Railway"),
            _ => continue,
        };
        // What lies in a folder such as `{{cookiecutter.name}}` becomes a file only once a template is filled in.
        if is_aside(path, &RepoPath::root()) || path.as_str().contains("{{") {
            continue;
        }
        let Ok(source) = entry.source() else { continue };
        // So does a file whose own text waits for its names.
        if source.text().contains("{{") && source.text().contains("}}") {
            continue;
        }
        if let Some((span, reason)) = fault(documents, kind, source) {
            found.push(Malformed { location: Location::new(path, span), reason, expected, refused_by });
        }
    }
    found
}

/// What is wrong with the file as a whole, and where.
fn fault(documents: &Documents, kind: FileKind, source: &Source) -> Option<(Span, String)> {
    let path = source.path();
    match kind {
        FileKind::Compose => {
            let error = documents.yaml(path)?.as_ref().err()?;
            Some((error.span, error.message.clone()))
        }
        FileKind::Pyproject => toml::parse_document(source.text()).err().map(|error| (error.span, error.value)),
        _ => {
            let error = match path.file_name() {
                "fly.toml" => Fly::parse(source.text()).err(),
                "render.yaml" | "render.yml" => Render::parse(source.text()).err(),
                "railway.toml" => Railway::parse_toml(source.text()).err(),
                _ => Railway::parse_json(source.text()).err(),
            };
            error.map(|error| (error.span, error.message))
        }
    }
}
