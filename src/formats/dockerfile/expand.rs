//! `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` as Docker replaces them in instructions.

use crate::formats::variables::closing;

/// How long a value may grow. `ENV A=$A$A`, written often enough, doubles beyond all memory.
const MAX_LENGTH: usize = 1 << 15;

/// Replaces the variables of `text` by what `lookup` gives. `None` where a variable is not known and has no default.
///
/// Docker puts nothing in place of a variable that is not set; what is not known here may be set by the base image or the
/// build, so the result would be a guess.
pub(super) fn expand(text: &str, escape: char, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', escape]) {
        if result.len() > MAX_LENGTH {
            return None;
        }
        result.push_str(rest.get(..at)?);
        rest = rest.get(at..)?;
        if let Some(after) = rest.strip_prefix(escape) {
            // Only an escaped dollar is changed here; quotes are gone already.
            if after.starts_with('$') {
                result.push('$');
                rest = after.get(1..)?;
            } else {
                result.push(escape);
                rest = after;
            }
            continue;
        }
        let after = rest.get(1..)?;
        if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner)?;
            result.push_str(&parameter(inner.get(..end)?, escape, lookup)?);
            rest = inner.get(end + 1..)?;
        } else {
            let length = name_length(after);
            if length == 0 {
                result.push('$');
            } else {
                result.push_str(&lookup(after.get(..length)?)?);
            }
            rest = after.get(length..)?;
        }
    }
    result.push_str(rest);
    Some(result)
}

fn parameter(inner: &str, escape: char, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let length = name_length(inner);
    let value = lookup(inner.get(..length)?);
    let operator = inner.get(length..)?;
    if operator.is_empty() {
        return value;
    }
    let colon = operator.starts_with(':');
    let operator = operator.strip_prefix(':').unwrap_or(operator);
    // With a colon an empty value counts as none.
    let value = value.filter(|value| !colon || !value.is_empty());
    match operator.chars().next()? {
        // A variable that is not known may be set after all; the default is what the file itself asks for.
        '-' => value.or_else(|| expand(operator.get(1..)?, escape, lookup)),
        '+' => match value {
            Some(_) => expand(operator.get(1..)?, escape, lookup),
            None => Some(String::new()),
        },
        '?' => value,
        _ => None,
    }
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_docker_does() {
        let lookup = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "E" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("x$A-${A}y", Some("x1-1y")),
            ("${E:-d}${E-d}", Some("d")),
            ("${N:-${A}b}", Some("1b")),
            ("${A:+o}${N:+o}", Some("o")),
            ("\\$A $", Some("$A $")),
            ("$N", None),
            ("${A", None),
            ("日$A本", Some("日1本")),
            ("${A#x}", None),
        ] {
            assert_eq!(expand(text, '\\', &lookup).as_deref(), expected, "{text}");
        }
    }
}
