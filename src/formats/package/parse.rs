//! Reads one requirement as pip does: PEP 508, or a path or URL on its own.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::requirement::{ConstraintSyntax, ParsedRequirement, Requirement, RequirementSource, UnnamedRequirement};
use super::{Marker, PackageName, TextOrigin};
use crate::diagnostic::{Span, Spanned};
use crate::knowledge::version_set::parse_specifiers;

/// Reads the requirement `text`, which stands at `origin`.
///
/// # Errors
/// Why pip would refuse it, and the place.
pub fn parse_requirement(text: &str, origin: &TextOrigin) -> Result<ParsedRequirement, Spanned<String>> {
    let start = text.len() - text.trim_start().len();
    let end = start + text.trim().len();
    let reader = Reader { text: text.get(..end).unwrap_or(text), origin, start };
    if reader.is_path_or_url() { reader.path_or_url() } else { reader.named().map(ParsedRequirement::Named) }
}

/// Reads a path or URL.
pub(crate) fn parse_source(text: &str) -> RequirementSource {
    let is_vcs = ["git+", "hg+", "svn+", "bzr+", "git:"].iter().any(|scheme| text.starts_with(scheme));
    if is_vcs {
        let without_fragment = text.split('#').next().unwrap_or(text);
        let path_from = without_fragment.find("://").map_or(0, |at| at + 3);
        let path_from = without_fragment
            .get(path_from..)
            .and_then(|rest| rest.find('/'))
            .map_or(without_fragment.len(), |slash| path_from + slash);
        let (url, revision) = match without_fragment.get(path_from..).and_then(|path| path.rfind('@')) {
            Some(at) => (&without_fragment[..path_from + at], Some(without_fragment[path_from + at + 1..].to_owned())),
            None => (without_fragment, None),
        };
        return RequirementSource::Vcs { url: url.to_owned(), revision };
    }
    if scheme_of(text).is_some_and(|scheme| scheme != "file") {
        return RequirementSource::Url(text.to_owned());
    }
    let path = text.strip_prefix("file:").unwrap_or(text);
    RequirementSource::Path(path.split('#').next().unwrap_or(path).to_owned())
}

/// The scheme of a URL that pip knows.
fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let base = scheme.split('+').next().unwrap_or(scheme);
    matches!(base, "http" | "https" | "file" | "ftp" | "git" | "hg" | "svn" | "bzr" | "ssh").then_some(scheme)
}

/// Whether a text ends as a package archive does.
fn is_archive(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar"].iter().any(|ending| lower.ends_with(ending))
}

struct Reader<'a> {
    /// Ends where the requirement ends.
    text: &'a str,
    origin: &'a TextOrigin,
    /// Offset of the first character that is not blank.
    start: usize,
}

type Failure = Spanned<String>;

impl<'a> Reader<'a> {
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn rest(&self, at: usize) -> &'a str {
        self.slice(at, self.text.len())
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.origin.span(start, end)
    }

    fn whole(&self) -> Span {
        self.span(self.start, self.text.len())
    }

    fn skip_space(&self, at: usize) -> usize {
        let rest = self.rest(at);
        at + rest.len() - rest.trim_start().len()
    }

    fn fail<T>(&self, start: usize, message: impl Into<String>) -> Result<T, Failure> {
        let end = self.text.len().max(start);
        Err(Spanned::new(message.into(), self.span(start.min(self.text.len()), end)))
    }

    fn is_path_or_url(&self) -> bool {
        let text = self.rest(self.start);
        let head = text.split([';', ' ', '[']).next().unwrap_or_default();
        let named_url = text.find('@').is_some_and(|at| {
            let before = text[..at].trim_end();
            let name = before.split('[').next().unwrap_or_default().trim_end();
            name.parse::<PackageName>().is_ok()
        });
        if named_url {
            return false;
        }
        scheme_of(head).is_some()
            || head.starts_with('.')
            || head.starts_with('/')
            || head.starts_with('~') && head.starts_with("~/")
            || is_archive(head)
            || head.contains('/') && !head.contains(['<', '>', '=', '!', '~'])
    }

    /// A path or URL on its own.
    fn path_or_url(&self) -> Result<ParsedRequirement, Failure> {
        let text = self.rest(self.start);
        // In a URL `;` is an ordinary character, so a marker needs a blank before it; after a path it does not.
        let is_url = scheme_of(text).is_some();
        let end = text.find(if is_url { " ;" } else { ";" }).or_else(|| text.find("; ").filter(|_| is_url));
        let (place_end, marker) = match end {
            Some(at) => {
                let semicolon = self.start + at + self.slice(self.start + at, self.text.len()).find(';').unwrap_or(0);
                (self.start + at, Some(self.marker(semicolon + 1)?))
            }
            None => (self.text.len(), None),
        };
        let place = self.slice(self.start, place_end).trim_end();
        let mut place_end = self.start + place.len();
        let mut extras = Vec::new();
        if place.ends_with(']')
            && let Some(open) = place.rfind('[')
        {
            extras = self.extras(self.start + open)?.0;
            place_end = self.start + open;
        }
        let place = self.slice(self.start, place_end);
        let source = Spanned::new(parse_source(place), self.span(self.start, place_end));
        let span = self.whole();
        if let Some((name, specifiers)) = self.name_in_place(place) {
            let mut requirement = Requirement::bare(name, span, ConstraintSyntax::Pep508);
            requirement.extras.extend(extras);
            requirement.insert_at = self.origin.offset_after(place_end);
            requirement.specifiers = specifiers;
            requirement.marker = marker;
            requirement.source = Some(source);
            return Ok(ParsedRequirement::Named(requirement));
        }
        let suggested_name = suggested_name(&source.value);
        let unnamed = UnnamedRequirement { source, suggested_name, extras, marker, hashes: 0, span, editable: false };
        Ok(ParsedRequirement::Unnamed(unnamed))
    }

    /// The package that `#egg=name` or the name of a wheel file states, with the wheel's version.
    fn name_in_place(&self, place: &str) -> Option<(Spanned<PackageName>, VersionSpecifiers)> {
        if let Some(at) = place.find("egg=") {
            let start = at + "egg=".len();
            let rest = place.get(start..)?;
            let length = rest.find(['&', '[', '#']).unwrap_or(rest.len());
            let name = rest.get(..length)?.parse().ok()?;
            let span = self.span(self.start + start, self.start + start + length);
            return Some((Spanned::new(name, span), VersionSpecifiers::empty()));
        }
        let file = place.split(['#', '?']).next()?;
        let start = file.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        let file = file.get(start..)?.strip_suffix(".whl")?;
        let mut parts = file.split('-');
        let (name, version) = (parts.next()?, parts.next()?);
        let span = self.span(self.start + start, self.start + start + name.len());
        let version = Version::from_str(&version.replace("%2B", "+").replace("%2b", "+")).ok()?;
        let specifiers = VersionSpecifiers::from(VersionSpecifier::equals_version(version));
        Some((Spanned::new(name.parse().ok()?, span), specifiers))
    }

    /// `name[extras] specifiers ; marker` or `name[extras] @ url ; marker`.
    fn named(&self) -> Result<Requirement, Failure> {
        let name_end = self.start
            + self
                .rest(self.start)
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .unwrap_or(self.text.len() - self.start);
        let written = self.slice(self.start, name_end);
        let Ok(name) = written.parse::<PackageName>() else {
            return self.fail(self.start, reason_for_no_name(self.rest(self.start), written));
        };
        let name = Spanned::new(name, self.span(self.start, name_end));
        let mut requirement = Requirement::bare(name, self.whole(), ConstraintSyntax::Pep508);
        let mut at = self.skip_space(name_end);
        let mut insert_at = name_end;
        if self.rest(at).starts_with('[') {
            let (extras, end) = self.extras(at)?;
            requirement.extras = extras;
            insert_at = end;
            at = self.skip_space(end);
        }
        requirement.insert_at = self.origin.offset_after(insert_at);
        if self.rest(at).starts_with('@') {
            self.url(at + 1, &mut requirement)?;
            return Ok(requirement);
        }
        let semicolon = self.rest(at).find(';').map(|offset| at + offset);
        self.specifiers(at, semicolon.unwrap_or(self.text.len()), &mut requirement)?;
        if let Some(semicolon) = semicolon {
            requirement.marker = Some(self.marker(semicolon + 1)?);
        }
        Ok(requirement)
    }

    /// The extras from the bracket at `open`, and where they end.
    fn extras(&self, open: usize) -> Result<(Vec<Spanned<String>>, usize), Failure> {
        let Some(length) = self.rest(open).find(']') else {
            return self.fail(open, "the bracket of the extras is not closed");
        };
        let mut extras = Vec::new();
        let mut at = open + 1;
        for part in self.slice(open + 1, open + length).split(',') {
            let start = at + part.len() - part.trim_start().len();
            let written = part.trim();
            at += part.len() + 1;
            if written.is_empty() {
                continue;
            }
            match written.parse::<PackageName>() {
                Ok(extra) => {
                    extras.push(Spanned::new(extra.as_str().to_owned(), self.span(start, start + written.len())));
                }
                Err(_) => return self.fail(start, format!("`{written}` is not the name of an extra")),
            }
        }
        Ok((extras, open + length + 1))
    }

    /// The URL behind `@`, and the marker behind it.
    fn url(&self, at: usize, requirement: &mut Requirement) -> Result<(), Failure> {
        let start = self.skip_space(at);
        let rest = self.rest(start);
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let place = self.slice(start, start + length);
        if place.is_empty() {
            return self.fail(at, "expected a URL or a path after `@`");
        }
        let span = self.span(start, start + length);
        requirement.source = Some(Spanned::new(parse_source(place), span));
        if let Some((_, specifiers)) = self.name_in_place(place) {
            requirement.specifiers = specifiers;
        }
        let after = self.skip_space(start + length);
        if after >= self.text.len() {
            return Ok(());
        }
        if !self.rest(after).starts_with(';') {
            return self.fail(after, "expected `;` and a marker, or nothing, after the URL");
        }
        requirement.marker = Some(self.marker(after + 1)?);
        Ok(())
    }

    /// The version part in `start..end`.
    fn specifiers(&self, start: usize, end: usize, requirement: &mut Requirement) -> Result<(), Failure> {
        let mut start = self.skip_space(start).min(end);
        let mut part = self.slice(start, end).trim_end();
        if part.is_empty() {
            return Ok(());
        }
        if let Some(inner) = part.strip_prefix('(') {
            let Some(inner) = inner.strip_suffix(')') else {
                return self.fail(start, "the parenthesis around the versions is not closed");
            };
            start = self.skip_space(start + 1);
            part = inner.trim();
            if part.is_empty() {
                return Ok(());
            }
        }
        let span = self.span(start, start + part.len());
        if !part.starts_with(['<', '>', '=', '!', '~']) {
            let name = &requirement.name.value;
            let message = if part.starts_with(|c: char| c.is_ascii_digit()) {
                format!("expected an operator before the version: `{name}=={part}`")
            } else {
                format!("`{part}` after `{name}` is neither versions nor a marker")
            };
            return Err(Spanned::new(message, span));
        }
        if part.contains("${") || part.contains("$(") || part.contains('$') {
            requirement.has_variable = true;
            requirement.specifier_span = Some(span);
            return Ok(());
        }
        match read_specifiers(part) {
            Ok((specifiers, verbatim)) => {
                requirement.specifiers = specifiers;
                requirement.verbatim_version = verbatim;
                requirement.specifier_span = Some(span);
                Ok(())
            }
            Err(message) => Err(Spanned::new(message, span)),
        }
    }

    /// The marker from `start` to the end.
    fn marker(&self, start: usize) -> Result<Spanned<Marker>, Failure> {
        let start = self.skip_space(start);
        let text = self.rest(start);
        match Marker::parse(text) {
            Ok(marker) => Ok(Spanned::new(marker, self.span(start, self.text.len()))),
            Err((at, message)) => self.fail(start + at, message),
        }
    }
}

/// Reads specifiers, with a `===` whose operand is no PEP 440 version apart.
fn read_specifiers(text: &str) -> Result<(VersionSpecifiers, Option<String>), String> {
    let mut specifiers: Vec<VersionSpecifier> = Vec::new();
    let mut verbatim = None;
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match (parse_specifiers(part), part.strip_prefix("===")) {
            (Ok(read), _) => specifiers.extend(read),
            (Err(_), Some(version)) if !version.trim().is_empty() && !version.trim().contains(char::is_whitespace) => {
                verbatim = Some(version.trim().to_owned());
            }
            (Err(_), _) => return Err(reason_for_no_specifier(part)),
        }
    }
    Ok((specifiers.into_iter().collect(), verbatim))
}

/// Why a text is no specifier, in the words of someone who wants to mend it.
fn reason_for_no_specifier(part: &str) -> String {
    let operator_end = part.find(|c: char| !"<>=!~".contains(c)).unwrap_or(part.len());
    let (operator, version) = part.split_at(operator_end);
    let version = version.trim();
    if operator == "=" {
        return format!("`=` is not an operator; `=={version}` is one exact version");
    }
    if !["==", "!=", "<=", ">=", "<", ">", "~=", "==="].contains(&operator) {
        return format!("`{operator}` is not an operator");
    }
    if version.is_empty() {
        return format!("there is no version after `{operator}`");
    }
    if version.contains(|c: char| c.is_whitespace() || "<>=~".contains(c)) {
        return format!("`{version}` is not one version; specifiers are separated by commas");
    }
    if version.ends_with(".*") && Version::from_str(version.trim_end_matches(".*")).is_ok() {
        return format!("`.*` goes with `==` and `!=` only, not with `{operator}`");
    }
    match Version::from_str(version) {
        Ok(version) if version.is_local() => {
            format!("`{operator}` can't compare with a local build such as `{version}`")
        }
        Ok(_) => format!("`{operator}` needs at least two numbers, as in `~=1.4`"),
        Err(_) => format!("`{version}` is not a version"),
    }
}

/// Why a line names no package.
fn reason_for_no_name(text: &str, written: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    if text.starts_with(['<', '>', '=', '!', '~']) {
        return format!("`{shown}` has versions but no package");
    }
    if written.is_empty() {
        return format!("`{shown}` does not begin with the name of a package");
    }
    format!("`{written}` is not the name of a package")
}

/// The repository's own name, where a URL under version control suggests one.
fn suggested_name(source: &RequirementSource) -> Option<PackageName> {
    match source {
        RequirementSource::Vcs { url, .. } => {
            let last = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
            last.strip_suffix(".git").unwrap_or(last).parse().ok()
        }
        RequirementSource::Url(_) | RequirementSource::Path(_) => None,
    }
}

#[cfg(test)]
mod tests;
