//! HF006 large-file-without-lfs: a file that the Hub refuses in a push, since it is too large for git.

use crate::deployment::sync::SpaceSync;
use crate::deployment::{Deployment, Project, RefusedFile};
use crate::diagnostic::{Fix, Location, RuleId, Severity};
use crate::rules::{Reporter, Rule};

/// The number of further files that are shown.
const SHOWN: usize = 5;

/// HF006 large-file-without-lfs.
pub struct LargeFileWithoutLfs;

impl Rule for LargeFileWithoutLfs {
    fn id(&self) -> RuleId {
        RuleId { code: "HF006", name: "large-file-without-lfs" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        for deployment in project.deployments().iter().filter(|one| one.platform().value.is_any_space()) {
            let syncs: Vec<&SpaceSync> =
                project.syncs().iter().filter(|sync| sync.pushed.as_ref() == Some(deployment.root())).collect();
            let push = syncs.iter().find(|sync| sync.sends_history);
            // Uploads keep large files elsewhere by themselves, and so may a clone that files are copied into. Without
            // a workflow, the folder with the card is what its owner pushes, where that is the repository itself.
            if push.is_some() || (syncs.is_empty() && deployment.root().is_root()) {
                check_folder(deployment, push.copied(), report);
            }
        }
    }
}

fn check_folder(deployment: &Deployment<'_>, push: Option<&SpaceSync>, report: &mut Reporter) {
    let refused = deployment.files_refused_by_the_hub();
    let Some((first, others)) = refused.split_first() else { return };
    let severity = if push.is_some() && !first.for_being_binary { Severity::Error } else { Severity::Warning };
    let what = match (others.len(), first.for_being_binary) {
        (0, false) => format!("{} is {} large", first.path, shown_size(first.size)),
        (0, true) => format!("{} is a binary file of {}", first.path, shown_size(first.size)),
        (1, _) => format!("{} ({}) and one other file are too large for git", first.path, shown_size(first.size)),
        (more, _) => {
            format!("{} ({}) and {more} other files are too large for git", first.path, shown_size(first.size))
        }
    };
    let limit = if first.for_being_binary { "binary files over 1 MiB" } else { "files over 10 MiB" };
    let when = if push.is_some() { "refuses this push" } else { "refuses a push of this Space" };
    let finding = report.report(
        severity,
        Location::file(&first.path),
        format!("{what}: the Hub takes no {limit} outside LFS or Xet, and {when}"),
    );
    for other in others.iter().take(SHOWN) {
        finding.label(Location::file(&other.path), format!("{}, and not in LFS or Xet either", shown_size(other.size)));
    }
    if let Some(push) = push {
        finding.label(push.location.clone(), "the push that is refused");
    }
    finding.help(
        "track it with `git lfs track`, then bring what is committed already over with `git lfs migrate import`, since \
         the history is pushed too; or leave the file out and download it at start",
    );
    finding.fix(track(deployment, &refused));
}

/// Names the files in `.gitattributes`: by their ending where all of that ending are of that kind, else one by one.
fn track(deployment: &Deployment<'_>, refused: &[RefusedFile]) -> Option<Fix> {
    let repository = deployment.documents().repository();
    let path = deployment.root().join(".gitattributes")?;
    let mut patterns: Vec<String> = refused
        .iter()
        .filter_map(|file| {
            let relative = file.path.relative_to(deployment.root())?;
            let extension = file.path.extension();
            let is_data = DATA_ENDINGS.contains(&extension.to_ascii_lowercase().as_str());
            let plain = !relative.contains(['"', '*', '?', '[', '\\']);
            plain.then(|| match (is_data, relative.contains(' ')) {
                (true, _) => format!("*.{extension}"),
                (false, true) => format!("/{}", relative.replace(' ', "[[:space:]]")),
                (false, false) => format!("/{relative}"),
            })
        })
        .collect();
    if patterns.len() < refused.len() {
        return None;
    }
    patterns.sort();
    patterns.dedup();
    let source = repository.source(&path);
    let newline = source.map_or("\n", |source| source.newline());
    let lines: String =
        patterns.iter().map(|pattern| format!("{pattern} filter=lfs diff=lfs merge=lfs -text{newline}")).collect();
    let fix = Fix::unsafe_("Keep such files in LFS, from the next commit of them on");
    Some(match source {
        Some(source) => {
            let end = source.text().len();
            let break_before = if end == 0 || source.text().ends_with('\n') { "" } else { newline };
            fix.insert(&path, end, format!("{break_before}{lines}"))
        }
        None => fix.create(&path, lines),
    })
}

/// Endings of files that are data wherever they stand, so that all of them belong into LFS.
const DATA_ENDINGS: &[&str] = &[
    "7z",
    "arrow",
    "avi",
    "bin",
    "ckpt",
    "db",
    "flac",
    "gguf",
    "gz",
    "h5",
    "joblib",
    "mkv",
    "mov",
    "mp3",
    "mp4",
    "npy",
    "npz",
    "onnx",
    "parquet",
    "pb",
    "pdf",
    "pickle",
    "pkl",
    "pt",
    "pth",
    "rar",
    "safetensors",
    "sqlite",
    "sqlite3",
    "tar",
    "tflite",
    "tgz",
    "wav",
    "webm",
    "zip",
];

/// `11.5 MiB`, rounded up: what is over the limit shall not look as if it were not.
fn shown_size(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    if tenths.is_multiple_of(10) {
        format!("{} MiB", tenths / 10)
    } else {
        format!("{}.{} MiB", tenths / 10, tenths % 10)
    }
}
