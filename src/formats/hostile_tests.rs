//! All parsers of platform files on damaged and hostile text: no panics, and time that grows with the text.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::diagnostic::RepoPath;
use crate::repo::Source;

const SAMPLES: [&str; 5] = [
    "---\ntitle: é 🚀\npython_version: 3.10\n---\n# T\n",
    "on: {push: {branches: [main]}}\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {p: [3.10]}}\n    steps:\n      - uses: a/b@v1\n      - run: |\n          sh -c \"é $X\" && b \\\n            c\n",
    "services:\n  w:\n    <<: &x {image: \"a:${V:-1}\"}\n    build: {context: ., args: [A=é]}\n    ports: [\"1:2\", {target: 3}]\n    volumes: [a:b]\n    command: sh -c 'x y'\n    healthcheck: {test: [CMD-SHELL, \"a || b\"]}\n",
    "FROM python:3 AS a\nENV A=b C=\"é $A\"\nCOPY --from=x a b ./\nRUN <<EOF\na\nEOF\nCMD [\"sh\", \"-c\", \"é \\\"x\\\"\"]\n",
    "app = \"é\"\n[http_service]\ninternal_port = 80\n[processes]\nweb = \"a \\u00e9 b\"\n[[services]]\ninternal_port = 1\n",
];

fn read_everything(text: &str) {
    if let Ok(file) = dockerfile::Dockerfile::parse(&Source::new(RepoPath::new("Dockerfile"), text)) {
        for stage in &file.stages {
            let _ = (file.environment(stage), file.exposed(stage), file.copies(stage).len(), file.runs(stage).len());
            let _ = file.command(stage).map(|command| command.invocations());
        }
    }
    for document in yaml::parse(text, 0).unwrap_or_default() {
        let _ = workflow::looks_like_workflow(&document.root);
        let _ = workflow::Workflow::from_node(&document.root, text);
        let _ = workflow::Action::from_node(&document.root, text);
        let _ = compose::Compose::from_node(&document.root, text);
    }
    let _ = frontmatter::FrontMatter::parse(text);
    let _ = kubernetes::Manifest::parse(text);
    let _ = platform_files::Fly::parse(text);
    let _ = platform_files::Render::parse(text);
    let _ = platform_files::AppEngine::parse(text);
    let _ = platform_files::Railway::parse_json(text);
    let _ = platform_files::Railway::parse_nixpacks(text);
    let _ = shell::commands(text, 0);
    for process in procfile::parse(text) {
        assert_eq!(process.command.span.of(text), process.command.value);
        let _ = process.invocations();
    }
    for entry in dotenv::parse(text) {
        assert_eq!(entry.name.span.of(text), entry.name.value);
    }
}

proptest! {
    #[test]
    fn damaged_files_do_not_panic(
        sample in prop::sample::select(SAMPLES.to_vec()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..8, "[\\[\\]{}\"'\\\\ \n\r\t:#$é🚀|>&*=-]{0,4}"), 1..6),
    ) {
        let mut characters: Vec<char> = sample.chars().collect();
        for (index, length, insertion) in cuts {
            let at = index.index(characters.len() + 1);
            let end = (at + length).min(characters.len());
            characters.splice(at..end, insertion.chars());
        }
        read_everything(&characters.into_iter().collect::<String>());
    }
}

#[test]
fn time_grows_with_the_text() {
    for piece in [
        "[",
        "{",
        "- ",
        "a: ",
        "((",
        "{{",
        "${",
        "${{ ",
        "$(",
        "`",
        "'",
        "\"",
        "<<A ",
        "<<A\n",
        "FROM a\nRUN <<A\nA\n",
        "ENV a=$a\n",
        "a: &a [x]\n",
        "? ",
        "| \n",
        "\\\n",
        "# x\n",
        "RUN a \\\n",
        "---\n",
        "if a; then ",
        "case x in ",
        "A=(",
        "\t",
        "{%",
        "é: [\n]\n",
    ] {
        let mut text = String::from("FROM a\nRUN ");
        text.push_str(&piece.repeat(16_000 / piece.len()));
        for text in [text.as_str(), &text[11..]] {
            let started = Instant::now();
            read_everything(text);
            // A debug build takes far below a second; what is quadratic takes minutes.
            assert!(started.elapsed() < Duration::from_secs(4), "{piece:?} took {:?}", started.elapsed());
        }
    }
}
