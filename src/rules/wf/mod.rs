//! WF: GitHub workflows.

mod misplaced_workflow;

pub use misplaced_workflow::MisplacedWorkflow;
