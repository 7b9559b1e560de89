//! RUN: traps that wait until the program runs.

mod ephemeral_state;
mod hasattr_not_callable;
mod non_atomic_write;
mod test_of_missing_attribute;
mod throttle_never_armed;
mod unguarded_model_json;

pub use ephemeral_state::EphemeralState;
pub use hasattr_not_callable::HasattrNotCallable;
pub use non_atomic_write::NonAtomicWrite;
pub use test_of_missing_attribute::TestOfMissingAttribute;
pub use throttle_never_armed::ThrottleNeverArmed;
pub use unguarded_model_json::UnguardedModelJson;

use crate::deployment::Documents;
use crate::diagnostic::RepoPath;
use crate::formats::python::Module;
use crate::repo::FileKind;

/// A Python file of the program itself: no notebook, and not aside from it.
fn is_program(path: &RepoPath) -> bool {
    FileKind::of(path) == FileKind::Python && !crate::deployment::reach::is_aside(path, &RepoPath::root())
}

/// The files of the program itself that hold at least one of the literals; no other file is parsed for it.
fn program_modules<'d>(
    documents: &'d Documents,
    literals: &[&str],
) -> impl Iterator<Item = (&'d RepoPath, &'d Module)> + use<'d> {
    let files = documents.files_mentioning(literals).filter(|path| is_program(path));
    files.filter_map(|path| Some((path, documents.python(path)?)))
}
