//! The arguments of `preflight check`.

use std::path::PathBuf;

use clap::Args;

use crate::config::{FailOn, Overrides};
use crate::diagnostic::Applicability;
use crate::output::Format;

/// The arguments of `preflight check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArguments {
    /// Folders to check; for a file, its project is checked and what concerns the file is reported
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// How to write the findings [default: full]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,
    /// Write the findings to a file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output_file: Option<PathBuf>,
    /// Show advice in full, not only its number
    #[arg(long, help_heading = "Output")]
    pub advice: bool,
    /// Count the findings of each rule instead of showing them
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,
    /// Write findings and errors only
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,

    /// Apply the safe fixes
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,
    /// Apply also the fixes that need a look
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Show what the fixes would change, and write nothing
    #[arg(long, conflicts_with_all = ["format", "statistics"], help_heading = "Fixes")]
    pub diff: bool,

    /// Rules to run instead of the configured ones: codes, names, prefixes such as AIO, or ALL
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Rules")]
    pub select: Option<Vec<String>>,
    /// Rules to run in addition
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Rules")]
    pub extend_select: Vec<String>,
    /// Rules not to run
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Rules")]
    pub ignore: Vec<String>,
    /// A folder with further tables of rules, besides .preflight/rules of the checked folder
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// The mildest severity that fails the run [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Rules")]
    pub fail_on: Option<FailOn>,

    /// Ask uv (or pip) what would be installed, over the network, and check with these versions
    #[arg(long, help_heading = "Network")]
    pub resolve: bool,

    /// Path patterns to leave out, relative to the checked folder
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', help_heading = "Files")]
    pub exclude: Vec<String>,
    /// Check also what .gitignore and the like leave out
    #[arg(long, help_heading = "Files")]
    pub no_ignore: bool,

    /// Use this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Use no configuration file and no rules of the checked folder
    #[arg(long, alias = "no-config", help_heading = "Configuration")]
    pub isolated: bool,
    /// Show the settings and the file they come from, and check nothing
    #[arg(long, help_heading = "Configuration")]
    pub show_settings: bool,
}

impl CheckArguments {
    pub fn overrides(&self) -> Overrides {
        Overrides {
            select: self.select.clone(),
            extend_select: self.extend_select.clone(),
            ignore: self.ignore.clone(),
            exclude: self.exclude.clone(),
            fail_on: self.fail_on,
            advice: self.advice,
            no_ignore: self.no_ignore,
        }
    }

    /// The least applicability of the fixes to apply; `None` where nothing is to be mended.
    pub fn least_applicability(&self) -> Option<Applicability> {
        match (self.unsafe_fixes, self.fix || self.diff) {
            (true, _) => Some(Applicability::Unsafe),
            (false, true) => Some(Applicability::Safe),
            (false, false) => None,
        }
    }
}
