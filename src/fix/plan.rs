//! One round: which of the offered fixes go together, and the texts that result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Endless, Parses};
use crate::diagnostic::{Applicability, Creation, Diagnostic, Edit, Fix, Location, Move, RepoPath, RuleId, Span};
use crate::repo::{Overlay, Presence, Repository, Source};

/// A fix that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The rule that offered it.
    pub rule: RuleId,
    /// Where the finding stood.
    pub location: Location,
    /// What it did, in the imperative.
    pub message: String,
}

/// A fix that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The rule that offered it.
    pub rule: RuleId,
    /// Where the finding stands.
    pub location: Location,
    /// What it would have done.
    pub message: String,
    /// Why it was refused.
    pub reason: DropReason,
}

/// Why a fix was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropReason {
    /// It edits a file that can't be read as text.
    Unreadable(RepoPath),
    /// It edits a place that the file does not have. A mistake of the rule.
    OutsideText(RepoPath),
    /// Two of its own edits overlap. A mistake of the rule.
    OverlapsItself(RepoPath),
    /// It moves a file that is not there.
    Missing(RepoPath),
    /// It moves or creates a file where there is one already, or may be one.
    Occupied(RepoPath),
    /// The file could no longer be parsed.
    NoLongerParses(RepoPath),
    /// It undoes another one, or finds more to do each time. A mistake of the rule.
    Endless,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path) => write!(f, "{path} can't be read as text"),
            Self::OutsideText(path) => write!(f, "it edits a place that {path} does not have"),
            Self::OverlapsItself(path) => write!(f, "its edits of {path} overlap"),
            Self::Missing(path) => write!(f, "there is no {path} to move"),
            Self::Occupied(path) => write!(f, "{path} exists already"),
            Self::NoLongerParses(path) => write!(f, "{path} would no longer parse"),
            Self::Endless => write!(f, "it would never come to an end, please report this as a bug"),
        }
    }
}

/// What one round does.
#[derive(Debug, Default)]
pub struct Plan {
    /// The fixes that are applied.
    pub applied: Vec<Applied>,
    /// The fixes that are refused. A fix that only has to wait for another one is neither here nor there.
    pub dropped: Vec<Dropped>,
    /// The new text of each edited file, by its path before the moves.
    pub texts: BTreeMap<RepoPath, String>,
    /// The same, in the file's own encoding.
    bytes: BTreeMap<RepoPath, Vec<u8>>,
    /// The files that move.
    pub moves: Vec<Move>,
    /// The files that are created.
    pub creations: Vec<Creation>,
}

impl Plan {
    /// The plan as changes to a tree.
    #[must_use]
    pub fn overlay(&self) -> Overlay {
        let destination = |path: &RepoPath| {
            self.moves.iter().find(|step| step.from == *path).map_or_else(|| path.clone(), |step| step.to.clone())
        };
        let edited = self.bytes.iter().map(|(path, bytes)| (destination(path), bytes.clone()));
        let created = self.creations.iter().map(|new| (new.path.clone(), new.content.clone().into_bytes()));
        Overlay {
            moves: self.moves.iter().map(|step| (step.from.clone(), step.to.clone())).collect(),
            writes: edited.chain(created).collect(),
        }
    }
}

/// Chooses, in the order of `diagnostics`, the fixes of at least `least` applicability that go together, and works out the
/// resulting texts. A fix is taken whole or not at all; edits that two fixes share are made once; a fix that collides with
/// one already taken waits for the next round; those in `endless` are refused.
#[must_use]
pub(super) fn plan(
    repository: &Repository,
    diagnostics: &[Diagnostic],
    least: Applicability,
    parses: &Parses<'_>,
    endless: &Endless,
) -> Plan {
    let mut planner = Planner { repository, parses, chosen: Chosen::default(), plan: Plan::default() };
    let least = least.max(Applicability::Unsafe);
    let (refused, offered): (Vec<_>, Vec<_>) = diagnostics
        .iter()
        .filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?)))
        .filter(|(_, fix)| fix.applicability >= least)
        .partition(|(diagnostic, _)| endless.contains(&(diagnostic.rule, diagnostic.location.path.clone())));

    // Most rounds end well, so all fixes are tried together first; only where a text no longer parses does each fix have
    // to show that it is not the one to blame.
    let together: Vec<_> =
        offered.iter().filter(|(_, fix)| planner.take(fix).is_ok_and(|taken| taken.is_some())).collect();
    planner.plan.texts = planner.texts();
    let all_parse = planner.first_broken(planner.plan.texts.keys()).is_none();
    if all_parse {
        planner.plan.applied = together.iter().map(|(diagnostic, fix)| applied(diagnostic, fix)).collect();
        planner.plan.dropped = offered
            .iter()
            .filter_map(|(diagnostic, fix)| Some(dropped(diagnostic, fix, planner.refusal(fix)?)))
            .collect();
    } else {
        planner.one_by_one(&offered);
    }
    planner.plan.dropped.extend(refused.iter().map(|(diagnostic, fix)| dropped(diagnostic, fix, DropReason::Endless)));
    planner.finish()
}

/// The parts of the fixes taken so far.
#[derive(Debug, Default)]
struct Chosen {
    /// By file, sorted by place.
    edits: BTreeMap<RepoPath, BTreeSet<(Span, String)>>,
    moves: BTreeMap<RepoPath, RepoPath>,
    creations: BTreeMap<RepoPath, String>,
}

/// The parts that one fix added to the chosen ones.
#[derive(Debug, Default)]
struct Taken {
    edits: Vec<(RepoPath, Span, String)>,
    moves: Vec<RepoPath>,
    creations: Vec<RepoPath>,
}

impl Chosen {
    fn give_back(&mut self, taken: Taken) {
        for (path, span, content) in taken.edits {
            let Some(edits) = self.edits.get_mut(&path) else { continue };
            edits.remove(&(span, content));
            if edits.is_empty() {
                self.edits.remove(&path);
            }
        }
        taken.moves.iter().for_each(|from| drop(self.moves.remove(from)));
        taken.creations.iter().for_each(|path| drop(self.creations.remove(path)));
    }
}

struct Planner<'a> {
    repository: &'a Repository,
    parses: &'a Parses<'a>,
    chosen: Chosen,
    plan: Plan,
}

impl Planner<'_> {
    fn one_by_one(&mut self, offered: &[(&Diagnostic, &Fix)]) {
        self.chosen = Chosen::default();
        self.plan.texts.clear();
        for (diagnostic, fix) in offered {
            let taken = match self.take(fix) {
                Ok(Some(taken)) => taken,
                Ok(None) => continue,
                Err(reason) => {
                    self.plan.dropped.push(dropped(diagnostic, fix, reason));
                    continue;
                }
            };
            let touched: BTreeSet<&RepoPath> = fix.edits.iter().map(|edit| &edit.path).collect();
            self.refresh(&touched);
            match self.first_broken(touched.iter().copied()) {
                Some(path) => {
                    let reason = DropReason::NoLongerParses(path.clone());
                    self.plan.dropped.push(dropped(diagnostic, fix, reason));
                    self.chosen.give_back(taken);
                    self.refresh(&touched);
                }
                None => self.plan.applied.push(applied(diagnostic, fix)),
            }
        }
    }

    /// Brings the texts of some files up to the edits taken so far.
    fn refresh(&mut self, paths: &BTreeSet<&RepoPath>) {
        for path in paths {
            match self.text(path) {
                Some(text) => self.plan.texts.insert((*path).clone(), text),
                None => self.plan.texts.remove(*path),
            };
        }
    }

    /// The first of `paths` whose text parsed before and does not parse any more.
    fn first_broken<'p>(&self, mut paths: impl Iterator<Item = &'p RepoPath>) -> Option<&'p RepoPath> {
        paths.find(|path| {
            let parses = |text: &str| (self.parses)(path, text);
            let before = self.repository.source(path).map_or("", Source::text);
            self.plan.texts.get(*path).is_some_and(|after| !parses(after) && parses(before))
        })
    }

    /// Takes a fix whole, or leaves it for the next round (`None`). Gives the parts that no fix before had.
    fn take(&mut self, fix: &Fix) -> Result<Option<Taken>, DropReason> {
        if let Some(reason) = self.refusal(fix) {
            return Err(reason);
        }
        let edits = self.normalised(fix);
        let collides = edits.iter().any(|(path, span, content)| {
            self.chosen.edits.get(path).is_some_and(|taken| collides(taken, *span, content))
        });
        if collides || self.moves_collide(fix) || self.creations_collide(fix) {
            return Ok(None);
        }
        let mut taken = Taken::default();
        for (path, span, content) in edits {
            if self.chosen.edits.entry(path.clone()).or_default().insert((span, content.clone())) {
                taken.edits.push((path, span, content));
            }
        }
        for step in &fix.moves {
            if self.chosen.moves.insert(step.from.clone(), step.to.clone()).is_none() {
                taken.moves.push(step.from.clone());
            }
        }
        for new in &fix.creations {
            if self.chosen.creations.insert(new.path.clone(), new.content.clone()).is_none() {
                taken.creations.push(new.path.clone());
            }
        }
        Ok(Some(taken))
    }

    fn moves_collide(&self, fix: &Fix) -> bool {
        fix.moves.iter().any(|step| {
            let same_source = self.chosen.moves.get(&step.from).is_some_and(|to| *to != step.to);
            let same_target = self.chosen.moves.iter().any(|(from, to)| *to == step.to && *from != step.from);
            same_source || same_target || self.chosen.creations.contains_key(&step.to)
        })
    }

    fn creations_collide(&self, fix: &Fix) -> bool {
        fix.creations.iter().any(|new| {
            self.chosen.creations.get(&new.path).is_some_and(|content| *content != new.content)
                || self.chosen.moves.values().any(|to| *to == new.path)
        })
    }

    /// Why a fix can't be applied, whatever other fixes do.
    fn refusal(&self, fix: &Fix) -> Option<DropReason> {
        for edit in &fix.edits {
            let Some(source) = self.repository.source(&edit.path) else {
                return Some(DropReason::Unreadable(edit.path.clone()));
            };
            if source.text().get(edit.span.start..edit.span.end).is_none() {
                return Some(DropReason::OutsideText(edit.path.clone()));
            }
        }
        let mut own: BTreeMap<RepoPath, BTreeSet<(Span, String)>> = BTreeMap::new();
        for (path, span, content) in self.normalised(fix) {
            let taken = own.entry(path.clone()).or_default();
            if collides(taken, span, &content) {
                return Some(DropReason::OverlapsItself(path));
            }
            taken.insert((span, content));
        }
        if let Some(step) = fix.moves.iter().find(|step| self.repository.entry(&step.from).is_none()) {
            return Some(DropReason::Missing(step.from.clone()));
        }
        let targets = fix.moves.iter().map(|step| &step.to).chain(fix.creations.iter().map(|new| &new.path));
        targets.into_iter().find(|path| self.is_occupied(path)).map(|path| DropReason::Occupied(path.clone()))
    }

    /// Whether something is at `path`, or may be: on disk also what ignore files hide.
    fn is_occupied(&self, path: &RepoPath) -> bool {
        if self.repository.presence(path) != Presence::Absent {
            return true;
        }
        let mut folder = path.parent();
        while !folder.is_root() {
            if matches!(self.repository.presence(&folder), Presence::File | Presence::Unknown) {
                return true;
            }
            folder = folder.parent();
        }
        let root = self.repository.root();
        !root.as_os_str().is_empty() && root.join(path.as_str()).symlink_metadata().is_ok()
    }

    /// The edits of a fix, each once, with the line endings of its file.
    fn normalised(&self, fix: &Fix) -> Vec<(RepoPath, Span, String)> {
        let mut edits: Vec<_> = fix
            .edits
            .iter()
            .map(|Edit { path, span, content }| {
                let newline = self.repository.source(path).map_or("\n", Source::newline);
                (path.clone(), *span, with_newline(content, newline))
            })
            .collect();
        edits.sort();
        edits.dedup();
        edits
    }

    fn texts(&self) -> BTreeMap<RepoPath, String> {
        self.chosen.edits.keys().filter_map(|path| Some((path.clone(), self.text(path)?))).collect()
    }

    /// The text of a file after the edits taken so far.
    fn text(&self, path: &RepoPath) -> Option<String> {
        let before = self.repository.source(path)?.text();
        let edits = self.chosen.edits.get(path)?;
        let mut after = String::with_capacity(before.len());
        let mut at = 0;
        for (span, content) in edits {
            after.push_str(before.get(at..span.start)?);
            after.push_str(content);
            at = span.end;
        }
        after.push_str(before.get(at..)?);
        Some(after)
    }

    fn finish(mut self) -> Plan {
        let encode =
            |(path, text): (&RepoPath, &String)| Some((path.clone(), self.repository.source(path)?.encode(text)));
        self.plan.bytes = self.plan.texts.iter().filter_map(encode).collect();
        self.plan.moves = self.chosen.moves.into_iter().map(|(from, to)| Move { from, to }).collect();
        self.plan.creations =
            self.chosen.creations.into_iter().map(|(path, content)| Creation { path, content }).collect();
        self.plan
    }
}

/// Whether an edit can't be made beside those taken: it overlaps one, or inserts something else at the same place.
/// `taken` holds no two edits that overlap, so only the neighbours matter.
fn collides(taken: &BTreeSet<(Span, String)>, span: Span, content: &str) -> bool {
    if taken.contains(&(span, content.to_owned())) {
        return false;
    }
    let clash = |other: Span| match (span.is_empty(), other.is_empty()) {
        (true, true) => span.start == other.start,
        (true, false) => other.start < span.start && span.start < other.end,
        (false, true) => span.start < other.start && other.start < span.end,
        (false, false) => span.start < other.end && other.start < span.end,
    };
    let key = (span, String::new());
    let before = taken.range(..key.clone()).next_back();
    let after = taken.range(key..).next();
    before.into_iter().chain(after).any(|(other, _)| clash(*other))
}

fn with_newline(content: &str, newline: &str) -> String {
    if !content.contains('\n') {
        return content.to_owned();
    }
    let plain = content.replace("\r\n", "\n");
    if newline == "\n" { plain } else { plain.replace('\n', newline) }
}

fn applied(diagnostic: &Diagnostic, fix: &Fix) -> Applied {
    Applied { rule: diagnostic.rule, location: diagnostic.location.clone(), message: fix.message.clone() }
}

fn dropped(diagnostic: &Diagnostic, fix: &Fix, reason: DropReason) -> Dropped {
    Dropped { rule: diagnostic.rule, location: diagnostic.location.clone(), message: fix.message.clone(), reason }
}
