//! The Python files of the program itself: what the rules on event loops and run-time traps look at.

use crate::deployment::{Documents, reach};
use crate::diagnostic::RepoPath;
use crate::formats::python::Module;
use crate::repo::FileKind;

/// A Python file of the program itself: no notebook, and not aside from it.
pub(super) fn is_program(path: &RepoPath) -> bool {
    FileKind::of(path) == FileKind::Python && !reach::is_aside(path, &RepoPath::root())
}

/// The files of the program itself that hold at least one of the literals; no other file is parsed for it.
pub(super) fn program_modules<'d>(
    documents: &'d Documents,
    literals: &[&str],
) -> impl Iterator<Item = (&'d RepoPath, &'d Module)> + use<'d> {
    let files = documents.files_mentioning(literals).filter(|path| is_program(path));
    files.filter_map(|path| Some((path, documents.python(path)?)))
}
