//! HF003 missing-app-file: what a Space starts is not there.

use crate::deployment::space::{self, Card};
use crate::deployment::{Deployment, Documents, Platform, Sdk, sync};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId};
use crate::repo::{FileKind, Presence};
use crate::rules::{Reporter, Rule};

/// HF003 missing-app-file.
pub struct MissingAppFile;

impl Rule for MissingAppFile {
    fn id(&self) -> RuleId {
        RuleId { code: "HF003", name: "missing-app-file" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Platform::Space(sdk) = deployment.platform().value else { return };
        let Some(card) = super::card_of(deployment) else { return };
        if space::is_assembled(deployment.documents(), &card) || deployment.is_replaced_by_a_workflow(card.readme()) {
            return;
        }
        match sdk {
            Sdk::Gradio | Sdk::Streamlit => check_program(deployment, &card, report),
            Sdk::Docker => {
                let dockerfile = card.root().join("Dockerfile");
                if !dockerfile.is_some_and(|file| deployment.is_replaced_by_a_workflow(&file)) {
                    check_dockerfile(deployment.documents(), &card, report);
                }
            }
            Sdk::Static => check_static(deployment, &card, report),
            Sdk::Unknown => {}
        }
    }
}

fn sdk_location(card: &Card<'_>) -> Location {
    card.location("sdk").unwrap_or_else(|| Location::file(card.readme()))
}

fn check_program(deployment: &Deployment<'_>, card: &Card<'_>, report: &mut Reporter) {
    let documents = deployment.documents();
    let (file, written) = card.app_file();
    let path = card.root().join(&file);
    let presence = path.as_ref().map_or(Presence::Absent, |path| documents.repository().presence(path));
    if matches!(presence, Presence::File | Presence::Unknown) {
        return;
    }
    let message = match (&path, &written) {
        _ if presence == Presence::Folder => format!("the Space starts `{file}`, and that is a folder"),
        (None, _) => format!("the Space starts `{file}`, which is not a path inside the Space"),
        (_, Some(_)) => format!("the Space starts `{file}`, and there is no such file"),
        (_, None) => format!("the Space starts `{file}`, since the card names no app_file, and there is no such file"),
    };
    let candidate = likely_program(deployment, &card.root(), &file);
    let at = written.clone().unwrap_or_else(|| sdk_location(card));
    let finding = report.error(at.clone(), message);
    match candidate {
        Some(candidate) => {
            let name = candidate.relative_to(&card.root()).unwrap_or(candidate.as_str());
            finding
                .label(Location::file(&candidate), "this may be the program")
                .help(format!("name the file that starts: `app_file: {name}`"));
            if written.is_some() {
                let source = deployment.documents().repository().source(card.readme());
                let text = source.map_or_else(|| name.to_owned(), |source| source.in_same_quotes(at.span, name));
                finding.fix(Fix::unsafe_(format!("Start {name}")).replace(card.readme(), at.span, text));
            }
        }
        None => {
            finding.help("add the file, or name the one that starts in `app_file`, relative to the README");
        }
    }
}

/// The one file that the card can have meant: of the same name in another place or case, or the only program there.
fn likely_program(deployment: &Deployment<'_>, root: &RepoPath, wanted: &str) -> Option<RepoPath> {
    let files: Vec<&RepoPath> = deployment
        .documents()
        .repository()
        .within(root)
        .filter(|entry| entry.kind() == FileKind::Python)
        .map(|entry| entry.path())
        .filter(|path| !crate::deployment::reach::is_aside(path, root))
        .collect();
    let name = RepoPath::new(wanted).file_name().to_ascii_lowercase();
    let only = |wanted: &dyn Fn(&RepoPath) -> bool| {
        let mut found = files.iter().filter(|path| wanted(path));
        found.next().filter(|_| found.next().is_none()).map(|path| (*path).clone())
    };
    let is_usual = |path: &RepoPath| matches!(path.file_name(), "app.py" | "main.py" | "streamlit_app.py");
    let folder = root.join(wanted);
    let in_folder = |path: &RepoPath| folder.as_ref().is_some_and(|folder| path.parent() == *folder);
    only(&|path| path.file_name().to_ascii_lowercase() == name)
        .or_else(|| only(&|path| in_folder(path) && is_usual(path)))
        .or_else(|| only(&|path| path.parent() == *root && is_usual(path)))
        .or_else(|| only(&|path| path.parent() == *root))
}

/// BuildKit takes `dockerfile` where there is no `Dockerfile`.
fn check_dockerfile(documents: &Documents, card: &Card<'_>, report: &mut Reporter) {
    let root = card.root();
    let named =
        |name: &str| root.join(name).is_some_and(|path| documents.repository().presence(&path) != Presence::Absent);
    if named("Dockerfile") || named("dockerfile") {
        return;
    }
    // `openenv push` puts such a Space together, from a Dockerfile in server/.
    if named("openenv.yaml") && named("server/Dockerfile") {
        return;
    }
    let finding =
        report.error(sdk_location(card), "a Docker Space builds the `Dockerfile` beside its card, and there is none");
    let others: Vec<&RepoPath> = documents
        .repository()
        .within(&root)
        .filter(|entry| entry.kind() == FileKind::Dockerfile)
        .map(|entry| entry.path())
        .collect();
    let beside: Vec<&&RepoPath> = others.iter().filter(|path| path.parent() == root).collect();
    for other in others.iter().take(4) {
        finding.label(Location::file(other), "the Space takes no notice of this one");
    }
    match (beside.as_slice(), root.join("Dockerfile")) {
        ([only], Some(target)) => {
            let name = only.file_name().to_ascii_lowercase();
            let fix = Fix::unsafe_(format!("Rename {only} to Dockerfile"));
            finding.help(format!("rename {name} to Dockerfile")).fix(fix.move_file(only, &target));
        }
        _ => {
            finding.help("add a Dockerfile in the folder of the README; its paths are relative to that folder");
        }
    }
}

/// Whether a workflow that pushes to a Space builds something first, the page perhaps.
fn is_built_by_workflow(documents: &Documents) -> bool {
    sync::space_syncs(documents).iter().any(|sync| {
        let text = documents.repository().source(&sync.location.path).map_or("", |source| source.text());
        ["build", "generate", "render", "export"].iter().any(|word| text.contains(word))
    })
}

fn check_static(deployment: &Deployment<'_>, card: &Card<'_>, report: &mut Reporter) {
    if card.text("app_build_command").is_some() {
        return;
    }
    let documents = deployment.documents();
    let root = card.root();
    let written = card.text("app_file");
    let file = written.as_ref().map_or("index.html", |file| file.value.as_str());
    let path = root.join(file.trim_start_matches('/'));
    let absent = path.as_ref().is_none_or(|path| documents.repository().presence(path) == Presence::Absent);
    let at = written.as_ref().map_or_else(|| sdk_location(card), |file| Location::new(card.readme(), file.span));
    if absent && is_built_by_workflow(documents) {
        return;
    }
    if absent {
        report
            .error(at, format!("a static Space serves `{file}`, and there is no such file"))
            .help("add the page, or choose the sdk that the program needs: a static Space runs nothing");
        return;
    }
    let program = ["app.py", "main.py"].iter().filter_map(|name| root.join(name));
    let program = program.into_iter().find(|path| documents.repository().has_file(path));
    let requirements = root.join("requirements.txt").filter(|path| documents.repository().has_file(path));
    if let (Some(program), Some(requirements)) = (program, requirements) {
        // The page is there, so the Space works; the program may be left over or meant for another host.
        report
            .advice(sdk_location(card), format!("a static Space only serves files: {program} never runs there"))
            .label(Location::file(&program), "the program")
            .label(Location::file(&requirements), "never installed")
            .help("write `sdk: gradio` or `sdk: docker`, or keep the program out of the Space");
    }
}
