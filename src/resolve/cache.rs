//! Keeps answers for a day, in the user's own cache folder.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::knowledge::{Outcome, Resolution};

use super::Question;

/// Where answers are kept, and for which day.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    day: String,
}

/// One answer as kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    by: String,
    question: Question,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsatisfiable: Option<String>,
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

impl Cache {
    /// The cache in the user's cache folder, for the day `day`; `None` where nobody says where that folder is.
    #[must_use]
    pub fn of_user(day: String, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<Self> {
        let set = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || set("HOME");
        let base = set("XDG_CACHE_HOME").or_else(|| {
            if cfg!(windows) {
                set("LOCALAPPDATA")
            } else if cfg!(target_os = "macos") {
                home().map(|home| home.join("Library/Caches"))
            } else {
                home().map(|home| home.join(".cache"))
            }
        })?;
        Some(Self { folder: base.join("preflight").join("resolve"), day })
    }

    /// The answer of `resolver` that is kept for this question and this day.
    #[must_use]
    pub fn get(&self, question: &Question, resolver: &str) -> Option<Resolution> {
        let text = std::fs::read_to_string(self.path(question, resolver)).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        if kept.question != *question || kept.by != resolver {
            return None;
        }
        let outcome = match kept.unsatisfiable {
            Some(explanation) => Outcome::Unsatisfiable(explanation),
            None => {
                let version = |(name, version): (String, String)| Some((name, version.parse().ok()?));
                Outcome::Versions(kept.versions.into_iter().map(version).collect::<Option<_>>()?)
            }
        };
        Some(Resolution { by: kept.by, outcome })
    }

    /// Keeps an answer, and lets go of those of other days. A cache that can't be written is no failure.
    pub fn put(&self, question: &Question, answer: &Resolution) {
        let (unsatisfiable, versions) = match &answer.outcome {
            Outcome::Unsatisfiable(explanation) => (Some(explanation.clone()), BTreeMap::new()),
            Outcome::Versions(versions) => {
                (None, versions.iter().map(|(name, version)| (name.clone(), version.to_string())).collect())
            }
        };
        let kept = Kept { by: answer.by.clone(), question: question.clone(), unsatisfiable, versions };
        let Ok(text) = serde_json::to_string(&kept) else { return };
        if std::fs::create_dir_all(&self.folder).is_err() {
            return;
        }
        self.let_go();
        let Ok(mut file) = tempfile::NamedTempFile::new_in(&self.folder) else { return };
        if std::io::Write::write_all(&mut file, text.as_bytes()).is_ok() {
            let _ = file.persist(self.path(question, &answer.by));
        }
    }

    fn let_go(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
            if is_answer(&path) && !name.starts_with(&self.day) {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn path(&self, question: &Question, resolver: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        (&question.requirements, &question.constraints, &question.python, resolver).hash(&mut hasher);
        question.deployment.hash(&mut hasher);
        self.folder.join(format!("{}-{:016x}.json", self.day, hasher.finish()))
    }
}

/// Whether a path has the shape of the name of a kept answer.
fn is_answer(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// The day, `2026-11-22`, in UTC.
#[must_use]
pub fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    date_of(seconds / 86_400)
}

/// The date of a day, counted from 1970-01-01.
fn date_of(days: u64) -> String {
    // Years begin in March here, so that the leap day is their last.
    let since_0000 = days + 719_468;
    let (era, of_era) = (since_0000 / 146_097, since_0000 % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (58, "1970-02-28"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_779, "2026-11-22")]
        {
            assert_eq!(date_of(days), date);
        }
    }

    #[test]
    fn an_answer_is_kept_for_its_question_and_its_day() {
        let folder = tempfile::tempdir().unwrap();
        let cache = |day: &str| {
            Cache::of_user(day.to_owned(), |name| (name == "XDG_CACHE_HOME").then(|| folder.path().into())).unwrap()
        };
        let question = |requirement: &str| Question {
            deployment: "Space".to_owned(),
            requirements: vec![requirement.to_owned()],
            constraints: Vec::new(),
            python: "3.12".to_owned(),
        };
        let versions = [("a".to_owned(), "1.0".parse().unwrap())].into();
        let answer = Resolution { by: "uv 1".to_owned(), outcome: Outcome::Versions(versions) };
        let monday = cache("2026-11-23");
        monday.put(&question("a"), &answer);
        assert_eq!(monday.get(&question("a"), "uv 1"), Some(answer.clone()));
        assert_eq!(monday.get(&question("b"), "uv 1"), None);
        assert_eq!(monday.get(&question("a"), "uv 2"), None);
        let tuesday = cache("2026-11-24");
        assert_eq!(tuesday.get(&question("a"), "uv 1"), None);
        let no = Resolution { by: "uv 1".to_owned(), outcome: Outcome::Unsatisfiable("because".to_owned()) };
        tuesday.put(&question("a"), &no);
        assert_eq!(tuesday.get(&question("a"), "uv 1"), Some(no));
        assert_eq!(monday.get(&question("a"), "uv 1"), None, "yesterday's answers are let go");
        assert!(Cache::of_user("x".to_owned(), |_| None).is_none());
    }
}
