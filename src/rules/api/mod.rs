//! API: version-aware API changes, told by the tables of `rules/api/` and the versions that a deployment installs.

mod change_rule;
mod changed_behaviour;
mod deprecated_api;
mod finding;
mod no_event_loop;
mod pairs;
mod removed_api;
mod removed_stdlib_module;
mod team;
mod usage;

pub use change_rule::ChangeRule;
pub use changed_behaviour::ChangedBehaviour;
pub use deprecated_api::DEPRECATED_API;
pub use removed_api::REMOVED_API;
pub use removed_stdlib_module::REMOVED_STDLIB_MODULE;
pub use team::{team_rule_id, team_rules};
