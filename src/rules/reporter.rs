//! Collects what one rule reports.

use crate::diagnostic::{Diagnostic, Location, RuleId, Severity};

/// Collects what one rule reports.
#[derive(Debug)]
pub struct Reporter {
    rule: RuleId,
    deployment: Option<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Reporter {
    /// A reporter for `rule`, for one deployment by its name or for the repository as a whole.
    #[must_use]
    pub fn new(rule: RuleId, deployment: Option<&str>) -> Self {
        Self { rule, deployment: deployment.map(str::to_owned), diagnostics: Vec::new() }
    }

    /// Reports that the build, the start-up or the first request fails.
    pub fn error(&mut self, location: Location, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Severity::Error, location, message)
    }

    /// Reports what fails under a condition that the message names.
    pub fn warning(&mut self, location: Location, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Severity::Warning, location, message)
    }

    /// Reports a habit that leads to failures.
    pub fn advice(&mut self, location: Location, message: impl Into<String>) -> &mut Diagnostic {
        self.report(Severity::Advice, location, message)
    }

    /// Reports with a severity that the rule computed.
    pub fn report(&mut self, severity: Severity, location: Location, message: impl Into<String>) -> &mut Diagnostic {
        let mut diagnostic = Diagnostic::new(self.rule, severity, location, message);
        diagnostic.deployment.clone_from(&self.deployment);
        let at = self.diagnostics.len();
        self.diagnostics.push(diagnostic);
        &mut self.diagnostics[at]
    }

    /// What was reported, in order.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}
