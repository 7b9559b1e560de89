//! The examples of a table: code, and the versions with which it breaks and with which it does not.

use serde::Deserialize;

use super::super::page::{Example, ExampleFile, Side, unmarked};
use super::table::{RowPlace, TableError};

/// Code in versions that break it and in versions that do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeExample {
    /// What it shows.
    pub title: String,
    /// The code of the rule that reports it.
    pub reports: String,
    /// The tiny repositories that it stands for, each in one or two states.
    pub scenes: Vec<Example>,
}

impl ChangeExample {
    /// Whether it shows code that is reported.
    #[must_use]
    pub fn has_bad(&self) -> bool {
        self.scenes.iter().flat_map(|scene| &scene.files).any(|file| file.side == Side::Bad)
    }
}

/// An example as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleText {
    title: Option<String>,
    code: String,
    #[serde(default)]
    bad: Versions,
    #[serde(default)]
    good: Versions,
    instead: Option<String>,
    #[serde(default)]
    fixed: bool,
    python: Option<String>,
    #[serde(default)]
    beside: Vec<String>,
    reports: Option<String>,
}

/// One version or several; `any` is whichever is newest.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Versions {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Versions {
    fn all(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(version) => std::slice::from_ref(version),
            Self::Several(versions) => versions,
        }
    }
}

/// The table that an example stands in.
#[derive(Clone, Copy)]
pub(super) struct Table<'t> {
    pub library: &'t str,
    /// The code of the rule that it is, where it is one.
    pub code: Option<&'t str>,
}

/// The Python of an example that names none.
const PYTHON: &str = "3.12";

/// Reads one example.
pub(super) fn read(text: &ExampleText, index: usize, table: Table<'_>) -> Result<ChangeExample, TableError> {
    let error = |key: &'static str, problem: &str| TableError::Row {
        place: RowPlace { row: Some(("example", index)), key: Some(key) },
        problem: problem.to_owned(),
    };
    if text.bad.all().is_empty() && text.good.all().is_empty() {
        return Err(error(
            "code",
            "the example names no version: `bad` is where the code is reported, `good` where not",
        ));
    }
    if text.bad.all().is_empty() && text.instead.is_some() {
        return Err(error("instead", "`instead` is what is right in the `bad` version, and there is none"));
    }
    if text.fixed && text.instead.is_none() {
        return Err(error("fixed", "`fixed` says that the fix gives the text of `instead`, and there is none"));
    }
    for (key, versions) in [("bad", &text.bad), ("good", &text.good)] {
        if versions.all().iter().any(|version| version != "any" && !is_version(version)) {
            return Err(error(key, "neither a version nor `any`"));
        }
    }
    let title = text.title.clone().unwrap_or_else(|| format!("example {}", index + 1));
    let mut scenes = Vec::new();
    for version in text.bad.all() {
        let mut files = surroundings(text, version, table);
        files.push(app(&text.code, Side::Bad, false));
        files.extend(text.instead.as_ref().map(|code| app(code, Side::Good, text.fixed)));
        scenes.push(Example { title: format!("{title}, {} {version}", table.library), files });
    }
    for version in text.good.all() {
        let mut files = surroundings(text, version, table);
        files.push(app(&text.code, Side::Good, false));
        scenes.push(Example { title: format!("{title}, {} {version}", table.library), files });
    }
    let reports = text.reports.as_deref().or(table.code).unwrap_or("API001").to_owned();
    Ok(ChangeExample { title, reports, scenes })
}

fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<pep440_rs::Version>().is_ok()
}

/// The program of an example. The first line break after the quotes is not part of it.
fn app(code: &str, side: Side, fixed: bool) -> ExampleFile {
    let (text, marked) = unmarked(code.strip_prefix('\n').unwrap_or(code).lines());
    ExampleFile { path: "app.py".to_owned(), side, fixed, text, size: None, marked }
}

/// What makes a deployment of the program: an image with the library in that version.
fn surroundings(text: &ExampleText, version: &str, table: Table<'_>) -> Vec<ExampleFile> {
    let is_python = table.library == "python";
    let python = match (is_python, text.python.as_deref()) {
        (true, _) if version != "any" => version,
        (_, stated) => stated.unwrap_or(PYTHON),
    };
    let pinned = match version {
        _ if is_python => None,
        "any" => Some(table.library.to_owned()),
        version => Some(format!("{}=={version}", table.library)),
    };
    let requirements: String =
        pinned.iter().chain(&text.beside).map(|requirement| format!("{requirement}\n")).collect();
    let dockerfile = format!(
        "FROM python:{python}-slim\nWORKDIR /app\nCOPY requirements.txt app.py ./\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n"
    );
    let file = |path: &str, text: String| ExampleFile {
        path: path.to_owned(),
        side: Side::Both,
        fixed: false,
        text,
        size: None,
        marked: Vec::new(),
    };
    vec![file("requirements.txt", requirements), file("Dockerfile", dockerfile)]
}
