//! `.gitattributes`: which files git hands to a filter that keeps their content elsewhere (LFS, Xet).

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Filters that leave a small pointer in git and keep the content elsewhere.
const STORING_FILTERS: &[&str] = &["lfs", "xet"];

/// One `.gitattributes` file.
#[derive(Debug, Clone)]
pub struct GitAttributes {
    /// The lines that say something about the filter, as ignore patterns: ignored is stored elsewhere, and admitted again
    /// is not. Both kinds of file let the last matching line win.
    filtered: Gitignore,
}

impl GitAttributes {
    /// Reads a `.gitattributes` file. Lines that git could not read either are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut builder = GitignoreBuilder::new("");
        let mut macros: Vec<(String, bool)> = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (pattern, attributes) = split_pattern(line);
            let stores = attributes.split_whitespace().filter_map(|one| stores_elsewhere(one, &macros)).next_back();
            if let Some(name) = pattern.strip_prefix("[attr]") {
                macros.extend(stores.map(|stores| (name.to_owned(), stores)));
                continue;
            }
            // A pattern that ends in a slash matches folders, and folders have no content.
            let Some(stores) = stores.filter(|_| !pattern.ends_with('/') && !pattern.starts_with('!')) else {
                continue;
            };
            let line = if stores { pattern } else { format!("!{pattern}") };
            let _ = builder.add_line(None, &line);
        }
        Self { filtered: builder.build().unwrap_or_else(|_| Gitignore::empty()) }
    }

    /// Whether the content of a file, by its path relative to this file's folder, is kept elsewhere; `None` where no line
    /// says anything about it.
    #[must_use]
    pub fn stores_elsewhere(&self, relative: &str) -> Option<bool> {
        match self.filtered.matched(relative, false) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

/// The pattern, which may be quoted, and what follows it.
fn split_pattern(line: &str) -> (String, &str) {
    if let Some(rest) = line.strip_prefix('"')
        && let Some((pattern, attributes)) = rest.split_once('"')
    {
        return (pattern.to_owned(), attributes);
    }
    let (pattern, attributes) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    // Spaces can't be written, so that a class stands for them.
    (pattern.replace("[[:space:]]", " "), attributes)
}

/// What one attribute says about where the content is kept.
fn stores_elsewhere(attribute: &str, macros: &[(String, bool)]) -> Option<bool> {
    if let Some(filter) = attribute.strip_prefix("filter=") {
        return Some(STORING_FILTERS.contains(&filter));
    }
    match attribute {
        "-filter" | "!filter" => Some(false),
        name => macros.iter().rev().find(|(known, _)| known == name).map(|(_, stores)| *stores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_speaks_of_the_filter_wins() {
        let text = "# models\n*.bin filter=lfs diff=lfs merge=lfs -text\r\nweights/** filter=xet\n*.md text\n\
                    small.bin -filter\n\"with space.onnx\" filter=lfs\n[attr]big filter=lfs -text\n*.mp4 big\ndata/ filter=lfs\n\
                    a[[:space:]]b filter=lfs\n";
        let attributes = GitAttributes::parse(text);
        for (path, expected) in [
            ("model.bin", Some(true)),
            ("deep/er/model.bin", Some(true)),
            ("small.bin", Some(false)),
            ("weights/a/b.txt", Some(true)),
            ("with space.onnx", Some(true)),
            ("film.mp4", Some(true)),
            ("data/x.csv", None),
            ("a b", Some(true)),
            ("README.md", None),
            ("model.binary", None),
        ] {
            assert_eq!(attributes.stores_elsewhere(path), expected, "{path}");
        }
    }
}
