//! The strings of a JSON text with their paths and places, without building a tree.

use crate::diagnostic::{Span, Spanned};

/// How deep values may stand in each other.
const MAX_DEPTH: usize = 64;

/// Calls `visit` with the path of keys and the value for every string value outside arrays. Stops at the first mistake.
/// Strings with escapes are passed as they are written.
pub(super) fn visit_strings<'a>(text: &'a str, mut visit: impl FnMut(&[&'a str], Spanned<&'a str>)) {
    let bytes = text.as_bytes();
    // One entry a level: the key whose value is being read; `None` in an array.
    let mut path: Vec<Option<&str>> = Vec::new();
    let mut pending_key: Option<&str> = None;
    let mut expects_value = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if path.len() >= MAX_DEPTH {
                    return;
                }
                path.push(pending_key.take().filter(|_| expects_value).or(Some("")));
                if *byte == b'[' {
                    path.push(None);
                }
                expects_value = false;
            }
            b'}' => {
                path.pop();
                expects_value = false;
            }
            b']' => {
                path.pop();
                path.pop();
                expects_value = false;
            }
            b':' => expects_value = true,
            b',' => {
                expects_value = false;
                pending_key = None;
            }
            b'"' => {
                let start = at + 1;
                let Some(end) = end_of_string(bytes, start) else { return };
                let Some(string) = text.get(start..end) else { return };
                if expects_value {
                    let in_array = path.contains(&None);
                    if !in_array && let Some(key) = pending_key.take() {
                        let mut keys: Vec<&str> = path.iter().skip(1).filter_map(|key| *key).collect();
                        keys.push(key);
                        visit(&keys, Spanned::new(string, Span::new(start, end)));
                    }
                    expects_value = false;
                } else {
                    pending_key = Some(string);
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where the quote stands that closes the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_visited_with_their_paths() {
        let text = r#"{"a": {"b": "x\"é", "c": ["no", {"d": "no"}], "e": 1, "f": "y"}, "g": "z"}"#;
        let mut seen = Vec::new();
        visit_strings(text, |path, value| seen.push(format!("{}={}", path.join("."), value.span.of(text))));
        assert_eq!(seen, [r#"a.b=x\"é"#, "a.f=y", "g=z"]);
        for broken in ["{\"a\": \"x", "{\"a\\", "]]}}\"a\":\"b\"", &"[".repeat(100_000)] {
            visit_strings(broken, |_, _| {});
        }
    }
}
