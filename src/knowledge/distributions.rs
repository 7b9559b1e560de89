//! Which modules distributions bring, and which others they bring along: `rules/packages/distributions.tsv`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::normalized_name;

/// What stands for needs that can't be known without building the distribution.
const UNKNOWN: &str = "?";

/// What is known of a distribution, over the releases that were read.
#[derive(Debug, Default)]
struct Distribution {
    modules: &'static str,
    needs: &'static str,
    extras: &'static str,
}

impl Distribution {
    /// What the extra of this name needs more; `None` where it is not known.
    fn extra(&self, name: &str) -> Option<&'static str> {
        self.extras.split(' ').find_map(|extra| extra.strip_prefix(name)?.strip_prefix(':'))
    }
}

struct Table {
    distributions: HashMap<&'static str, Distribution>,
    /// Who brings a module.
    brought: HashMap<&'static str, Vec<&'static str>>,
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let rows = super::table_text("packages/distributions.tsv").lines().filter(|row| !row.starts_with('#'));
        let mut table = Table { distributions: HashMap::new(), brought: HashMap::new() };
        for row in rows {
            let mut columns = row.split('\t');
            let first = columns.next().unwrap_or_default();
            let name = first.trim_end_matches('+');
            let mut next = || columns.next().unwrap_or_default();
            let distribution = Distribution { modules: next(), needs: next(), extras: next() };
            for module in distribution.modules.split(' ').filter(|module| !module.is_empty()) {
                // Those that programs ask for stand first.
                let of_module = table.brought.entry(module).or_default();
                let place = if first.ends_with('+') { 0 } else { of_module.len() };
                of_module.insert(place, name);
            }
            table.distributions.insert(name, distribution);
        }
        table
    });
    &TABLE
}

/// The distributions that bring a module, given by the first part of its dotted name, as far as is known.
#[must_use]
pub fn bringing(module: &str) -> &'static [&'static str] {
    table().brought.get(module).map_or(&[], Vec::as_slice)
}

/// All distributions that may be installed where these are asked for, each by its normalised name and with its extras; these
/// themselves included. `None` where one of them is not known, or needs what can't be known.
#[must_use]
pub fn all_brought<'a>(asked: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Option<HashSet<&'static str>> {
    let distributions = &table().distributions;
    let mut found = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (name, extras) in asked {
        let known = distributions.get(name)?;
        open.push(name);
        for extra in extras {
            open.extend(known.extra(&normalized_name(extra))?.split(','));
        }
    }
    while let Some(name) = open.pop().map(str::trim) {
        if name.is_empty() {
            continue;
        }
        if name == UNKNOWN {
            return None;
        }
        let (name, known) = distributions.get_key_value(name)?;
        if found.insert(*name) {
            open.extend(known.needs.split(' '));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(asked: &[(&str, &[&str])]) -> Option<HashSet<&'static str>> {
        all_brought(asked.iter().map(|(name, extras)| (*name, extras.to_vec())))
    }

    #[test]
    fn needs_are_followed() {
        let fastapi = brought(&[("fastapi", &[])]).unwrap();
        assert!(
            ["fastapi", "starlette", "anyio", "pydantic", "pydantic-core"].iter().all(|name| fastapi.contains(name))
        );
        assert!(!fastapi.contains("uvicorn") && !fastapi.contains("requests"));
    }

    #[test]
    fn extras_bring_more_and_unknown_ones_anything() {
        assert!(!brought(&[("uvicorn", &[])]).unwrap().contains("watchfiles"));
        assert!(brought(&[("uvicorn", &["standard"])]).unwrap().contains("watchfiles"));
        assert!(brought(&[("uvicorn", &["no-such-extra"])]).is_none());
        assert!(brought(&[("no-such-distribution-of-ours", &[])]).is_none());
    }

    #[test]
    fn modules_have_distributions_of_other_names() {
        for (module, distribution) in
            [("PIL", "pillow"), ("yaml", "pyyaml"), ("dotenv", "python-dotenv"), ("bs4", "beautifulsoup4")]
        {
            assert!(bringing(module).contains(&distribution), "{module}: {:?}", bringing(module));
        }
        assert!(bringing("no_such_module_of_ours").is_empty());
    }

    /// A name that no row explains would make all that need it unknown, without anybody noticing.
    #[test]
    fn every_need_has_a_row() {
        let distributions = &table().distributions;
        let needs = distributions.values().flat_map(|known| known.needs.split(' '));
        let unknown: Vec<_> =
            needs.filter(|need| !need.is_empty() && *need != UNKNOWN && !distributions.contains_key(need)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(distributions.values().filter(|known| known.needs.contains(UNKNOWN)).count() < 20);
    }
}
