//! What is deployed from a repository, fact by fact with the place that says so, for people and as JSON.

mod facts;
mod text;

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_json;
use super::{Findings, Presentation};
use crate::deployment::Project;
use crate::repo::Repository;
use facts::{DeploymentFacts, Places};

/// The version of the JSON's shape.
const VERSION: u32 = 1;

/// A tree as the user named it.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a> {
    /// What leads from where the user stands to the root: empty, or `apps/api/`.
    pub prefix: &'a str,
    /// The folder of the tree in which the user stands, where they stand below the root.
    pub stands_in: Option<&'a crate::diagnostic::RepoPath>,
}

impl<'a> Tree<'a> {
    fn findings(self, repository: &'a Repository) -> Findings<'a> {
        Findings {
            repository,
            diagnostics: &[],
            deployments: 0,
            prefix: self.prefix,
            stands_in: self.stands_in,
            absolute_root: None,
        }
    }
}

/// Everything known of the deployments of one tree, apart from the tree itself.
#[derive(Debug)]
pub struct Target {
    deployments: Vec<DeploymentFacts>,
    files: usize,
}

impl Target {
    /// Gathers what is known. `for_people` writes paths as seen from where the user stands; else they are relative to the
    /// root, after the tree's prefix where `several` roots are written into one document.
    #[must_use]
    pub fn of(project: &Project<'_>, tree: Tree<'_>, for_people: bool, several: bool) -> Self {
        let repository = project.documents().repository();
        let findings = tree.findings(repository);
        let places = Places { findings: &findings, for_people, prefix: if several { tree.prefix } else { "" } };
        Self { deployments: places.deployments(project), files: repository.len() }
    }
}

/// Writes the deployments for people.
///
/// # Errors
/// What `out` reports.
pub fn write_target_text(out: &mut dyn Write, targets: &[Target], presentation: Presentation) -> io::Result<()> {
    let paint = presentation.paint;
    let mut first = true;
    for deployment in targets.iter().flat_map(|target| &target.deployments) {
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        text::write(out, deployment, presentation)?;
    }
    let deployments: usize = targets.iter().map(|target| target.deployments.len()).sum();
    if deployments > 0 {
        let deployments = super::summary::number(deployments, "deployment", "deployments");
        let files = targets.iter().map(|target| target.files).sum();
        let files = super::summary::number(files, "file", "files");
        return writeln!(out, "\n{}", paint.dim(&format!("{deployments} in {files}")));
    }
    let text = "No file here says what is deployed: there is no Space card, Dockerfile, Compose file, Procfile, \
                fly.toml, render.yaml, app.yaml, railway file or Kubernetes manifest, and no requirements of a program.";
    writeln!(out, "{}", super::wrap::wrap(text, presentation.width, "", ""))?;
    let help = "state it in preflight.toml: [deployment.web] with platform = \"container\" and entry = \"app.py\"";
    let first = format!("  {} ", paint.accent("help:"));
    writeln!(out, "{}", super::wrap::wrap(help, presentation.width, &first, "        "))
}

/// Writes the deployments as one JSON document.
///
/// # Errors
/// What `out` reports.
pub fn write_target_json(out: &mut dyn Write, targets: &[Target]) -> io::Result<()> {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        deployments: Vec<&'a DeploymentFacts>,
    }
    let deployments = targets.iter().flat_map(|target| &target.deployments).collect();
    write_json(out, &Document { version: VERSION, deployments })
}
