//! Where a requirement can be added to what a deployment installs.

use crate::diagnostic::{Fix, RepoPath, Span};
use crate::formats::package::ConstraintSyntax;

use super::super::{Deployment, Documents};
use super::{Declaration, Origin};

/// Adds to `fix` the edit that installs `requirements` too: on lines behind that of `declaration`, or as further arguments
/// of its command. `None` where neither can be done, as in a table of TOML.
fn add_beside(fix: Fix, documents: &Documents, declaration: &Declaration, requirements: &[String]) -> Option<Fix> {
    let source = documents.repository().source(&declaration.path)?;
    let text = source.text();
    match declaration.origin {
        Origin::Requirements if declaration.requirement.hashes == 0 => {
            let rest = text.get(declaration.requirement.span.end..)?;
            let end = declaration.requirement.span.end + rest.find('\n').unwrap_or(rest.len());
            let returned = text.get(..end).is_some_and(|before| before.ends_with('\r'));
            let (at, newline) = if returned { (end - 1, "\r\n") } else { (end, newline_of(text)) };
            let lines: String = requirements.iter().map(|requirement| format!("{newline}{requirement}")).collect();
            Some(fix.insert(&declaration.path, at, lines))
        }
        Origin::Command => {
            let word = |requirement: &String| {
                let plain = !requirement.contains(['<', '>', ';', ' ', '!']);
                if plain { format!(" {requirement}") } else { format!(" \"{requirement}\"") }
            };
            // A word in quotes ends behind its quote.
            let end = declaration.requirement.span.end;
            let quoted = text.get(end..).is_some_and(|rest| rest.starts_with(['"', '\'']));
            let words: String = requirements.iter().map(word).collect();
            Some(fix.insert(&declaration.path, end + usize::from(quoted), words))
        }
        _ => None,
    }
}

/// Adds to `fix` the edit that installs `requirements` with the deployment's other packages: beside the declaration of
/// `package` where that is possible, at the end of a requirements file, or in a new `requirements.txt` where the platform
/// reads one.
#[must_use]
pub fn add_to(fix: Fix, deployment: &Deployment<'_>, package: &str, requirements: &[String]) -> Option<Fix> {
    let documents = deployment.documents();
    let packages = deployment.packages();
    let unlocked =
        |path: &RepoPath| packages.manifests().iter().all(|manifest| manifest.path != *path || !manifest.locked);
    let can_hold = |declaration: &&Declaration| {
        matches!(declaration.origin, Origin::Requirements | Origin::Command) && unlocked(&declaration.path)
    };
    if let Some(declaration) = packages.of(package).find(can_hold) {
        return add_beside(fix, documents, declaration, requirements);
    }
    let in_file = |declaration: &&Declaration| declaration.origin == Origin::Requirements && can_hold(declaration);
    if let Some(last) = packages.declarations().iter().rev().find(in_file) {
        return add_beside(fix, documents, last, requirements);
    }
    let card_only = packages.of(package).any(|declaration| declaration.origin == Origin::Card);
    let path = deployment.root().join("requirements.txt")?;
    let free = documents.repository().presence(&path) == crate::repo::Presence::Absent;
    (card_only && free).then(|| fix.create(&path, requirements.join("\n") + "\n"))
}

/// Adds to `fix` the edit that narrows `declaration` by a further specifier, `<1`. `None` where that is not a matter of
/// inserting it.
#[must_use]
pub fn narrow(fix: Fix, documents: &Documents, declaration: &Declaration, specifier: &str) -> Option<Fix> {
    let requirement = &declaration.requirement;
    if requirement.syntax != ConstraintSyntax::Pep508 || requirement.source.is_some() || requirement.hashes > 0 {
        return None;
    }
    match declaration.origin {
        Origin::Requirements | Origin::Pyproject | Origin::Constraints => {}
        // On a command line an unquoted `<` reads a file.
        Origin::Command => {
            let text = documents.repository().source(&declaration.path)?.text();
            let quote = |c: char| matches!(c, '"' | '\'');
            let inside = requirement.span.of(text).contains(quote)
                || text.get(..requirement.span.start).is_some_and(|before| before.ends_with(quote));
            if !inside {
                let separator = if requirement.specifier_span.is_some() { "," } else { "" };
                let quoted = format!("\"{}{separator}{specifier}\"", requirement.span.of(text));
                return Some(fix.replace(&declaration.path, requirement.span, quoted));
            }
        }
        _ => return None,
    }
    Some(match requirement.specifier_span {
        Some(span) => fix.insert(&declaration.path, span.end, format!(",{specifier}")),
        None => fix.insert(&declaration.path, requirement.insert_at, specifier),
    })
}

/// Adds to `fix` the edits that take options off the lines of requirements, where pip takes no notice of them, and put them
/// before the first of those as lines of their own. An `--index-url` becomes an `--extra-index-url`: the packages of other
/// lines are not on such an index.
#[must_use]
pub fn options_on_own_lines(mut fix: Fix, documents: &Documents, declarations: &[&Declaration]) -> Option<Fix> {
    let first = declarations.first()?;
    let text = documents.repository().source(&first.path)?.text();
    let mut lines: Vec<String> = Vec::new();
    for declaration in declarations {
        for option in &declaration.requirement.misplaced_options {
            let written = option.span.of(text);
            let value = written.split(['=', ' ', '\t']).rfind(|word| !word.is_empty()).filter(|word| *word != written);
            let name = if option.value == "--index-url" { "--extra-index-url" } else { option.value.as_str() };
            let line = value.map_or_else(|| name.to_owned(), |value| format!("{name} {value}"));
            if !lines.contains(&line) {
                lines.push(line);
            }
            let before = text.get(..option.span.start)?;
            let start = before.trim_end_matches([' ', '\t']).len();
            fix = fix.replace(&declaration.path, Span::new(start, option.span.end), "");
        }
    }
    let newline = newline_of(text);
    let lines: String = lines.iter().map(|line| format!("{line}{newline}")).collect();
    Some(fix.insert(&first.path, first.requirement.span.start, lines))
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
