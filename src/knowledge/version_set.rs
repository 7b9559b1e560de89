//! Sets of package versions: what a list of PEP 440 specifiers allows, and which release an installer would choose.

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use pep440_rs::{Operator, Prerelease, Version, VersionSpecifier, VersionSpecifiers};
use version_ranges::Ranges;

/// A set of package versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSet {
    ranges: Ranges<Version>,
    /// Whether a specifier names a pre-release, which makes installers consider pre-releases at all.
    names_prerelease: bool,
}

/// A specifier that an installer would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{specifier}` is not a version specifier: {reason}")]
pub struct SpecifierError {
    /// The specifier as written.
    pub specifier: String,
    /// What is wrong with it, in one clause.
    pub reason: String,
}

/// Reads a comma-separated list of specifiers, `>=4.0,<5`. Empty parts are allowed, as pip allows them.
///
/// # Errors
/// [`SpecifierError`] for the first part that is not a specifier.
pub fn parse_specifiers(text: &str) -> Result<VersionSpecifiers, SpecifierError> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_specifier).collect()
}

/// Reads one specifier.
fn parse_specifier(text: &str) -> Result<VersionSpecifier, SpecifierError> {
    VersionSpecifier::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or_default();
        SpecifierError { specifier: text.to_owned(), reason: reason.trim_end_matches('.').to_owned() }
    })
}

impl VersionSet {
    /// Every version.
    #[must_use]
    pub fn any() -> Self {
        Self { ranges: Ranges::full(), names_prerelease: false }
    }

    /// No version: what a contradiction allows.
    #[must_use]
    pub fn none() -> Self {
        Self { ranges: Ranges::empty(), names_prerelease: false }
    }

    /// What all of `specifiers` allow together; every version for an empty list.
    #[must_use]
    pub fn from_specifiers(specifiers: &VersionSpecifiers) -> Self {
        specifiers.iter().fold(Self::any(), |set, specifier| {
            let names_prerelease = specifier.version().any_prerelease()
                && !matches!(specifier.operator(), Operator::NotEqual | Operator::NotEqualStar);
            set.intersect(&Self { ranges: ranges_of(specifier), names_prerelease })
        })
    }

    /// What `==version` allows: the version and, where it names no local part, its local builds (`2.1.0+cu118`).
    #[must_use]
    pub fn exact(version: &Version) -> Self {
        Self { ranges: exactly(version), names_prerelease: version.any_prerelease() }
    }

    /// What a comma-separated list of specifiers allows.
    ///
    /// # Errors
    /// [`SpecifierError`] where a part is not a specifier.
    pub fn parse(specifiers: &str) -> Result<Self, SpecifierError> {
        Ok(Self::from_specifiers(&parse_specifiers(specifiers)?))
    }

    /// The versions in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            ranges: self.ranges.intersection(&other.ranges),
            names_prerelease: self.names_prerelease || other.names_prerelease,
        }
    }

    /// The versions in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            ranges: self.ranges.union(&other.ranges),
            names_prerelease: self.names_prerelease || other.names_prerelease,
        }
    }

    /// The versions outside this set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { ranges: self.ranges.complement(), names_prerelease: self.names_prerelease }
    }

    /// Whether no version is allowed: a contradiction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether every version is allowed.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.ranges == Ranges::full()
    }

    /// Whether `version` is allowed, pre-releases included.
    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        self.ranges.contains(version)
    }

    /// Whether every version of this set is in `other`. The empty set is a subset of any: ask [`Self::is_empty`] first
    /// where that matters.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.ranges.subset_of(&other.ranges)
    }

    /// Whether no version is in both sets.
    #[must_use]
    pub fn is_disjoint_from(&self, other: &Self) -> bool {
        self.ranges.is_disjoint(&other.ranges)
    }

    /// The one version that is allowed, local builds of it aside; `None` where there is a choice or none.
    #[must_use]
    pub fn exact_version(&self) -> Option<&Version> {
        if let Some(version) = self.ranges.as_singleton() {
            return Some(version);
        }
        let mut segments = self.ranges.iter();
        match (segments.next(), segments.next()) {
            (Some((Bound::Included(low), Bound::Excluded(high))), None) if *high == after_local_builds(low) => {
                Some(low)
            }
            _ => None,
        }
    }

    /// The lower bound of the set; `Unbounded` where old versions are not excluded, `None` for the empty set.
    /// An excluded bound is the version that was written: `Excluded(1.0)` for `>1.0`.
    #[must_use]
    pub fn lowest(&self) -> Option<Bound<Version>> {
        let (low, _) = self.ranges.bounding_range()?;
        Some(match low {
            Bound::Excluded(version) => Bound::Excluded(version.clone().with_max(None)),
            Bound::Included(version) => match before_local_builds(version) {
                Some(version) => Bound::Excluded(version),
                None => Bound::Included(version.clone()),
            },
            Bound::Unbounded => Bound::Unbounded,
        })
    }

    /// The upper bound of the set; `Unbounded` where new versions are not excluded, `None` for the empty set.
    /// A bound is the version that was written: `Excluded(5)` for `<5`, `Included(5)` for `<=5`.
    #[must_use]
    pub fn highest(&self) -> Option<Bound<Version>> {
        let (_, high) = self.ranges.bounding_range()?;
        Some(written_upper_bound(&high.cloned()))
    }

    /// Whether new releases are excluded from some version on.
    #[must_use]
    pub fn has_upper_bound(&self) -> bool {
        !matches!(self.ranges.bounding_range(), Some((_, Bound::Unbounded)))
    }

    /// The release that an installer would choose among `releases`: the newest final release in the set. Pre-releases are
    /// considered where a specifier names one, and where nothing else fits.
    #[must_use]
    pub fn newest<'a>(&self, releases: &'a [Version]) -> Option<&'a Version> {
        let allowed = || releases.iter().filter(|version| self.contains(version));
        if self.names_prerelease {
            return allowed().max();
        }
        allowed().filter(|version| !version.any_prerelease()).max().or_else(|| allowed().max())
    }
}

/// The versions that one specifier allows.
fn ranges_of(specifier: &VersionSpecifier) -> Ranges<Version> {
    let version = specifier.version().clone();
    match specifier.operator() {
        Operator::Equal => exactly(&version),
        // Compared as text by installers, so a local build is another version. Two spellings of one version are one here.
        Operator::ExactEqual => Ranges::singleton(version),
        Operator::NotEqual => exactly(&version).complement(),
        Operator::EqualStar => prefixed(&version),
        Operator::NotEqualStar => prefixed(&version).complement(),
        Operator::TildeEqual => {
            let release = version.release();
            let prefix = Version::new(release.get(..release.len().saturating_sub(1)).unwrap_or(release))
                .with_epoch(version.epoch());
            Ranges::higher_than(version).intersection(&prefixed(&prefix))
        }
        Operator::GreaterThanEqual => Ranges::higher_than(version),
        Operator::LessThanEqual => Ranges::strictly_lower_than(after_local_builds(&version)),
        Operator::LessThan => lower_than(&version),
        Operator::GreaterThan => greater_than(&version),
    }
}

/// `==version`.
fn exactly(version: &Version) -> Ranges<Version> {
    if version.is_local() {
        return Ranges::singleton(version.clone());
    }
    Ranges::from_range_bounds(version.clone()..after_local_builds(version))
}

/// `==prefix.*`, from the first development release on.
fn prefixed(prefix: &Version) -> Ranges<Version> {
    Ranges::from_range_bounds(prefix.clone().with_dev(Some(0))..after_prefix(prefix))
}

/// The first version past all that begin with `prefix`.
fn after_prefix(prefix: &Version) -> Version {
    let next = if let Some(post) = prefix.post() {
        prefix.clone().with_post(Some(post.saturating_add(1)))
    } else if let Some(pre) = prefix.pre() {
        prefix.clone().with_pre(Some(Prerelease { kind: pre.kind, number: pre.number.saturating_add(1) }))
    } else {
        let mut release = prefix.release().to_vec();
        if let Some(last) = release.last_mut() {
            *last = last.saturating_add(1);
        }
        prefix.clone().with_release(release)
    };
    next.with_dev(Some(0))
}

/// `<version`: without the pre-releases of `version`, unless it is one.
fn lower_than(version: &Version) -> Ranges<Version> {
    let excluded = if version.any_prerelease() { version.clone() } else { version.clone().with_dev(Some(0)) };
    Ranges::strictly_lower_than(excluded)
}

/// `>version`: without the local builds of `version` and, unless it is one, its post-releases.
fn greater_than(version: &Version) -> Ranges<Version> {
    if version.is_post() || version.is_dev() {
        return Ranges::higher_than(after_local_builds(version));
    }
    if version.is_pre() {
        return Ranges::higher_than(after_prefix(version));
    }
    Ranges::strictly_higher_than(version.clone().with_max(Some(0)))
}

/// The first version past `version` and its local builds.
fn after_local_builds(version: &Version) -> Version {
    let version = version.clone().without_local();
    if let Some(dev) = version.dev() {
        version.with_dev(Some(dev.saturating_add(1)))
    } else if let Some(post) = version.post() {
        version.with_post(Some(post.saturating_add(1))).with_dev(Some(0))
    } else {
        version.with_post(Some(0)).with_dev(Some(0))
    }
}

/// The version that [`after_local_builds`] made `version` from, where it has that shape.
fn before_local_builds(version: &Version) -> Option<Version> {
    match (version.post(), version.dev()) {
        (Some(0), Some(0)) => Some(version.clone().with_post(None).with_dev(None)),
        (Some(post), Some(0)) => Some(version.clone().with_post(Some(post - 1)).with_dev(None)),
        _ => None,
    }
}

/// An upper bound in the words of a specifier.
fn written_upper_bound(high: &Bound<Version>) -> Bound<Version> {
    let Bound::Excluded(version) = high else { return high.clone() };
    if let Some(version) = before_local_builds(version) {
        return Bound::Included(version);
    }
    match version.dev() {
        Some(0) => Bound::Excluded(version.clone().with_dev(None)),
        _ => high.clone(),
    }
}

impl fmt::Display for VersionSet {
    /// PEP 440 words: `>=4.0,<5`, `==2.1.0`, `!=1.3`, `any version`, `no version`; alternatives joined with `or`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no version");
        }
        if self.is_any() {
            return f.write_str("any version");
        }
        let mut alternatives: Vec<Alternative> = Vec::new();
        for (low, high) in self.ranges.iter() {
            if !alternatives.last_mut().is_some_and(|last| last.absorb(low, high)) {
                alternatives.push(Alternative { low: low.clone(), high: high.clone(), holes: Vec::new() });
            }
        }
        for (index, alternative) in alternatives.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            alternative.write(f)?;
        }
        Ok(())
    }
}

/// One stretch of a set, with the versions left out of it by `!=`.
struct Alternative {
    low: Bound<Version>,
    high: Bound<Version>,
    holes: Vec<String>,
}

impl Alternative {
    /// Takes in the next stretch where what lies between is one version or one prefix.
    fn absorb(&mut self, low: &Bound<Version>, high: &Bound<Version>) -> bool {
        let hole = match (&self.high, low) {
            (Bound::Excluded(from), Bound::Included(to)) => stretch_in_words(from, to),
            (Bound::Excluded(from), Bound::Excluded(to)) if from == to => Some(from.to_string()),
            _ => None,
        };
        let Some(hole) = hole else { return false };
        self.holes.push(format!("!={hole}"));
        self.high = high.clone();
        true
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Bound::Included(from), Bound::Excluded(to)) = (&self.low, &self.high)
            && self.holes.is_empty()
            && let Some(words) = stretch_in_words(from, to)
        {
            return write!(f, "=={words}");
        }
        let mut words = Vec::new();
        match (&self.low, &self.high) {
            (Bound::Included(low), Bound::Included(high)) if low == high => words.push(format!("=={low}")),
            (low, high) => {
                match low {
                    Bound::Included(version) => words.push(match before_local_builds(version) {
                        Some(version) => format!(">{version}"),
                        None => format!(">={version}"),
                    }),
                    Bound::Excluded(version) => words.push(format!(">{}", version.clone().with_max(None))),
                    Bound::Unbounded => {}
                }
                match written_upper_bound(high) {
                    Bound::Included(version) => words.push(format!("<={version}")),
                    Bound::Excluded(version) => words.push(format!("<{version}")),
                    Bound::Unbounded => {}
                }
            }
        }
        words.extend(self.holes.iter().cloned());
        f.write_str(&words.join(","))
    }
}

/// The stretch `from..to` as the operand of `==`: one version, or a prefix with `.*`.
fn stretch_in_words(from: &Version, to: &Version) -> Option<String> {
    if *to == after_local_builds(from) {
        return Some(from.to_string());
    }
    let prefix = from.clone().with_dev(None);
    (from.dev() == Some(0) && *to == after_prefix(&prefix)).then(|| format!("{prefix}.*"))
}

#[cfg(test)]
mod tests;
