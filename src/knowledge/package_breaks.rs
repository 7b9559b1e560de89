//! Which releases of a package fail, and beside what: on a newer Python (`rules/packages/python_breaks.toml`), or with
//! newer releases of a package that they leave unbounded (`rules/packages/drift.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::{PythonSet, PythonVersion, SymbolPattern, VersionSet, normalized_name};

/// Releases of a package that fail on some Pythons.
#[derive(Debug, Clone, PartialEq)]
pub struct PythonBreak {
    /// The package, normalised.
    pub package: String,
    /// The import names that lead to the failure.
    pub modules: Vec<String>,
    /// The releases that fail.
    pub versions: VersionSet,
    /// The Pythons on which they fail.
    pub pythons: PythonSet,
    /// What these releases need and that Python lacks, as a clause: "imports audioop, which Python 3.13 removed".
    pub why: String,
    /// The line that is printed.
    pub fails: String,
    /// The first release that runs there, where there is one.
    pub fixed_in: Option<String>,
    /// Packages that mend it by being there, normalised.
    pub mended_by: Vec<String>,
    /// The requirement to add, where a package mends it.
    pub add: Option<String>,
    /// Where this is from.
    pub evidence: Vec<String>,
}

/// Releases of a package that fail with newer releases of another, which they do not bound themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The package, normalised.
    pub package: String,
    /// The import names that lead to the failure.
    pub modules: Vec<String>,
    /// The releases that fail.
    pub versions: VersionSet,
    /// The Pythons for which this is known; those for which such a release installs at all.
    pub pythons: PythonSet,
    /// Where not empty: the names, and with a dot in front the methods, of which the code uses one where it fails; to import
    /// the package alone does not.
    pub uses: Vec<Used>,
    /// The other package, as its project spells it.
    pub moved: String,
    /// Its releases that no longer fit.
    pub breaks: VersionSet,
    /// The specifier that keeps them out: `<1`.
    pub bound: String,
    /// The line that is printed.
    pub fails: String,
    /// Packages that mend it by being there, normalised.
    pub mended_by: Vec<String>,
    /// Where not empty: it is only known where nothing is installed but these, normalised.
    pub only_beside: Vec<String>,
    /// Whether it only matters where some text asks for the other package or this extra.
    pub extra: Option<String>,
    /// The first release of the package that fits the newer ones, where there is one.
    pub fixed_in: Option<String>,
    /// Where this is from.
    pub evidence: Vec<String>,
}

/// What code uses where it fails.
#[derive(Debug, Clone, PartialEq)]
pub enum Used {
    /// A name from outside: `torch.from_numpy`.
    Name(SymbolPattern),
    /// A call of a name with an argument that is or has this text: `passlib.context.CryptContext(bcrypt)`.
    Call(SymbolPattern, String),
    /// A method of whatever a file that imports the package calls it on: `.numpy`.
    Method(String),
}

impl Used {
    fn new(text: &str) -> Result<Self, super::api_changes::PatternError> {
        if let Some((name, argument)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            return SymbolPattern::new(name).map(|pattern| Self::Call(pattern, argument.to_owned()));
        }
        match text.strip_prefix('.') {
            Some(method) => Ok(Self::Method(method.to_owned())),
            None => SymbolPattern::new(text).map(Self::Name),
        }
    }
}

/// Releases of a package that keep another within bounds, for all who install both.
#[derive(Debug, Clone, PartialEq)]
pub struct Cap {
    /// The package, normalised.
    pub package: String,
    /// Its releases that do so.
    pub versions: VersionSet,
    /// The other package, normalised.
    pub caps: String,
    /// What they allow of it.
    pub to: VersionSet,
    /// The Pythons on which they do so.
    pub pythons: PythonSet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonBreakRow {
    package: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    versions: String,
    python: String,
    why: String,
    fails: String,
    fixed_in: Option<String>,
    #[serde(default)]
    mended_by: Vec<String>,
    add: Option<String>,
    evidence: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DriftRow {
    package: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    versions: String,
    #[serde(default)]
    python: String,
    #[serde(default)]
    uses: Vec<String>,
    moved: String,
    breaks: String,
    bound: String,
    fails: String,
    #[serde(default)]
    mended_by: Vec<String>,
    #[serde(default)]
    only_beside: Vec<String>,
    extra: Option<String>,
    fixed_in: Option<String>,
    evidence: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapRow {
    package: String,
    #[serde(default)]
    versions: String,
    caps: String,
    to: String,
    #[serde(default)]
    python: String,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonBreakTable {
    breaks: Vec<PythonBreakRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DriftTable {
    drift: Vec<DriftRow>,
    cap: Vec<CapRow>,
}

/// A table that does not hold what it should.
#[derive(Debug, thiserror::Error)]
enum TableError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error(transparent)]
    Specifier(#[from] super::SpecifierError),
    #[error(transparent)]
    Pattern(#[from] super::api_changes::PatternError),
}

fn normalized(names: &[String]) -> Vec<String> {
    names.iter().map(|name| normalized_name(name)).collect()
}

/// The import names of a row: the package's own where it states none.
fn modules(package: &str, stated: Vec<String>) -> Vec<String> {
    if stated.is_empty() { vec![normalized_name(package).replace('-', "_")] } else { stated }
}

fn read_python_breaks(text: &str) -> Result<Vec<PythonBreak>, TableError> {
    let table: PythonBreakTable = toml::from_str(text)?;
    let read = |row: PythonBreakRow| {
        Ok(PythonBreak {
            modules: modules(&row.package, row.modules),
            package: normalized_name(&row.package),
            versions: VersionSet::parse(&row.versions)?,
            pythons: PythonSet::parse(&row.python)?,
            why: row.why,
            fails: row.fails,
            fixed_in: row.fixed_in,
            mended_by: normalized(&row.mended_by),
            add: row.add,
            evidence: row.evidence,
        })
    };
    table.breaks.into_iter().map(read).collect()
}

fn read_drift(text: &str) -> Result<(Vec<Drift>, Vec<Cap>), TableError> {
    let table: DriftTable = toml::from_str(text)?;
    let drift = |row: DriftRow| {
        Ok::<_, TableError>(Drift {
            modules: modules(&row.package, row.modules),
            package: normalized_name(&row.package),
            versions: VersionSet::parse(&row.versions)?,
            pythons: PythonSet::parse(&row.python)?,
            uses: row.uses.iter().map(|used| Used::new(used)).collect::<Result<_, _>>()?,
            moved: row.moved,
            breaks: VersionSet::parse(&row.breaks)?,
            bound: row.bound,
            fails: row.fails,
            mended_by: normalized(&row.mended_by),
            only_beside: normalized(&row.only_beside),
            extra: row.extra,
            fixed_in: row.fixed_in,
            evidence: row.evidence,
        })
    };
    let cap = |row: CapRow| {
        Ok::<_, TableError>(Cap {
            package: normalized_name(&row.package),
            versions: VersionSet::parse(&row.versions)?,
            caps: normalized_name(&row.caps),
            to: VersionSet::parse(&row.to)?,
            pythons: PythonSet::parse(&row.python)?,
        })
    };
    let drifts = table.drift.into_iter().map(drift).collect::<Result<_, _>>()?;
    Ok((drifts, table.cap.into_iter().map(cap).collect::<Result<_, _>>()?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildFailureRow {
    package: String,
    versions: String,
    #[serde(default)]
    python: String,
    says: String,
    fixed_in: Option<String>,
    #[serde(default)]
    newest: bool,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BuildFailureTable {
    build_fails: Vec<BuildFailureRow>,
}

/// Releases of a package that can't be built from source on some Pythons.
#[derive(Debug)]
pub struct BuildFailure {
    package: String,
    versions: VersionSet,
    pythons: PythonSet,
    /// The line that the build ends in.
    pub says: String,
    /// The first release that can be built, where no wheel tells a better one.
    pub fixed_in: Option<String>,
    /// Whether the newest release is among them, so that who asks for no version gets it.
    newest: bool,
}

fn read_build_failures(text: &str) -> Result<Vec<BuildFailure>, TableError> {
    let table: BuildFailureTable = toml::from_str(text)?;
    let read = |row: BuildFailureRow| {
        Ok(BuildFailure {
            package: normalized_name(&row.package),
            versions: VersionSet::parse(&row.versions)?,
            pythons: PythonSet::parse(&row.python)?,
            says: row.says,
            fixed_in: row.fixed_in,
            newest: row.newest,
        })
    };
    table.build_fails.into_iter().map(read).collect()
}

/// How building any of `versions` of a package from source on `python` fails; `None` where this is not known of
/// all of them (`rules/packages/build_fails.toml`).
#[must_use]
pub fn build_failure(package: &str, versions: &VersionSet, python: PythonVersion) -> Option<&'static BuildFailure> {
    static FAILURES: LazyLock<Vec<BuildFailure>> =
        LazyLock::new(|| read_build_failures(super::table_text("packages/build_fails.toml")).unwrap_or_default());
    let fails = |row: &&BuildFailure| {
        row.package == package
            && row.pythons.allows(python)
            && (versions.is_subset_of(&row.versions) || (row.newest && versions.is_any()))
    };
    FAILURES.iter().find(fails)
}

/// The releases known to fail on some Pythons, in the order of the table.
#[must_use]
pub fn python_breaks() -> &'static [PythonBreak] {
    static BREAKS: LazyLock<Vec<PythonBreak>> =
        LazyLock::new(|| read_python_breaks(super::table_text("packages/python_breaks.toml")).unwrap_or_default());
    &BREAKS
}

fn drift_table() -> &'static (Vec<Drift>, Vec<Cap>) {
    static TABLE: LazyLock<(Vec<Drift>, Vec<Cap>)> =
        LazyLock::new(|| read_drift(super::table_text("packages/drift.toml")).unwrap_or_default());
    &TABLE
}

/// The releases known to fail with newer releases of what they leave unbounded, in the order of the table.
#[must_use]
pub fn drifts() -> &'static [Drift] {
    &drift_table().0
}

/// What releases of packages keep others within bounds.
#[must_use]
pub fn caps() -> &'static [Cap] {
    &drift_table().1
}

/// `fixed_in`, or the release that also fits the newer releases of what the package leaves unbounded: the first alone would
/// run into those.
#[must_use]
pub fn beyond_drift<'r>(package: &str, fixed_in: &'r str) -> &'r str {
    let mut best = fixed_in;
    for _ in 0..drifts().len() {
        let Ok(version) = VersionSet::parse(&format!("=={best}")) else { break };
        let later = drifts().iter().find(|row| row.package == package && version.is_subset_of(&row.versions));
        match later.and_then(|row| row.fixed_in.as_deref()) {
            Some(later) if later != best => best = later,
            _ => break,
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_every_row_has_evidence() {
        let breaks = read_python_breaks(super::super::table_text("packages/python_breaks.toml")).unwrap();
        assert!(!read_build_failures(super::super::table_text("packages/build_fails.toml")).unwrap().is_empty());
        let (drifts, _) = read_drift(super::super::table_text("packages/drift.toml")).unwrap();
        assert!(breaks.iter().all(|row| !row.evidence.is_empty() && (row.add.is_none() || !row.mended_by.is_empty())));
        for row in &drifts {
            let pair = format!("{} with {}", row.package, row.moved);
            assert!(row.evidence.iter().any(|line| line.starts_with("run: ")), "{pair}: nobody has tried it");
            let bound = VersionSet::parse(&row.bound).unwrap();
            assert!(
                bound.is_disjoint_from(&row.breaks),
                "{} with {}: the bound lets in what breaks",
                row.package,
                row.moved
            );
        }
    }
}
