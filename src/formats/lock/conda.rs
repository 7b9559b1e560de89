//! `conda-lock.yml` and `pixi.lock`: lists of packages of conda and of the Python index.

use super::{LockFile, lines, scalar};
use crate::diagnostic::{Span, Spanned};

impl LockFile {
    /// Reads the items of `package:`.
    pub(super) fn read_conda_lock(&mut self, text: &str) {
        let (mut name, mut version, mut is_conda) = (None, None, false);
        for (at, line) in lines(text) {
            let content = line.trim_start();
            let indent = line.len() - content.len();
            let (key_at, content) = match content.strip_prefix("- ") {
                Some(rest) if indent <= 2 => {
                    self.add(name.take(), version.take(), false, std::mem::take(&mut is_conda));
                    (indent + 2, rest)
                }
                _ if indent == 2 => (indent, content),
                _ => continue,
            };
            let Some((key, value)) = content.split_once(':') else { continue };
            let value_at = at + key_at + key.len() + 1;
            match key {
                "name" => name = scalar(value, value_at),
                "version" => version = scalar(value, value_at),
                "manager" => is_conda = value.trim() == "conda",
                _ => {}
            }
        }
        self.add(name, version, false, is_conda);
    }

    /// Reads the items of `packages:`. A conda package's name and version stand in the name of its file.
    pub(super) fn read_pixi(&mut self, text: &str) {
        let (mut name, mut version, mut in_packages, mut is_local) = (None, None, false, false);
        for (at, line) in lines(text) {
            let content = line.trim_start();
            let indent = line.len() - content.len();
            if indent == 0 && !content.starts_with('-') {
                in_packages = content.starts_with("packages:");
                continue;
            }
            if !in_packages {
                continue;
            }
            if let Some(rest) = line.strip_prefix("- ") {
                self.add(name.take(), version.take(), is_local, false);
                is_local = rest.starts_with("pypi: ./") || rest.starts_with("pypi: ../");
                if let Some(url) = rest.strip_prefix("conda:") {
                    let (conda_name, conda_version) = conda_file(url, at + "- conda:".len());
                    self.add(conda_name, conda_version, false, true);
                }
                continue;
            }
            match content.split_once(':') {
                Some(("name", value)) if indent == 2 => name = scalar(value, at + indent + "name:".len()),
                Some(("version", value)) if indent == 2 => version = scalar(value, at + indent + "version:".len()),
                _ => {}
            }
        }
        self.add(name, version, is_local, false);
    }
}

/// The name and version in `…/name-version-build.conda`.
fn conda_file(url: &str, offset: usize) -> (Option<Spanned<&str>>, Option<Spanned<&str>>) {
    let start = url.rfind('/').map_or(0, |slash| slash + 1);
    let file = url.get(start..).unwrap_or_default();
    let Some(stem) = file.trim_end().strip_suffix(".conda").or_else(|| file.trim_end().strip_suffix(".tar.bz2")) else {
        return (None, None);
    };
    let mut parts = stem.rsplitn(3, '-');
    let (Some(_build), Some(version), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, None);
    };
    let name_at = offset + start;
    let version_at = name_at + name.len() + 1;
    (
        Some(Spanned::new(name, Span::new(name_at, name_at + name.len()))),
        Some(Spanned::new(version, Span::new(version_at, version_at + version.len()))),
    )
}
