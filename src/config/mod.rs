//! Configuration: finding the file, reading it with good errors, and working out what it means together with the flags.

mod discover;
mod error;
mod glob;
mod options;
mod packs;
mod selector;
mod settings;

pub use discover::{ConfigFile, find, is_project_root, load};
pub use error::{ConfigError, ConfigPlace};
pub use glob::PathPatterns;
pub use options::{DeploymentOptions, Options};
pub use packs::{PACKS, Pack, join_packs, load_packs, packs_of};
pub use selector::{KnownRule, RuleSelection, nearest};
pub use settings::{DeploymentSettings, FailOn, Overrides, PerFileIgnore, Settings};
