//! `preflight rules`: the list of rules.

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{Exit, print};
use crate::knowledge;
use crate::output::{write_rules_json, write_rules_text};

/// The arguments of `preflight rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArguments {
    /// How to write the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    format: ListFormat,
}

/// How to write a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For reading.
    Text,
    /// One JSON document.
    Json,
}

pub(super) fn run(arguments: &RulesArguments, terminal: Terminal) -> Exit {
    let mut out = Vec::new();
    let written = match arguments.format {
        ListFormat::Text => write_rules_text(&mut out, knowledge::pages(), terminal.stdout(false)),
        ListFormat::Json => write_rules_json(&mut out, knowledge::pages()),
    };
    match written {
        Ok(()) => print(&out, Exit::Clean, terminal),
        Err(error) => {
            terminal.error(&format!("can't list the rules: {error}"));
            Exit::Failure
        }
    }
}
