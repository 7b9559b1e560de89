//! The ports that health checks ask on the container itself.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Span, Spanned};
use crate::formats::shell::Command;

/// The ports of the container itself that commands ask, such as the 8000 of `curl -f http://localhost:8000/health`.
/// `lookup` gives the values of variables.
pub(super) fn asked_ports(commands: &[Command], lookup: &dyn Fn(&str) -> Option<String>) -> Vec<Spanned<u16>> {
    let words = commands.iter().flat_map(|command| &command.words);
    words
        .filter_map(|word| {
            if let Some(found) = port_in(&word.text) {
                return Some(Spanned::new(found.value, word.map.span(found.span)));
            }
            let expanded = word.expand(lookup)?;
            Some(Spanned::new(port_in(&expanded)?.value, word.span))
        })
        .collect()
}

fn port_in(text: &str) -> Option<Spanned<u16>> {
    static OWN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):(\d{1,5})\b").ok());
    let found = OWN.as_ref()?.captures(text)?.get(1)?;
    Some(Spanned::new(found.as_str().parse().ok()?, Span::from(found.range())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::shell::commands;

    #[test]
    fn only_ports_of_the_container_itself_are_found() {
        let lookup = |name: &str| (name == "PORT").then(|| "7000".to_owned());
        for (text, expected) in [
            ("curl -f http://localhost:8000/health || exit 1", Some((8000, "8000"))),
            ("python -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:7860/')\"", Some((7860, "7860"))),
            ("curl localhost:$PORT", Some((7000, "localhost:$PORT"))),
            ("curl http://db:5432", None),
            ("curl http://localhost/health", None),
        ] {
            let found = asked_ports(&commands(text, 0), &lookup);
            let found = found.first().map(|port| (port.value, port.span.of(text)));
            assert_eq!(found, expected, "{text}");
        }
    }
}
