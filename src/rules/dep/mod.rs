//! `DEP`: packages and the Python that they meet.

mod breaks_on_target_python;
mod imported;
mod unpinned_dependency;

pub use breaks_on_target_python::BreaksOnTargetPython;
pub use unpinned_dependency::UnpinnedDependency;
