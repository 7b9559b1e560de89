//! Where something stands: a path inside the repository and a range of bytes in that file's text.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A half-open range of byte offsets into a file's decoded text (after a byte order mark, if there was one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte; never below `start`.
    pub end: usize,
}

impl Span {
    /// The range `start..end`. An `end` below `start` gives the empty range at `start`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The empty range at `offset`: a place to insert at, or the start of a file as a whole.
    #[must_use]
    pub fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether no byte is inside.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `offset` lies inside.
    #[must_use]
    pub fn contains(self, offset: usize) -> bool {
        (self.start..self.end).contains(&offset)
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub fn covers(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same range moved right by `offset`: from a fragment's text into the text that holds it.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }

    /// The text in this range; empty where the range does not fit the text.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A path relative to the root of the repository, with `/` between its parts on every platform. The root itself is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// Takes a path as written, normalising `\`, `.` and `..`; `..` never climbs above the root (see [`RepoPath::join`]).
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self::root().join(path).unwrap_or_else(Self::root)
    }

    /// The root of the repository.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// The path as text, without a leading or trailing `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root of the repository.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last part: a file's or folder's own name; empty for the root.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The file name's extension without its dot, as written; empty where there is none.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(stem, ext)| if stem.is_empty() { "" } else { ext })
    }

    /// The folder that holds this path; the root for a top-level file and for the root itself.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(Arc::from(self.parent_str()))
    }

    /// The same as text: for comparing, where nothing needs to be kept.
    #[must_use]
    pub fn parent_str(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// The parts from the root down.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// Whether this path is `folder` or lies below it.
    #[must_use]
    pub fn is_within(&self, folder: &RepoPath) -> bool {
        folder.is_root()
            || self.0.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// This path as seen from `folder`; `None` where it lies elsewhere.
    #[must_use]
    pub fn relative_to(&self, folder: &RepoPath) -> Option<&str> {
        if !self.is_within(folder) {
            return None;
        }
        Some(self.0[folder.0.len()..].trim_start_matches('/'))
    }

    /// Resolves `relative`, a path as a file in this folder would write it. `None` where it is absolute or climbs out of
    /// the repository.
    #[must_use]
    pub fn join(&self, relative: &str) -> Option<Self> {
        let relative = relative.replace('\\', "/");
        if relative.starts_with('/') {
            return None;
        }
        let mut parts: Vec<&str> = self.parts().collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(Self(Arc::from(parts.join("/"))))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A place in the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub path: RepoPath,
    /// The range in the file's text; empty at offset 0 for the file as a whole.
    pub span: Span,
}

impl Location {
    /// The range `span` of the file at `path`.
    #[must_use]
    pub fn new(path: &RepoPath, span: Span) -> Self {
        Self { path: path.clone(), span }
    }

    /// The file as a whole.
    #[must_use]
    pub fn file(path: &RepoPath) -> Self {
        Self::new(path, Span::default())
    }
}

/// A value together with the range of text that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value` as read from `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same range with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_resolves_dots_and_refuses_to_leave_the_repository() {
        let folder = RepoPath::new("a/b");
        assert_eq!(folder.join("../c.py").unwrap().as_str(), "a/c.py");
        assert_eq!(folder.join("./d\\e.py").unwrap().as_str(), "a/b/d/e.py");
        assert_eq!(folder.join("../../../x"), None);
        assert_eq!(folder.join("/etc/passwd"), None);
        assert_eq!(RepoPath::new("ab/c").relative_to(&RepoPath::new("a")), None);
        assert_eq!(RepoPath::new("a/c").relative_to(&RepoPath::new("a")), Some("c"));
    }
}
