//! One file per format: text to documents whose values know where they stand. Nothing here knows of deployments or rules.

pub mod compose;
pub mod conda_environment;
pub mod dockerfile;
pub mod dotenv;
pub mod frontmatter;
pub mod image;
pub mod kubernetes;
pub mod lock;
pub mod package;
pub mod pip_command;
pub mod pipfile;
pub mod platform_files;
pub mod procfile;
pub mod pyproject;
pub mod python;
pub mod python_version;
pub mod requirements;
pub mod rust;
pub mod setup_cfg;
pub mod shell;
pub mod streamlit_config;
pub mod text_map;
pub mod toml;
pub mod variables;
pub mod workflow;
pub mod yaml;
