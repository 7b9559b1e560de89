//! What a resolver answered: the versions that it chose, or why there are none.

use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::Version;

use super::normalized_name;

/// A resolver's answer for one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Who answered: `uv 0.9.2`.
    pub by: String,
    /// What it answered.
    pub outcome: Outcome,
}

/// What a resolver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The versions that would be installed, by normalised name.
    Versions(BTreeMap<String, Version>),
    /// There are none that fit together, with the resolver's own explanation.
    Unsatisfiable(String),
}

/// Words by which an answer shows that it is about what a resolver may not do here: it may build nothing.
const NOT_AN_ANSWER: &[&str] = &["building from source is disabled", "no usable wheels", "has no wheels", "--no-build"];

impl Resolution {
    /// What answers for several Pythons have in common: the versions that are the same in all, or that there are none in any.
    /// `None` where they disagree. `pythons` says which ones, as in "every Python from 3.11 to 3.14".
    #[must_use]
    pub fn agreed(answers: &[Self], pythons: &str) -> Option<Self> {
        let (first, others) = answers.split_first()?;
        let outcome = match &first.outcome {
            Outcome::Versions(versions) => {
                let same = |name: &String, version: &Version| {
                    others.iter().all(|other| match &other.outcome {
                        Outcome::Versions(versions) => versions.get(name) == Some(version),
                        Outcome::Unsatisfiable(_) => false,
                    })
                };
                let common: BTreeMap<_, _> =
                    versions.clone().into_iter().filter(|(name, version)| same(name, version)).collect();
                (!common.is_empty()).then_some(Outcome::Versions(common))?
            }
            Outcome::Unsatisfiable(_) => {
                let fails = |answer: &Self| matches!(answer.outcome, Outcome::Unsatisfiable(_));
                others.iter().all(fails).then(|| first.outcome.clone())?
            }
        };
        Some(Self { by: format!("{} for {pythons}", first.by), outcome })
    }

    /// Reads what `uv pip compile` wrote, to either stream. `None` where it could not find out.
    #[must_use]
    pub fn of_uv(by: &str, written: &str) -> Option<Self> {
        let outcome = if let Some((_, explanation)) = written.split_once("No solution found when resolving") {
            if NOT_AN_ANSWER.iter().any(|words| explanation.contains(words)) {
                return None;
            }
            Outcome::Unsatisfiable(explained(explanation))
        } else {
            Outcome::Versions(pins(written)?)
        };
        Some(Self { by: by.to_owned(), outcome })
    }

    /// Reads what `pip install --dry-run --report -` wrote to standard output, and to standard error. `None` where it
    /// could not find out.
    #[must_use]
    pub fn of_pip(by: &str, out: &str, err: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Report {
            install: Vec<Item>,
        }
        #[derive(serde::Deserialize)]
        struct Item {
            metadata: Metadata,
        }
        #[derive(serde::Deserialize)]
        struct Metadata {
            name: String,
            version: String,
        }
        let outcome = if let Some((_, rest)) = err.split_once("The conflict is caused by:") {
            let explanation = rest.split("To fix this").next().unwrap_or(rest);
            Outcome::Unsatisfiable(in_one_line(explanation, "; "))
        } else if let Some((what, _)) = err.split_once(" because these package versions have conflicting dependencies")
        {
            // With --quiet, pip says no more than this.
            let (_, what) = what.rsplit_once("ERROR: ")?;
            Outcome::Unsatisfiable(format!("{} because they conflict", in_one_line(what, " ")))
        } else {
            let report: Report = serde_json::from_str(out).ok()?;
            let pin = |item: Item| Some((normalized_name(&item.metadata.name), item.metadata.version.parse().ok()?));
            Outcome::Versions(report.install.into_iter().filter_map(pin).collect())
        };
        Some(Self { by: by.to_owned(), outcome })
    }
}

/// The lines `name==version`; `None` where there is another one, besides comments.
fn pins(written: &str) -> Option<BTreeMap<String, Version>> {
    let lines = written.lines().map(|line| line.split(" ;").next().unwrap_or(line).trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pins: BTreeMap<String, Version> = lines
        .map(|line| {
            let (name, version) = line.split_once("==")?;
            let name = name.split('[').next().unwrap_or(name);
            Some((normalized_name(name.trim()), Version::from_str(version.trim()).ok()?))
        })
        .collect::<Option<_>>()?;
    (!pins.is_empty()).then_some(pins)
}

/// The explanation without the frame around it.
fn explained(text: &str) -> String {
    let text = text.trim_start_matches([' ', 'd', 'e', 'p', 'n', 'c', 'i', 's', ':']);
    let text = text.replace(['╰', '─', '▶', '│', '×'], " ");
    let hint = text.find("\n\n").unwrap_or(text.len());
    in_one_line(text.get(..hint).unwrap_or(&text).trim().trim_start_matches("cause:"), " ")
}

fn in_one_line(text: &str, between: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_for_several_pythons_count_where_they_agree() {
        let versions = |text: &str| Resolution::of_uv("uv 1", text).unwrap();
        let none = || Resolution { by: "uv 1".to_owned(), outcome: Outcome::Unsatisfiable("because".to_owned()) };
        let (one, other) = (versions("a==1\nb==2\n"), versions("a==1\nb==3\nc==1\n"));
        let agreed = Resolution::agreed(&[one.clone(), other], "every Python").unwrap();
        assert_eq!(agreed.outcome, Outcome::Versions([("a".to_owned(), "1".parse().unwrap())].into()));
        assert_eq!(agreed.by, "uv 1 for every Python");
        assert_eq!(Resolution::agreed(&[one, none()], "x"), None);
        assert_eq!(Resolution::agreed(&[none(), none()], "x").unwrap().outcome, none().outcome);
    }

    #[test]
    fn answers_of_uv_are_read() {
        let chosen =
            Resolution::of_uv("uv", "# made by uv\ngradio==4.44.1\nNumPy==1.26.4 ; python_version < '4'\n").unwrap();
        let Outcome::Versions(versions) = chosen.outcome else { panic!() };
        assert_eq!(versions.len(), 2);
        assert_eq!(versions["numpy"].to_string(), "1.26.4");

        for frame in [
            "error: No solution found when resolving dependencies\n  cause: Because a==1 depends on b>=2\n         and you require b<1, no.\n",
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 depends on b>=2\n      and you require b<1, no.\n\n      hint: more\n",
        ] {
            let outcome = Resolution::of_uv("uv", frame).unwrap().outcome;
            let expected = "Because a==1 depends on b>=2 and you require b<1, no.";
            assert_eq!(outcome, Outcome::Unsatisfiable(expected.to_owned()));
        }
        for nothing in [
            "",
            "error: Failed to fetch: `https://index.example/simple/x/`",
            "No solution found when resolving dependencies: x has no usable wheels and building from source is disabled",
        ] {
            assert_eq!(Resolution::of_uv("uv", nothing), None, "{nothing}");
        }
    }

    #[test]
    fn answers_of_pip_are_read() {
        let report = r#"{"version": "1", "install": [{"metadata": {"name": "Jinja2", "version": "3.1.6"}, "x": 1}]}"#;
        let chosen = Resolution::of_pip("pip", report, "").unwrap();
        assert_eq!(chosen.outcome, Outcome::Versions([("jinja2".to_owned(), "3.1.6".parse().unwrap())].into()));
        let err = "ERROR: Cannot install a and b==1 because these package versions have conflicting dependencies.\n\n\
                   The conflict is caused by:\n    The user requested b==1\n    a 2 depends on b>=2\n\nTo fix this you could try to: …";
        let outcome = Resolution::of_pip("pip", "", err).unwrap().outcome;
        assert_eq!(outcome, Outcome::Unsatisfiable("The user requested b==1; a 2 depends on b>=2".to_owned()));
        let err =
            "ERROR: Cannot install a and b==1 because these package versions have conflicting dependencies.\nERROR: x";
        let outcome = Resolution::of_pip("pip", "", err).unwrap().outcome;
        assert_eq!(outcome, Outcome::Unsatisfiable("Cannot install a and b==1 because they conflict".to_owned()));
        assert_eq!(Resolution::of_pip("pip", "", "ERROR: No matching distribution found for a"), None);
    }
}
