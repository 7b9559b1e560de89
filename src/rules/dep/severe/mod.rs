//! How severe it is that an installation fails: the same for all rules that say so.

use crate::deployment::{Deployment, Platform};
use crate::diagnostic::{Diagnostic, Location};
use crate::rules::Reporter;

/// Whether something is known to install what the deployment asks for: not where a folder merely holds manifests.
pub fn is_deployed(deployment: &Deployment<'_>) -> bool {
    deployment.dockerfile().is_some() || deployment.platform().value != Platform::Unspecified
}

/// An error where something is known to install the file; a warning in a folder that nothing says is deployed.
pub fn severe<'r>(
    deployment: &Deployment<'_>,
    report: &'r mut Reporter,
    place: Location,
    message: String,
) -> &'r mut Diagnostic {
    if is_deployed(deployment) { report.error(place, message) } else { report.warning(place, message) }
}
