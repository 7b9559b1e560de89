//! The command line of preflight.

use std::process::ExitCode;

fn main() -> ExitCode {
    preflight::cli::run(std::env::args_os()).into()
}
