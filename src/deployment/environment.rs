//! The environment variables of a deployment.

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
