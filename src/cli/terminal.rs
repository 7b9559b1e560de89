//! The terminal: colours, width, and writing to it without a fuss when the reader has gone.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use crate::output::{Paint, Presentation, Problem, write_problem};

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The widest that text is set, and its width where there is no terminal.
const MAX_WIDTH: usize = 120;
const PIPE_WIDTH: usize = 100;

/// What is known of where output goes.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    choice: ColorChoice,
    width: usize,
}

impl Terminal {
    /// Looks at the terminal.
    #[must_use]
    pub fn detect(choice: ColorChoice) -> Self {
        let size = terminal_size::terminal_size_of(io::stdout());
        let width = size.map_or(PIPE_WIDTH, |(width, _)| usize::from(width.0).clamp(40, MAX_WIDTH));
        Self { choice, width }
    }

    /// How to write to standard output.
    #[must_use]
    pub fn stdout(&self, advice: bool) -> Presentation {
        self.presentation(io::stdout().is_terminal(), advice)
    }

    /// How to write to standard error.
    #[must_use]
    pub fn stderr(&self) -> Presentation {
        self.presentation(io::stderr().is_terminal(), false)
    }

    /// How to write to a file.
    #[must_use]
    pub fn file(&self, advice: bool) -> Presentation {
        let paint = Paint::new(self.choice == ColorChoice::Always);
        Presentation { paint, width: PIPE_WIDTH, advice }
    }

    fn presentation(&self, is_terminal: bool, advice: bool) -> Presentation {
        let coloured = wants_colour(self.choice, is_terminal, |name| std::env::var_os(name));
        Presentation { paint: Paint::new(coloured), width: self.width, advice }
    }

    /// Tells the user what went wrong, on standard error.
    pub fn problem(&self, problem: &Problem<'_>) {
        let mut text = Vec::new();
        // Into memory, this can't fail; and where standard error is closed, there is no one left to tell.
        let _ = write_problem(&mut text, problem, self.stderr());
        let _ = io::stderr().write_all(&text);
    }

    /// Tells the user what went wrong, in one sentence.
    pub fn error(&self, message: &str) {
        self.problem(&Problem { message, place: None, help: None });
    }

    /// Tells the user something on the side, on standard error.
    pub fn note(&self, message: &str) {
        let message = crate::output::line(message);
        let _ = writeln!(io::stderr(), "{} {message}", self.stderr().paint.accent("note:"));
    }
}

/// Whether to colour: the flag, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR` and `TERM` (<https://bixense.com/clicolors>,
/// <https://no-color.org>), then whether it goes to a terminal.
fn wants_colour(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is = |name: &str, expected: &str| variable(name).is_some_and(|value| value == expected);
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
        ColorChoice::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
    }
}

/// Writes to standard output. A reader that has gone (`| head`) is no error.
///
/// # Errors
/// What else standard output reports: a full disk, for example.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, terminal, variables, expected) in [
            (Auto, true, &[][..], true),
            (Auto, false, &[], false),
            (Always, false, &[("NO_COLOR", "1")], true),
            (Never, true, &[("CLICOLOR_FORCE", "1")], false),
            (Auto, true, &[("NO_COLOR", "1")], false),
            (Auto, true, &[("NO_COLOR", "")], true),
            (Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (Auto, true, &[("CLICOLOR", "0")], false),
            (Auto, true, &[("TERM", "dumb")], false),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            assert_eq!(wants_colour(choice, terminal, variable), expected, "{choice:?} {terminal} {variables:?}");
        }
    }
}
