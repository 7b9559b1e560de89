//! The Python files of the program itself: what the rules on event loops and run-time traps look at.

use crate::deployment::{Documents, Project, reach};
use crate::diagnostic::RepoPath;
use crate::formats::python::Module;
use crate::repo::FileKind;

/// Number of files from which on a tree that deploys nothing is a library or a collection.
const LARGE_TREE: usize = 1_000;

/// Whether something says what of the tree is a program: a deployment, or that the tree is small.
pub(super) fn has_program(project: &Project<'_>) -> bool {
    !project.deployments().is_empty() || project.documents().repository().len() < LARGE_TREE
}

/// A Python file of the program itself: no notebook, and not aside from it.
pub(super) fn is_program(path: &RepoPath) -> bool {
    FileKind::of(path) == FileKind::Python && !reach::is_aside(path, &RepoPath::root())
}

/// Folders with code of others that a program carries along; such as the walk leaves out by their names are not read at all.
const VENDORED: &[&str] = &["vendored", "_vendored", "thirdparty", "3rdparty", "external", "extern"];

/// Whether a file is a copy of somebody else's: what is wrong there is for them to mend.
pub(super) fn is_vendored(path: &RepoPath) -> bool {
    let folders = path.parent();
    folders.as_str().split('/').any(|folder| VENDORED.contains(&folder))
}

/// The files of the program itself that hold at least one of the literals, and that Python can read; no other file is parsed
/// for it.
pub(super) fn program_modules<'d>(
    documents: &'d Documents,
    literals: &[&str],
) -> impl Iterator<Item = (&'d RepoPath, &'d Module)> + use<'d> {
    program_modules_where(documents, literals, |_| true)
}

/// [`program_modules`], of those files that `wanted` admits.
pub(super) fn program_modules_where<'d, W: Fn(&RepoPath) -> bool>(
    documents: &'d Documents,
    literals: &[&str],
    wanted: W,
) -> impl Iterator<Item = (&'d RepoPath, &'d Module)> + use<'d, W> {
    let files = documents.files_mentioning(literals).filter(move |path| is_program(path) && wanted(path));
    files
        .filter_map(|path| Some((path, documents.python(path)?)))
        // What a broken file says after its mistake may belong elsewhere.
        .filter(|(_, module)| module.syntax_errors.is_empty())
}
