//! WF: GitHub workflows.

mod broken_sync_step;
mod invalid_workflow;
mod misplaced_workflow;
mod outdated_action;

pub use broken_sync_step::BrokenSyncStep;
pub use invalid_workflow::InvalidWorkflow;
pub use misplaced_workflow::MisplacedWorkflow;
pub use outdated_action::OutdatedAction;
