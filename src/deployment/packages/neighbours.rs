//! What pinned packages mean for others that are installed with them: an installer chooses only what fits all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Location;
use crate::knowledge::package_needs::{Need, needs_of};
use crate::knowledge::{Release, VersionSet, releases};

use super::{Allowed, Origin, Packages};

/// A pinned package that needs certain versions of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The pinned package with its version, where it is one: "transformers 4.39.3".
    pub release: String,
    /// What it needs: ">=0.19.3,<1.0".
    pub needs: String,
    /// Where it is asked for.
    pub location: Location,
    /// What kind of text asks for it.
    pub origin: Origin,
    /// The same as a set.
    pub versions: VersionSet,
}

/// What pinned packages let in of one package.
#[derive(Debug, Clone)]
pub(super) struct Held {
    versions: VersionSet,
    by: Vec<Holder>,
    /// Two of them that let in nothing together.
    contradiction: Option<(Holder, Holder)>,
    /// Whether what the package itself needs is among them, where no text asks for it.
    followed: bool,
}

/// How many packages may stand between one that a text asks for and one that it brings.
const DEEPEST: usize = 4;

/// Adds to what holds a package; `exact` where it may contradict what others need of it.
fn hold(held: &mut BTreeMap<String, Held>, name: &str, holder: Holder, exact: bool) {
    let entry = held.entry(name.to_owned()).or_insert_with(|| Held {
        versions: VersionSet::any(),
        by: Vec::new(),
        contradiction: None,
        followed: false,
    });
    let excluded = |known: &&Holder| known.versions.is_disjoint_from(&holder.versions);
    if let Some(known) = entry.by.iter().find(excluded).filter(|_| exact && entry.contradiction.is_none()) {
        entry.contradiction = Some((known.clone(), holder.clone()));
    }
    entry.versions = entry.versions.intersect(&holder.versions);
    entry.by.push(holder);
}

impl Packages {
    /// What pinned packages let in of each package that they need, asked for by name or not.
    fn held(&self) -> &BTreeMap<String, Held> {
        self.held.get_or_init(|| {
            let mut held: BTreeMap<String, Held> = BTreeMap::new();
            let mut names: Vec<&str> = self.declarations().iter().map(super::Declaration::name).collect();
            names.sort_unstable();
            names.dedup();
            // What a lock file fixes fits together already.
            for name in names.into_iter().filter(|name| self.has(name) && self.locked(name).is_none()) {
                for need in self.needs_in_force(name) {
                    let Some(versions) = self.asked(name) else { continue };
                    let Some(asking) = self.of(name).find(|one| one.origin != Origin::Constraints) else { continue };
                    let spelling = asking.requirement.name.value.spelling();
                    let release = versions.exact_version().map(|version| format!(" {version}")).unwrap_or_default();
                    let holder = Holder {
                        release: format!("{spelling}{release}"),
                        needs: need.to.to_string(),
                        location: asking.location(),
                        origin: asking.origin,
                        versions: need.to.clone(),
                    };
                    hold(&mut held, &need.needs, holder, true);
                }
                self.hold_by_range(name, &mut held);
            }
            for _ in 0..DEEPEST {
                if !self.hold_by_brought(&mut held) {
                    break;
                }
            }
            held
        })
    }

    /// Adds what all releases of a package need that its own texts allow, where these are several that say different things.
    fn hold_by_range(&self, name: &str, held: &mut BTreeMap<String, Held>) {
        let Some(versions) = self.asked(name).filter(VersionSet::has_upper_bound) else { return };
        let Some(asking) = self.of(name).find(|one| one.origin != Origin::Constraints) else { return };
        let stated: Vec<&str> = self.needs_in_force(name).map(|need| need.needs.as_str()).collect();
        for (other, to) in self.needed_by_all(name, &versions).filter(|(other, _)| !stated.contains(other)) {
            let holder = Holder {
                release: format!("{} {versions}", asking.requirement.name.value.spelling()),
                needs: to.to_string(),
                location: asking.location(),
                origin: asking.origin,
                versions: to,
            };
            hold(held, other, holder, false);
        }
    }

    /// Adds what packages need that no text asks for and that others bring: what all of their releases need that those let
    /// in. Says whether there was such a need that was not known yet.
    fn hold_by_brought(&self, held: &mut BTreeMap<String, Held>) -> bool {
        let mut found = Vec::new();
        for (name, known) in held.iter_mut().filter(|(name, known)| !known.followed && !self.has(name)) {
            known.followed = true;
            let versions =
                self.of(name).fold(known.versions.clone(), |all, one| all.intersect(&one.requirement.allowed()));
            let Some(by) = known.by.first().filter(|_| versions.has_upper_bound()) else { continue };
            for (other, to) in self.needed_by_all(name, &versions) {
                let holder = Holder {
                    release: format!("{name}, which {} brings,", by.release),
                    needs: to.to_string(),
                    location: by.location.clone(),
                    origin: by.origin,
                    versions: to,
                };
                found.push((other, holder));
            }
        }
        let any = !found.is_empty();
        for (other, holder) in found {
            hold(held, other, holder, false);
        }
        any
    }

    /// What the releases of a package in a set need of others, together, where every one of them needs it and leaves
    /// something out: that one of them is chosen leaves no more than this.
    fn needed_by_all(&self, name: &str, versions: &VersionSet) -> impl Iterator<Item = (&'static str, VersionSet)> {
        let rows = needs_of(name);
        let fits = |release: &&Release| self.python.is_none_or(|python| release.python.allows(python));
        let chosen = |release: &&Release| {
            !release.yanked && !release.version.any_prerelease() && versions.contains(&release.version)
        };
        let known = if rows.is_empty() { None } else { releases(name) };
        let known: Vec<&Release> = known.unwrap_or_default().iter().filter(chosen).filter(fits).collect();
        let others: BTreeSet<&'static str> = rows.iter().map(|need| need.needs.as_str()).collect();
        let of_release = |release: &Release, other: &str| {
            let rows = rows.iter().filter(|need| need.needs == other && need.versions.contains(&release.version));
            let sets = rows.filter(|need| self.applies(name, need)).map(|need| need.to.clone());
            sets.reduce(|all, one| all.intersect(&one))
        };
        let together = |other: &'static str| {
            let sets = known.iter().map(|release| of_release(release, other));
            let to = sets.reduce(|all, one| Some(all?.union(&one?)))??;
            (!to.is_any() && !to.is_empty()).then_some((other, to))
        };
        others.into_iter().filter_map(together).collect::<Vec<_>>().into_iter()
    }

    /// What every release of the package of this normalised name that is allowed here needs of others.
    pub fn needs_in_force(&self, name: &str) -> impl Iterator<Item = &'static Need> {
        let rows = needs_of(name);
        let asked = if rows.is_empty() { None } else { self.asked(name) };
        let asked = asked.filter(|versions| self.has(name) && !versions.is_empty() && !versions.is_any());
        asked.into_iter().flat_map(move |versions| {
            rows.iter()
                .filter(move |need| versions.is_subset_of(&need.versions))
                .filter(|need| self.applies(name, need))
        })
    }

    /// Whether a row of needs of `package` holds here: for this Python, and with an extra that is asked for.
    fn applies(&self, package: &str, need: &Need) -> bool {
        let on_python =
            need.pythons.versions().is_any() || self.python.is_some_and(|python| need.pythons.allows(python));
        let with_extra = need.extra.as_ref().is_none_or(|extra| {
            self.of(package).any(|declaration| {
                // A Space installs `gradio[oauth,mcp]`.
                declaration.requirement.has_extra(extra) || declaration.origin == Origin::Card
            })
        });
        on_python && with_extra
    }

    /// Those of `asked` versions of a package that pinned packages let in, and who they are where that is fewer. All of
    /// them where nothing would be left: then the installation fails, which is another matter.
    pub(super) fn beside(&self, name: &str, asked: &VersionSet) -> (VersionSet, Vec<Holder>) {
        let Some(held) = self.held().get(name) else { return (asked.clone(), Vec::new()) };
        let versions = asked.intersect(&held.versions);
        let fewer = !asked.is_subset_of(&held.versions);
        if versions.is_empty() || !fewer { (asked.clone(), Vec::new()) } else { (versions, held.by.clone()) }
    }

    /// Those of `versions` of a package whose own needs fit what is asked for beside it, and what pinned packages need.
    #[must_use]
    pub fn fitting(&self, name: &str, versions: &VersionSet) -> VersionSet {
        if versions.exact_version().is_some() {
            return versions.clone();
        }
        let bars = |need: &&Need| {
            if !self.applies(name, need) || self.locked(&need.needs).is_some() {
                return false;
            }
            let Some(asked) = self.asked(&need.needs) else { return false };
            let (other, _) = self.beside(&need.needs, &asked);
            !other.is_empty() && other.is_disjoint_from(&need.to)
        };
        let barred = needs_of(name).iter().filter(bars);
        let barred = barred.fold(VersionSet::none(), |barred, need| barred.union(&need.versions));
        if barred.is_empty() { versions.clone() } else { versions.intersect(&barred.complement()) }
    }

    /// What pinned packages let in of a package that no text asks for by name, and who they are. `None` where nothing that
    /// is pinned needs it.
    #[must_use]
    pub fn brought(&self, name: &str) -> Option<(&VersionSet, &[Holder])> {
        if self.has(name) {
            return None;
        }
        self.held().get(name).filter(|held| !held.versions.is_empty()).map(|held| (&held.versions, held.by.as_slice()))
    }

    /// What the next build installs of a package that no text asks for by name, and that the releases which it installs of
    /// others need. `None` where nothing known needs it, and where a lock file or a resolver says what is installed.
    #[must_use]
    pub fn brought_along<'p>(&'p self, name: &'p str) -> Option<Allowed<'p>> {
        let known = self.all_locked().next().is_some() || self.resolution.is_some();
        if self.has(name) || known || self.preinstalled(name).is_some() {
            return None;
        }
        let mut versions = VersionSet::any();
        let mut every_release = true;
        let mut held_by = Vec::new();
        let mut asking: Vec<&super::Declaration> =
            self.declarations().iter().filter(|one| one.origin != Origin::Constraints).collect();
        asking.dedup_by_key(|one| one.name());
        for one in asking {
            let rows = needs_of(one.name());
            if !rows.iter().any(|need| need.needs == name) {
                continue;
            }
            let allowed = self.allowed(one.name())?;
            let exact = allowed.versions.exact_version().cloned();
            let version = exact.clone().or(allowed.next)?;
            let here = rows.iter().filter(|need| need.needs == name && need.versions.contains(&version));
            for need in here.filter(|need| self.applies(one.name(), need)) {
                versions = versions.intersect(&need.to);
                every_release &= exact.is_some();
                held_by.push(Holder {
                    release: format!("{} {version}", one.requirement.name.value.spelling()),
                    needs: need.written.clone(),
                    location: one.location(),
                    origin: one.origin,
                    versions: need.to.clone(),
                });
            }
        }
        // Other things that they bring may bound it too.
        if let Some((brought, _)) = self.brought(name) {
            versions = versions.intersect(brought);
        }
        // Constraints bound what others bring.
        versions = self.of(name).fold(versions, |all, one| all.intersect(&one.requirement.allowed()));
        if held_by.is_empty() || versions.is_empty() {
            return None;
        }
        let next = super::newest_version(name, &versions, self.python)?;
        // Other releases of what brings it may bring others.
        let versions = if every_release { versions } else { VersionSet::any() };
        Some(Allowed {
            asked: versions.clone(),
            versions,
            evidence: Vec::new(),
            held_by,
            next: Some(next),
            resolver: None,
            kept: None,
            spelling: name,
            python: self.python,
        })
    }

    /// Packages of which two pinned ones that are installed together need versions that exclude each other.
    pub fn contradictions(&self) -> impl Iterator<Item = (&str, &Holder, &Holder)> {
        // What separate commands install replace each other, with a line in the log.
        let together =
            |one: &Holder, other: &Holder| one.origin != Origin::Command || one.location.path == other.location.path;
        self.held().iter().filter(|(name, _)| self.locked(name).is_none()).filter_map(move |(name, held)| {
            let (one, other) = held.contradiction.as_ref()?;
            (together(one, other) && together(other, one)).then_some((name.as_str(), one, other))
        })
    }

    /// The packages that pinned ones need and no text asks for by name.
    pub fn all_brought(&self) -> impl Iterator<Item = &str> {
        self.held().keys().map(String::as_str).filter(|name| !self.has(name))
    }
}
