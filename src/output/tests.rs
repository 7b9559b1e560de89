//! Tests of every format that findings are written in.

use super::*;
use crate::diagnostic::{Fix, RuleId, Span};

const BIND: RuleId = RuleId { code: "NET001", name: "loopback-bind" };
const PIN: RuleId = RuleId { code: "DEP001", name: "unpinned-dependency" };
const MOVE: RuleId = RuleId { code: "WF001", name: "misplaced-workflow" };

const APP: &str = "import gradio as gr\n\ndef answer(question):\n    return '日本 👩‍👩‍👧' + question\n\ndemo = gr.Interface(answer, \"text\", \"text\")\ndemo.launch(server_name=\"127.0.0.1\")\n";
const README: &str = "---\ntitle: Demo\nsdk: gradio\nsdk_version: 4.19.2\n---\n";
const REQUIREMENTS: &str = "gradio\r\nnumpy\r\n\tpandas>=2\r\n# a\r\n# b\r\n# c\r\n# d\r\nscipy\r\n";

fn repository() -> Repository {
    let minified = format!("x = '{}'; launch(); y = '{}'\n", "a".repeat(900), "b".repeat(900));
    Repository::in_memory([
        ("app.py", APP.as_bytes()),
        ("README.md", README.as_bytes()),
        ("requirements.txt", REQUIREMENTS.as_bytes()),
        (".github/workflow/sync.yml", b"on: push\n"),
        ("bad\u{1b}[31m,name.py", b"print('\x1b]0;owned\x07')\n"),
        ("min.js", minified.as_bytes()),
    ])
}

fn at(repository: &Repository, path: &str, needle: &str) -> Location {
    let path = RepoPath::new(path);
    let text = repository.source(&path).unwrap().text();
    let start = text.find(needle).unwrap();
    Location::new(&path, Span::new(start, start + needle.len()))
}

fn diagnostics(repository: &Repository) -> Vec<Diagnostic> {
    let host = at(repository, "app.py", "\"127.0.0.1\"");
    let mut bind = Diagnostic::new(
        BIND,
        Severity::Error,
        at(repository, "app.py", "demo.launch(server_name=\"127.0.0.1\")"),
        "gradio listens on 127.0.0.1, which nothing outside the Space can reach",
    );
    bind.remark("the server starts here")
        .label(host.clone(), "the address comes from here")
        .label(
            at(repository, "README.md", "sdk: gradio"),
            "the platform connects to the Space from outside, through its own proxy",
        )
        .help("Leave `server_name` out: the Space sets GRADIO_SERVER_NAME.\nSee `preflight explain NET001`.")
        .fix(Fix::unsafe_("Listen on all interfaces").replace(&host.path, host.span, "\"0.0.0.0\""));
    bind.deployment = Some("demo".to_owned());

    let mut pin = Diagnostic::new(
        PIN,
        Severity::Warning,
        at(repository, "requirements.txt", "gradio"),
        "3 packages are not pinned: the next build installs whatever is newest then, which this sentence is long enough to wrap",
    );
    pin.label(at(repository, "requirements.txt", "pandas>=2"), "open-ended")
        .label(at(repository, "requirements.txt", "scipy"), "unpinned");
    pin.deployment = Some("demo".to_owned());

    let workflow = RepoPath::new(".github/workflow/sync.yml");
    let mut misplaced = Diagnostic::new(
        MOVE,
        Severity::Error,
        Location::file(&workflow),
        "GitHub does not read workflows from .github/workflow",
    );
    misplaced.fix(
        Fix::safe("Move it to .github/workflows/sync.yml")
            .move_file(&workflow, &RepoPath::new(".github/workflows/sync.yml")),
    );

    let mut hostile = Diagnostic::new(
        PIN,
        Severity::Warning,
        at(repository, "bad\u{1b}[31m,name.py", "print('\u{1b}]0;owned\u{7}')"),
        "100% bad:\r\n::error::\u{9b}31m\u{202e}",
    );
    hostile.remark("x\u{1b}[2J");
    let long = Diagnostic::new(BIND, Severity::Advice, at(repository, "min.js", "launch()"), "a habit");
    vec![misplaced, hostile, bind, long, pin]
}

fn written(format: Format, paint: Paint, width: usize) -> String {
    let repository = repository();
    let diagnostics = diagnostics(&repository);
    let findings = Findings {
        repository: &repository,
        diagnostics: &diagnostics,
        deployments: 2,
        prefix: "app/",
        stands_in: None,
        absolute_root: Some(Path::new("/home/me/my app")),
    };
    let mut out = Vec::new();
    let presentation = Presentation { paint, width, advice: true };
    write_findings(&mut out, format, &[findings], &[], presentation).unwrap();
    if format == Format::Full {
        write_summary(&mut out, &[findings], true, paint).unwrap();
        write_statistics(&mut out, &[findings], paint).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn each_format_says_all_it_should() {
    let plain = Paint::new(false);
    insta::assert_snapshot!("full", written(Format::Full, plain, 80));
    insta::assert_snapshot!("concise", written(Format::Concise, plain, 80));
    insta::assert_snapshot!("json", written(Format::Json, plain, 80));
    insta::assert_snapshot!("sarif", written(Format::Sarif, plain, 80).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    insta::assert_snapshot!("github", written(Format::Github, plain, 80));
}

#[test]
fn nothing_from_the_repository_steers_the_terminal() {
    for format in [Format::Full, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
        let text = written(format, Paint::new(false), 100);
        let steering: Vec<char> = text
            .chars()
            .filter(|c| (c.is_control() || sanitize::is_invisible(*c)) && *c != '\n' && *c != '\t')
            .collect();
        assert!(steering.is_empty(), "{format:?}: {steering:?}");
    }
    let github = written(Format::Github, Paint::new(false), 80);
    assert!(github.lines().all(|line| line.starts_with("::")), "a message can't start a new command: {github}");
}

#[test]
fn a_masked_text_is_in_no_output_whichever_finding_shows_its_line() {
    let repository = Repository::in_memory([("a.py", "login('hf_SECRET日本'); launch()\n".as_bytes())]);
    let token = at(&repository, "a.py", "hf_SECRET日本");
    let mut leak = Diagnostic::new(PIN, Severity::Error, token.clone(), "a token stands in the source");
    leak.mask(Location::new(&token.path, Span::new(token.span.start + 3, token.span.end)));
    let other = Diagnostic::new(BIND, Severity::Error, at(&repository, "a.py", "launch()"), "a server");
    let diagnostics = [leak, other];
    let findings = Findings {
        repository: &repository,
        diagnostics: &diagnostics,
        deployments: 0,
        prefix: "",
        stands_in: None,
        absolute_root: None,
    };
    for format in [Format::Full, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
        let mut out = Vec::new();
        let presentation = Presentation { paint: Paint::new(false), width: 80, advice: true };
        write_findings(&mut out, format, &[findings], &[], presentation).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("SECRET") && !text.contains("日本"), "{format:?}: {text}");
        assert!(format != Format::Full || text.matches("hf_********").count() == 2, "{text}");
    }
}

#[test]
fn colour_is_the_only_difference_that_colour_makes_and_lines_fit() {
    let plain = written(Format::Full, Paint::new(false), 100);
    let coloured = written(Format::Full, Paint::new(true), 100);
    let stripped = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(&coloured, "").into_owned();
    assert_eq!(plain, stripped);
    assert!(plain.lines().all(|line| textwrap::core::display_width(line) <= 100), "{plain}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]
    #[test]
    fn any_places_in_any_text_can_be_shown(
        text in "([a-z =]{0,8}|\\PC{0,6}|[\t\r\n\u{1b}\u{202e}日👩]{0,4}){0,30}",
        places in proptest::collection::vec((0usize..400, 0usize..400), 1..8),
        width in 40usize..130,
    ) {
        let repository = Repository::in_memory([("a", text.as_bytes())]);
        let path = RepoPath::new("a");
        let mut places = places.into_iter().map(|(a, b)| Location::new(&path, Span::new(a.min(b), a.max(b))));
        let mut diagnostic = Diagnostic::new(BIND, Severity::Error, places.next().unwrap(), "message");
        diagnostic.remark("own");
        for place in places {
            diagnostic.label(place, "a label that is so long that it has to be wrapped somewhere");
        }
        let findings = Findings {
            repository: &repository,
            diagnostics: &[diagnostic],
            deployments: 0,
            prefix: "",
            stands_in: None,
            absolute_root: None,
        };
        for format in [Format::Full, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
            let mut out = Vec::new();
            let presentation = Presentation { paint: Paint::new(false), width, advice: true };
            write_findings(&mut out, format, &[findings], &[], presentation).unwrap();
            let text = String::from_utf8(out).unwrap();
            let steers = text.contains(['\u{1b}', '\u{202e}', '\r']);
            proptest::prop_assert!(!steers, "{}", text);
            proptest::prop_assert!(!text.contains("Failed to read"), "{}", text);
        }
    }
}
