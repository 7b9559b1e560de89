//! The SARIF output against the official schema of SARIF 2.1.0 (OASIS), kept in `tests/schemas`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects")]

use std::path::Path;

use preflight::diagnostic::{Diagnostic, Fix, Location, RepoPath, RuleId, Severity, Span};
use preflight::knowledge;
use preflight::output::{Findings, Format, Paint, Presentation, write_findings};
use preflight::repo::Repository;
use serde_json::Value;

const RULE: RuleId = RuleId { code: "NET001", name: "loopback-bind" };

#[test]
fn a_log_is_valid_and_its_columns_and_addresses_are_right() {
    let repository = Repository::in_memory([("a b/ü:%.py", "x = '😀'; y\n".as_bytes()), ("other", b"z\0")]);
    let path = RepoPath::new("a b/ü:%.py");
    let span = Span::new("x = '😀'; ".len(), "x = '😀'; y".len());
    let mut whole = Diagnostic::new(RULE, Severity::Error, Location::new(&path, span), "message");
    whole
        .remark("remark")
        .label(Location::file(&RepoPath::new("other")), "a file as a whole")
        .label(Location::new(&path, Span::at(0)), "a place")
        .help("help")
        .fix(Fix::safe("Replace").replace(&path, span, "z").insert(&path, 0, "# new\n"));
    whole.deployment = Some("api".to_owned());
    let mut moved = Diagnostic::new(RULE, Severity::Advice, Location::file(&path), "message");
    moved.fix(Fix::unsafe_("Move").move_file(&path, &RepoPath::new("c.py")));
    let diagnostics = [whole.clone(), whole, moved];
    let findings = |root| Findings {
        repository: &repository,
        diagnostics: &diagnostics,
        deployments: 1,
        prefix: "",
        stands_in: None,
        absolute_root: Some(Path::new(root)),
    };
    let mut out = Vec::new();
    let presentation = Presentation { paint: Paint::new(false), width: 80, advice: false };
    let both = [findings("/home/me/my app"), findings("/")];
    write_findings(&mut out, Format::Sarif, &both, knowledge::pages(), presentation).unwrap();

    let log: Value = serde_json::from_slice(&out).unwrap();
    // The pattern of `language` has a stray `]`, which lenient engines take literally and ours refuses.
    let schema = include_str!("schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let run = &log["runs"][0];
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/%C3%BC%3A%25.py");
    assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&10.into(), &11.into()));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["originalUriBaseIds"]["ROOT"]["uri"], "file:///home/me/my%20app/");
    assert_eq!(run["originalUriBaseIds"]["ROOT2"]["uri"], "file:///");
    assert_eq!(result["fixes"][0]["artifactChanges"][0]["replacements"].as_array().unwrap().len(), 2);
    assert_eq!(run["results"][2]["fixes"], Value::Null, "a move is no replacement of text");
    let prints: Vec<_> = (0..2).map(|at| run["results"][at]["partialFingerprints"]["preflight/v1"].clone()).collect();
    assert_ne!(prints[0], prints[1], "findings that are alike are told apart");
}
