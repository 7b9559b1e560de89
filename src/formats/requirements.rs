//! pip's requirements and constraints files, read as pip reads them; one bad line does not hide the rest.

mod lines;
mod options;

use std::str::FromStr;

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::{ParsedRequirement, Requirement, UnnamedRequirement, parse_requirement};
use crate::knowledge::python_version::PythonVersion;

use lines::{LogicalLine, logical_lines};
use options::{OptionUse, Place, parse_options};

/// A requirements or constraints file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequirementsFile {
    /// The requirements that name a package, in the order of the file.
    pub requirements: Vec<Requirement>,
    /// The requirements that are a path or URL alone.
    pub unnamed: Vec<UnnamedRequirement>,
    /// The files of `-r`, as written: relative to this file, or URLs.
    pub includes: Vec<Spanned<String>>,
    /// The files of `-c`, as written: relative to this file, or URLs.
    pub constraints: Vec<Spanned<String>>,
    /// Options that hold for the whole installation: `--index-url`, `--pre`, ….
    pub options: Vec<FileOption>,
    /// What pip would refuse, and why.
    pub errors: Vec<Spanned<String>>,
    /// The tool that wrote the file, where a header says so: then it is a lock file.
    pub compiled_by: Option<Compiler>,
}

/// An option on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOption {
    /// Its full name: `--index-url`.
    pub name: &'static str,
    /// Its value, where it takes one.
    pub value: Option<Spanned<String>>,
    /// The option with its value.
    pub span: Span,
}

/// The tool that wrote a requirements file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// `pip-compile`, `uv` or `poetry`.
    pub tool: &'static str,
    /// The Python that it wrote the file for, where the header says so.
    pub python: Option<Spanned<PythonVersion>>,
    /// The header's line that names the tool.
    pub span: Span,
}

impl RequirementsFile {
    /// Reads a file's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self { compiled_by: compiler(text), ..Self::default() };
        for line in logical_lines(text) {
            if let Err(error) = file.read_line(&line) {
                file.errors.push(error);
            }
        }
        file
    }

    /// Whether an option that holds for the whole installation is given, by its full name.
    #[must_use]
    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| option.name == name)
    }

    fn read_line(&mut self, line: &LogicalLine) -> Result<(), Spanned<String>> {
        let options_at = options_start(&line.text);
        let (requirement, rest) = line.text.split_at(options_at);
        let options = parse_options(rest, options_at, &line.origin)?;
        let whole = line.origin.span(0, line.text.len());
        if !requirement.trim().is_empty() {
            return self.read_requirement(requirement, &options, line, whole);
        }
        for option in options {
            match (option.name, option.value) {
                ("--requirement", Some(value)) => self.includes.push(value),
                ("--constraint", Some(value)) => self.constraints.push(value),
                ("--editable", Some(value)) => self.read_editable(&value, whole)?,
                ("--hash", _) => {
                    let message = "`--hash` belongs on the line of the requirement, joined to it with `\\`";
                    self.errors.push(Spanned::new(message.to_owned(), option.span));
                }
                (name, value) => self.options.push(FileOption { name, value, span: option.span }),
            }
        }
        Ok(())
    }

    fn read_requirement(
        &mut self,
        requirement: &str,
        options: &[OptionUse],
        line: &LogicalLine,
        whole: Span,
    ) -> Result<(), Spanned<String>> {
        let hashes = options.iter().filter(|option| option.name == "--hash").count();
        match parse_requirement(requirement, &line.origin)? {
            ParsedRequirement::Named(mut read) => {
                read.hashes = hashes;
                read.span = whole;
                read.misplaced_options = options
                    .iter()
                    .filter(|option| option.place != Place::Requirement)
                    .map(|option| Spanned::new(option.name.to_owned(), option.span))
                    .collect();
                self.requirements.push(read);
            }
            ParsedRequirement::Unnamed(read) => self.unnamed.push(UnnamedRequirement { hashes, span: whole, ..read }),
        }
        Ok(())
    }

    fn read_editable(&mut self, value: &Spanned<String>, whole: Span) -> Result<(), Spanned<String>> {
        let origin = crate::formats::package::TextOrigin::word(&value.value, value.span);
        match parse_requirement(&value.value, &origin)? {
            ParsedRequirement::Unnamed(read) => {
                self.unnamed.push(UnnamedRequirement { editable: true, span: whole, ..read });
            }
            ParsedRequirement::Named(mut read) if read.source.is_some() => {
                read.editable = true;
                read.span = whole;
                self.requirements.push(read);
            }
            // A folder's name without `./` reads like a package's.
            ParsedRequirement::Named(read) => {
                let source = crate::formats::package::parse_source(&value.value);
                self.unnamed.push(UnnamedRequirement {
                    source: Spanned::new(source, value.span),
                    suggested_name: None,
                    extras: read.extras,
                    marker: read.marker,
                    hashes: 0,
                    span: whole,
                    editable: true,
                });
            }
        }
        Ok(())
    }
}

/// Where the options of a line begin: pip splits at blanks and takes all from the first word that begins with `-`.
fn options_start(line: &str) -> usize {
    if line.starts_with('-') {
        return 0;
    }
    line.find(" -").map_or(line.len(), |at| at + 1)
}

/// Reads the header comment of compiled files.
fn compiler(text: &str) -> Option<Compiler> {
    let mut at = 0;
    let mut found: Option<Compiler> = None;
    for line in text.split_inclusive('\n').take(12) {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if !line.starts_with('#') {
            break;
        }
        let tool = ["pip-compile", "uv"].into_iter().find(|tool| {
            line.contains("autogenerated by") && line.split(|c: char| c.is_whitespace()).any(|word| word == *tool)
        });
        if let Some(tool) = tool {
            found = Some(Compiler { tool, python: None, span: Span::new(start, start + line.len()) });
        }
        if let Some(compiler) = &mut found {
            let python = python_in(line, start, "with Python ").or_else(|| {
                python_in(line, start, "--python-version ").or_else(|| python_in(line, start, "--python-version="))
            });
            compiler.python = compiler.python.take().or(python);
        }
    }
    found
}

/// The Python version behind `words` in a line that stands at `offset`.
fn python_in(line: &str, offset: usize, words: &str) -> Option<Spanned<PythonVersion>> {
    let start = line.find(words)? + words.len();
    let rest = line.get(start..)?;
    let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let version = PythonVersion::from_str(rest.get(..length)?.trim_end_matches('.')).ok()?;
    Some(Spanned::new(version, Span::new(offset + start, offset + start + length)))
}

#[cfg(test)]
mod tests;
