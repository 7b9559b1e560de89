//! The known word that a misspelt one stands for.

/// The one of `candidates` that `word` most likely means: the same but for case and separators, or a few letters away.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(word);
    let allowed = match plain.chars().count() {
        0..=3 => 0,
        4..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &self::plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words differ in nothing but case and separators.
#[must_use]
pub fn same_but_spelling(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses() {
        let keys = ["sdk", "sdk_version", "app_file", "colorFrom", "license", "mit"];
        for (word, meant) in [
            ("sdkVersion", Some("sdk_version")),
            ("sdk-version", Some("sdk_version")),
            ("color_from", Some("colorFrom")),
            ("colourFrom", Some("colorFrom")),
            ("app_fil", Some("app_file")),
            ("licence", Some("license")),
            ("MIT", Some("mit")),
            ("skd", None),
            ("日本", None),
            ("author", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
    }
}
