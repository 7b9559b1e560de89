//! Tokens of well-known services, told by their shape, and by their checksum where the format has one.

use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexBuilder};

use crate::diagnostic::Span;
use crate::knowledge::{SecretChecksum, SecretShape, names_a_placeholder, secret_shapes};

/// A token that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// What it opens: "GitHub token".
    pub kind: &'static str,
    /// The whole token.
    pub span: Span,
    /// The part that must never be shown: all but the prefix that every such token has.
    pub hidden: Span,
}

/// The tokens in a text, in their order. Placeholders and examples are left out.
#[must_use]
pub fn find(text: &str) -> Vec<Secret> {
    // Most runs meet the beginning of two or three kinds, so the others are never compiled.
    static PATTERNS: LazyLock<Vec<OnceLock<Option<Regex>>>> =
        LazyLock::new(|| secret_shapes().iter().map(|_| OnceLock::new()).collect());
    let mut found = Vec::new();
    for (shape, pattern) in secret_shapes().iter().zip(&*PATTERNS).filter(|(shape, _)| text.contains(&shape.literal)) {
        let Some(pattern) = pattern.get_or_init(|| compile(shape)) else { continue };
        for token in pattern.find_iter(text) {
            let body = token.as_str().get(shape.prefix()..).unwrap_or_default();
            let real = match shape.checksum {
                Some(SecretChecksum::GithubCrc32) => has_github_checksum(token.as_str()),
                None => !is_placeholder(body),
            };
            let is_public = || {
                let line = line_around(text, token.start());
                shape.public_near.iter().any(|word| line.contains(word))
            };
            if real && !is_public() {
                let hidden = Span::new(token.start() + shape.prefix(), token.end());
                found.push(Secret { kind: &shape.kind, span: Span::from(token.range()), hidden });
            }
        }
    }
    found.sort_by_key(|secret| secret.span);
    found
}

/// A shape's pattern; tokens are ASCII, and so is what ends them.
fn compile(shape: &SecretShape) -> Option<Regex> {
    RegexBuilder::new(&shape.pattern).unicode(false).build().ok()
}

/// The line around an offset, in lower case.
fn line_around(text: &str, at: usize) -> String {
    let (before, after) = text.split_at(at);
    let start = before.rsplit('\n').next().unwrap_or_default();
    let end = after.split('\n').next().unwrap_or_default();
    // A line can be megabytes long; what names the key stands near it.
    let start: String = start.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{start}{}", end.chars().take(120).collect::<String>()).to_ascii_lowercase()
}

/// Whether somebody wrote it to stand for a token: `xxxx`, `your_key`, `1234567890`.
fn is_placeholder(body: &str) -> bool {
    if names_a_placeholder(body) {
        return true;
    }
    let lower = body.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let same = bytes.windows(5).any(|run| run.iter().all(|byte| *byte == run[0]));
    let rising = bytes.windows(6).any(|run| run.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
    same || rising || entropy(body) < 3.0
}

/// Shannon's entropy in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// Whether the last six characters are the CRC-32 of what stands between prefix and them, in base 62, as GitHub makes it.
fn has_github_checksum(token: &str) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((body, checksum)) = token.split_at_checked(token.len().saturating_sub(6)) else { return false };
    let Some(entropy) = body.split_once('_').map(|(_, entropy)| entropy) else { return false };
    let mut number = crc32(entropy.as_bytes());
    let mut expected = [b'0'; 6];
    for digit in expected.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    checksum.as_bytes() == expected
}

/// The CRC-32 of zip files.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_public_is_told_by_its_line() {
        let key = format!("AIza{}", "Sy7Qd2Kf9Rw4Lx8Vb3Nc6Mz1Tp5Hg0Jj-aEu");
        assert_eq!(find(&format!("KEY = '{key}'")).len(), 1);
        for name in ["INNERTUBE_API_KEY", "firebaseConfig.apiKey"] {
            assert!(find(&format!("{name} = '{key}'")).is_empty(), "{name}");
        }
    }

    #[test]
    fn checksums_decide_where_the_format_has_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let body = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0";
        let mut number = crc32(body.as_bytes());
        let mut digits = Vec::new();
        for _ in 0..6 {
            let digit = u8::try_from(number % 62).unwrap();
            digits.insert(
                0,
                char::from(match digit {
                    0..=9 => b'0' + digit,
                    10..=35 => b'A' + digit - 10,
                    _ => b'a' + digit - 36,
                }),
            );
            number /= 62;
        }
        let token = format!("ghp_{body}{}", digits.iter().collect::<String>());
        let text = format!("TOKEN = \"{token}\"\n");
        let found = find(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].span.of(&text), token);
        assert!(!found[0].hidden.of(&text).starts_with("ghp_"));
        let wrong = text.replace(body, &body.replace('a', "b"));
        assert!(find(&wrong).is_empty());
    }

    #[test]
    fn placeholders_are_silent() {
        let real = "hf_".to_owned() + "qWeRtYuIoPaSdFgHjKlZxCvBnMQwErTyUi";
        assert_eq!(find(&real).len(), 1);
        for text in [
            "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "hf_YourTokenGoesHereAndNowhereElseOkk",
            "hf_abcdefghijklmnopqrstuvwxyzabcdefgh",
            "AKIAIOSFODNN7EXAMPLE",
            "sk-...",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
