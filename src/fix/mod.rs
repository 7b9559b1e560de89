//! The fix engine: choose fixes that go together, apply them in memory, check again until nothing changes; then show the
//! result as a diff or write it, all at once.

mod changes;
mod diff;
mod plan;
mod write;

pub use changes::{ChangeSet, FileChange};
pub use diff::write_diff;
pub use plan::{Applied, DropReason, Dropped, Plan, plan};
pub use write::{WriteError, write_changes};

use crate::diagnostic::{Applicability, Diagnostic, RepoPath};
use crate::repo::Repository;

/// How often fixes are applied and the tree checked again before giving up.
pub const MAX_ROUNDS: usize = 10;

/// The result of a check, as far as fixing needs it.
pub trait Checked {
    /// The tree that was checked.
    fn repository(&self) -> &Repository;
    /// What was found, the more important first: where two fixes collide, the first one is applied.
    fn diagnostics(&self) -> &[Diagnostic];
}

/// Whether a text is well-formed, by the format that the path tells; `true` for formats that nothing here can parse.
pub type Parses<'a> = dyn Fn(&RepoPath, &str) -> bool + 'a;

/// What fixing came to. Nothing has been written yet.
#[derive(Debug)]
pub struct Outcome<C> {
    /// The last check: what is left to find afterwards. `None` where nothing changes.
    pub report: Option<C>,
    /// What changes on disk; nothing where the fixes did not converge.
    pub changes: ChangeSet,
    /// The fixes that were applied, in order.
    pub applied: Vec<Applied>,
    /// The fixes that were refused in the last round, with the reason.
    pub dropped: Vec<Dropped>,
    /// Whether the fixes came to an end. Where they did not (two of them undo each other), nothing is to be written.
    pub converged: bool,
}

/// Applies the fixes of at least `least` applicability to the tree of `first`, checks again, and so on until no fix is
/// left to apply or [`MAX_ROUNDS`] have passed. Everything happens in memory.
pub fn fix<C: Checked>(
    first: &C,
    least: Applicability,
    parses: &Parses<'_>,
    mut check: impl FnMut(Repository) -> C,
) -> Outcome<C> {
    let mut changes = ChangeSet::default();
    let mut applied = Vec::new();
    let mut later: Option<C> = None;
    for _ in 0..MAX_ROUNDS {
        let report = later.as_ref().unwrap_or(first);
        let plan = plan(report.repository(), report.diagnostics(), least, parses);
        if plan.applied.is_empty() {
            let changes = changes.without_no_ops();
            return Outcome { report: later, changes, applied, dropped: plan.dropped, converged: true };
        }
        let tree = report.repository().with_overlay(plan.overlay());
        changes.extend(report.repository(), &plan);
        applied.extend(plan.applied);
        later = Some(check(tree));
    }
    Outcome { report: None, changes: ChangeSet::default(), applied: Vec::new(), dropped: Vec::new(), converged: false }
}

#[cfg(test)]
mod tests;
