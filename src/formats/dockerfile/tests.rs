//! Tests of reading Dockerfiles.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::RepoPath;

fn source(text: &str) -> Source {
    Source::new(RepoPath::new("Dockerfile"), text)
}

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(&source(text)).unwrap()
}

fn start(text: &str) -> Vec<String> {
    let file = parse(text);
    let command = file.command(file.final_stage().unwrap()).unwrap();
    command
        .invocations()
        .iter()
        .map(|found| {
            for word in found.arguments.iter().filter(|_| !text.contains("['")) {
                assert!(word.span.of(text).contains(&word.text), "{:?} is not {:?}", word.span.of(text), word.text);
            }
            let words: Vec<_> =
                std::iter::once(found.name()).chain(found.arguments.iter().map(|word| word.text.as_str())).collect();
            words.join(" ")
        })
        .collect()
}

#[test]
fn stages_and_images() {
    let text = "# syntax=docker/dockerfile:1\nARG V=3.12\narg TAG=${V}-slim U\nFROM --platform=$BUILDPLATFORM python:${TAG} AS Base\n\
                from base as mid\nFROM scratch\nFROM $U\nFROM ghcr.io/a/b@sha256:00\n";
    let file = parse(text);
    assert_eq!(file.syntax.as_ref().unwrap().span.of(text), "docker/dockerfile:1");
    assert_eq!(file.global_args.len(), 3);
    let images: Vec<_> = file.stages.iter().map(|stage| stage.resolved_image.as_deref()).collect();
    assert_eq!(images, [Some("python:3.12-slim"), Some("base"), Some("scratch"), None, Some("ghcr.io/a/b@sha256:00")]);
    assert!(matches!(&file.stages[0].base, Base::External(image) if image.tag.as_deref() == Some("3.12-slim")));
    let bases: Vec<_> = file.stages[1..4].iter().map(|stage| stage.base.clone()).collect();
    assert_eq!(bases, [Base::Stage(0), Base::Scratch, Base::Unknown]);
    assert_eq!(file.stages[0].image.span.of(text), "python:${TAG}");
    assert_eq!(file.stages[0].span.of(text), "FROM --platform=$BUILDPLATFORM python:${TAG} AS Base");
    assert_eq!(file.stage_by_name("MID").unwrap().index, 1);
    assert!(matches!(file.root_base(&file.stages[1]), Base::External(_)));
}

#[test]
fn empty_lists_are_taken() {
    let text = "FROM a:1\nENTRYPOINT []\n  cmd [ ]\r\nCMD [\"x\"]\n";
    assert_eq!(start(text), ["x"]);
}

#[test]
fn environment_follows_the_chain() {
    let text = "ARG P=7860\nFROM python:3 AS a\nARG P\nENV PORT=$P HOST='0.0.0.0' \\\n    # comment\n    NOTE=\"a b\"\nENV OLD some  value\n\
                FROM a\nENV URL=http://$HOST:${PORT} PATH=/x:$PATH PORT=8000\nENV AGAIN=$PORT D=${NONE:-d}\n";
    let file = parse(text);
    let environment = file.environment(file.final_stage().unwrap());
    let found: Vec<_> =
        environment.iter().map(|variable| (variable.name.value.as_str(), variable.value.value.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("PORT", Some("8000")),
            ("HOST", Some("0.0.0.0")),
            ("NOTE", Some("a b")),
            ("OLD", Some("some value")),
            ("URL", Some("http://0.0.0.0:7860")),
            ("PATH", None),
            ("AGAIN", Some("8000")),
            ("D", Some("d")),
        ]
    );
    let spans: Vec<_> = environment.iter().map(|variable| variable.value.span.of(text)).collect();
    assert_eq!(&spans[1..4], ["'0.0.0.0'", "\"a b\"", "some  value"]);
    for variable in &environment {
        assert_eq!(variable.name.span.of(text), variable.name.value);
    }
}

#[test]
fn start_commands() {
    for (text, expected) in [
        ("FROM a\nCMD [\"uvicorn\", \"app:app\", \"--host\", \"127.0.0.1\"]", vec!["uvicorn app:app --host 127.0.0.1"]),
        ("FROM a\nCMD uvicorn app:app --port ${PORT:-8000}\n", vec!["uvicorn app:app --port ${PORT:-8000}"]),
        (
            "FROM a\nCMD cd /app && exec gunicorn \\\n  # why\n  -b :80 \\\n\n  a:b",
            vec!["cd /app", "gunicorn -b :80 a:b"],
        ),
        ("FROM a\nENTRYPOINT [\"tini\", \"--\"]\nCMD python app.py é", vec!["python app.py é"]),
        ("FROM a\nENTRYPOINT [\"python\"]\nCMD [\"app.py\"]", vec!["python app.py"]),
        ("FROM a\nCMD [\"x\"]\nENTRYPOINT [\"y\"]", vec!["y x"]),
        ("FROM a AS b\nCMD [\"x\"]\nFROM b\nENTRYPOINT [\"y\"]", vec!["y"]),
        ("FROM a\nCMD [\"x\"]\nENTRYPOINT exec y", vec!["y"]),
        (
            "FROM a\nCMD [\"sh\", \"-c\", \"alembic upgrade head && uvicorn a:b --host \\\"0.0.0.0\\\"\"]",
            vec!["alembic upgrade head", "uvicorn a:b --host 0.0.0.0"],
        ),
        ("FROM a\r\nCMD [\"python\", \\\r\n  \"app.py\"]\r\n", vec!["python app.py"]),
        ("FROM a\nCMD ['python', 'app.py']", vec!["[python, app.py]"]),
        ("# escape=`\nFROM a\nCMD python `\n  app.py", vec!["python app.py"]),
    ] {
        assert_eq!(start(text), expected, "{text}");
    }
    let file = parse("FROM a\nRUN x");
    assert_eq!(file.command(&file.stages[0]), None);
}

#[test]
fn runs_and_heredocs() {
    let text = "FROM a\nWORKDIR /app/\nWORKDIR ./src\nRUN --mount=type=cache,target=/x pip install \\\n    # newest\n    'gradio==4.0' \\\n && apt-get install -y git\n\
                RUN <<EOF\npip install é x\nEOF\nRUN <<-EOF bash\n\tpip install y\n\tEOF\nRUN python3 <<'É' && bash -e <<B\nimport pip\nÉ\nsh é.sh\nB\n\
                RUN [\"pip\", \"install\", \"z\"]\nONBUILD RUN pip install w\n";
    let file = parse(text);
    let runs = file.runs(&file.stages[0]);
    assert_eq!(runs[0].workdir.as_deref(), Some("/app/src"));
    let found: Vec<Vec<_>> = runs
        .iter()
        .map(|run| {
            let words = |command: &Command| {
                for word in &command.words {
                    assert!(word.span.of(text).contains(&word.text), "{:?} {:?}", word.span.of(text), word.text);
                }
                command.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
            };
            run.command.commands.iter().map(words).collect()
        })
        .collect();
    assert_eq!(
        found,
        [
            vec!["pip install gradio==4.0", "apt-get install -y git"],
            vec!["", "pip install é x"],
            vec!["bash", "pip install y"],
            vec!["python3", "bash -e", "sh é.sh"],
            vec!["pip install z"],
        ]
    );
    assert!(file.stages[0].instructions.last().unwrap().on_build);
}

#[test]
fn copies_ports_and_the_rest() {
    let text = "FROM a AS build\nFROM a\nARG D=web\nWORKDIR /srv\nCOPY --from=build --chown=1:1 /x y/ ./\nADD [\"a b\", \"$D/c\", \"/d/\"]\n\
                COPY <<EOF /etc/x\nhi\nEOF\nENV PORT=7860\nEXPOSE $PORT 80/udp 8000-8010\nEXPOSE\\\n 90\nUSER 1000\nHEALTHCHECK --interval=5s CMD curl -f localhost\n\
                VOLUME [\"/data\"]\nLABEL a=b\nSTOPSIGNAL 9\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\n";
    let file = parse(text);
    let stage = file.final_stage().unwrap();
    let copies = file.copies(stage);
    assert_eq!(copies[0].copy.from.as_ref().unwrap().span.of(text), "build");
    assert_eq!(copies[0].destination.as_deref(), Some("/srv/"));
    let sources: Vec<_> = copies[1].sources.iter().map(|source| source.value.as_deref()).collect();
    assert_eq!(sources, [Some("a b"), Some("web/c")]);
    assert!(copies[2].copy.has_heredoc && copies[2].sources.is_empty());
    let ports: Vec<_> = file.exposed(stage).iter().map(|port| (port.port, port.protocol.clone())).collect();
    let port = |port, protocol: &str| (port, protocol.to_owned());
    assert_eq!(ports, [port(Some(7860), "tcp"), port(Some(80), "udp"), port(None, "tcp"), port(Some(90), "tcp")]);
    assert_eq!(file.user(stage).unwrap().value, "1000");
    assert_eq!(file.healthcheck(stage).unwrap().unwrap().commands[0].words[0].text, "curl");
}

#[test]
fn values_do_not_grow_without_bound() {
    let text = format!("FROM a\nENV A=xx\n{}", "ENV A=$A$A\n".repeat(200));
    let file = parse(&text);
    assert_eq!(file.environment(&file.stages[0])[0].value.value, None);
}

#[test]
fn errors_have_a_line() {
    for (text, line) in
        [("FROM a\nRUNN x\n", "RUNN x"), ("RUN é\n", "RUN é"), ("", ""), ("FROM a\r\nRUN <<EOF\r\nx", "<<EOF")]
    {
        let error = Dockerfile::parse(&source(text)).unwrap_err();
        assert!(!error.message.is_empty() && !error.message.contains("at line"), "{error:?}");
        assert_eq!(error.span.of(text), line, "{error:?}");
    }
}

fn check(text: &str) {
    let Ok(file) = Dockerfile::parse(&source(text)) else { return };
    let mut spans = Vec::new();
    for stage in &file.stages {
        spans.extend([stage.span, stage.image.span]);
        spans.extend(file.environment(stage).iter().flat_map(|variable| [variable.name.span, variable.value.span]));
        for copy in file.copies(stage) {
            spans.extend(copy.sources.iter().map(|source| source.span));
        }
        spans.extend(file.exposed(stage).iter().map(|port| port.text.span));
        if let Some(command) = file.command(stage) {
            spans.extend(command.invocations().iter().map(|found| found.span));
        }
        for run in file.runs(stage) {
            spans.extend(run.command.commands.iter().flat_map(|command| &command.words).map(|word| word.span));
        }
        spans.extend(stage.instructions.iter().map(|instruction| instruction.span));
    }
    for span in spans {
        assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        check(&format!("FROM a\nRUN {text}"));
        check(&text);
    }

    #[test]
    fn never_panics_on_what_looks_like_a_dockerfile(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "\n", "\r\n", "\\", " ", "FROM ", "RUN ", "CMD ", "ENV ", "ARG ", "COPY ", "EXPOSE ", "ENTRYPOINT ", "a",
                "A=b", "\"", "'", "[", "]", ",", "<<EOF", "EOF", "#", "$A", "${A:-", "}", "é", "🚀", "--from=", "80", "`",
                "ONBUILD ", "HEALTHCHECK ", "WORKDIR ", "# escape=`\n", "\t", "\\u00e9", "sh", "-c",
            ]),
            0..60,
        ),
    ) {
        check(&parts.concat());
        check(&format!("FROM a\n{}", parts.concat()));
    }
}
