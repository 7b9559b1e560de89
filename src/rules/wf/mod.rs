//! WF: GitHub workflows.

mod broken_sync_step;
mod expressions;
mod invalid_workflow;
mod misplaced_workflow;
mod missing_path;
mod outdated_action;
mod schedule;
mod structure;
mod trigger_never_matches;

pub use broken_sync_step::BrokenSyncStep;
pub use invalid_workflow::InvalidWorkflow;
pub use misplaced_workflow::MisplacedWorkflow;
pub use missing_path::MissingPath;
pub use outdated_action::OutdatedAction;
pub use trigger_never_matches::TriggerNeverMatches;
