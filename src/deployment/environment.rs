//! The environment variables of a deployment.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Fact;

/// The environment variables that are set where a deployment runs.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Fact<Option<String>>>,
}

impl Environment {
    /// Sets a variable; a later setting wins. `None` where the value is not in the repository: a secret, or an expansion.
    pub fn set(&mut self, name: &str, value: Fact<Option<String>>) {
        self.variables.insert(name.to_owned(), value);
    }

    /// The variable's setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact<Option<String>>> {
        self.variables.get(name)
    }

    /// The variable's value where it is known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.as_deref()
    }

    /// All variables by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact<Option<String>>)> {
        self.variables.iter().map(|(name, fact)| (name.as_str(), fact))
    }
}

/// Words in the names of variables whose values are secrets.
const SECRET_WORDS: &[&str] = &[
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "PRIVATE",
    "AUTH",
    "DSN",
];

/// The value of a variable as it may be shown: masked where the name speaks of a secret, and without the password where
/// the value is an address with one.
#[must_use]
pub fn shown_value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    let upper = name.to_ascii_uppercase();
    let is_secret = upper.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        SECRET_WORDS.contains(&word)
            || word.ends_with("APIKEY")
            || word.ends_with("PASSWORD")
            || word.ends_with("TOKEN")
    });
    if is_secret && !value.is_empty() && !value.starts_with('$') {
        return Cow::Borrowed("••••••");
    }
    let Some((scheme, rest)) = value.split_once("://") else { return Cow::Borrowed(value) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let Some((user, _)) = authority.rsplit_once('@') else { return Cow::Borrowed(value) };
    let name = user.split_once(':').map_or("", |(name, _)| name);
    let after = rest.get(user.len()..).unwrap_or_default();
    Cow::Owned(format!("{scheme}://{name}:••••••{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (name, value, shown) in [
            ("OPENAI_API_KEY", "sk-123", "••••••"),
            ("HF_TOKEN", "$HF_TOKEN", "$HF_TOKEN"),
            ("DATABASE_URL", "postgres://me:p@ss@db:5432/x?y", "postgres://me:••••••@db:5432/x?y"),
            ("REDIS_URL", "redis://redis:6379", "redis://redis:6379"),
            ("KEYBOARD", "de", "de"),
            ("PORT", "7860", "7860"),
            ("MY_PASSWORD", "", ""),
        ] {
            assert_eq!(shown_value(name, value), shown, "{name}");
        }
    }
}
