//! The fix engine: choose fixes that go together, apply them in memory, check again until nothing changes; then show the
//! result as a diff or write it, all at once.

mod changes;
mod diff;
mod plan;
mod write;

pub use changes::{ChangeSet, FileChange};
pub use diff::write_diff;
pub use plan::{Applied, DropReason, Dropped};
use plan::{Plan, plan};
pub use write::{WriteError, write_changes};

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Applicability, Diagnostic, RepoPath, RuleId};
use crate::repo::Repository;

/// How often fixes are applied and the tree checked again before those that still find something to do are left out.
const MAX_ROUNDS: usize = 50;

/// How often fixing begins anew without fixes that do not come to an end.
const MAX_ATTEMPTS: usize = 5;

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
    /// What changes on disk.
    pub changes: ChangeSet,
    /// The fixes that were applied, in order.
    pub applied: Vec<Applied>,
    /// The fixes that were refused in the last round, with the reason.
    pub dropped: Vec<Dropped>,
}

/// The fixes of a rule in a file, which go on for ever.
type Endless = BTreeSet<(RuleId, RepoPath)>;

/// Applies the fixes of at least `least` applicability to the tree of `first`, checks again, and so on until no fix is
/// left to apply. Everything happens in memory. Fixes that undo each other, or whose work never ends, are left out
/// ([`DropReason::Endless`]), and the others are made as if those were not there.
pub fn fix<C: Checked>(
    first: &C,
    least: Applicability,
    parses: &Parses<'_>,
    mut check: impl FnMut(Repository) -> C,
) -> Outcome<C> {
    let mut endless = Endless::new();
    for _ in 0..MAX_ATTEMPTS {
        match attempt(first, least, parses, &endless, &mut check) {
            Ok(outcome) => return outcome,
            Err(more) => endless.extend(more),
        }
    }
    let all =
        first.diagnostics().iter().map(|diagnostic| (diagnostic.rule, diagnostic.location.path.clone())).collect();
    let nothing = plan(first.repository(), first.diagnostics(), least, parses, &all);
    Outcome { report: None, changes: ChangeSet::default(), applied: Vec::new(), dropped: nothing.dropped }
}

/// Fixes until nothing is left to do; the error says which fixes went on without an end.
fn attempt<C: Checked>(
    first: &C,
    least: Applicability,
    parses: &Parses<'_>,
    endless: &Endless,
    check: &mut impl FnMut(Repository) -> C,
) -> Result<Outcome<C>, Endless> {
    let mut changes = ChangeSet::default();
    let mut applied: Vec<Applied> = Vec::new();
    let mut later: Option<C> = None;
    // What the tree was like before each round, with the number of fixes applied until then.
    let mut before: BTreeMap<u64, usize> = BTreeMap::new();
    let mut halfway = 0;
    for round in 0..MAX_ROUNDS {
        let report = later.as_ref().unwrap_or(first);
        let plan = plan(report.repository(), report.diagnostics(), least, parses, endless);
        if plan.applied.is_empty() {
            let changes = changes.without_no_ops();
            return Ok(Outcome { report: later, changes, applied, dropped: plan.dropped });
        }
        if let Some(then) = before.insert(changes.fingerprint(), applied.len()) {
            return Err(culprits(applied.get(then..).unwrap_or_default()));
        }
        if round == MAX_ROUNDS / 2 {
            halfway = applied.len();
        }
        let tree = report.repository().with_overlay(plan.overlay());
        changes.extend(report.repository(), &plan);
        applied.extend(plan.applied);
        later = Some(check(tree));
    }
    Err(culprits(applied.get(halfway..).unwrap_or_default()))
}

fn culprits(applied: &[Applied]) -> Endless {
    applied.iter().map(|fix| (fix.rule, fix.location.path.clone())).collect()
}

#[cfg(test)]
mod tests;
