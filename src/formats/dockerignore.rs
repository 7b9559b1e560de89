//! `.dockerignore`: what of a build context does not reach the build.

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::diagnostic::Span;

/// A `.dockerignore` file.
#[derive(Debug, Clone)]
pub struct DockerIgnore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    matcher: GlobMatcher,
    /// The pattern without what negates it.
    text: String,
    /// Whether it brings back what an earlier line left out.
    negated: bool,
    span: Span,
}

impl DockerIgnore {
    /// Reads a `.dockerignore` file. Patterns that Docker would refuse are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut patterns = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let content = line.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let lead = line.len() - line.trim_start().len();
            let span = Span::new(start + lead, start + lead + content.len());
            let (negated, written) = match content.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, content),
            };
            let text = cleaned(written);
            if text.is_empty() {
                continue;
            }
            if let Some(matcher) = glob(&text) {
                patterns.push(Pattern { matcher: matcher.compile_matcher(), text, negated, span });
            }
        }
        Self { patterns }
    }

    /// The line that leaves out `path`, relative to the context; `None` where the build gets it. A folder that is left out
    /// and of which a later line may bring something back counts as there.
    #[must_use]
    pub fn excluding(&self, path: &str) -> Option<Span> {
        let path = path.trim_matches('/');
        let mut excluded: Option<&Pattern> = None;
        for pattern in &self.patterns {
            if above(path).any(|part| pattern.matcher.is_match(part)) {
                excluded = (!pattern.negated).then_some(pattern);
            } else if pattern.negated && may_be_below(&pattern.text, path) {
                excluded = None;
            }
        }
        excluded.map(|pattern| pattern.span)
    }
}

/// The path and every folder above it.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder))
}

/// Whether a pattern could match something in the folder `path`.
fn may_be_below(pattern: &str, path: &str) -> bool {
    let mut own = path.split('/');
    for part in pattern.split('/') {
        if part == "**" {
            return true;
        }
        let Some(folder) = own.next() else { return true };
        if !GlobBuilder::new(part).build().is_ok_and(|glob| glob.compile_matcher().is_match(folder)) {
            return false;
        }
    }
    false
}

/// The pattern as Docker cleans a path: without `.`, `..` and slashes at its ends.
fn cleaned(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn glob(pattern: &str) -> Option<Glob> {
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_wins_and_folders_take_their_content_along() {
        let lines =
            |text: &str, path: &str| DockerIgnore::parse(text).excluding(path).map(|span| span.of(text).to_owned());
        let text = "# tests\r\n*.md\n**/*.pyc\n/docs/\n!README.md\nsrc\n!src/keep\n  spaced  \n";
        for (path, expected) in [
            ("CHANGES.md", Some("*.md")),
            ("README.md", None),
            ("a/b.md", None),
            ("a/b/c.pyc", Some("**/*.pyc")),
            ("docs", Some("/docs/")),
            ("docs/a/b", Some("/docs/")),
            ("documents", None),
            ("src", None),
            ("src/main.py", Some("src")),
            ("src/keep/x.py", None),
            ("spaced", Some("spaced")),
        ] {
            assert_eq!(lines(text, path).as_deref(), expected, "{path}");
        }
        let text = "*\n!app/\n!requirements*.txt\n";
        for (path, excluded) in
            [("app/x/y.py", false), ("app", false), ("requirements.txt", false), ("main.py", true), ("lib", true)]
        {
            assert_eq!(lines(text, path).is_some(), excluded, "{path}");
        }
    }
}
