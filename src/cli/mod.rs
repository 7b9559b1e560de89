//! The command line: what can be asked, one file per command, and what the exit code says.

mod check;
mod completions;
mod configuration;
mod explain;
mod man;
mod progress;
mod resolution;
mod roots;
mod rules;
mod show_settings;
mod target;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::{ColorChoice, Terminal};

/// What a run came to. The same three for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing at or above the failing level.
    Clean = 0,
    /// Something was found.
    Findings = 1,
    /// What was asked could not be done.
    Failure = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Works out where and on what a repository will be deployed, and reports what will break there.
#[derive(Debug, Parser)]
#[command(name = "preflight", version, about, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour; NO_COLOR and CLICOLOR_FORCE are heeded too
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = false)]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check repositories and report what will break where they are deployed
    Check(Box<check::CheckArguments>),
    /// Show what is deployed, and the place that says so for every fact
    Target(target::TargetArguments),
    /// Print what a rule checks, why it matters and how to fix it
    Explain(explain::ExplainArguments),
    /// List the rules
    Rules(rules::RulesArguments),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArguments),
    /// Print the manual page
    #[command(hide = true)]
    Man(man::ManArguments),
}

/// Does what the arguments ask for; the first one is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. A reader that has gone is no reason to fail.
            let _ = error.print();
            return if error.exit_code() == 0 { Exit::Clean } else { Exit::Failure };
        }
    };
    let terminal = Terminal::detect(cli.color);
    match cli.command {
        Command::Check(arguments) => check::run(&arguments, terminal),
        Command::Target(arguments) => target::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Rules(arguments) => rules::run(&arguments, terminal),
        Command::Completions(arguments) => completions::run(&arguments, terminal),
        Command::Man(arguments) => man::run(&arguments, terminal),
    }
}

/// Prints what a command wrote, and gives the exit code that it earned.
fn print(bytes: &[u8], earned: Exit, terminal: Terminal) -> Exit {
    match terminal::print(bytes) {
        Ok(()) => earned,
        Err(error) => {
            terminal.error(&format!("can't write the output: {error}"));
            Exit::Failure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
