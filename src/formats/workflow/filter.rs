//! The pattern language of `paths` and `branches`:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>.

use regex::Regex;

/// A pattern of a filter.
#[derive(Debug, Clone)]
pub struct FilterPattern {
    /// Whether it begins with `!` and takes out what earlier patterns let in.
    pub negated: bool,
    matcher: Regex,
}

impl FilterPattern {
    /// Reads a pattern; `None` where it is malformed or beyond reason.
    #[must_use]
    pub fn parse(pattern: &str) -> Option<Self> {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        if pattern.is_empty() || pattern.len() > 1000 {
            return None;
        }
        Some(Self { negated, matcher: Regex::new(&format!("^(?:{})$", expression(pattern)?)).ok()? })
    }

    /// Whether the whole of `text`, a path or the name of a branch, fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

fn expression(pattern: &str) -> Option<String> {
    let mut expression = String::new();
    let mut rest = pattern.chars().peekable();
    let mut at_start_of_part = true;
    let mut is_repeatable = false;
    while let Some(character) = rest.next() {
        let starts_part = std::mem::replace(&mut at_start_of_part, character == '/');
        let can_repeat = std::mem::replace(&mut is_repeatable, !matches!(character, '*' | '?' | '+'));
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => {
                while rest.next_if_eq(&'*').is_some() {}
                // `**/` may stand for no folder at all.
                if starts_part && rest.next_if_eq(&'/').is_some() {
                    expression.push_str("(?:.*/)?");
                    at_start_of_part = true;
                } else {
                    expression.push_str(".*");
                }
            }
            '*' => expression.push_str("[^/]*"),
            // They repeat the one character or class that stands before them; GitHub refuses them elsewhere.
            '?' | '+' if can_repeat => expression.push(character),
            '?' | '+' => return None,
            '[' => {
                let mut class = String::new();
                loop {
                    match rest.next()? {
                        ']' => break,
                        other => class.push(other),
                    }
                }
                let plain = class.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
                if class.is_empty() || !plain {
                    return None;
                }
                expression.push_str(&format!("[{class}]"));
            }
            '\\' => expression.push_str(&regex::escape(&rest.next()?.to_string())),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    Some(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheat_sheet() {
        for (pattern, fits, others) in [
            ("feature/*", vec!["feature/my-branch"], vec!["feature/a/b", "feature"]),
            ("feature/**", vec!["feature/beta-a/my-branch", "feature/x"], vec!["feature"]),
            ("main", vec!["main"], vec!["main2"]),
            ("*", vec!["main", "releases"], vec!["all/the/branches"]),
            ("**", vec!["all/the/branches", "every/tag"], vec![]),
            ("*feature", vec!["mona-feature", "feature"], vec!["feature-x"]),
            ("v2*", vec!["v2", "v2.0", "v2.9"], vec!["v1"]),
            ("v[12].[0-9]+.[0-9]+", vec!["v1.10.1", "v2.0.0"], vec!["v3.0.0"]),
            ("*.jsx?", vec!["page.js", "page.jsx"], vec!["src/page.js"]),
            ("**.js", vec!["index.js", "js/index.js"], vec!["index.ts"]),
            ("docs/*", vec!["docs/README.md"], vec!["docs/mona/octocat.txt"]),
            ("docs/**/*.md", vec!["docs/README.md", "docs/mona/hello.md"], vec!["README.md"]),
            ("**/docs/**", vec!["docs/hello.md", "dir/docs/my-file.txt"], vec!["adocs/x"]),
            ("**/*src/**", vec!["a/src/app.js", "my-src/code/js/app.js"], vec!["a/srcs/app.js"]),
            ("**/*-post.md", vec!["my-post.md", "path/their-post.md"], vec!["post.md"]),
            ("src/", vec![], vec!["src/a.py", "src"]),
        ] {
            let read = FilterPattern::parse(pattern).unwrap();
            assert!(fits.iter().all(|text| read.matches(text)), "{pattern}");
            assert!(!others.iter().any(|text| read.matches(text)), "{pattern}");
        }
        assert!(FilterPattern::parse("!docs/**").unwrap().negated);
        assert!(FilterPattern::parse("[").is_none() && FilterPattern::parse("").is_none());
    }

    #[test]
    fn special_characters_and_their_limits() {
        for (pattern, fits, others) in [
            ("[xA-Zy0-9]-x", vec!["B-x", "y-x", "7-x"], vec!["b-x", "-x"]),
            ("[a-z]+", vec!["a", "abc"], vec!["", "A", "a1"]),
            ("ab?c", vec!["ac", "abc"], vec!["abbc"]),
            (r"\!a\+", vec!["!a+"], vec!["!aa", "a+"]),
            ("a!+", vec!["a!", "a!!"], vec!["a"]),
            ("*.*.*-**", vec!["1.2.3-a/b"], vec!["1.2-a"]),
            (".foo.(txt)", vec![".foo.(txt)"], vec!["xfoo.txt"]),
            ("**/a/**/b", vec!["a/b", "x/a/y/z/b"], vec!["a/xb", "xa/b"]),
            ("*/*", vec!["a/b"], vec!["a", "a/b/c"]),
            ("é*/日?本", vec!["é/本", "éa/日本"], vec!["e/本"]),
            ("foo bar/**", vec!["foo bar/x"], vec!["foo bar"]),
            ("/src/**", vec!["/src/x"], vec!["src/x"]),
            ("$HOME^|{}", vec!["$HOME^|{}"], vec![]),
        ] {
            let read = FilterPattern::parse(pattern).unwrap_or_else(|| panic!("{pattern}"));
            assert!(!read.negated, "{pattern}");
            assert!(fits.iter().all(|text| read.matches(text)), "{pattern}");
            assert!(!others.iter().any(|text| read.matches(text)), "{pattern}");
        }
        for pattern in ["!", "?", "+a", "*?", "a??", "a+?", "**+", "[]", "[a", "[9-1]", "a\\", "[^a]"] {
            assert!(FilterPattern::parse(pattern).is_none(), "{pattern}");
        }
    }
}
