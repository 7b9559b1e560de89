//! conda's `environment.yml`: packages of its own, and what pip installs on top.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use crate::diagnostic::{Span, Spanned};
use crate::formats::package::{
    ConstraintSyntax, PackageName, ParsedRequirement, Requirement, TextOrigin, UnnamedRequirement, parse_requirement,
};
use crate::knowledge::version_set::{VersionSet, parse_specifiers};

/// What an environment file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CondaEnvironment {
    /// The environment's name.
    pub name: Option<Spanned<String>>,
    /// The channels, in order.
    pub channels: Vec<Spanned<String>>,
    /// The packages that conda installs, Python included.
    pub dependencies: Vec<Requirement>,
    /// The packages that pip installs.
    pub pip: Vec<Requirement>,
    /// What pip installs by a path or URL alone.
    pub pip_unnamed: Vec<UnnamedRequirement>,
    /// The files of `-r` in the list for pip.
    pub pip_includes: Vec<Spanned<String>>,
    /// What can't be read, and why.
    pub errors: Vec<Spanned<String>>,
}

/// A list that items belong to.
#[derive(Clone, Copy, PartialEq)]
enum List {
    None,
    Channels,
    Dependencies,
}

impl CondaEnvironment {
    /// Reads a file's text: block lists of plain or quoted items, the form in which these files are written.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut list = List::None;
        // How deep `- pip:` is indented; what stands deeper is for pip.
        let mut pip_indent: Option<usize> = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            let content = line.trim_start();
            let indent = line.len() - content.len();
            if content.is_empty() || content.starts_with('#') || content == "---" {
                continue;
            }
            let Some(item) = content.strip_prefix('-').filter(|rest| rest.starts_with([' ', '\t'])) else {
                if indent == 0 {
                    list = file.read_key(content, start);
                    pip_indent = None;
                }
                continue;
            };
            let Some(item) = scalar(item, start + indent + 1) else { continue };
            if pip_indent.is_some_and(|pip| indent > pip) {
                file.read_pip(&item);
                continue;
            }
            pip_indent = None;
            match list {
                List::Channels => file.channels.push(item),
                List::Dependencies if item.value == "pip:" => pip_indent = Some(indent),
                List::Dependencies => match match_specification(&item) {
                    Ok(requirement) => file.dependencies.push(requirement),
                    Err(error) => file.errors.push(error),
                },
                List::None => {}
            }
        }
        file
    }

    /// The Pythons that conda may install, where the file names Python.
    #[must_use]
    pub fn python(&self) -> Option<Spanned<VersionSet>> {
        let python = self.dependencies.iter().find(|read| read.name.value.as_str() == "python")?;
        Some(Spanned::new(python.allowed(), python.specifier_span.unwrap_or(python.span)))
    }

    fn read_key(&mut self, content: &str, start: usize) -> List {
        let Some((key, value)) = content.split_once(':') else { return List::None };
        match key.trim_end() {
            "name" => self.name = scalar(value, start + key.len() + 1),
            "channels" => return List::Channels,
            "dependencies" => return List::Dependencies,
            _ => {}
        }
        List::None
    }

    fn read_pip(&mut self, item: &Spanned<String>) {
        for option in ["--requirement ", "-r "] {
            if let Some(path) = item.value.strip_prefix(option) {
                let start = item.span.start + item.value.len() - path.trim_start().len();
                self.pip_includes.push(Spanned::new(path.trim().to_owned(), Span::new(start, item.span.end)));
                return;
            }
        }
        let (text, editable) = match item.value.strip_prefix("-e ") {
            Some(rest) => (rest, true),
            None => (item.value.as_str(), false),
        };
        if text.starts_with('-') {
            return;
        }
        let text = text.split(" --").next().unwrap_or(text);
        let offset = item.value.find(text).unwrap_or(0);
        let origin = TextOrigin::verbatim(item.span.start + offset, text.len());
        match parse_requirement(text, &origin) {
            Ok(ParsedRequirement::Named(read)) => self.pip.push(Requirement { editable, ..read }),
            Ok(ParsedRequirement::Unnamed(read)) => self.pip_unnamed.push(UnnamedRequirement { editable, ..read }),
            Err(error) => self.errors.push(error),
        }
    }
}

/// A plain or quoted scalar that begins in `text`, which stands at `offset`, without its comment.
fn scalar(text: &str, offset: usize) -> Option<Spanned<String>> {
    let start = offset + text.len() - text.trim_start().len();
    let text = text.trim();
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = text.get(1..)?;
        let inner = inner.get(..inner.find(quote)?)?;
        return Some(Spanned::new(inner.to_owned(), Span::new(start + 1, start + 1 + inner.len())));
    }
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    (!text.is_empty()).then(|| Spanned::new(text.to_owned(), Span::new(start, start + text.len())))
}

/// Reads `channel::name version build`, `name=1.2`, `name==1.2=build`, `name>=1.2,<2`.
fn match_specification(item: &Spanned<String>) -> Result<Requirement, Spanned<String>> {
    let text = item.value.as_str();
    let channel = text.find("::").map_or(0, |at| at + 2);
    let rest = text.get(channel..).unwrap_or_default();
    let length = rest.find(|c: char| c.is_whitespace() || "=<>!~[".contains(c)).unwrap_or(rest.len());
    let span = |start: usize, end: usize| Span::new(item.span.start + start, item.span.start + end);
    let name = rest.get(..length).unwrap_or_default().trim_start_matches('_');
    let Ok(name) = name.parse::<PackageName>() else {
        return Err(Spanned::new(format!("`{text}` does not begin with the name of a package"), item.span));
    };
    let name_end = channel + length;
    let name = Spanned::new(name, span(channel, name_end));
    let mut requirement = Requirement::bare(name, item.span, ConstraintSyntax::Conda);
    let after = text.get(name_end..).unwrap_or_default();
    let start = name_end + after.len() - after.trim_start().len();
    let version = after.trim().split('[').next().unwrap_or_default().trim_end();
    if version.is_empty() || version == "*" {
        return Ok(requirement);
    }
    match conda_versions(version) {
        Some((specifiers, alternatives)) => {
            requirement.specifiers = specifiers;
            requirement.alternatives = alternatives;
            requirement.specifier_span = Some(span(start, start + version.len()));
            Ok(requirement)
        }
        None => Err(Spanned::new(format!("`{version}` is not a version"), span(start, start + version.len()))),
    }
}

/// The versions of a match specification: `=1.2` means `1.2.*`, `==1.2` and a build behind `=` mean exactly.
fn conda_versions(text: &str) -> Option<(VersionSpecifiers, Option<VersionSet>)> {
    if text.contains('|') {
        let sets: Option<Vec<VersionSet>> =
            text.split('|').map(|part| Some(VersionSet::from_specifiers(&conda_versions(part.trim())?.0))).collect();
        let union = sets?.iter().fold(VersionSet::none(), |all, one| all.union(one));
        return Some((VersionSpecifiers::empty(), Some(union)));
    }
    let mut specifiers: Vec<VersionSpecifier> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let comparison = part.starts_with(['<', '>', '!', '~']) || part.starts_with("==");
        if comparison {
            let operator = part.len() - part.trim_start_matches(['<', '>', '!', '~', '=']).len();
            let (operator, version) = part.split_at(operator);
            // Behind the version, `=` begins the build.
            let version = version.trim().split(['=', ' ']).next()?;
            specifiers.extend(parse_specifiers(&format!("{operator}{version}")).ok()?);
            continue;
        }
        let fuzzy = part.starts_with('=');
        let mut parts = part.trim_start_matches('=').split(['=', ' ']).map(str::trim);
        let version = parts.next()?;
        let has_build = parts.next().is_some_and(|build| !build.is_empty() && build != "*");
        if version == "*" {
            continue;
        }
        let version = version.trim_end_matches(".*").trim_end_matches('*');
        let version = Version::from_str(version).ok()?;
        let prefix = (fuzzy && !has_build) || part.ends_with('*');
        specifiers.push(if prefix {
            VersionSpecifier::equals_star_version(version)
        } else {
            VersionSpecifier::equals_version(version)
        });
    }
    Some((specifiers.into_iter().collect(), None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_environment_is_read_with_places() {
        let text = "name: 環境\r\nchannels:\r\n  - conda-forge\r\ndependencies:\r\n  - python=3.10  # x\r\n  - conda-forge::numpy==1.26.4=py310_0\r\n\
                    \u{20} - 'pandas>=2,<3'\r\n  - scipy 1.11.*\r\n  - pytorch=2.1=cuda\r\n  - pip\r\n  - pip:\r\n    - gradio==4.44.1\r\n    - -r requirements.txt\r\n\
                    \u{20}   - torch --index-url https://x\r\n    - ./lib\r\n  - a=1|>=3\r\nprefix: /x\r\n";
        let file = CondaEnvironment::parse(text);
        let read: Vec<_> =
            file.dependencies.iter().map(|read| format!("{} {}", read.name.value, read.allowed())).collect();
        assert_eq!(
            read,
            [
                "python ==3.10.*",
                "numpy ==1.26.4",
                "pandas >=2,<3",
                "scipy ==1.11.*",
                "pytorch ==2.1",
                "pip any version",
                "a ==1.* or >=3"
            ]
        );
        assert_eq!(file.python().unwrap().span.of(text), "=3.10");
        assert_eq!(file.pip[0].specifier_span.unwrap().of(text), "==4.44.1");
        assert_eq!(file.pip.len(), 2);
        assert_eq!(file.pip_includes[0].span.of(text), "requirements.txt");
        assert_eq!(file.pip_unnamed.len(), 1);
        assert_eq!(file.name.unwrap().span.of(text), "環境");
        assert_eq!(file.errors, []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_with_valid_spans(text in "(\\PC{0,8}|dependencies:\\n|channels:\\r\\n|  - pip:\\n|    - é==1\\n|  - a=1=b\\n|- 'x|-r  é\\n|name: \"é\"\\n| - a >=1,<2|3\\n){0,8}") {
            let file = CondaEnvironment::parse(&text);
            for span in file.dependencies.iter().chain(&file.pip).flat_map(|read| [read.span, read.specifier_span.unwrap_or_default()]).chain(file.errors.iter().chain(&file.pip_includes).chain(&file.channels).map(|item| item.span)) {
                prop_assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
}
