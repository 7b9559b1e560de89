//! `DEP`: packages and the Python that they meet.

mod unpinned_dependency;

pub use unpinned_dependency::UnpinnedDependency;
