//! `uv.lock`, `poetry.lock`, `pdm.lock` and `pylock.toml`: tables of packages with a name and a version each.

use super::{LockFile, LockFormat, lines, scalar};
use crate::diagnostic::Spanned;
use crate::formats::package::parse_poetry_constraint;
use crate::knowledge::python_version::PythonSet;
use crate::knowledge::version_set::VersionSet;

/// Which table the scan is in.
#[derive(Clone, Copy, PartialEq)]
enum Table {
    Root,
    Package,
    Metadata,
    /// The target of a `pdm.lock`.
    Target,
    Other,
}

impl LockFile {
    /// Reads the keys `name`, `version` and `source` of each package, and the Pythons.
    pub(super) fn read_toml(&mut self, text: &str) {
        let mut table = Table::Root;
        let (mut name, mut version, mut is_local) = (None, None, false);
        // Within a string or array of several lines nothing is a key.
        let mut closing: Option<&str> = None;
        for (at, line) in lines(text) {
            if let Some(end) = closing {
                if line.trim_start().starts_with(end) || end.len() == 3 && line.contains(end) {
                    closing = None;
                }
                continue;
            }
            if line.starts_with('[') {
                // A sub-table such as `[package.source]` belongs to the package before it, and says nothing that is read.
                if table == Table::Package {
                    self.add(name.take(), version.take(), std::mem::take(&mut is_local), false);
                }
                table = table_of(line);
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value_at = at + key.len() + 1;
            let trimmed = value.trim();
            closing = match trimmed {
                "[" => Some("]"),
                _ => ["\"\"\"", "'''"]
                    .into_iter()
                    .find(|quote| trimmed.starts_with(quote) && !trimmed[3..].contains(quote)),
            };
            match (table, key.trim_end()) {
                (Table::Package, "name") => name = scalar(value, value_at),
                (Table::Package, "version") => version = scalar(value, value_at),
                (Table::Package, "source") => {
                    let kinds = ["virtual", "editable", "directory", "path"];
                    is_local = kinds.iter().any(|kind| trimmed.trim_start_matches(['{', ' ']).starts_with(kind));
                }
                (Table::Package, "directory" | "path") => is_local = true,
                (Table::Root | Table::Metadata, "requires-python" | "requires_python" | "python-versions")
                | (Table::Target, "requires_python") => {
                    self.requires_python =
                        self.requires_python.take().or_else(|| self.pythons(scalar(value, value_at)?));
                }
                _ => {}
            }
        }
        if table == Table::Package {
            self.add(name, version, is_local, false);
        }
    }

    fn pythons(&self, written: Spanned<&str>) -> Option<Spanned<PythonSet>> {
        let set = if self.format == LockFormat::Poetry {
            let constraint = parse_poetry_constraint(written.value).ok()?;
            let versions = constraint.alternatives;
            PythonSet::from_versions(versions.unwrap_or_else(|| VersionSet::from_specifiers(&constraint.specifiers)))
        } else {
            PythonSet::parse(written.value).ok()?
        };
        Some(Spanned::new(set, written.span))
    }
}

fn table_of(line: &str) -> Table {
    match line.trim_end() {
        "[[package]]" | "[[packages]]" => Table::Package,
        "[metadata]" => Table::Metadata,
        "[[metadata.targets]]" => Table::Target,
        _ => Table::Other,
    }
}
