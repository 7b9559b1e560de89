//! The modules with which projects are built: `rules/packages/build_backends.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backend {
    package: String,
    modules: Vec<String>,
    usual: String,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    backend: Vec<Backend>,
}

/// What to write instead of a `build-backend` that its package does not have; `None` for one that exists, or of which
/// nothing is known.
#[must_use]
pub fn backend_instead(backend: &str) -> Option<&'static str> {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(super::table_text("packages/build_backends.toml")).unwrap_or_default());
    let module = backend.split(':').next().unwrap_or_default().trim();
    let package = module.split('.').next().unwrap_or_default();
    let known = TABLE.backend.iter().find(|known| known.package == package)?;
    let exists = known.modules.iter().any(|one| one == module);
    (!exists).then_some(&known.usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_package_has_is_told_from_what_is_not_known() {
        for (backend, instead) in [
            ("setuptools.backends.legacy:build", Some("setuptools.build_meta")),
            ("setuptools.build_backend", Some("setuptools.build_meta")),
            ("hatchling", Some("hatchling.build")),
            ("setuptools.build_meta", None),
            ("setuptools.build_meta:__legacy__", None),
            ("poetry.core.masonry.api", None),
            ("own_backend", None),
        ] {
            assert_eq!(backend_instead(backend), instead, "{backend}");
        }
    }
}
