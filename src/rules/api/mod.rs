//! API: version-aware API changes, told by the tables of `rules/api/` and the versions that a deployment installs.

mod deprecated_api;
mod finding;
mod removed_api;
mod removed_stdlib_module;
mod usage;

pub use deprecated_api::DeprecatedApi;
pub use removed_api::RemovedApi;
pub use removed_stdlib_module::RemovedStdlibModule;
