//! Versions of Python itself, and the set of them that `requires-python` allows.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use pep440_rs::Version;

use super::version_set::{SpecifierError, VersionSet};

/// A version of Python: `3.11`, or `3.11.4` where the patch release is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// The 3 of `3.11`.
    pub major: u16,
    /// The 11 of `3.11`.
    pub minor: u16,
    /// The patch release, where it is stated. `3.11` sorts before `3.11.0`.
    pub patch: Option<u16>,
}

/// A text that is not a version of Python.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Python version")]
pub struct PythonVersionError(pub String);

impl PythonVersion {
    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, patch: None }
    }

    /// This version without its patch release.
    #[must_use]
    pub fn without_patch(self) -> Self {
        Self { patch: None, ..self }
    }

    /// Whether this is `other` or one of its patch releases.
    #[must_use]
    pub fn is_release_of(self, other: Self) -> bool {
        self.without_patch() == other.without_patch() && (other.patch.is_none() || self.patch == other.patch)
    }

    /// As a PEP 440 version: two numbers, or three where the patch release is known.
    #[must_use]
    pub fn to_version(self) -> Version {
        let numbers = [Some(self.major), Some(self.minor), self.patch];
        Version::new(numbers.into_iter().flatten().map(u64::from))
    }
}

impl FromStr for PythonVersion {
    type Err = PythonVersionError;

    /// Reads `3.11`, `3.11.4`, and releases on the way to a final one (`3.14.0rc1` is 3.14.0).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PythonVersionError(text.to_owned());
        let version = Version::from_str(text.trim()).map_err(|_| error())?;
        let number = |index: usize| version.release().get(index).map(|number| u16::try_from(*number)).transpose();
        match (number(0), number(1), number(2), version.release().len()) {
            (Ok(Some(major)), Ok(Some(minor)), Ok(patch), 2 | 3) if version.epoch() == 0 => {
                Ok(Self { major, minor, patch })
            }
            _ => Err(error()),
        }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

/// The versions of Python that a package or a project allows: what `requires-python` states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonSet(VersionSet);

impl PythonSet {
    /// Every Python.
    #[must_use]
    pub fn any() -> Self {
        Self(VersionSet::any())
    }

    /// The Pythons that `set` holds.
    #[must_use]
    pub fn from_versions(set: VersionSet) -> Self {
        Self(set)
    }

    /// Reads the value of `requires-python`.
    ///
    /// # Errors
    /// [`SpecifierError`] where it is not a list of specifiers.
    pub fn parse(specifiers: &str) -> Result<Self, SpecifierError> {
        VersionSet::parse(specifiers).map(Self)
    }

    /// Whether `python` is allowed. Where its patch release is not known, whether one of its patch releases is.
    #[must_use]
    pub fn allows(&self, python: PythonVersion) -> bool {
        match python.patch {
            Some(_) => self.0.contains(&python.to_version()),
            None => with_releases_of(python, |releases| !self.0.is_disjoint_from(releases)),
        }
    }

    /// The same as a set of versions.
    #[must_use]
    pub fn versions(&self) -> &VersionSet {
        &self.0
    }
}

/// Asks about the patch releases of a Python. Those of Python 3 are worked out once: every row of every table asks.
fn with_releases_of(python: PythonVersion, ask: impl Fn(&VersionSet) -> bool) -> bool {
    static KNOWN: [OnceLock<Option<VersionSet>>; 32] = [const { OnceLock::new() }; 32];
    let releases =
        || VersionSet::parse(&format!(">={python}.0,<{}.{}", python.major, u32::from(python.minor) + 1)).ok();
    match KNOWN.get(usize::from(python.minor)).filter(|_| python.major == 3) {
        Some(known) => known.get_or_init(releases).as_ref().is_some_and(ask),
        None => releases().as_ref().is_some_and(ask),
    }
}

impl fmt::Display for PythonSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_versions_parse_compare_and_print() {
        let parse = |text: &str| text.parse::<PythonVersion>();
        assert_eq!(parse("3.11.4").unwrap(), PythonVersion { major: 3, minor: 11, patch: Some(4) });
        assert_eq!(parse(" 3.10 ").unwrap().to_string(), "3.10");
        assert_eq!(parse("3.14.0rc1").unwrap().to_string(), "3.14.0");
        assert!(parse("3.9").unwrap() < parse("3.10").unwrap());
        assert!(parse("3.13.1").unwrap().is_release_of(PythonVersion::new(3, 13)));
        assert!(!parse("3.13.1").unwrap().is_release_of(parse("3.13.2").unwrap()));
        for wrong in ["", "3", "3.x", "3.99999", "1!3.11", "3.11.4.5", "python3.11"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_set_of_pythons_allows_a_minor_version_through_any_of_its_patch_releases() {
        let allows = |set: &str, python: &str| PythonSet::parse(set).unwrap().allows(python.parse().unwrap());
        assert!(allows(">=3.11.4", "3.11"));
        assert!(!allows(">=3.11.4", "3.11.3"));
        assert!(allows(">=3.8,<3.12", "3.11"));
        assert!(!allows(">=3.8,<3.12", "3.12"));
        assert!(!allows("<=3.12", "3.12.1"));
        assert!(allows("==3.10.*", "3.10.7"));
        assert!(allows(">3.11", "3.11") && !allows(">3.11.9", "3.11.9"));
        assert!(!allows("!=3.13.*", "3.13"));
    }
}
