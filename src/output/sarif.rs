//! SARIF 2.1.0 for code scanning: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::fingerprint::fingerprints;
use super::json::write_json;
use super::{Findings, Region};
use crate::diagnostic::{Applicability, Diagnostic, Fix, Location, RepoPath, Severity, Span};
use crate::knowledge::RulePage;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(out: &mut dyn Write, findings: &[Findings<'_>], pages: &[RulePage]) -> io::Result<()> {
    let roots: Vec<Root<'_>> = findings
        .iter()
        .enumerate()
        .map(|(index, findings)| Root {
            findings,
            // The first root keeps the plain name, so that one root, the usual case, reads well.
            id: if index == 0 { "ROOT".to_owned() } else { format!("ROOT{}", index + 1) },
        })
        .collect();
    let results: Vec<Value> = roots.iter().flat_map(|root| root.results(pages)).collect();
    let mut run = json!({
        "tool": { "driver": {
            "name": "preflight",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": pages.iter().map(rule).collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    let bases: Map<String, Value> = roots.iter().filter_map(Root::base).collect();
    if let (Some(run), false) = (run.as_object_mut(), bases.is_empty()) {
        run.insert("originalUriBaseIds".to_owned(), Value::Object(bases));
    }
    write_json(out, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(page: &RulePage) -> Value {
    let worst = page.severity.split(',').filter_map(|word| level_of_word(word.trim())).max_by_key(|level| rank(level));
    json!({
        "id": page.code,
        "name": page.name,
        "shortDescription": { "text": page.summary },
        "fullDescription": { "text": page.summary },
        "help": { "text": page.body, "markdown": page.body },
        "defaultConfiguration": { "level": worst.unwrap_or("warning") },
        "properties": { "tags": ["deployment"], "fix": page.fix.as_str(), "since": page.since },
    })
}

fn level_of_word(word: &str) -> Option<&'static str> {
    match word {
        "error" => Some("error"),
        "warning" => Some("warning"),
        "advice" => Some("note"),
        _ => None,
    }
}

fn rank(level: &str) -> usize {
    ["note", "warning", "error"].iter().position(|known| *known == level).unwrap_or(0)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

struct Root<'a> {
    findings: &'a Findings<'a>,
    id: String,
}

impl Root<'_> {
    fn base(&self) -> Option<(String, Value)> {
        let uri = file_uri(self.findings.absolute_root?)?;
        Some((self.id.clone(), json!({ "uri": uri })))
    }

    fn results(&self, pages: &[RulePage]) -> Vec<Value> {
        let fingerprints = fingerprints(self.findings);
        let diagnostics = self.findings.diagnostics.iter().zip(fingerprints);
        diagnostics.map(|(diagnostic, fingerprint)| self.result(diagnostic, &fingerprint, pages)).collect()
    }

    fn result(&self, diagnostic: &Diagnostic, fingerprint: &str, pages: &[RulePage]) -> Value {
        let mut result = Map::new();
        result.insert("ruleId".into(), json!(diagnostic.rule.code));
        if let Some(index) = pages.iter().position(|page| page.code == diagnostic.rule.code) {
            result.insert("ruleIndex".into(), json!(index));
        }
        result.insert("level".into(), json!(level(diagnostic.severity)));
        let text = match &diagnostic.help {
            Some(help) => format!("{}\n\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        result.insert("message".into(), json!({ "text": text }));
        let own = self.location(&diagnostic.location, diagnostic.remark.as_deref(), None);
        result.insert("locations".into(), json!([own]));
        let related = diagnostic.labels.iter().enumerate();
        let related: Vec<Value> = related
            .map(|(index, label)| self.location(&label.location, Some(&label.message), Some(index + 1)))
            .collect();
        if !related.is_empty() {
            result.insert("relatedLocations".into(), json!(related));
        }
        result.insert("partialFingerprints".into(), json!({ "preflight/v1": fingerprint }));
        if let Some(fix) = diagnostic.fix.as_ref().and_then(|fix| self.fix(fix)) {
            result.insert("fixes".into(), json!([fix]));
        }
        if let Some(deployment) = &diagnostic.deployment {
            result.insert("properties".into(), json!({ "deployment": deployment }));
        }
        Value::Object(result)
    }

    fn location(&self, location: &Location, message: Option<&str>, id: Option<usize>) -> Value {
        let mut value = json!({ "physicalLocation": {
            "artifactLocation": self.artifact(&location.path),
            "region": self.region(location),
        } });
        if let Some(object) = value.as_object_mut() {
            if let Some(message) = message {
                object.insert("message".into(), json!({ "text": message }));
            }
            if let Some(id) = id {
                object.insert("id".into(), json!(id));
            }
        }
        value
    }

    fn artifact(&self, path: &RepoPath) -> Value {
        json!({ "uri": percent_encode(path.as_str()), "uriBaseId": self.id })
    }

    fn region(&self, location: &Location) -> Value {
        if location.span == Span::default() {
            // Code scanning shows nothing without a line.
            return json!({ "startLine": 1 });
        }
        let Region { start, end } = self.findings.region(location);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    /// SARIF knows only replacements of text. A fix that moves or creates files would be wrong without these parts.
    fn fix(&self, fix: &Fix) -> Option<Value> {
        let only_edits = fix.moves.is_empty() && fix.creations.is_empty() && !fix.edits.is_empty();
        if !only_edits || fix.applicability == Applicability::Display {
            return None;
        }
        let mut files: Vec<&RepoPath> = fix.edits.iter().map(|edit| &edit.path).collect();
        files.sort();
        files.dedup();
        let changes: Vec<Value> = files
            .into_iter()
            .map(|path| {
                let edits = fix.edits.iter().filter(|edit| edit.path == *path);
                let replacements: Vec<Value> = edits
                    .map(|edit| {
                        let Region { start, end } = self.findings.region(&Location::new(path, edit.span));
                        json!({
                            "deletedRegion": {
                                "startLine": start.line,
                                "startColumn": start.column,
                                "endLine": end.line,
                                "endColumn": end.column,
                            },
                            "insertedContent": { "text": edit.content },
                        })
                    })
                    .collect();
                json!({ "artifactLocation": self.artifact(path), "replacements": replacements })
            })
            .collect();
        Some(json!({ "description": { "text": fix.message }, "artifactChanges": changes }))
    }
}

/// The folder as a `file:` URI with a final `/`; `None` where its path is not Unicode.
fn file_uri(folder: &Path) -> Option<String> {
    let path = folder.to_str()?.replace('\\', "/");
    Some(format!("file:///{}/", percent_encode(path.trim_matches('/'))).replace("////", "///"))
}

/// Encodes all but unreserved characters and `/`.
fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
