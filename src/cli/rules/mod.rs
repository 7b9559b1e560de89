//! `preflight rules`: the list of rules, and the tests of a team's own.

mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::configuration::{packs, report_config_error};
use super::terminal::Terminal;
use super::{Exit, print};
use crate::config::Pack;
use crate::knowledge;
use crate::output::{write_rules_json, write_rules_text};

/// The arguments of `preflight rules`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RulesArguments {
    #[command(subcommand)]
    command: Option<RulesCommand>,
    /// How to write the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    format: ListFormat,
    #[command(flatten)]
    tables: TableArguments,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Run the examples of a team's tables of rules
    Test(test::TestArguments),
}

/// Which tables of rules of a team count besides those that are compiled in.
#[derive(Debug, Args)]
pub(super) struct TableArguments {
    /// A folder with further tables of rules, besides .preflight/rules of this folder
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Leave out the rules of this folder
    #[arg(long)]
    isolated: bool,
}

impl TableArguments {
    /// The tables; `None` where one can't be read or used, which is then told.
    pub fn packs(&self, terminal: Terminal) -> Option<Vec<Pack>> {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let packs = packs(&here, &self.rules, self.isolated);
        packs.inspect_err(|error| report_config_error(error, terminal)).ok()
    }
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
    if let Some(RulesCommand::Test(arguments)) = &arguments.command {
        return test::run(arguments, terminal);
    }
    let Some(packs) = arguments.tables.packs(terminal) else { return Exit::Failure };
    let pages = knowledge::pages_with(packs.iter().map(|pack| pack.table));
    let mut out = Vec::new();
    let written = match arguments.format {
        ListFormat::Text => write_rules_text(&mut out, &pages, terminal.stdout(false)),
        ListFormat::Json => write_rules_json(&mut out, &pages),
    };
    for pack in packs.iter().filter(|pack| pack.table.rule.is_none()) {
        let number = pack.table.changes.len();
        let entries = if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") };
        let table = pack.path.display();
        terminal.note(&format!("{table} adds {entries} about {} to API001 and API002", pack.table.name));
    }
    match written {
        Ok(()) => print(&out, Exit::Clean, terminal),
        Err(error) => {
            terminal.error(&format!("can't list the rules: {error}"));
            Exit::Failure
        }
    }
}
