//! One file per format: text to documents whose values know where they stand. Nothing here knows of deployments or rules.

pub mod python;
pub mod conda_environment;
pub mod lock;
pub mod package;
pub mod pip_command;
pub mod pipfile;
pub mod pyproject;
pub mod python_version;
pub mod requirements;
pub mod setup_cfg;
pub mod toml;
