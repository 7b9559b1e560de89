//! HF007 sync-without-card: a workflow pushes a tree to a Space whose README has no card.

use std::collections::BTreeMap;

use crate::deployment::sync::{SpaceSync, misplaced_syncs};
use crate::deployment::{Deployment, PortRole, Project, space};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Severity};
use crate::repo::{FileKind, Presence};
use crate::rules::{Reporter, Rule};

/// HF007 sync-without-card.
pub struct SyncWithoutCard;

impl Rule for SyncWithoutCard {
    fn id(&self) -> RuleId {
        RuleId { code: "HF007", name: "sync-without-card" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let mut by_folder: BTreeMap<&RepoPath, Vec<&SpaceSync>> = BTreeMap::new();
        // A README that the job writes, or that never reaches the Space, is not the one to look at.
        let asks_for_a_card = |sync: &&SpaceSync| !sync.writes_card && !sync.leaves_readme_out;
        // A workflow that GitHub doesn't read yet pushes as soon as it lies where it is meant to.
        let misplaced = if project.syncs().is_empty() { misplaced_syncs(project.documents()) } else { Vec::new() };
        for sync in project.syncs() {
            if let Some(readme) = &sync.brought_readme {
                check_brought(project, sync, readme, report);
            }
        }
        for sync in project.syncs().iter().chain(&misplaced).filter(asks_for_a_card) {
            if let Some(folder) = &sync.pushed {
                by_folder.entry(folder).or_default().push(sync);
            }
        }
        for (folder, mut syncs) in by_folder {
            syncs.sort_by_key(|sync| sync.other_branch.is_some());
            check_folder(project, folder, &syncs, !misplaced.is_empty(), report);
        }
    }
}

/// A README of the repository that a job copies to the head of what it pushes.
fn check_brought(project: &Project<'_>, sync: &SpaceSync, readme: &RepoPath, report: &mut Reporter) {
    let documents = project.documents();
    if documents.repository().source(readme).is_none()
        || space::card(documents, readme).is_some()
        || space::broken_card(documents, readme).is_some()
    {
        return;
    }
    let when = if sync.by_hand { "when somebody starts it, this pushes" } else { "this pushes" };
    let severity = if sync.by_hand || sync.merges_space { Severity::Warning } else { Severity::Error };
    let message =
        format!("{when} a copy of {readme}, which has no card, as the README.md of a Space: the Space does not build");
    report
        .report(severity, sync.location.clone(), message)
        .label(Location::file(readme), "the card belongs here, above everything else")
        .help("begin it with a card that names at least a title and the sdk (gradio, docker or static), or leave the Space its own README.md");
}

fn check_folder(
    project: &Project<'_>,
    folder: &RepoPath,
    syncs: &[&SpaceSync],
    is_misplaced: bool,
    report: &mut Reporter,
) {
    let documents = project.documents();
    let repository = documents.repository();
    let Some((first, others)) = syncs.split_first() else { return };
    if repository.presence(folder) != Presence::Folder {
        return;
    }
    let readme = repository.of_kind(FileKind::Readme).map(|entry| entry.path()).find(|path| path.parent() == *folder);
    // A README that can't be read may well begin with a card.
    if let Some(readme) = readme
        && (repository.source(readme).is_none()
            || space::card(documents, readme).is_some()
            || space::broken_card(documents, readme).is_some())
    {
        return;
    }
    // A Space that exists already keeps its own README where an upload brings none.
    if readme.is_none() && first.keeps_remote_files {
        return;
    }
    let whose = if folder.is_root() { "the repository".to_owned() } else { format!("{folder}/") };
    let lack = if readme.is_some() { "whose README.md has no card" } else { "which has no README.md with a card" };
    let (severity, consequence) = if first.other_branch.is_some() {
        // That it reaches no branch that is built is told by itself (WF006).
        (Severity::Warning, "once it reaches the branch main there, the Space does not build")
    } else if first.merges_space {
        (Severity::Warning, "the Space does not build unless what is merged from it before brings its own card")
    } else if first.is_forced {
        (Severity::Error, "the Space does not build")
    } else {
        (
            Severity::Error,
            "without force the Space refuses it as long as its history is its own, and once it takes it, it does not build",
        )
    };
    let by_hand = syncs.iter().all(|sync| sync.by_hand);
    let severity = if by_hand || is_misplaced { Severity::Warning } else { severity };
    let when = match (is_misplaced, by_hand) {
        (true, _) => "As soon as GitHub runs this workflow, it pushes",
        (false, true) => "when somebody starts it, this pushes",
        (false, false) => "this pushes",
    };
    let message = format!("{when} {whose}, {lack}, to a Space: {consequence}");
    let finding = report.report(severity, first.location.clone(), message);
    if let Some(readme) = readme {
        finding.label(Location::file(readme), "the card belongs here, above everything else");
    }
    if let Some(narrowing) = first.narrowed_by.clone() {
        finding.label(narrowing, "this folder is what the Space gets");
    }
    for other in others {
        finding.label(other.location.clone(), "pushed here, too");
    }
    let card = starting_card(project, folder, readme);
    let help = match &card {
        Some(card) => format!("begin README.md with a card, for example:\n{card}"),
        None => {
            "begin README.md with a card that names at least a title and the sdk (gradio, docker or static)".to_owned()
        }
    };
    finding.help(help);
    let target = folder.join("README.md");
    if let (Some(card), Some(target)) = (card, target) {
        let fix = Fix::unsafe_("Begin README.md with a card");
        finding.fix(match readme {
            Some(readme) => {
                let newline = repository.source(readme).map_or("\n", |source| source.newline());
                fix.insert(readme, 0, format!("{card}\n").replace('\n', newline))
            }
            // A new file ends its lines as the workflow beside it does.
            None => {
                let newline = repository.source(&first.location.path).map_or("\n", |source| source.newline());
                fix.create(&target, card.replace('\n', newline))
            }
        });
    }
}

/// A card to start from, where the folder tells what the Space is built with.
fn starting_card(project: &Project<'_>, folder: &RepoPath, readme: Option<&RepoPath>) -> Option<String> {
    let repository = project.documents().repository();
    let holds = |name: &str| folder.join(name).is_some_and(|path| repository.has_file(&path));
    let deployment = project
        .deployments()
        .iter()
        .find(|deployment| deployment.root() == folder && deployment.platform().value.is_any_space());
    let brings = |package: &str| deployment.is_some_and(|deployment| deployment.packages().has(package));
    let sdk = if holds("Dockerfile") {
        let exposed = deployment.and_then(declared_port).filter(|port| *port != 7860);
        format!("sdk: docker\n{}", exposed.map_or(String::new(), |port| format!("app_port: {port}\n")))
    } else if brings("gradio") && !brings("streamlit") {
        let file = ["app.py", "main.py"].into_iter().find(|name| holds(name))?;
        format!("sdk: gradio\napp_file: {file}\n")
    } else if holds("index.html") {
        "sdk: static\n".to_owned()
    } else {
        return None;
    };
    let heading = readme.and_then(|readme| repository.source(readme)).and_then(|source| {
        let title = source.text().lines().find_map(|line| line.strip_prefix("# "))?.trim();
        let plain =
            title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.')).collect::<String>();
        (!plain.trim().is_empty()).then(|| plain.trim().to_owned())
    });
    let title = heading.unwrap_or_else(|| match folder.file_name() {
        "" => "My Space".to_owned(),
        name => name.to_owned(),
    });
    Some(format!("---\ntitle: \"{title}\"\nemoji: 🚀\ncolorFrom: blue\ncolorTo: indigo\n{sdk}---\n"))
}

fn declared_port(deployment: &Deployment<'_>) -> Option<u16> {
    deployment.ports().iter().find(|(role, _)| *role == PortRole::Declared).map(|(_, port)| port.value)
}
