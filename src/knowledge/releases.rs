//! temporary
use super::{PythonVersion, VersionSet};
use pep440_rs::Version;
/// r
#[derive(Debug)]
pub struct Release {
    /// v
    pub version: Version,
}
/// n
#[must_use]
pub fn newest_for(_name: &str, _set: &VersionSet, _python: Option<PythonVersion>) -> Option<&'static Release> {
    None
}
