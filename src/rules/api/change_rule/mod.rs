//! The frame of the rules that go over tables of changes: which tables, which rows, and what is said about a use.

use std::sync::OnceLock;

use crate::deployment::{Deployment, Project};
use crate::diagnostic::{RepoPath, RuleId};
use crate::knowledge::{Change, Library, api_changes};
use crate::rules::{Reporter, Rule};

use super::finding::{Installed, Sought, each_use};
use super::usage::{Use, literals};

/// What is handed to a rule: uses in one file that make one finding.
pub(super) struct Found<'f, 'd> {
    pub deployment: &'f Deployment<'d>,
    pub path: &'f RepoPath,
    /// The uses, in the order of the text; never empty.
    pub uses: &'f [Use],
    /// What the deployment installs of the library.
    pub installed: &'f Installed<'f>,
}

impl Found<'_, '_> {
    /// The row that the first use meets; the others of one finding hold for the same versions.
    pub fn change(&self) -> Option<&'static Change> {
        self.uses.first().map(|one| one.change)
    }
}

/// What one rule asks.
#[derive(Clone, Copy)]
pub(super) struct Question {
    /// Whether a row is its concern.
    pub wanted: fn(&Library, &Change) -> bool,
    /// Reports uses of such rows.
    pub report: fn(&Found<'_, '_>, &mut Reporter),
}

/// A rule that goes over tables of changes.
pub struct ChangeRule {
    id: RuleId,
    question: Question,
    /// A team's tables; `None` for those that are compiled in.
    team: Option<Vec<&'static Library>>,
    literals: OnceLock<Vec<&'static str>>,
}

impl ChangeRule {
    /// A rule over the tables that are compiled in.
    pub(super) const fn new(id: RuleId, question: Question) -> Self {
        Self { id, question, team: None, literals: OnceLock::new() }
    }

    /// The same rule over tables of a team.
    pub(super) fn over(&self, tables: Vec<&'static Library>) -> Self {
        Self { id: self.id, question: self.question, team: Some(tables), literals: OnceLock::new() }
    }

    /// The tables with a row of its concern.
    fn libraries(&self) -> Vec<&'static Library> {
        let all: Vec<&'static Library> = match &self.team {
            Some(tables) => tables.clone(),
            None => api_changes().iter().collect(),
        };
        let wanted = |library: &&Library| library.changes.iter().any(|change| (self.question.wanted)(library, change));
        all.into_iter().filter(wanted).collect()
    }

    fn own_literals(&self) -> &[&'static str] {
        self.literals.get_or_init(|| literals(&self.libraries(), self.question.wanted))
    }
}

impl Rule for ChangeRule {
    fn id(&self) -> RuleId {
        self.id
    }

    fn literals(&self) -> &[&'static str] {
        self.own_literals()
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        // The tables are large, and where nothing is deployed nobody asks for them.
        if project.deployments().is_empty() {
            return false;
        }
        let libraries = self.libraries();
        project.deployments().iter().any(|one| libraries.iter().any(|library| Installed::of(one, library).is_some()))
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let sought = Sought {
            literals: self.own_literals(),
            libraries: &self.libraries(),
            results_of: self.team.as_deref().unwrap_or_default(),
            wanted: self.question.wanted,
        };
        each_use(deployment, &sought, |path, uses, installed| {
            (self.question.report)(&Found { deployment, path, uses, installed }, report);
        });
    }
}
