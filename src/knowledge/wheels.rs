//! Since which release a binary package has wheels for a Python: `rules/wheels.toml`, written by
//! `tools/refresh_releases.py`. An older release is built from source there, which a slim image can't do.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;
use serde::Deserialize;

use super::python_version::PythonVersion;

/// A package whose wheels are built for an interpreter and a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryPackage {
    /// The distribution, in lower case with `-`.
    pub name: String,
    /// Whether a source distribution installs without a compiler, only slower: what is compiled is optional.
    pub compiles_optionally: bool,
    /// Whether a build from source needs the compiler of Rust.
    pub needs_rust: bool,
    /// Whether there is no source distribution to build from.
    pub wheels_only: bool,
    /// The first release with a wheel, by minor version of Python.
    first: BTreeMap<PythonVersion, Version>,
}

impl BinaryPackage {
    /// The first release with a wheel for CPython `python` on Linux x86_64 with glibc. `None` where no release has one
    /// yet, and for Pythons that are [not in the table](Self::knows).
    #[must_use]
    pub fn first_with_wheels(&self, python: PythonVersion) -> Option<&Version> {
        self.first.get(&python.without_patch())
    }

    /// Whether the table says something about `python`: 3.11 to 3.14.
    #[must_use]
    pub fn knows(python: PythonVersion) -> bool {
        (PythonVersion::new(3, 11)..=PythonVersion::new(3, 14)).contains(&python.without_patch())
    }

    /// Whether an installer on `python` has to build `version` from source. Only where the table is sure.
    #[must_use]
    pub fn lacks_wheel(&self, version: &Version, python: PythonVersion) -> bool {
        Self::knows(python) && self.first_with_wheels(python).is_none_or(|first| version < first)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    compiles_optionally: Vec<String>,
    needs_rust: Vec<String>,
    wheels_only: Vec<String>,
    packages: BTreeMap<String, BTreeMap<String, String>>,
    from_source: BTreeMap<String, String>,
}

/// What the table holds.
struct Wheels {
    packages: Vec<BinaryPackage>,
    from_source: BTreeMap<String, String>,
}

fn wheels() -> &'static Wheels {
    static WHEELS: LazyLock<Wheels> = LazyLock::new(|| {
        parse(super::table_text("wheels.toml"))
            .unwrap_or_else(|| Wheels { packages: Vec::new(), from_source: BTreeMap::new() })
    });
    &WHEELS
}

/// The entry of a package, by its name in any spelling that installers take for the same. `None` for pure Python, and for
/// packages that are not in the table.
#[must_use]
pub fn binary_package(package: &str) -> Option<&'static BinaryPackage> {
    let name = super::normalized_name(package);
    wheels().packages.iter().find(|package| package.name == name)
}

/// What stands in for a package that has no wheel for Linux in any release, so that it is always compiled there: the name
/// of another package, or an empty text. `None` for packages of which this is not known.
#[must_use]
pub fn built_from_source(package: &str) -> Option<&'static str> {
    wheels().from_source.get(super::normalized_name(package).as_str()).map(String::as_str)
}

/// Reads the table.
fn parse(text: &str) -> Option<Wheels> {
    let table: Table = toml::from_str(text).ok()?;
    let package = |(name, first): (String, BTreeMap<String, String>)| {
        let first = first
            .iter()
            .map(|(python, version)| Some((python.parse().ok()?, Version::from_str(version).ok()?)))
            .collect::<Option<_>>()?;
        Some(BinaryPackage {
            compiles_optionally: table.compiles_optionally.contains(&name),
            needs_rust: table.needs_rust.contains(&name),
            wheels_only: table.wheels_only.contains(&name),
            name,
            first,
        })
    };
    let packages = table.packages.into_iter().map(package).collect::<Option<_>>()?;
    Some(Wheels { packages, from_source: table.from_source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(!parse(super::super::table_text("wheels.toml")).unwrap().packages.is_empty());
    }

    #[test]
    fn a_release_older_than_its_first_wheel_is_built_from_source() {
        let pandas = binary_package("Pandas").unwrap();
        let lacks = |version: &str, minor: u16| {
            pandas.lacks_wheel(&Version::from_str(version).unwrap(), PythonVersion::new(3, minor))
        };
        assert!(lacks("2.1.4", 13) && !lacks("2.2.3", 13) && !lacks("2.1.4", 12));
        assert!(!lacks("1.0", 10), "the table says nothing about 3.10");
        assert!(binary_package("flask").is_none());
        assert!(binary_package("torch").unwrap().wheels_only && binary_package("tokenizers").unwrap().needs_rust);
        assert_eq!(built_from_source("psycopg2"), Some("psycopg2-binary"));
    }
}
