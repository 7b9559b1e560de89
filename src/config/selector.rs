//! Which rules run: codes, names, prefixes and `ALL`, resolved against the known rules.

use std::collections::BTreeSet;

use crate::diagnostic::RuleId;

/// A rule that can be selected.
pub type KnownRule = RuleId;

/// How closely a selector names a rule; the closer one wins within one place of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    All,
    Prefix(usize),
    Exact,
}

/// The rules that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSelection {
    codes: BTreeSet<&'static str>,
}

impl RuleSelection {
    /// Every known rule.
    #[must_use]
    pub fn all(known: &[KnownRule]) -> Self {
        Self { codes: known.iter().map(|rule| rule.code).collect() }
    }

    /// Whether the rule with this code runs.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.codes.contains(code)
    }

    /// The codes, sorted.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.codes.iter().copied()
    }

    /// Applies one place of configuration (the file, then the command line). A `select` starts anew; otherwise the rules
    /// selected so far stay. `ignore` then removes what no closer selector of the same place names.
    pub(super) fn apply(&mut self, known: &[KnownRule], select: Option<&[&str]>, extend: &[&str], ignore: &[&str]) {
        for rule in known {
            let closest = |selectors: &[&str]| selectors.iter().filter_map(|text| closeness(text, rule)).max();
            let chosen = closest(select.unwrap_or_default()).max(closest(extend));
            let ignored = closest(ignore);
            let before = select.is_none() && self.codes.contains(rule.code);
            let selected = match (chosen, ignored) {
                (Some(chosen), Some(ignored)) => chosen > ignored,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => before,
            };
            if selected {
                self.codes.insert(rule.code);
            } else {
                self.codes.remove(rule.code);
            }
        }
    }
}

fn closeness(selector: &str, rule: &KnownRule) -> Option<Closeness> {
    if selector == "ALL" {
        Some(Closeness::All)
    } else if selector.eq_ignore_ascii_case(rule.code) || selector == rule.name {
        Some(Closeness::Exact)
    } else if is_code_prefix(selector) && rule.code.starts_with(selector) {
        Some(Closeness::Prefix(selector.len()))
    } else {
        None
    }
}

/// Whether a selector is a family (`AIO`) or a family with the first digits (`AIO0`): `A` alone would be a surprise.
fn is_code_prefix(selector: &str) -> bool {
    let letters = selector.trim_end_matches(|c: char| c.is_ascii_digit());
    letters.len() >= 2 && letters.chars().all(|c| c.is_ascii_uppercase())
}

/// The codes that a selector stands for.
///
/// # Errors
/// What the user may have meant, where no known rule matches.
pub(super) fn resolve(selector: &str, known: &[KnownRule]) -> Result<Vec<&'static str>, Option<String>> {
    let codes: Vec<_> = known.iter().filter(|rule| closeness(selector, rule).is_some()).map(|rule| rule.code).collect();
    if codes.is_empty() { Err(suggest(selector, known)) } else { Ok(codes) }
}

fn suggest(selector: &str, known: &[KnownRule]) -> Option<String> {
    let families = known.iter().map(|rule| rule.code.trim_end_matches(|c: char| c.is_ascii_digit()));
    let names = known.iter().flat_map(|rule| [rule.code, rule.name]);
    nearest(selector, names.chain(families).chain(["ALL"])).map(str::to_owned)
}

/// The candidate nearest to what was typed, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let allowed = (typed.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[KnownRule] = &[
        RuleId { code: "AIO001", name: "get-event-loop" },
        RuleId { code: "AIO002", name: "run-in-running-loop" },
        RuleId { code: "API001", name: "removed-api" },
        RuleId { code: "NET001", name: "loopback-bind" },
    ];

    #[test]
    fn the_closer_selector_wins_and_the_command_line_starts_anew() {
        let run = |select: Option<&[&str]>, extend: &[&str], ignore: &[&str]| {
            let mut selection = RuleSelection::all(KNOWN);
            selection.apply(KNOWN, select, extend, ignore);
            selection.codes().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(run(None, &[], &[]), "AIO001 AIO002 API001 NET001");
        assert_eq!(run(Some(&["AIO", "loopback-bind"]), &[], &["AIO002"]), "AIO001 NET001");
        assert_eq!(run(Some(&["AIO001"]), &[], &["AIO"]), "AIO001");
        assert_eq!(run(None, &["AIO001"], &["AIO"]), "AIO001 API001 NET001");
        assert_eq!(run(Some(&["ALL"]), &[], &["ALL"]), "");
        assert_eq!(run(Some(&["A"]), &[], &[]), "");

        let mut selection = RuleSelection::all(KNOWN);
        selection.apply(KNOWN, None, &[], &["AIO"]);
        selection.apply(KNOWN, Some(&["aio001"]), &[], &[]);
        assert_eq!(selection.codes().collect::<Vec<_>>(), ["AIO001"]);
    }

    #[test]
    fn near_misses_are_recognised() {
        for (typed, meant) in [
            ("AOI", Some("AIO")),
            ("loopback-binds", Some("loopback-bind")),
            ("NET01", Some("NET001")),
            ("al", Some("ALL")),
            ("zebra", None),
        ] {
            assert_eq!(resolve(typed, KNOWN).unwrap_err().as_deref(), meant, "{typed}");
        }
    }
}
