//! Patterns of paths as the toolkit of GitHub's actions reads them, against the files of the repository.

use globset::GlobBuilder;

use super::workspace::{Ran, Spot, Wanted, Workspace};
use crate::diagnostic::RepoPath;
use crate::repo::Presence;

/// Whether some file may fit one of `patterns`, as seen from the working folder of the job: one is there, or may be, or a
/// pattern can't be read. Patterns after `!` take files out and are passed over.
pub(super) fn may_fit(workspace: &Workspace<'_>, patterns: &[String]) -> bool {
    let root = Spot::Workspace(RepoPath::root());
    if workspace.other_tree || workspace.repository_path(&root).is_none() {
        return true;
    }
    patterns.iter().filter(|pattern| !pattern.starts_with('!')).any(|pattern| fits(workspace, &root, pattern))
}

fn fits(workspace: &Workspace<'_>, root: &Spot, pattern: &str) -> bool {
    let pattern = pattern.trim().trim_start_matches("./");
    if pattern.is_empty()
        || pattern.starts_with(['/', '~'])
        || pattern.contains(['$', '{', '\\'])
        || pattern.contains("..")
    {
        return true;
    }
    if !pattern.contains(['*', '?', '[']) {
        let Some(spot) = root.join(pattern) else { return true };
        return workspace.missing(&spot, Wanted::Either).is_none();
    }
    let plain: String = pattern.chars().take_while(|c| !matches!(c, '*' | '?' | '[')).collect();
    let folder = RepoPath::new(plain.rsplit_once('/').map_or("", |(folder, _)| folder));
    if workspace.repository.presence(&folder) == Presence::Unknown {
        return true;
    }
    let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else { return true };
    let matcher = glob.compile_matcher();
    let name = pattern.rsplit('/').next().unwrap_or(pattern);
    workspace.ran != Ran::Known && workspace.is_mentioned_anywhere(name)
        || workspace.repository.entries().any(|entry| matcher.is_match(entry.path().as_str()))
        || workspace.repository.folders().any(|folder| matcher.is_match(folder.as_str()))
        || workspace.has_made(name)
        // Where a name is left out by git, what is made fits.
        || workspace.repository.is_ignored(&RepoPath::new(name), false)
}
