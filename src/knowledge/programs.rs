//! Packages of Python that call a program of the system: `rules/packages/programs.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A program that a package calls and does not bring.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalledProgram {
    /// The package, normalised.
    pub package: String,
    /// The functions that call it.
    pub calls: Vec<String>,
    /// The program.
    pub program: String,
    /// The Debian packages that bring it, the usual one first; those whose names begin so count too.
    pub debian: Vec<String>,
    /// The argument by which the code says where the program is.
    pub place: Option<String>,
    /// What the call says without it.
    pub fails: String,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    commands: Vec<String>,
    program: Vec<CalledProgram>,
}

/// All programs that are known to be called, in the order of the table.
#[must_use]
pub fn called_programs() -> &'static [CalledProgram] {
    &TABLE.program
}

/// The commands that packages bring, such as `uvicorn`.
#[must_use]
pub fn commands() -> &'static [String] {
    &TABLE.commands
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(super::table_text("packages/programs.toml")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(called_programs().iter().any(|row| row.package == "pytesseract" && !row.debian.is_empty()));
        assert!(commands().iter().any(|name| name == "uvicorn"));
    }
}
