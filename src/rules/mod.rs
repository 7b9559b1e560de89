//! The rules, one file each, and their registry.

pub mod aio;
pub mod api;
pub mod dep;
pub mod env;
pub mod hf;
pub mod img;
mod nearest;
pub mod net;
mod program;
mod reporter;
pub mod run;
mod suppression;
pub mod sys;
pub mod wf;

pub use reporter::Reporter;
pub use suppression::{Selector, Suppression, SuppressionForm, SuppressionUse};

use crate::deployment::{Deployment, Project};
use crate::diagnostic::RuleId;

/// A check. It asks the project and its deployments, and reports; it never walks folders, reads files or parses text.
pub trait Rule: Sync {
    /// Its code and name.
    fn id(&self) -> RuleId;

    /// The literals without which a Python or Rust source can't matter to this rule. The engine looks for all rules'
    /// literals in one scan; only sources that hold one are parsed.
    fn literals(&self) -> &[&'static str] {
        &[]
    }

    /// Whether anything in the project can be of its concern. Where not, it does not run, and nothing is looked for on its
    /// behalf.
    fn concerns(&self, _project: &Project<'_>) -> bool {
        true
    }

    /// Checks what holds for the repository as a whole.
    fn check(&self, _project: &Project<'_>, _report: &mut Reporter) {}

    /// Checks one deployment.
    fn check_deployment(&self, _deployment: &Deployment<'_>, _report: &mut Reporter) {}

    /// Checks the suppressions of the repository, after every other finding is known.
    fn check_suppressions(&self, _suppressions: &[Suppression], _report: &mut Reporter) {}
}

/// Every rule, in the order of the codes.
#[rustfmt::skip]
pub static RULES: &[&dyn Rule] = &[
    &aio::GetEventLoop,
    &aio::RunInRunningLoop,
    &aio::TaskWithoutLoop,
    &aio::DanglingTask,
    &aio::UnawaitedCoroutine,
    &aio::LoopTouchedFromWatcher,
    &aio::ThreadsafeResultDeadlock,
    &aio::BlockingInCoroutine,
    &aio::PrewarmInThread,
    &aio::LockSelfDeadlock,
    &api::REMOVED_API,
    &api::DEPRECATED_API,
    &api::REMOVED_STDLIB_MODULE,
    &api::ChangedBehaviour,
    &dep::UnpinnedDependency,
    &dep::BreaksOnTargetPython,
    &dep::ConflictingVersions,
    &dep::UndeclaredDependency,
    &dep::PythonVersionDisagreement,
    &dep::TransitiveDrift,
    &dep::IneffectiveRequirement,
    &dep::UnresolvableRequirements,
    &env::UndeclaredVariable,
    &env::SecretInSource,
    &env::MachineBoundPath,
    &hf::InvalidSpaceCard,
    &hf::ShortDescriptionTooLong,
    &hf::MissingAppFile,
    &hf::SdkVersionMismatch,
    &hf::MissingRequirements,
    &hf::LargeFileWithoutLfs,
    &hf::SyncWithoutCard,
    &hf::IgnoredDockerfile,
    &img::MissingHealthCheck,
    &img::FloatingImageTag,
    &img::MissingBuildPath,
    &img::UnavailableSystemPackage,
    &net::LoopbackBind,
    &net::HardCodedPort,
    &net::PortMismatch,
    &net::NoServerStarted,
    &run::HasattrNotCallable,
    &run::ThrottleNeverArmed,
    &run::NonAtomicWrite,
    &run::UnguardedModelJson,
    &run::EphemeralState,
    &run::TestOfMissingAttribute,
    &sys::UnreadableFile,
    &sys::IneffectiveSuppression,
    &wf::MisplacedWorkflow,
    &wf::MissingPath,
    &wf::InvalidWorkflow,
    &wf::TriggerNeverMatches,
    &wf::OutdatedAction,
    &wf::BrokenSyncStep,
];

/// The rule with this code or name, whatever the case.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| {
        let id = rule.id();
        id.code.eq_ignore_ascii_case(code_or_name) || id.name.eq_ignore_ascii_case(code_or_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge;

    #[test]
    fn codes_and_names_are_unique_sorted_and_those_of_the_pages() {
        let ids: Vec<_> = RULES.iter().map(|rule| rule.id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0].code < pair[1].code), "the registry is sorted by code");
        for id in &ids {
            let page = knowledge::page(id.code).unwrap_or_else(|| panic!("{} has no page", id.code));
            assert_eq!(page.name, id.name, "{}: the page's name", id.code);
        }
        assert_eq!(knowledge::pages().len(), ids.len(), "every page has a rule");
    }
}
