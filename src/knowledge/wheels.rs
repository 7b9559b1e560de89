//! Which releases of a binary package have no wheel for a Python: `rules/wheels.toml`, written by
//! `tools/refresh_releases.py`. They are built from source there, which a slim image can't do.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::LazyLock;

use pep440_rs::Version;
use serde::Deserialize;

use super::python_version::PythonVersion;
use super::releases::{newest_for, releases};
use super::version_set::VersionSet;

/// The C library of a Linux, which the wheels of binary packages are built against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CLibrary {
    /// That of Debian and most others.
    Glibc,
    /// That of Alpine.
    Musl,
}

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
    /// The releases without a wheel for glibc, by minor version of Python.
    without: BTreeMap<PythonVersion, VersionSet>,
    /// The same for musl.
    without_musl: BTreeMap<PythonVersion, VersionSet>,
}

impl BinaryPackage {
    /// Whether an installer on CPython `python`, on Linux x86_64 with `library`, has to build from source what it takes of
    /// `versions`. Only where the table is sure: it speaks of Python 3.10 to 3.14.
    #[must_use]
    pub fn lacks_wheels(&self, versions: &VersionSet, python: PythonVersion, library: CLibrary) -> bool {
        let Some(without) = self.without(python, library) else { return false };
        // Of a range, an installer takes the newest release, also where an older one has a wheel.
        let newest = || newest_for(&self.name, versions, Some(python)).map(|release| &release.version);
        versions.is_subset_of(without)
            || (versions.has_upper_bound() && newest().is_some_and(|newest| without.contains(newest)))
            || self.never_has_wheels(versions, python, library)
    }

    /// Whether no release of `versions` that is known has a wheel, with nothing said about those to come.
    fn never_has_wheels(&self, versions: &VersionSet, python: PythonVersion, library: CLibrary) -> bool {
        let (Some(without), Some(releases)) = (self.without(python, library), releases(&self.name)) else {
            return false;
        };
        let mut allowed = releases.iter().filter(|release| versions.contains(&release.version)).peekable();
        allowed.peek().is_some() && allowed.all(|release| without.contains(&release.version))
    }

    fn without(&self, python: PythonVersion, library: CLibrary) -> Option<&VersionSet> {
        let without = match library {
            CLibrary::Glibc => &self.without,
            CLibrary::Musl => &self.without_musl,
        };
        without.get(&python.without_patch())
    }

    /// The first release above `versions` with a wheel for CPython `python`, `None` where no release has one yet.
    #[must_use]
    pub fn next_with_wheel(
        &self,
        versions: &VersionSet,
        python: PythonVersion,
        library: CLibrary,
    ) -> Option<&'static Version> {
        let highest = match versions.highest()? {
            Bound::Included(version) | Bound::Excluded(version) => version,
            Bound::Unbounded => return None,
        };
        let without = self.without(python, library);
        let above = releases(&self.name)?.iter().filter(|release| release.version >= highest && !release.yanked);
        above
            .filter(|release| release.python.allows(python))
            .map(|release| &release.version)
            .find(|version| !without.is_some_and(|without| without.contains(version)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    compiles_optionally: Vec<String>,
    needs_rust: Vec<String>,
    wheels_only: Vec<String>,
    packages: BTreeMap<String, BTreeMap<String, String>>,
    musl: BTreeMap<String, BTreeMap<String, String>>,
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
    let by_python = |row: &BTreeMap<String, String>| {
        let row = row.iter();
        row.map(|(python, versions)| Some((python.parse().ok()?, any_of(versions)?)))
            .collect::<Option<BTreeMap<_, _>>>()
    };
    let package = |(name, without): (&String, &BTreeMap<String, String>)| {
        Some(BinaryPackage {
            name: name.clone(),
            compiles_optionally: table.compiles_optionally.contains(name),
            needs_rust: table.needs_rust.contains(name),
            wheels_only: table.wheels_only.contains(name),
            without: by_python(without)?,
            without_musl: table.musl.get(name).map_or(Some(BTreeMap::new()), by_python)?,
        })
    };
    let packages = table.packages.iter().map(package).collect::<Option<_>>()?;
    Some(Wheels { packages, from_source: table.from_source })
}

/// Reads specifiers with `or` between them.
fn any_of(versions: &str) -> Option<VersionSet> {
    versions.split(" or ").try_fold(VersionSet::none(), |all, one| Some(all.union(&VersionSet::parse(one).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(!parse(super::super::table_text("wheels.toml")).unwrap().packages.is_empty());
    }

    #[test]
    fn a_release_without_a_wheel_is_built_from_source() {
        let lacks = |package: &str, versions: &str, minor: u16| {
            let versions = VersionSet::parse(versions).unwrap();
            binary_package(package).unwrap().lacks_wheels(&versions, PythonVersion::new(3, minor), CLibrary::Glibc)
        };
        assert!(lacks("Pandas", "==2.1.4", 13) && !lacks("pandas", "==2.2.3", 13) && !lacks("pandas", "==2.1.4", 12));
        assert!(lacks("pandas", ">=2,<2.2", 13) && !lacks("pandas", ">=2", 13));
        assert!(!lacks("pandas", "==1.0", 9), "the table says nothing about 3.9");
        assert!(lacks("torch", "==2.4.1+cu121", 13) && !lacks("torch", "==2.5.1+cu121", 13));
        assert!(!lacks("numpy", "==2.1.0rc1", 13), "pre-releases are not in the table");
        assert!(lacks("watchfiles", "==1.0.4", 14), "built for each Python since 0.21");
        assert!(!lacks("watchfiles", "==0.20.0", 14), "built for the stable ABI, up to 0.20");
        assert!(lacks("tensorflow", "==2.20.0", 14), "no release has a wheel yet");
        assert!(binary_package("flask").is_none());
        assert!(binary_package("torch").unwrap().wheels_only && binary_package("tokenizers").unwrap().needs_rust);
        assert_eq!(built_from_source("psycopg2"), Some("psycopg2-binary"));
    }

    #[test]
    fn alpine_takes_only_wheels_for_musl() {
        let lacks = |package: &str, versions: &str| {
            let versions = VersionSet::parse(versions).unwrap();
            binary_package(package).unwrap().lacks_wheels(&versions, PythonVersion::new(3, 12), CLibrary::Musl)
        };
        assert!(lacks("torch", "") && lacks("torch", "==2.4.1") && lacks("onnxruntime", ">=1.17"));
        assert!(!lacks("numpy", "") && !lacks("numpy", "==1.26.4") && !lacks("pydantic-core", ""));
        assert!(lacks("pandas", "==2.0.3") && !lacks("pandas", "==2.1.4"));
    }

    #[test]
    fn the_next_release_with_a_wheel_is_above_the_pin() {
        let next = |package: &str, versions: &str, minor: u16| {
            let versions = VersionSet::parse(versions).unwrap();
            let next = binary_package(package).unwrap().next_with_wheel(
                &versions,
                PythonVersion::new(3, minor),
                CLibrary::Glibc,
            );
            next.map(ToString::to_string)
        };
        assert_eq!(next("pandas", "==2.1.4", 13).as_deref(), Some("2.2.3"));
        assert_eq!(next("watchfiles", "==1.0.4", 14).as_deref(), Some("1.1.0"));
        assert_eq!(next("numpy", ">=1,<2", 13).as_deref(), Some("2.1.0"));
        assert_eq!(next("tensorflow", "==2.19.0", 14), None);
    }
}
