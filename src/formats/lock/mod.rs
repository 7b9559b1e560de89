//! Lock files: the exact version of every package that a build installs. They are long, so they are scanned line by line.

mod conda;
mod json;
mod pipfile_lock;
mod toml_lock;

use std::str::FromStr;

use pep440_rs::Version;

use crate::diagnostic::{RepoPath, Span, Spanned};
use crate::formats::package::PackageName;
use crate::knowledge::python_version::PythonSet;

/// The format of a lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockFormat {
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`.
    Poetry,
    /// `pdm.lock`.
    Pdm,
    /// `pylock.toml` of PEP 751.
    Pylock,
    /// `Pipfile.lock`.
    Pipfile,
    /// `conda-lock.yml`.
    CondaLock,
    /// `pixi.lock`.
    Pixi,
}

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// Its format.
    pub format: LockFormat,
    /// The packages, in the order of the file. One package may stand there several times, for different Pythons.
    pub packages: Vec<LockedPackage>,
    /// The Pythons that it was made for.
    pub requires_python: Option<Spanned<PythonSet>>,
}

/// One package of a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// The package.
    pub name: Spanned<PackageName>,
    /// The version; `None` for a local project whose version the lock leaves out.
    pub version: Option<Version>,
    /// The place of the version, or of the name where there is none.
    pub span: Span,
    /// Whether it is a part of the repository itself: the project, a workspace member, a path.
    pub is_local: bool,
    /// Whether conda installs it, by conda's name of it.
    pub is_conda: bool,
}

impl LockFormat {
    /// Tells the format by the name of the file.
    #[must_use]
    pub fn of(path: &RepoPath) -> Option<Self> {
        let name = path.file_name().to_ascii_lowercase();
        Some(match name.as_str() {
            "uv.lock" => Self::Uv,
            "poetry.lock" => Self::Poetry,
            "pdm.lock" => Self::Pdm,
            "pipfile.lock" => Self::Pipfile,
            "conda-lock.yml" => Self::CondaLock,
            "pixi.lock" => Self::Pixi,
            name if name.starts_with("pylock.") && name.ends_with(".toml") => Self::Pylock,
            _ => return None,
        })
    }
}

impl LockFile {
    /// Reads a file's text. Entries that can't be read are left out: a lock file is written by its tool.
    #[must_use]
    pub fn parse(format: LockFormat, text: &str) -> Self {
        let mut lock = Self { format, packages: Vec::new(), requires_python: None };
        match format {
            LockFormat::Uv | LockFormat::Poetry | LockFormat::Pdm | LockFormat::Pylock => lock.read_toml(text),
            LockFormat::Pipfile => lock.read_pipfile_lock(text),
            LockFormat::CondaLock => lock.read_conda_lock(text),
            LockFormat::Pixi => lock.read_pixi(text),
        }
        lock
    }

    /// The entries of the package `name`, given in normalised form.
    pub fn package<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a LockedPackage> {
        self.packages.iter().filter(move |package| package.name.value == *name)
    }

    /// Adds a package whose parts were found at the given places.
    fn add(&mut self, name: Option<Spanned<&str>>, version: Option<Spanned<&str>>, is_local: bool, is_conda: bool) {
        let Some(name) = name else { return };
        let Ok(read) = name.value.trim_start_matches('_').parse::<PackageName>() else { return };
        let span = version.as_ref().map_or(name.span, |version| version.span);
        let version = version.and_then(|version| Version::from_str(version.value.trim_start_matches('=')).ok());
        if version.is_some() || is_local {
            self.packages.push(LockedPackage {
                name: Spanned::new(read, name.span),
                version,
                span,
                is_local,
                is_conda,
            });
        }
    }
}

/// A value such as `"1.2"`, `'1.2'` or `1.2`, which stands at `offset`, without quotes and comment.
fn scalar(text: &str, offset: usize) -> Option<Spanned<&str>> {
    let start = offset + text.len() - text.trim_start().len();
    let text = text.trim();
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = text.get(1..)?;
        let inner = inner.get(..inner.find(quote)?)?;
        return Some(Spanned::new(inner, Span::new(start + 1, start + 1 + inner.len())));
    }
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    (!text.is_empty()).then(|| Spanned::new(text, Span::new(start, start + text.len())))
}

/// The lines of a text with their offsets, without line endings.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let start = at;
        at += length + 1;
        Some((start, rest.get(..length)?.trim_end_matches('\r')))
    })
}

#[cfg(test)]
mod tests;
