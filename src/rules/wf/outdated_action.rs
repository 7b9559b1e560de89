//! WF005 outdated-action: a release of an action whose service or runtime is gone.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::{Project, workflows};
use crate::diagnostic::{Fix, Location, RuleId, Severity, Span};
use crate::formats::workflow::{ActionReference, ActionTarget, Step};
use crate::knowledge::{ActionState, OldAction, old_action};
use crate::repo::Source;
use crate::rules::{Reporter, Rule};

/// WF005 outdated-action.
pub struct OutdatedAction;

/// A use of an old release.
struct Use {
    text: String,
    location: Location,
    /// Whether only the comment behind a commit says which release it is.
    by_comment: bool,
    old: &'static OldAction,
    raise: Option<Raise>,
    fix: Option<Fix>,
}

/// The release to write instead.
#[derive(Clone, Copy)]
struct Raise {
    /// Its major.
    major: u32,
    /// Whether it takes the same inputs and does the same.
    automatic: bool,
    /// Whether no release was skipped whose notes nobody has looked at.
    is_safe: bool,
}

impl Rule for OutdatedAction {
    fn id(&self) -> RuleId {
        RuleId { code: "WF005", name: "outdated-action" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        // One release used in many places is one cause, and so is a Node that is gone, whichever actions are made for it.
        let mut causes: BTreeMap<Cause, Vec<Use>> = BTreeMap::new();
        let jobs = workflows::live(documents).map(|(path, workflow)| {
            let steps: Vec<&Step> = workflow.jobs.iter().flat_map(|job| &job.steps).collect();
            (path, steps)
        });
        let actions =
            workflows::composite_actions(documents).map(|(path, action)| (path, action.steps.iter().collect()));
        for (path, steps) in jobs.chain(actions) {
            let Some(source) = documents.repository().source(path) else { continue };
            let references = steps.into_iter().filter_map(|step: &Step| step.uses.as_ref());
            for found in references.filter_map(|reference| outdated(source, reference)) {
                causes.entry(found.cause()).or_default().push(found);
            }
        }
        for uses in causes.into_values() {
            report_uses(uses, report);
        }
    }
}

/// What makes uses one finding.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The service of this release is gone.
    Release(String),
    /// This Node is gone.
    Node(u32),
}

impl Use {
    fn cause(&self) -> Cause {
        self.old.node.map_or_else(|| Cause::Release(self.text.clone()), Cause::Node)
    }
}

fn report_uses(mut uses: Vec<Use>, report: &mut Reporter) {
    // Comments are not always renewed with the commit.
    uses.sort_by_key(|found| found.by_comment);
    let releases: BTreeSet<&str> = uses.iter().map(|found| found.text.as_str()).collect();
    let others = releases.len().saturating_sub(1);
    let Some((first, further)) = uses.split_first() else { return };
    let severity = match first.old.severity {
        _ if first.by_comment => Severity::Advice,
        ActionState::Error => Severity::Error,
        ActionState::Warning => Severity::Warning,
        ActionState::Advice => Severity::Advice,
    };
    let finding = report.report(severity, first.location.clone(), message(first, others));
    for other in further {
        let label = if other.text == first.text {
            "used here, too".to_owned()
        } else {
            format!("`{}` is made for it, too", other.text)
        };
        finding.label(other.location.clone(), label);
    }
    finding.help(help(first, others)).fix(fix(&uses, others));
}

fn message(first: &Use, others: usize) -> String {
    let release = &first.text;
    match first.old.node {
        Some(node) => {
            let (subject, verb, they) = match others {
                0 => (format!("`{release}`"), "is", "it runs on a later Node than it was tested with"),
                1 => (
                    format!("`{release}` and one other release"),
                    "are",
                    "they run on a later Node than they were tested with",
                ),
                _ => (
                    format!("`{release}` and {others} other releases"),
                    "are",
                    "they run on a later Node than they were tested with",
                ),
            };
            format!("{subject} {verb} made for Node {node}, which runners no longer have: {they}")
        }
        None if first.by_comment => {
            format!("`{release}` is what the comment says, and that is out of date: {}", first.old.why)
        }
        None => format!("`{release}` is out of date: {}", first.old.why),
    }
}

fn help(first: &Use, others: usize) -> String {
    let help = match first.raise {
        _ if others > 0 => "raise each to a release that is made for Node 24".to_owned(),
        Some(Raise { major, automatic: true, .. }) => format!("write `@v{major}`, or a later release"),
        Some(Raise { major, .. }) => {
            format!("write `@v{major}` or later, and read its notes: it does some things otherwise")
        }
        None => "replace it".to_owned(),
    };
    format!("{help} ({})", first.old.evidence)
}

/// The fixes of all uses as one, which can be trusted no further than the least of them.
fn fix(uses: &[Use], others: usize) -> Option<Fix> {
    let mut fixes = uses.iter().filter_map(|found| found.fix.clone());
    let mut whole = fixes.next()?;
    for fix in fixes {
        whole.applicability = whole.applicability.min(fix.applicability);
        whole.edits.extend(fix.edits);
    }
    if others > 0 {
        "Raise them".clone_into(&mut whole.message);
    }
    Some(whole)
}

fn outdated(source: &Source, uses: &ActionReference) -> Option<Use> {
    let ActionTarget::Repository { owner, repository, path, reference: Some(reference) } = &uses.target else {
        return None;
    };
    let name =
        [owner.as_str(), repository, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let is_commit = reference.value.len() == 40 && reference.value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (version, exact) =
        if is_commit { (version_comment(source, uses.text.span)?, false) } else { (reference.value.clone(), true) };
    let release = release(&version)?;
    let old = old_action(&name, &release)?;
    let raise = raise(&name, &release);
    let fix = raise.filter(|_| exact).map(|Raise { major, is_safe, .. }| {
        let message = format!("Use {name}@v{major}");
        let fix = if is_safe { Fix::safe(message) } else { Fix::unsafe_(message) };
        fix.replace(source.path(), reference.span, format!("v{major}"))
    });
    Some(Use {
        text: format!("{name}@{version}"),
        location: source.location(uses.text.span),
        by_comment: !exact,
        old,
        raise,
        fix,
    })
}

/// The first release after this one that is not out of date itself.
fn raise(name: &str, release: &[u32]) -> Option<Raise> {
    let mut found: Option<Raise> = None;
    let mut current = release.to_vec();
    while let (Some(old), Some(major)) = (old_action(name, &current), current.first().copied()) {
        let Some(next) = old.raise.filter(|next| *next > major || found.is_none()) else { break };
        let is_safe = old.automatic && (old.severity == ActionState::Error || next <= major + 1);
        found = Some(Raise {
            major: next,
            automatic: old.automatic && found.is_none_or(|before| before.automatic),
            is_safe: is_safe && found.is_none_or(|before| before.is_safe),
        });
        current = vec![next];
    }
    found
}

/// The version in the comment behind a commit: `@3df4ab1 # v4.1.0`.
fn version_comment(source: &Source, reference: Span) -> Option<String> {
    let line = source.line_at(reference.end);
    let comment = Span::new(reference.end, line.end).of(source.text()).split_once('#')?.1;
    let word = comment.split_whitespace().find(|word| release(word).is_some())?;
    Some(word.to_owned())
}

/// The numbers of `v4`, `v4.1.0` or `4.1`. Branches have none.
fn release(version: &str) -> Option<Vec<u32>> {
    let digits = version.strip_prefix("tag=").unwrap_or(version).trim_start_matches('v');
    digits.split('.').map(|part| part.parse().ok()).collect()
}
