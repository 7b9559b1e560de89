//! How severe it is that an installation fails: the same for all rules that say so.

use crate::deployment::{Deployment, Platform};
use crate::diagnostic::{Diagnostic, Location};
use crate::rules::Reporter;

/// An error where something is known to install the file; a warning in a folder that nothing says is deployed.
pub fn severe<'r>(
    deployment: &Deployment<'_>,
    report: &'r mut Reporter,
    place: Location,
    message: String,
) -> &'r mut Diagnostic {
    let is_named = deployment.dockerfile().is_some() || deployment.platform().value != Platform::Unspecified;
    if is_named { report.error(place, message) } else { report.warning(place, message) }
}
