//! One file per format: text to documents whose values know where they stand. Nothing here knows of deployments or rules.

pub mod python;
pub mod package;
pub mod pip_command;
pub mod pyproject;
pub mod requirements;
pub mod toml;
