//! `${NAME:-default}` in files that are not a shell's: Compose and its like.

/// Replaces the variables of `text` by their defaults, `$$` by `$`. `None` where one has no default.
#[must_use]
pub fn with_defaults(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(rest.get(..at)?);
        let after = rest.get(at + 1..)?;
        if let Some(after) = after.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner)?;
            let inner_text = inner.get(..end)?;
            let name = inner_text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let operator = inner_text.get(name..)?;
            let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'))?;
            result.push_str(&with_defaults(default)?);
            rest = inner.get(end + 1..)?;
        } else {
            return None;
        }
    }
    result.push_str(rest);
    Some(result)
}

/// The offset of the `}` that closes a brace opened before `text`; `None` also where they nest deeper than anyone writes.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
        if depth > 8 {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        for (text, expected) in [
            ("a", Some("a")),
            ("${A:-b}:${C-日}", Some("b:日")),
            ("${A:-${B:-x}}", Some("x")),
            ("$$A", Some("$A")),
            ("${A}", None),
            ("$A", None),
            ("${A:?no}", None),
            ("${A:-x", None),
        ] {
            assert_eq!(with_defaults(text).as_deref(), expected, "{text}");
        }
    }
}
