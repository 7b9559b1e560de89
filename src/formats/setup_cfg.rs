//! `setup.cfg`: the metadata that setuptools reads from it.

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::{ParsedRequirement, Requirement, TextOrigin, parse_requirement};
use crate::knowledge::python_version::PythonSet;

/// What a `setup.cfg` says of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetupCfg {
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `options.python_requires`.
    pub requires_python: Option<Spanned<PythonSet>>,
    /// `options.install_requires`.
    pub dependencies: Vec<Requirement>,
    /// `options.extras_require`, by extra.
    pub extras: Vec<(Spanned<String>, Vec<Requirement>)>,
    /// The files that `install_requires = file: …` names.
    pub dependency_files: Vec<Spanned<String>>,
    /// What can't be read, and why.
    pub errors: Vec<Spanned<String>>,
}

/// A key with the lines of its value.
struct Entry<'a> {
    section: &'a str,
    key: Spanned<&'a str>,
    lines: Vec<Spanned<&'a str>>,
}

impl SetupCfg {
    /// Reads a file's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for entry in entries(text) {
            let first = entry.lines.first();
            match (entry.section, entry.key.value) {
                ("metadata", "name") => file.name = first.map(|line| line.clone().map(str::to_owned)),
                ("options", "python_requires") => {
                    let Some(line) = first else { continue };
                    match PythonSet::parse(line.value) {
                        Ok(set) => file.requires_python = Some(Spanned::new(set, line.span)),
                        Err(error) => file.errors.push(Spanned::new(error.to_string(), line.span)),
                    }
                }
                ("options", "install_requires") => match first.and_then(|line| file_list(line)) {
                    Some(files) => file.dependency_files = files,
                    None => file.dependencies = file.requirements(&entry.lines),
                },
                ("options.extras_require", key) => {
                    let requirements = file.requirements(&entry.lines);
                    file.extras.push((Spanned::new(key.to_owned(), entry.key.span), requirements));
                }
                _ => {}
            }
        }
        file
    }

    fn requirements(&mut self, lines: &[Spanned<&str>]) -> Vec<Requirement> {
        let mut requirements = Vec::new();
        for line in lines {
            match parse_requirement(line.value, &TextOrigin::verbatim(line.span.start, line.value.len())) {
                Ok(ParsedRequirement::Named(requirement)) => requirements.push(requirement),
                Ok(ParsedRequirement::Unnamed(_)) => {}
                Err(error) => self.errors.push(error),
            }
        }
        requirements
    }
}

/// The files of `file: a.txt, b.txt`.
fn file_list(line: &Spanned<&str>) -> Option<Vec<Spanned<String>>> {
    let list = line.value.strip_prefix("file:")?;
    let mut at = line.span.start + "file:".len();
    let mut files = Vec::new();
    for part in list.split(',') {
        let start = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        files.push(Spanned::new(part.trim().to_owned(), Span::new(start, start + part.trim().len())));
    }
    Some(files)
}

/// The entries of an INI file; values go on in lines that are indented deeper than their key.
fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut section = "";
    let mut open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let start = at + indent;
        at += line.len();
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let spanned = |value: &'_ str, offset: usize| Span::new(start + offset, start + offset + value.len());
        if indent > 0 && open {
            let content = content.split(" #").next().unwrap_or(content).trim_end();
            if let Some(entry) = entries.last_mut() {
                entry.lines.push(Spanned::new(content, spanned(content, 0)));
            }
        } else if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim();
            open = false;
        } else if let Some(separator) = content.find(['=', ':']) {
            let (key, value) = content.split_at(separator);
            let key = key.trim_end();
            let rest = value.get(1..).unwrap_or_default();
            let value = rest.trim();
            let mut entry = Entry { section, key: Spanned::new(key, spanned(key, 0)), lines: Vec::new() };
            if !value.is_empty() {
                let offset = content.len() - rest.trim_start().len();
                entry.lines.push(Spanned::new(value, spanned(value, offset)));
            }
            entries.push(entry);
            open = true;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requirements_are_read_with_places() {
        let text = "[metadata]\r\nname = пакет\r\n[options]\r\npython_requires = >=3.8\r\ninstall_requires =\r\n    flask >=2 # x\r\n\
                    \u{20}   # note\r\n    bad=1\r\n    torch; python_version < '3.13'\r\n[options.extras_require]\r\ndev = pytest\r\n";
        let file = SetupCfg::parse(text);
        assert_eq!(file.dependencies.len(), 2);
        assert_eq!(file.dependencies[0].specifier_span.unwrap().of(text), ">=2");
        assert_eq!(file.errors[0].span.of(text), "=1");
        assert_eq!(file.requires_python.unwrap().span.of(text), ">=3.8");
        assert_eq!(file.name.unwrap().span.of(text), "пакет");
        assert_eq!(file.extras[0].1[0].name.span.of(text), "pytest");
        let text = "[options]\ninstall_requires = file: a.txt, b.txt\n";
        let files = SetupCfg::parse(text).dependency_files;
        assert_eq!(files.iter().map(|file| file.span.of(text)).collect::<Vec<_>>(), ["a.txt", "b.txt"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_with_valid_spans(text in "(\\PC{0,8}|\\[options\\]\\r?\\n|install_requires ?=|  é>=1\\r\\n| a==1 # x\\n|python_requires: >=3\\n|file: é , ,\\n){0,8}") {
            let file = SetupCfg::parse(&text);
            for span in file.dependencies.iter().map(|read| read.span).chain(file.errors.iter().chain(&file.dependency_files).map(|item| item.span)) {
                prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
}
