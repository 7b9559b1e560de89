//! IMG: containers.

mod compose_files;
mod configuration;
mod floating_image_tag;
mod misnamed;
mod missing_build_path;
mod missing_health_check;
mod missing_program;
mod unavailable_system_package;
mod volumes;

pub use floating_image_tag::FloatingImageTag;
pub use missing_build_path::MissingBuildPath;
pub use missing_health_check::MissingHealthCheck;
pub use unavailable_system_package::UnavailableSystemPackage;
