//! Which releases a package has: `rules/releases/*.toml`, written by `tools/refresh_releases.py`. They tell what the next
//! build would install.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{LazyLock, OnceLock};

use pep440_rs::Version;
use serde::Deserialize;

use super::python_version::{PythonSet, PythonVersion};
use super::version_set::VersionSet;

/// One release of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// The day its first file was uploaded, `2025-11-12`; `None` where the index does not say.
    pub date: Option<&'static str>,
    /// The Pythons that its files admit.
    pub python: PythonSet,
    /// Whether it was withdrawn: installers choose it only for an exact pin.
    pub yanked: bool,
}

/// The table of one package, as written. A release is `version`, `version date`, or `version date requires-python`, with
/// `-` for what is not known and a last word `yanked`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    package: &'static str,
    releases: Vec<&'static str>,
}

/// The releases of a package, oldest first, by its name in any spelling that installers take for the same. `None` for a
/// package without a table. Old releases and pre-releases may be left out.
#[must_use]
pub fn releases(package: &str) -> Option<&'static [Release]> {
    static READ: LazyLock<HashMap<&'static str, OnceLock<Vec<Release>>>> = LazyLock::new(|| {
        let stem = |path: &'static str| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml");
        super::tables_in("releases").map(|(path, _)| (stem(path), OnceLock::new())).collect()
    });
    let name = super::normalized_name(package);
    let read = || parse(super::table_text(&format!("releases/{name}.toml"))).map(|(_, releases)| releases);
    Some(READ.get(name.as_str())?.get_or_init(|| read().unwrap_or_default()))
}

/// What an installer on `python` would choose of `package` among `allowed`: the newest release in the set whose files
/// admit that Python, pre-releases and withdrawn ones only where nothing else fits an exact pin. With `None` for the
/// Python, that of the newest release counts as fitting.
#[must_use]
pub fn newest_for(package: &str, allowed: &VersionSet, python: Option<PythonVersion>) -> Option<&'static Release> {
    let releases = releases(package)?;
    let fits = |release: &&Release| python.is_none_or(|python| release.python.allows(python));
    let versions: Vec<Version> =
        releases.iter().filter(|release| !release.yanked).filter(fits).map(|release| release.version.clone()).collect();
    let chosen = match allowed.newest(&versions) {
        Some(version) => Some(version),
        None => allowed.exact_version(),
    }?;
    releases.iter().filter(fits).find(|release| release.version == *chosen)
}

/// The releases before and after a version, where it is certain that the version is none itself: none of the table, which
/// has all final ones since 2019, and of a time that the table covers, so that it can't have come after the table was made.
#[must_use]
pub fn missing_release(package: &str, version: &Version) -> Option<(&'static Release, &'static Release)> {
    let releases = releases(package)?;
    let last_day = releases.iter().filter_map(|release| release.date).max()?;
    let settled = half_a_year_before(last_day)?;
    let is_settled = |release: &&Release| release.date.is_some_and(|date| date < settled.as_str());
    let is_early = |release: &Release| release.date.is_none_or(|date| date < FIRST_FULL_YEAR);
    let is_final = !version.any_prerelease() && !version.is_local();
    // Old releases of other series are left out of the table.
    let covered = releases.iter().any(|release| release.version < *version)
        && releases.iter().all(|release| release.version < *version || !is_early(release));
    if !is_final || !covered || releases.iter().any(|release| release.version == *version) {
        return None;
    }
    let is_of_series =
        |release: &&Release| release.version.release().iter().take(2).eq(version.release().iter().take(2));
    let mut later = releases.iter().filter(|release| release.version > *version);
    let passed = later.clone().any(|release| is_settled(&release));
    let mut series = releases.iter().filter(is_of_series);
    let closed =
        later.clone().filter(is_of_series).any(|release| is_settled(&release)) || series.all(|one| is_settled(&one));
    let before = releases.iter().rev().find(|release| release.version < *version && !release.yanked)?;
    let after = later.find(|release| !release.yanked)?;
    (passed && closed).then_some((before, after))
}

/// From when on the tables hold all final releases, with a year between for those that came out of turn.
const FIRST_FULL_YEAR: &str = "2020";

/// The day half a year before another: `2026-05-20` for `2026-11-20`.
fn half_a_year_before(day: &str) -> Option<String> {
    let (year, rest) = day.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (year, month): (u16, u16) = (year.parse().ok()?, month.parse().ok()?);
    let (year, month) = if month > 6 { (year, month - 6) } else { (year.checked_sub(1)?, month + 6) };
    Some(format!("{year:04}-{month:02}-{day}"))
}

/// Reads one table: the package and its releases, oldest first.
fn parse(text: &'static str) -> Option<(&'static str, Vec<Release>)> {
    let table: Table = toml::from_str(text).ok()?;
    let mut releases = table.releases.iter().map(|line| release(line)).collect::<Option<Vec<_>>>()?;
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    Some((table.package, releases))
}

/// Reads one line of a table.
fn release(line: &'static str) -> Option<Release> {
    let mut words = line.split(' ').peekable();
    let version = Version::from_str(words.next()?).ok()?;
    let mut word = || words.next_if(|word| *word != "yanked").filter(|word| *word != "-");
    let date = word();
    let python = word().map_or(Some(PythonSet::any()), |python| PythonSet::parse(python).ok())?;
    let yanked = words.next() == Some("yanked");
    words.next().is_none().then_some(Release { version, date, python, yanked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read_and_stands_under_its_own_name() {
        for (path, text) in super::super::tables_in("releases") {
            let (package, releases) = parse(text).unwrap_or_else(|| panic!("rules/{path} can't be read"));
            assert!(path.ends_with(&format!("/{}.toml", super::super::normalized_name(package))), "rules/{path}");
            assert!(!releases.is_empty(), "rules/{path} has no release");
        }
    }

    #[test]
    fn every_library_with_changes_has_its_releases() {
        for library in super::super::api_changes().iter().filter(|library| !library.is_python()) {
            assert!(releases(&library.name).is_some(), "no releases of {}", library.name);
        }
    }

    #[test]
    fn what_is_no_release_is_told_where_that_is_certain() {
        let around = |package: &str, version: &str| {
            missing_release(package, &version.parse().unwrap())
                .map(|(before, after)| format!("{} {}", before.version, after.version))
        };
        for (package, version, expected) in [
            ("cryptography", "41.0.8", Some("41.0.7 42.0.0")),
            ("cryptography", "41.0.7", None),
            ("cryptography", "41.0.8rc1", None),
            ("torch", "2.1.0+cu118", None),
            ("numpy", "1.14.5", None),
            ("numpy", "999", None),
            ("no-such-package", "1.0", None),
        ] {
            assert_eq!(around(package, version).as_deref(), expected, "{package} {version}");
        }
        // A further patch of the newest series may come any day.
        let newest = releases("numpy").unwrap().last().unwrap().version.release().to_vec();
        let next = format!("{}.{}.{}", newest[0], newest[1], newest[2] + 1);
        assert_eq!(around("numpy", &next), None);
        assert_eq!(half_a_year_before("2026-03-09").as_deref(), Some("2025-09-09"));
    }

    #[test]
    fn the_choice_is_the_installers() {
        let choose = |package: &str, allowed: &str, python: Option<(u16, u16)>| {
            let python = python.map(|(major, minor)| PythonVersion::new(major, minor));
            newest_for(package, &VersionSet::parse(allowed).unwrap(), python).map(|release| release.version.to_string())
        };
        assert_eq!(choose("gradio", "<5", None).unwrap(), "4.44.1");
        assert_eq!(choose("Gradio", "<4,>=3", Some((3, 11))).unwrap(), "3.50.2");
        assert_eq!(choose("numpy", "<2", Some((3, 8))).unwrap(), "1.24.4");
        assert_eq!(choose("gradio", ">=5", Some((3, 8))), None);
        assert_eq!(choose("transformers", "==4.46.0", None).unwrap(), "4.46.0", "an exact pin takes a withdrawn one");
        assert_ne!(choose("transformers", "<4.46.1", None).unwrap(), "4.46.0");
        assert_eq!(choose("no-such-package", "", None), None);
    }
}
