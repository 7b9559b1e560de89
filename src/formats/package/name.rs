//! Names of packages: compared in the normalised form of PEP 503, shown as they were written.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The name of a package. `Flask_SQLAlchemy`, `flask.sqlalchemy` and `flask-sqlalchemy` are one name.
#[derive(Debug, Clone)]
pub struct PackageName {
    normalized: String,
    spelling: String,
}

/// A text that can't name a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a package name")]
pub struct InvalidName(pub String);

impl PackageName {
    /// The normalised name: lower case, with `-` for every run of `-`, `_` and `.`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.normalized
    }

    /// The name as it was written.
    #[must_use]
    pub fn spelling(&self) -> &str {
        &self.spelling
    }
}

/// The normalised form of PEP 503.
fn normalize(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !normalized.ends_with('-') {
                normalized.push('-');
            }
        } else {
            normalized.push(c.to_ascii_lowercase());
        }
    }
    normalized
}

impl FromStr for PackageName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ends_well = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !ends_well || !text.chars().all(allowed) {
            return Err(InvalidName(text.to_owned()));
        }
        Ok(Self { normalized: normalize(text), spelling: text.to_owned() })
    }
}

impl PartialEq for PackageName {
    fn eq(&self, other: &Self) -> bool {
        self.normalized == other.normalized
    }
}

impl Eq for PackageName {}

impl PartialEq<str> for PackageName {
    /// Compares with a name in normalised form.
    fn eq(&self, other: &str) -> bool {
        self.normalized == other
    }
}

impl PartialOrd for PackageName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.normalized.cmp(&other.normalized)
    }
}

impl Hash for PackageName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normalized.hash(state);
    }
}

impl Borrow<str> for PackageName {
    fn borrow(&self) -> &str {
        &self.normalized
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_normalised_and_print_as_written() {
        let name: PackageName = "Flask__SQL.Alchemy".parse().unwrap();
        assert_eq!(name.as_str(), "flask-sql-alchemy");
        assert_eq!(name.to_string(), "Flask__SQL.Alchemy");
        assert_eq!(name, "flask-SQL_Alchemy".parse::<PackageName>().unwrap());
        for wrong in ["", "-a", "a-", "a b", "a/b", "パッケージ", "a=="] {
            assert!(wrong.parse::<PackageName>().is_err(), "{wrong}");
        }
    }
}
