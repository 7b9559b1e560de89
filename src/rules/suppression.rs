//! A suppression as the rule about suppressions sees it.

use crate::diagnostic::Location;

/// What became of a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionUse {
    /// It suppressed a finding.
    Used,
    /// All its rules ran, and none reported there.
    Unused,
    /// A rule that it names did not run this time, and may need it.
    Undecided,
}

/// A rule as a suppression names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// A code or a name.
    pub text: String,
    /// Where it stands.
    pub location: Location,
    /// Whether there is such a rule.
    pub known: bool,
}

/// How a suppression is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionForm {
    /// As it should be.
    Directive,
    /// With another word, or without the colon: it suppresses nothing.
    Misspelt,
    /// Behind an instruction of a Dockerfile, for which it is no comment.
    BehindInstruction,
}

/// A comment such as `# preflight: ignore[NET001] reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// From the comment's sign to its end.
    pub location: Location,
    /// The rules in its brackets.
    pub selectors: Vec<Selector>,
    /// How it is written.
    pub form: SuppressionForm,
    /// What became of it.
    pub used: SuppressionUse,
    /// Where the finding stands that has a label, and no more, on the line that the comment speaks of.
    pub labelled_from: Option<Location>,
}
