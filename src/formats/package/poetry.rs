//! Poetry's version constraints: `^1.2`, `~1.2`, `1.*`, a bare version, and alternatives with `||`.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use crate::knowledge::version_set::{VersionSet, parse_specifiers};

/// A constraint in PEP 440 words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoetryConstraint {
    /// The specifiers, where there is one alternative; empty otherwise.
    pub specifiers: VersionSpecifiers,
    /// The versions, where there are several alternatives.
    pub alternatives: Option<VersionSet>,
}

/// Reads a constraint.
///
/// # Errors
/// What is wrong with it.
pub fn parse_poetry_constraint(text: &str) -> Result<PoetryConstraint, String> {
    let mut alternatives = Vec::new();
    for alternative in text.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        alternatives.push(parse_alternative(alternative)?);
    }
    match alternatives.len() {
        0 => Err(format!("`{text}` is not a version constraint")),
        1 => Ok(PoetryConstraint { specifiers: alternatives.remove(0), alternatives: None }),
        _ => Ok(PoetryConstraint {
            specifiers: VersionSpecifiers::empty(),
            alternatives: Some(
                alternatives
                    .iter()
                    .map(VersionSet::from_specifiers)
                    .fold(VersionSet::none(), |all, one| all.union(&one)),
            ),
        }),
    }
}

/// Reads parts joined with commas or spaces, all of which must hold.
fn parse_alternative(text: &str) -> Result<VersionSpecifiers, String> {
    let mut specifiers: Vec<VersionSpecifier> = Vec::new();
    let mut words = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    while let Some(word) = words.next() {
        let is_operator = word.chars().all(|c| "<>=!~^".contains(c));
        let part = if is_operator { format!("{word}{}", words.next().unwrap_or_default()) } else { word.to_owned() };
        specifiers.extend(parse_part(&part)?);
    }
    Ok(specifiers.into_iter().collect())
}

fn parse_part(part: &str) -> Result<VersionSpecifiers, String> {
    if part == "*" || part.eq_ignore_ascii_case("any") {
        return Ok(VersionSpecifiers::empty());
    }
    if let Some(version) = part.strip_prefix('^') {
        let version = read_version(version)?;
        // The first number that is not zero stays; where all are, the last one that is written does.
        let release = version.release();
        let fixed = release.iter().position(|number| *number != 0).unwrap_or(release.len().saturating_sub(1));
        return Ok(from_version_below(&version, fixed));
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let version = read_version(version)?;
        let fixed = if version.release().len() > 1 { 1 } else { 0 };
        return Ok(from_version_below(&version, fixed));
    }
    let text = if part.starts_with(|c: char| c.is_ascii_digit() || c == 'v') {
        format!("=={part}")
    } else if part.starts_with('=') && !part.starts_with("==") {
        format!("={part}")
    } else {
        part.to_owned()
    };
    parse_specifiers(&text).map_err(|error| error.to_string())
}

fn read_version(text: &str) -> Result<Version, String> {
    let text = text.trim().trim_end_matches(".*");
    Version::from_str(text).map_err(|_| format!("`{text}` is not a version"))
}

/// `>=version` and below the next version whose number at index `fixed` differs.
fn from_version_below(version: &Version, fixed: usize) -> VersionSpecifiers {
    let mut upper: Vec<u64> = version.release().iter().take(fixed + 1).copied().collect();
    if let Some(last) = upper.last_mut() {
        *last = last.saturating_add(1);
    }
    let upper = Version::new(upper).with_epoch(version.epoch());
    [
        VersionSpecifier::greater_than_equal_version(version.clone().without_local()),
        VersionSpecifier::less_than_version(upper),
    ]
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_become_pep_440() {
        for (constraint, words) in [
            ("^1.2.3", ">=1.2.3, <2"),
            ("^0.2.3", ">=0.2.3, <0.3"),
            ("^0.0.3", ">=0.0.3, <0.0.4"),
            ("^0.0", ">=0.0, <0.1"),
            ("^0", ">=0, <1"),
            ("^3.10", ">=3.10, <4"),
            ("~1.2.3", ">=1.2.3, <1.3"),
            ("~1", ">=1, <2"),
            ("~=1.4", "~=1.4"),
            ("1.2.3", "==1.2.3"),
            ("1.*", "==1.*"),
            ("*", ""),
            (">= 1.2, < 2", ">=1.2, <2"),
            (">=1.2 <2", ">=1.2, <2"),
            ("= 1.2", "==1.2"),
        ] {
            let parsed = parse_poetry_constraint(constraint).unwrap();
            assert_eq!(parsed.specifiers.to_string(), words, "{constraint}");
        }
        let either = parse_poetry_constraint("^1.2 || ^3.0").unwrap().alternatives.unwrap();
        assert_eq!(either.to_string(), ">=1.2,<2 or >=3.0,<4");
        for wrong in ["", "latest", "^", "^x", ">=", "||"] {
            assert!(parse_poetry_constraint(wrong).is_err(), "{wrong}");
        }
    }
}
