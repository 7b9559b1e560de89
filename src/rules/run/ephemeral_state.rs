//! RUN005 ephemeral-state: what a program keeps on a disk that goes away.

mod commits;
mod fallback;
mod state_file;

use crate::deployment::{Deployment, Platform};
use crate::diagnostic::{RepoPath, RuleId};
use crate::formats::python::Module;
use crate::rules::{Reporter, Rule};

/// RUN005 ephemeral-state.
pub struct EphemeralState;

const LITERALS: &[&str] = &["sqlite", "json.dump(", "pickle.dump(", "upload_file(", "upload_folder("];

impl Rule for EphemeralState {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN005", name: "ephemeral-state" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let platform = deployment.platform().value;
        if !matches!(platform, Platform::Space(_) | Platform::Procfile | Platform::Render | Platform::Railway) {
            return;
        }
        fallback::check(deployment, report);
        state_file::check(deployment, report);
        commits::check(deployment, report);
    }
}

/// The files of the deployed program that hold at least one of the literals.
fn deployed<'d>(
    deployment: &Deployment<'d>,
    literals: &[&str],
) -> impl Iterator<Item = (&'d RepoPath, &'d Module)> + use<'d> {
    let files = deployment.documents().modules_mentioning(literals);
    let reached: Vec<_> = files.filter(|(path, _)| deployment.reach().contains(path)).collect();
    reached.into_iter()
}

/// Whether a path, as written in code, is on storage that lasts, or is meant to go away.
fn is_elsewhere(path: &str) -> bool {
    ["/data/", "/data\"", "/data'", "/tmp", "temp", "/mnt", "/dev/", "environ", "getenv", "://", ":memory:"]
        .iter()
        .any(|sign| path.contains(sign))
}
