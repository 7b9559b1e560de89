//! Tests of reading commands.

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<Vec<String>> {
    commands(text, 0).iter().map(|command| command.words.iter().map(|word| word.text.clone()).collect()).collect()
}

fn lines(text: &str) -> Vec<String> {
    words(text).iter().map(|words| words.join(" ")).collect()
}

#[test]
fn words_are_unquoted_and_stand_where_they_are_written() {
    let text = "pip install \"gradio==4.0\" 'a b'c d\\ e  # no\n";
    let command = &commands(text, 0)[0];
    let texts: Vec<_> = command.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["pip", "install", "gradio==4.0", "a bc", "d e"]);
    let spans: Vec<_> = command.words.iter().map(|word| word.span.of(text)).collect();
    assert_eq!(spans, ["pip", "install", "\"gradio==4.0\"", "'a b'c", "d\\ e"]);
    assert_eq!(command.words[2].map.span(Span::new(0, 6)).of(text), "gradio");
}

#[test]
fn lists_of_commands() {
    for (text, expected) in [
        ("a && b || c; d | e & f", vec!["a", "b", "c", "d", "e", "f"]),
        ("a \\\n  b \\\r\n  c\r\nd", vec!["a b c", "d"]),
        ("if [ -f x ]; then\n  a\nelif b; then c; else d; fi; e", vec!["[ -f x ]", "a", "b", "c", "d", "e"]),
        ("for f in *.py; do python \"$f\"; done\nx", vec!["python $f", "x"]),
        ("for ((i=0; i<3; i++)); do a; done", vec!["a"]),
        ("while read -r l; do a; done < file", vec!["read -r l", "a", ""]),
        ("case \"$1\" in\n  web|api) a ;;\n  *) b; c ;;\nesac\nd", vec!["a", "b", "c", "d"]),
        ("f() {\n  a\n}\nfunction g { b; }\nf", vec!["a", "b", "f"]),
        ("(cd x && a) && b", vec!["cd x", "a", "b"]),
        (
            "echo \"$(git rev-parse HEAD)\" `date`",
            vec!["git rev-parse HEAD", "date", "echo $(git rev-parse HEAD) `date`"],
        ),
        ("cat <<EOF > f\nnot a command\nEOF\na", vec!["cat", "a"]),
        ("cat <<-'E 1' && b\n\tnot\n\tE 1\na", vec!["cat", "b", "a"]),
        ("echo \"if\" then; if", vec!["echo if then"]),
        ("function f() {\n  a\n}\nb", vec!["a", "b"]),
        ("f ()\n{\n  a\n}\nb", vec!["a", "b"]),
        ("f() ( a )\nb", vec!["a", "b"]),
        ("A=(x y\n  'z )' # c\n) b\nB+=(\"$C\")\nc", vec!["b", "", "c"]),
        ("while [[\n  $(a b) != 0 ]]; do c; done", vec!["a b", "[[ $(a b) != 0 ]]", "c"]),
        (": ${A:=\"\nb\nc\n\"}\nd", vec![": ${A:=\"\nb\nc\n\"}", "d"]),
        ("! a", vec!["a"]),
        ("[[ $x == y && -f z ]] && a", vec!["[[ $x == y -f z ]]", "a"]),
        ("a=1 b", vec!["b"]),
        ("echo ${{ github.ref == 'x' && 'y' || 'z' }} c", vec!["echo ${{ github.ref == 'x' && 'y' || 'z' }} c"]),
        ("python - <<'PY'\nimport os; os.x()\nPY\n", vec!["python -"]),
        ("a 2>&1 | tee log", vec!["a", "tee log"]),
        ("a &> log &", vec!["a"]),
        ("diff <(a b) <(c)", vec!["a b", "c", "diff <(a b) <(c)"]),
        ("echo a#b; # c d", vec!["echo a#b"]),
    ] {
        assert_eq!(lines(text), expected, "{text:?}");
    }
}

#[test]
fn separators_and_constructs() {
    let found = commands("a && b || true; (c; d) & if e; then f & fi", 0);
    let get = |name: &str| found.iter().find(|command| command.words[0].text == name).unwrap();
    assert_eq!((get("a").before, get("a").after), (None, Some(Separator::And)));
    assert!(get("b").is_failure_swallowed() && !get("a").is_failure_swallowed());
    assert!(get("true").is_conditional());
    assert_eq!(get("d").after, Some(Separator::Background));
    assert_eq!(get("c").subshell_depth(), 1);
    assert!(get("f").is_conditional() && !get("c").is_conditional());
    assert_eq!(get("e").inside, [Construct::If]);
    let found = commands("f() ( a )\nfunction g { b; }\nc", 0);
    assert!(found[0].is_conditional() && found[1].is_conditional() && found[2].inside.is_empty());
}

#[test]
fn expansions() {
    let command = &commands("A=\"$B/c\" uvicorn --port ${PORT:-8000} $HOME/x '$no' *.py \\$x \"${{ env.X }}\"", 0)[0];
    assert_eq!(command.assignments[0].name.value, "A");
    assert_eq!(command.assignments[0].value.text, "$B/c");
    assert_eq!(command.words[2].variables().collect::<Vec<_>>(), [("PORT", Some("8000"))]);
    assert_eq!(command.words[2].expand(|_| None).as_deref(), Some("8000"));
    assert_eq!(command.words[3].expand(|name| Some(name.to_lowercase())).as_deref(), Some("home/x"));
    assert_eq!(command.words[4].plain(), Some("$no"));
    assert_eq!(command.words[5].parts[0], Part::Glob("*".into()));
    assert_eq!(commands("pip install gradio[oauth]", 0)[0].words[2].plain(), Some("gradio[oauth]"));
    assert!(commands("ls [a-z]", 0)[0].words[1].has_expansion());
    assert_eq!(command.words[6].plain(), Some("$x"));
    assert_eq!(command.words[7].parts, [Part::Template("${{ env.X }}".into())]);
}

#[test]
fn programs_behind_wrappers() {
    for (text, name, arguments) in [
        ("exec uvicorn app:app", "uvicorn", vec!["app:app"]),
        ("env A=b PORT=1 /usr/bin/gunicorn -w 2", "gunicorn", vec!["-w", "2"]),
        ("sudo -u web -E python3.12 app.py", "python3.12", vec!["app.py"]),
        ("nohup time tini -g -- gosu user dumb-init flask run", "flask", vec!["run"]),
        ("uv run --frozen --with gunicorn --extra x gunicorn a:b", "gunicorn", vec!["a:b"]),
        ("poetry run python -u -m uvicorn a:b --reload", "uvicorn", vec!["a:b", "--reload"]),
        ("python -m pip install x", "pip", vec!["install", "x"]),
        ("python -c 'import x' -m y", "python", vec!["-c", "import x", "-m", "y"]),
        ("bash -lc \"cd /app && exec uvicorn 'a b' --host 0.0.0.0\"", "uvicorn", vec!["a b", "--host", "0.0.0.0"]),
        ("sh -euxo pipefail -c 'sh -c \"x y\"'", "x", vec!["y"]),
        ("timeout 30 x", "x", vec![]),
        ("poetry install", "poetry", vec!["install"]),
        ("conda run --no-capture-output -n env python app.py", "python", vec!["app.py"]),
        ("sh start.sh", "sh", vec!["start.sh"]),
        ("exec", "exec", vec![]),
    ] {
        let found = program(&commands(text, 0)[0]).unwrap();
        assert_eq!(found.name(), name, "{text}");
        let texts: Vec<_> = found.arguments.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, arguments, "{text}");
        for word in &found.arguments {
            assert!(word.span.of(text).contains(&word.text), "{text}: {:?}", word.span.of(text));
        }
    }
    let found = program(&commands("A=1 env B=2 x", 0)[0]).unwrap();
    let names: Vec<_> = found.assignments.iter().map(|assignment| assignment.name.value.as_str()).collect();
    assert_eq!(names, ["A", "B"]);
    let script = program(&commands("python -u -W ignore src/app.py --x", 0)[0]).unwrap();
    assert_eq!(script.python_script().unwrap().0.text, "src/app.py");
}

#[test]
fn flags() {
    let text =
        "uvicorn a:b --host=127.0.0.1 --port ${PORT:-80} -b0.0.0.0:80 --reload --host \"::1\" --workers -- --x 1";
    let found = program(&commands(text, 0)[0]).unwrap();
    let flag = |names: &[&str]| found.flag(names).map(|word| (word.text.clone(), word.span.of(text).to_owned()));
    assert_eq!(flag(&["--host"]), Some(("::1".into(), "\"::1\"".into())));
    assert_eq!(flag(&["-b", "--bind"]), Some(("0.0.0.0:80".into(), "0.0.0.0:80".into())));
    assert_eq!(flag(&["--port", "-p"]).unwrap().0, "${PORT:-80}");
    assert_eq!(flag(&["--workers"]), None);
    assert!(found.has_flag(&["--workers"]) && found.has_flag(&["--reload"]) && !found.has_flag(&["--x"]));
    assert_eq!(found.flags(&["--host"])[0].span.of(text), "127.0.0.1");
}

fn check(text: &str) {
    for command in commands(text, 0) {
        let mut spans = vec![command.span];
        spans.extend(command.words.iter().map(|word| word.span));
        spans.extend(command.assignments.iter().flat_map(|assignment| [assignment.name.span, assignment.value.span]));
        spans.extend(command.redirections.iter().map(|redirection| redirection.span));
        for invocation in invocations(&command) {
            spans.push(invocation.span);
            spans.extend(invocation.arguments.iter().map(|word| word.span));
            spans.extend(invocation.flags(&["-a", "--b"]).iter().map(|word| word.span));
        }
        for span in spans {
            assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
        }
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn never_panics_on_what_looks_like_a_script(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", " ", "\n", "\r\n", "\\", "'", "\"", "$", "${", "}", "$(", ")", "(", "`", "${{", "}}", "<<EOF", "EOF",
                "<", ">", "&", "|", ";", "#", "é", "🚀", "if ", "fi ", "case ", " in ", "esac ", "do ", "done ", "for ",
                "{ ", "} ", "A=", "*", "[", "]", "-a", "--b=", "sh -c ", "2>&1", "exec ", "env ", "python -m ", "-mé",
            ]),
            0..60,
        ),
    ) {
        check(&parts.concat());
    }
}
