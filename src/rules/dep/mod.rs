//! `DEP`: packages and the Python that they meet.

mod breaks_on_target_python;
mod imported;
mod ineffective_requirement;
mod transitive_drift;
mod unpinned_dependency;

pub use breaks_on_target_python::BreaksOnTargetPython;
pub use ineffective_requirement::IneffectiveRequirement;
pub use transitive_drift::TransitiveDrift;
pub use unpinned_dependency::UnpinnedDependency;
