//! `preflight rules test`: runs the examples of a team's tables, as the examples of our own pages are run.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::configuration::report_config_error;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, print};
use crate::config::{PACKS, Settings, join_packs, load_packs};
use crate::engine::{known_rules, known_rules_with};
use crate::{examples, output};

/// The arguments of `preflight rules test`.
#[derive(Debug, Args)]
pub(super) struct TestArguments {
    /// The folder with the tables
    #[arg(default_value = PACKS, value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &TestArguments, terminal: Terminal) -> Exit {
    let packs = match load_packs(&arguments.folder, &known_rules()).and_then(join_packs) {
        Ok(packs) => packs,
        Err(error) => {
            report_config_error(&error, terminal);
            return Exit::Failure;
        }
    };
    let settings = Settings { packs: packs.clone(), ..Settings::defaults(&known_rules_with(&packs)) };
    let (mut out, mut run, mut failed) = (String::new(), 0, 0);
    for pack in &packs {
        let mut problems = examples::table_problems(pack.table, &settings);
        if !pack.table.examples.iter().any(|example| example.has_bad()) {
            problems.push("no example shows code that is reported".to_owned());
        }
        failed += usize::from(!problems.is_empty());
        run += pack.table.examples.iter().map(|example| example.scenes.len()).sum::<usize>();
        let path = output::line(&pack.path.display().to_string()).into_owned();
        let verdict = if problems.is_empty() { "ok" } else { "failed" };
        // Into a string, this can't fail.
        let _ = writeln!(out, "{path}: {verdict}");
        for problem in &problems {
            let _ = writeln!(out, "  {}", output::text(problem).replace('\n', "\n  "));
        }
    }
    let tables = if packs.len() == 1 { "1 table".to_owned() } else { format!("{} tables", packs.len()) };
    let _ = writeln!(
        out,
        "{tables} with {run} tiny repositories: {}.",
        match failed {
            0 => "all examples hold".to_owned(),
            failed => format!("{failed} failed"),
        }
    );
    print(out.as_bytes(), if failed == 0 { Exit::Clean } else { Exit::Findings }, terminal)
}
