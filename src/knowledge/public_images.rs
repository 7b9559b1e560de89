//! Images that are pulled as they are: `rules/platforms/public_images.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    official: Vec<String>,
    owners: Vec<String>,
}

/// Whether an image of this name, without registry and tag, is one that people pull: `redis`, `curlimages/curl`.
#[must_use]
pub fn is_public_image(name: &str) -> bool {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| toml::from_str(super::table_text("platforms/public_images.toml")).unwrap_or_default());
    match name.split_once('/') {
        Some((owner, _)) => TABLE.owners.iter().any(|known| known == owner),
        None => TABLE.official.iter().any(|known| known == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_name_or_owner() {
        assert!(is_public_image("redis") && is_public_image("curlimages/curl") && is_public_image("library/redis"));
        assert!(!is_public_image("python-api") && !is_public_image("someone/redis"));
    }
}
