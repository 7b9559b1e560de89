//! `Pipfile`, as Pipenv reads it.

use std::str::FromStr;

use crate::diagnostic::Spanned;
use crate::formats::package::{ConstraintSyntax, Requirement, table_requirements};
use crate::formats::toml::{parse_document, string_of, table_at};
use crate::knowledge::python_version::PythonVersion;

/// What a `Pipfile` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pipfile {
    /// `[packages]`.
    pub packages: Vec<Requirement>,
    /// `[dev-packages]`.
    pub dev_packages: Vec<Requirement>,
    /// The Python of `[requires]`.
    pub python: Option<Spanned<PythonVersion>>,
    /// What can't be read, and why.
    pub errors: Vec<Spanned<String>>,
}

impl Pipfile {
    /// Reads a file's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let document = match parse_document(text) {
            Ok(document) => document,
            Err(error) => {
                file.errors.push(error);
                return file;
            }
        };
        let mut read = |name: &str| -> Vec<Requirement> {
            let Some(table) = table_at(document.as_table(), &[name]) else { return Vec::new() };
            let keys = table.iter().map(|(key, _)| key);
            keys.flat_map(|key| table_requirements(text, table, key, ConstraintSyntax::Pipfile, &mut file.errors))
                .collect()
        };
        let (packages, dev_packages) = (read("packages"), read("dev-packages"));
        let python = ["python_full_version", "python_version"].iter().find_map(|key| {
            let written = string_of(text, table_at(document.as_table(), &["requires"])?.get(key)?)?.spanned();
            PythonVersion::from_str(&written.value).ok().map(|version| Spanned::new(version, written.span))
        });
        Self { packages, dev_packages, python, errors: file.errors }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pipfile_is_read_with_places() {
        let text = "[[source]]\nurl = \"u\"\n[packages]\nflask = \"*\"\n\"Torch\" = {version = \"==2.1\", extras = [\"a\"]}\n\
                    bad = \"1.0\"\nlib = {path = \".\", editable = true}\n[dev-packages]\npytest = \">=8,<9\"\n\
                    [requires]\npython_version = \"3.11\"\n";
        let file = Pipfile::parse(text);
        let read: Vec<_> =
            file.packages.iter().map(|read| (read.name.span.of(text), read.allowed().to_string())).collect();
        assert_eq!(read[..2], [("flask", "any version".to_owned()), ("Torch", "==2.1".to_owned())]);
        assert_eq!(file.errors[0].span.of(text), "1.0");
        assert!(file.packages[3].editable);
        assert_eq!(file.dev_packages[0].specifier_span.unwrap().of(text), ">=8,<9");
        assert_eq!(file.python.unwrap().span.of(text), "3.11");
        assert_eq!(Pipfile::parse("x").errors.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_with_valid_spans(text in "(\\PC{0,8}|\\[packages\\]\\n|a = \"[>=1*é]{0,4}\"\\n|\"é\" = \\{version = \"1\"\\}\\n|\\[requires\\]\\n){0,6}") {
            let file = Pipfile::parse(&text);
            for span in file.packages.iter().map(|read| read.span).chain(file.errors.iter().map(|error| error.span)) {
                prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
}
