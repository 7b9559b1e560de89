//! Hides secrets in text that is shown outside a finding's own excerpt, as in a patch.

use crate::diagnostic::Diagnostic;
use crate::repo::Repository;

/// The texts in `repository` that the findings say must not be shown, by line, the longest first.
#[must_use]
pub fn secrets<'r>(repository: &'r Repository, diagnostics: &[Diagnostic]) -> Vec<&'r str> {
    let mut found: Vec<&str> = diagnostics
        .iter()
        .flat_map(|diagnostic| &diagnostic.masked)
        .filter_map(|place| Some(place.span.of(repository.source(&place.path)?.text())))
        .flat_map(str::lines)
        .filter(|text| !text.is_empty())
        .collect();
    // A secret inside a longer one would leave the longer one's ends.
    found.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    found.dedup();
    found
}

/// `line` with an asterisk for every character of each of the `secrets`.
#[must_use]
pub fn hide(secrets: &[&str], line: &str) -> String {
    secrets.iter().fold(line.to_owned(), |line, secret| line.replace(secret, &"*".repeat(secret.chars().count())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_within_a_secret_leaves_nothing() {
        assert_eq!(hide(&["abcdéf", "cd"], "x = 'abcdéf' + 'cd'"), "x = '******' + '**'");
    }
}
