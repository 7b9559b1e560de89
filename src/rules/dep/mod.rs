//! `DEP`: packages and the Python that they meet.

mod breaks_on_target_python;
mod conflicting_versions;
mod imported;
mod ineffective_requirement;
mod python_version_disagreement;
mod severe;
mod transitive_drift;
mod unavailable;
mod undeclared_dependency;
mod unpinned_dependency;
mod unresolvable_requirements;
mod wheels;

pub use breaks_on_target_python::BreaksOnTargetPython;
pub use conflicting_versions::ConflictingVersions;
pub use ineffective_requirement::IneffectiveRequirement;
pub use python_version_disagreement::PythonVersionDisagreement;
pub use transitive_drift::TransitiveDrift;
pub use undeclared_dependency::UndeclaredDependency;
pub use unpinned_dependency::UnpinnedDependency;
pub use unresolvable_requirements::UnresolvableRequirements;
