//! `preflight man`: the manual page of the program or of one command, for those who package it.

use clap::{Args, CommandFactory};

use super::terminal::Terminal;
use super::{Cli, Exit, print};

/// The arguments of `preflight man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// The command; without one, the program as a whole
    command: Option<String>,
}

pub(super) fn run(arguments: &ManArguments, terminal: Terminal) -> Exit {
    let mut program = Cli::command();
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                terminal.error(&format!("there is no command `{name}`"));
                return Exit::Failure;
            }
        },
    };
    let mut page = Vec::new();
    match clap_mangen::Man::new(command).render(&mut page) {
        Ok(()) => print(&page, Exit::Clean, terminal),
        Err(error) => {
            terminal.error(&format!("can't write the manual page: {error}"));
            Exit::Failure
        }
    }
}
