//! A rule's page: front matter, text, and the examples that are the rule's tests.

use serde::Deserialize;

/// Why a page can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// No front matter between `---` lines at the start.
    #[error("the front matter between two `---` lines is missing")]
    NoFrontMatter,
    /// Front matter that is not what a page needs.
    #[error("front matter: {0}")]
    FrontMatter(#[from] serde_yaml::Error),
    /// A fenced block under "Examples" that does not say its path and side.
    #[error("the block ```{0} needs `LANGUAGE PATH bad|good|both`")]
    Block(String),
}

/// Whether a rule's diagnostics carry a fix, at its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixAvailability {
    /// Never.
    None,
    /// Shown only.
    Display,
    /// With `--unsafe-fixes`.
    Unsafe,
    /// With `--fix`.
    Safe,
}

impl FixAvailability {
    /// Its place among the four, from none to safe.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Display => 1,
            Self::Unsafe => 2,
            Self::Safe => 3,
        }
    }

    /// The word in the page's front matter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Display => "display",
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}

/// A line that the failure prints: the way back from a log to the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// A regular expression over one log line.
    pub pattern: String,
    /// A real line that it matches.
    pub example: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    code: String,
    name: String,
    summary: String,
    severity: String,
    fix: FixAvailability,
    since: String,
    #[serde(default)]
    symptoms: Vec<Symptom>,
    #[serde(default)]
    references: Vec<String>,
}

/// One rule's page.
#[derive(Debug, Clone)]
pub struct RulePage {
    /// The rule's code.
    pub code: String,
    /// The rule's name.
    pub name: String,
    /// What it reports, in one line.
    pub summary: String,
    /// The severities it reports with: `error`, or `error, warning`.
    pub severity: String,
    /// The best fix it offers.
    pub fix: FixAvailability,
    /// The first release that has the rule.
    pub since: String,
    /// Log lines that lead here.
    pub symptoms: Vec<Symptom>,
    /// Where to read on.
    pub references: Vec<String>,
    /// The Markdown after the front matter.
    pub body: String,
    /// The examples, in order.
    pub examples: Vec<Example>,
}

/// A tiny repository in two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The heading it stands under.
    pub title: String,
    /// Its files.
    pub files: Vec<ExampleFile>,
}

/// Which state of an example a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The rule reports.
    Bad,
    /// The rule is silent.
    Good,
    /// The same in both.
    Both,
}

/// One file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFile {
    /// Where it goes in the tiny repository.
    pub path: String,
    /// The state it belongs to.
    pub side: Side,
    /// Whether the fix gives exactly this text.
    pub fixed: bool,
    /// Its text, without the marks.
    pub text: String,
    /// Its size in bytes where the page states one: the text is filled up to it.
    pub size: Option<usize>,
    /// The lines, from 1, marked with `#!`: a diagnostic's own place or one of its labels is expected there.
    pub marked: Vec<usize>,
}

impl ExampleFile {
    /// What the file holds: its text, filled up to its stated size. A text is filled with lines of dots, a file without
    /// text with zero bytes, so that it is binary.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let mut content = self.text.clone().into_bytes();
        let Some(size) = self.size.filter(|size| *size > content.len()) else { return content };
        if self.text.is_empty() {
            content.resize(size, 0);
        } else {
            let line = b"...............................................................\n";
            content.extend(line.iter().copied().cycle().take(size - content.len()));
        }
        content
    }
}

impl Example {
    /// The files of one state.
    pub fn side(&self, side: Side) -> impl Iterator<Item = &ExampleFile> {
        self.files.iter().filter(move |file| file.side == side || file.side == Side::Both)
    }
}

impl RulePage {
    /// Reads a page from its text.
    ///
    /// # Errors
    /// [`PageError`] that says what is missing.
    pub fn parse(text: &str) -> Result<Self, PageError> {
        let (front, body) =
            text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).ok_or(PageError::NoFrontMatter)?;
        let front: FrontMatter = serde_yaml::from_str(front)?;
        Ok(Self {
            code: front.code,
            name: front.name,
            summary: front.summary,
            severity: front.severity,
            fix: front.fix,
            since: front.since,
            symptoms: front.symptoms,
            references: front.references,
            body: body.to_owned(),
            examples: examples(body)?,
        })
    }
}

/// The examples below the heading "Examples": one a `###` heading; before the first such heading, one without a title.
fn examples(body: &str) -> Result<Vec<Example>, PageError> {
    let mut examples: Vec<Example> = Vec::new();
    let mut title = String::new();
    let mut in_examples = false;
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            in_examples = heading == "Examples";
        } else if let Some(heading) = line.strip_prefix("### ") {
            title = heading.to_owned();
        } else if let Some(info) = line.strip_prefix("```") {
            // Four backticks fence a block that itself holds three.
            let fence = &line[..line.len() - line.trim_start_matches('`').len()];
            let content: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != fence).collect();
            if in_examples && !info.trim_start_matches('`').is_empty() {
                let file = example_file(info.trim_start_matches('`'), &content)?;
                match examples.last_mut() {
                    Some(example) if example.title == title => example.files.push(file),
                    _ => examples.push(Example { title: title.clone(), files: vec![file] }),
                }
            }
        }
    }
    Ok(examples)
}

fn example_file(info: &str, content: &[&str]) -> Result<ExampleFile, PageError> {
    let bad_info = || PageError::Block(info.to_owned());
    let mut words = info.split(' ').skip(1);
    let path = words.next().ok_or_else(bad_info)?.to_owned();
    let side = match words.next() {
        Some("bad") => Side::Bad,
        Some("good") => Side::Good,
        Some("both") => Side::Both,
        _ => return Err(bad_info()),
    };
    let (mut fixed, mut size) = (false, None);
    for word in words {
        match word.strip_prefix("size=") {
            Some(written) => size = Some(size_in_bytes(written).ok_or_else(bad_info)?),
            None if word == "fixed" && side == Side::Good => fixed = true,
            None => return Err(bad_info()),
        }
    }
    let (text, marked) = unmarked(content.iter().copied());
    Ok(ExampleFile { path, side, fixed, text, size, marked })
}

/// `11MiB`, `200KiB`.
fn size_in_bytes(written: &str) -> Option<usize> {
    let (number, unit) = [("MiB", 1 << 20), ("KiB", 1 << 10)]
        .into_iter()
        .find_map(|(unit, bytes)| Some((written.strip_suffix(unit)?, bytes)))?;
    number.parse::<usize>().ok().filter(|number| *number <= 64)?.checked_mul(unit)
}

/// The text without the marks `#!` at the ends of its lines, and the lines, from 1, that had one.
pub(super) fn unmarked<'text>(lines: impl Iterator<Item = &'text str>) -> (String, Vec<usize>) {
    let mut marked = Vec::new();
    let mut text = String::new();
    for (index, line) in lines.enumerate() {
        let unmarked = line.strip_suffix("#!").or_else(|| line.strip_suffix("//!")).map(str::trim_end);
        if unmarked.is_some() {
            marked.push(index + 1);
        }
        text.push_str(unmarked.unwrap_or(line));
        text.push('\n');
    }
    (text, marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_read_with_their_sides_and_marks() {
        let page = "---\ncode: X001\nname: x\nsummary: s\nseverity: error\nfix: none\nsince: 0.1.0\n---\n# X\n```sh\nls\n```\n\n## Examples\n\n### One\n\n```python a/b.py bad\nx = 1  #!\n```\n````markdown README.md both\n```\nin\n```\n````\n\n### Two\n\n```text r.txt good fixed\ny\n```\n```text big.bin bad size=1KiB\n```\n";
        let page = RulePage::parse(page).unwrap();
        assert_eq!(page.examples.len(), 2);
        let one = &page.examples[0];
        assert_eq!((one.files[0].path.as_str(), one.files[0].text.as_str()), ("a/b.py", "x = 1\n"));
        assert_eq!(one.files[0].marked, [1]);
        assert_eq!(one.files[1].text, "```\nin\n```\n");
        assert_eq!(one.side(Side::Good).count(), 1);
        assert!(page.examples[1].files[0].fixed);
        assert_eq!(page.examples[1].files[1].content(), vec![0; 1024]);
        assert!(matches!(RulePage::parse("---\nname: [\n---\n"), Err(PageError::FrontMatter(_))));
    }
}
