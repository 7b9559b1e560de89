//! Tells a finding again in a later run, though lines have moved: by its rule, its file and the text of its line.

use std::collections::HashMap;

use super::Findings;
use crate::diagnostic::Diagnostic;

/// The fingerprints of all findings, in their order. Findings that are alike are told apart by counting.
pub(super) fn fingerprints(findings: &Findings<'_>) -> Vec<String> {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    findings
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let hash = hash(findings, diagnostic);
            let ordinal = seen.entry(hash).and_modify(|count| *count += 1).or_insert(0);
            format!("{hash:016x}:{ordinal}")
        })
        .collect()
}

fn hash(findings: &Findings<'_>, diagnostic: &Diagnostic) -> u64 {
    let line = findings
        .repository
        .source(&diagnostic.location.path)
        .filter(|_| !diagnostic.location.span.is_empty())
        .map(|source| source.line_at(diagnostic.location.span.start).of(source.text()));
    // A finding about a file as a whole has no line; its message is what tells it from another one.
    let text: String = line.unwrap_or(&diagnostic.message).split_whitespace().flat_map(|word| [word, " "]).collect();
    let deployment = diagnostic.deployment.as_deref().unwrap_or("");
    let mut hash = FNV_OFFSET;
    for part in [diagnostic.rule.code, diagnostic.location.path.as_str(), deployment, &text] {
        // With its length first, so that no two lists of parts read the same.
        for byte in (part.len() as u64).to_le_bytes().into_iter().chain(part.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    hash
}

/// FNV-1a, 64 bits: the same on every machine and in every release, unlike the standard library's hash.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
