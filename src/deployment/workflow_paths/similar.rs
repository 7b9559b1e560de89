//! What a missing path was probably meant to be.

use super::{Meant, Miss, NamedBy};
use crate::deployment::Documents;
use crate::diagnostic::RepoPath;
use crate::repo::Repository;

/// The file or folder that all the uses of one missing path probably mean.
pub(super) fn meant(documents: &Documents, uses: &[Miss]) -> Option<Meant> {
    let first = uses.first()?;
    let wants_name = !matches!(
        first.named_by,
        NamedBy::HashFiles(_) | NamedBy::Patterns { .. } | NamedBy::Module(_) | NamedBy::Action | NamedBy::Workflow
    );
    let repository = documents.repository();
    let (path, same_name) = match first.named_by {
        NamedBy::HashFiles(_) | NamedBy::Patterns { .. } | NamedBy::Module(_) => return None,
        _ => candidate(repository, &first.path, first.is_folder, wants_name)?,
    };
    let edits: Option<Vec<_>> = uses.iter().map(|miss| edit(miss, &path)).collect();
    Some(Meant { path, same_name, edits: edits.unwrap_or_default() })
}

/// The one path that is nearest, and whether only case, separators or the spelling of `.yml` differ.
fn candidate(repository: &Repository, path: &RepoPath, is_folder: bool, anywhere: bool) -> Option<(RepoPath, bool)> {
    let all: Vec<&RepoPath> = if is_folder {
        repository.folders().filter(|folder| !folder.is_root()).collect()
    } else {
        repository.entries().map(|entry| entry.path()).collect()
    };
    let same: Vec<&&RepoPath> = all.iter().filter(|other| plain(other.as_str()) == plain(path.as_str())).collect();
    match same.as_slice() {
        [] => {}
        [only] => return Some(((**only).clone(), true)),
        _ => return None,
    }
    if anywhere {
        // The same name in another folder, where there is only one.
        let named: Vec<_> = all.iter().filter(|other| other.file_name() == path.file_name()).collect();
        if let [only] = named.as_slice() {
            return Some(((**only).clone(), false));
        }
    }
    let neighbours = all.iter().filter(|other| {
        other.parent_str() == path.parent_str() && (is_folder || other.extension() == path.extension())
    });
    let stem = path.file_name();
    let limit = match stem.len() {
        0..=5 => 0,
        6..=9 => 1,
        _ => 2,
    };
    let near: Vec<_> = neighbours
        .map(|other| (strsim::damerau_levenshtein(&plain(stem), &plain(other.file_name())), other))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    match near.as_slice() {
        [(_, only)] => Some(((**only).clone(), false)),
        _ => None,
    }
}

fn plain(path: &str) -> String {
    let path = path.strip_suffix(".yaml").map_or_else(|| path.to_owned(), |stem| format!("{stem}.yml"));
    path.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).take(400).collect()
}

/// What to write at the place of `miss` for `path`; `None` where that can't simply be said.
fn edit(miss: &Miss, path: &RepoPath) -> Option<(crate::diagnostic::Location, String)> {
    let span = miss.replaceable?;
    let text = relative(path, &miss.from);
    let safe = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/+@".contains(&byte));
    let starts_here = miss.written.starts_with("./");
    let text = if starts_here && !text.starts_with("..") { format!("./{text}") } else { text };
    safe.then(|| (crate::diagnostic::Location::new(&miss.location.path, span), text))
}

/// `path` as seen from `folder`, climbing where needed.
fn relative(path: &RepoPath, folder: &RepoPath) -> String {
    let (mut path_parts, mut folder_parts) = (path.parts().peekable(), folder.parts().peekable());
    while path_parts.peek().is_some() && path_parts.peek() == folder_parts.peek() {
        path_parts.next();
        folder_parts.next();
    }
    let up = folder_parts.map(|_| "..");
    let parts: Vec<&str> = up.chain(path_parts).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found() {
        let files = ["scripts/Deploy_App.sh", "requirements-dev.txt", "api/Dockerfile", "web/src/a.ts", "ci/x.yaml"];
        let repository = Repository::in_memory(files.map(|path| (path, b"".as_slice())));
        for (path, is_folder, meant) in [
            ("scripts/deploy-app.sh", false, Some(("scripts/Deploy_App.sh", true))),
            ("deploy-app.sh", false, None),
            ("requirements_dev.txt", false, Some(("requirements-dev.txt", true))),
            ("requirement-dev.txt", false, Some(("requirements-dev.txt", false))),
            ("Dockerfile", false, Some(("api/Dockerfile", false))),
            ("ci/x.yml", false, Some(("ci/x.yaml", true))),
            ("src", true, Some(("web/src", false))),
            ("lib", true, None),
        ] {
            let found = candidate(&repository, &RepoPath::new(path), is_folder, true);
            let found = found.as_ref().map(|(path, same)| (path.as_str(), *same));
            assert_eq!(found, meant, "{path}");
        }
        assert_eq!(relative(&RepoPath::new("a/b/c"), &RepoPath::new("a/d")), "../b/c");
    }
}
