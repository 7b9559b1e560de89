//! Files whose name is a slip of one that a tool reads: `,gitignore`, `Dockerfile.txt`.

use crate::deployment::{Platform, Project, Sdk};
use crate::diagnostic::{Fix, Location, RepoPath};
use crate::repo::Presence;
use crate::rules::Reporter;

/// The slip, what was meant, and what does not happen because of it.
const SLIPS: &[(&str, &str, &str)] = &[
    (",gitignore", ".gitignore", "git ignores nothing by it"),
    ("gitignore", ".gitignore", "git ignores nothing by it"),
    (".gitignore.txt", ".gitignore", "git ignores nothing by it"),
    ("gitignore.txt", ".gitignore", "git ignores nothing by it"),
    (".gitingore", ".gitignore", "git ignores nothing by it"),
    ("gitattributes", ".gitattributes", "git takes no attributes from it, LFS among them"),
    (",gitattributes", ".gitattributes", "git takes no attributes from it, LFS among them"),
    (".gitattributes.txt", ".gitattributes", "git takes no attributes from it, LFS among them"),
    ("dockerignore", ".dockerignore", "the build context leaves nothing out"),
    (",dockerignore", ".dockerignore", "the build context leaves nothing out"),
    (".dockerignore.txt", ".dockerignore", "the build context leaves nothing out"),
    ("Dockerfile.txt", "Dockerfile", "docker build and Spaces do not find it"),
    ("dockerfile.txt", "Dockerfile", "docker build and Spaces do not find it"),
    ("Dockefile", "Dockerfile", "docker build and Spaces do not find it"),
    ("Procfile.txt", "Procfile", "no host reads it"),
    ("packages.text", "packages.txt", "the Space installs nothing from it"),
];

/// Reports such files at the root of the repository and of deployments.
pub(super) fn check(project: &Project<'_>, report: &mut Reporter) {
    let repository = project.documents().repository();
    let mut folders = vec![RepoPath::root()];
    let deployed = project.deployments().iter().filter(|one| one.platform().value != Platform::Unspecified);
    folders.extend(deployed.map(|deployment| deployment.root().clone()));
    folders.sort();
    folders.dedup();
    let has_card = |folder: &RepoPath| {
        let mut spaces = project
            .deployments()
            .iter()
            .filter(|one| one.platform().value.is_any_space() && !one.platform().value.is_space(Sdk::Unknown));
        spaces.any(|space| space.root() == folder)
    };
    for folder in &folders {
        for (slip, meant, consequence) in SLIPS {
            // What a Docker Space lacks then is reported at its card (HF003), and other Spaces read no Dockerfile.
            if *meant == "Dockerfile" && has_card(folder) {
                continue;
            }
            // Without its dot or comma it may be a template's own file anywhere but at the root.
            if !folder.is_root() && matches!(*slip, "gitignore" | "gitattributes" | "dockerignore") {
                continue;
            }
            let (Some(from), Some(to)) = (folder.join(slip), folder.join(meant)) else { continue };
            if repository.presence(&from) != Presence::File || repository.presence(&to) != Presence::Absent {
                continue;
            }
            let message = format!("{slip} was meant as {meant}: {consequence}");
            report
                .warning(Location::file(&from), message)
                .help(format!("rename it to {meant}"))
                .fix(Fix::safe(format!("Rename {slip} to {meant}")).move_file(&from, &to));
        }
    }
}
