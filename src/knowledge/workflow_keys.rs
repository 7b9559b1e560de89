//! The keys and events of GitHub workflows: `rules/platforms/workflow.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The keys and events of GitHub workflows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowKeys {
    /// Where the lists are from.
    pub source: String,
    /// The keys of a workflow.
    pub workflow_keys: Vec<String>,
    /// The keys of a job.
    pub job_keys: Vec<String>,
    /// The keys of a step.
    pub step_keys: Vec<String>,
    /// The keys of which a step has one.
    pub step_kinds: Vec<String>,
    /// The events that start a workflow.
    pub events: Vec<String>,
    /// The keys of a job that calls a workflow.
    pub call_keys: Vec<String>,
    /// What `permissions` may name.
    pub permission_scopes: Vec<String>,
    /// The keys of a step of a composite action.
    pub composite_step_keys: Vec<String>,
    /// The contexts that each part may read, by its path without the ids of jobs.
    pub contexts: BTreeMap<String, Vec<String>>,
    /// The keys below an event; those that are not listed take `types` alone.
    pub event_keys: BTreeMap<String, Vec<String>>,
}

/// The lists.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn workflow_keys() -> &'static WorkflowKeys {
    static KEYS: LazyLock<WorkflowKeys> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/workflow.toml")).expect("workflow.toml fits its types")
    });
    &KEYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_hold_what_every_workflow_has() {
        let keys = workflow_keys();
        assert!(keys.workflow_keys.iter().any(|key| key == "jobs") && keys.step_keys.iter().any(|key| key == "run"));
        assert!(keys.job_keys.iter().any(|key| key == "runs-on") && keys.events.iter().any(|event| event == "push"));
    }
}
