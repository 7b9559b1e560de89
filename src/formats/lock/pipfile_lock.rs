//! `Pipfile.lock`.

use super::LockFile;
use super::json::visit_strings;
use crate::diagnostic::{Span, Spanned};
use crate::knowledge::python_version::PythonSet;

impl LockFile {
    /// Reads `default.NAME.version`, `develop.NAME.version` and the Python of `_meta`.
    pub(super) fn read_pipfile_lock(&mut self, text: &str) {
        visit_strings(text, |path, value| match path {
            ["default" | "develop", name, "version"] => {
                // The name is the key two levels up; it stands before the value, right behind a quote.
                let name_at = text.get(..value.span.start).and_then(|before| before.rfind(&format!("\"{name}\"")));
                let start = name_at.map_or(value.span.start, |at| at + 1);
                let name = Spanned::new(*name, Span::new(start, start + name.len()));
                self.add(Some(name), Some(value), false, false);
            }
            ["_meta", "requires", "python_version" | "python_full_version"] => {
                let dots = value.value.matches('.').count();
                let set = PythonSet::parse(&format!("=={}{}", value.value, if dots < 2 { ".*" } else { "" }));
                self.requires_python = set.ok().map(|set| Spanned::new(set, value.span));
            }
            _ => {}
        });
    }
}
