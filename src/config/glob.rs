//! Path patterns as users write them in configuration files and flags.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::diagnostic::RepoPath;

/// A set of path patterns. A pattern without a `/` matches at any depth; one that matches a folder matches all below it.
#[derive(Debug, Clone, Default)]
pub struct PathPatterns {
    patterns: Vec<String>,
    globs: GlobSet,
    base: String,
}

impl PathPatterns {
    /// Compiles `patterns`, which are relative to a folder from which `base` (empty, or `apps/api/`) leads to the root.
    ///
    /// # Errors
    /// The index of the first pattern that is malformed, with the reason.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>, base: &str) -> Result<Self, (usize, String)> {
        let mut builder = GlobSetBuilder::new();
        let mut kept = Vec::new();
        for (index, pattern) in patterns.into_iter().enumerate() {
            let trimmed = pattern.trim_start_matches("./").trim_end_matches('/');
            let anchored = match trimmed.strip_prefix('/') {
                Some(rest) => rest.to_owned(),
                None if trimmed.contains('/') => trimmed.to_owned(),
                None => format!("**/{trimmed}"),
            };
            for glob in [anchored.clone(), format!("{anchored}/**")] {
                let glob = GlobBuilder::new(&glob).literal_separator(true).build();
                builder.add(glob.map_err(|error| (index, error.kind().to_string()))?);
            }
            kept.push(pattern.to_owned());
        }
        let globs = builder.build().map_err(|error| (0, error.kind().to_string()))?;
        Ok(Self { patterns: kept, globs, base: base.to_owned() })
    }

    /// Whether `path` matches one of the patterns.
    #[must_use]
    pub fn matches(&self, path: &RepoPath) -> bool {
        if self.base.is_empty() {
            return self.globs.is_match(path.as_str());
        }
        self.globs.is_match(format!("{}{}", self.base, path.as_str()))
    }

    /// Whether one of the patterns matches the root itself, or a folder above it.
    #[must_use]
    pub fn match_the_root(&self) -> bool {
        let root = self.base.trim_end_matches('/');
        !root.is_empty() && self.globs.is_match(root)
    }

    /// The patterns as written.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The compiled patterns, for a walk.
    #[must_use]
    pub fn globs(&self) -> &GlobSet {
        &self.globs
    }

    /// What leads from the folder that the patterns are relative to, to the root.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_as_users_mean_them() {
        for (pattern, base, path, expected) in [
            ("tests", "", "a/tests/b.py", true),
            ("tests/", "", "tests/b.py", true),
            ("tests", "", "mytests/b.py", false),
            ("*.ipynb", "", "deep/in/x.ipynb", true),
            ("a/*.py", "", "a/b/c.py", false),
            ("a/**/*.py", "", "a/b/c.py", true),
            ("/setup.py", "", "sub/setup.py", false),
            ("./a/b", "", "a/b/c", true),
            ("apps/api/gen", "apps/api/", "gen/x.py", true),
            ("gen/x.py", "apps/api/", "gen/x.py", false),
            ("*.{yml,yaml}", "", ".github/workflows/ci.yaml", true),
        ] {
            let patterns = PathPatterns::new([pattern], base).unwrap();
            assert_eq!(patterns.matches(&RepoPath::new(path)), expected, "{pattern} {base} {path}");
        }
        assert_eq!(PathPatterns::new(["ok", "a[b"], "").unwrap_err().0, 1);
    }
}
