//! `.python-version` (pyenv, uv) and `runtime.txt` (Heroku and its kin): the Python to run.

use std::str::FromStr;

use crate::diagnostic::{Span, Spanned};
use crate::knowledge::python_version::PythonVersion;

/// What a file that names a Python says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonVersionFile {
    /// The versions, in the order of the file: the first is the one that runs.
    pub versions: Vec<Spanned<PythonVersion>>,
    /// Lines that name no version: the name of a virtual environment, `system`, or a mistake.
    pub others: Vec<Spanned<String>>,
}

impl PythonVersionFile {
    /// Reads a file's text: one version a line, such as `3.11.4`, `python-3.11.4` or `cpython@3.11`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at + line.len() - line.trim_start().len();
            at += line.len();
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            match version(line) {
                Some((offset, version)) => {
                    file.versions.push(Spanned::new(version, Span::new(start + offset, start + line.len())));
                }
                None => file.others.push(Spanned::new(line.to_owned(), Span::new(start, start + line.len()))),
            }
        }
        file
    }
}

/// The version in a line, and where it begins.
fn version(line: &str) -> Option<(usize, PythonVersion)> {
    let prefix = ["python-", "cpython-", "cpython@", "python@", "python", "cpython", "v"]
        .into_iter()
        .find(|prefix| line.starts_with(prefix))
        .unwrap_or_default();
    let number = line.get(prefix.len()..)?;
    let number = number.strip_suffix("-dev").or_else(|| number.strip_suffix('t')).unwrap_or(number);
    Some((prefix.len(), PythonVersion::from_str(number).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_found_with_their_places() {
        for (text, version, place) in [
            ("3.11\n", "3.11", "3.11"),
            ("python-3.11.4\r\n", "3.11.4", "3.11.4"),
            ("# note 日\n  cpython@3.12  # x\n", "3.12", "3.12"),
            ("3.13-dev", "3.13", "3.13-dev"),
            ("v3.10.1", "3.10.1", "3.10.1"),
        ] {
            let file = PythonVersionFile::parse(text);
            assert_eq!((file.versions[0].value.to_string().as_str(), file.versions[0].span.of(text)), (version, place));
        }
        let file = PythonVersionFile::parse("my-env\npypy3.10\n3.9\n");
        assert_eq!((file.others.len(), file.versions.len()), (2, 1));
    }

    proptest! {
        #[test]
        fn any_text_is_read_with_valid_spans(text in "(\\PC{0,8}|python-|3.1|é|-dev|#|\\r?\\n| ){0,8}") {
            let file = PythonVersionFile::parse(&text);
            for span in file.versions.iter().map(|version| version.span).chain(file.others.iter().map(|other| other.span)) {
                prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
}
