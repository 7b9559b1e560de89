//! Scripts and steps in the small: what is followed, what counts as made, and what stays missing.

use super::*;
use crate::repo::Repository;

/// What is missing for the steps of a job, given as YAML, in a tree of the named files.
fn missing(steps: &str, files: &[&str]) -> Vec<String> {
    let workflow = format!(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n{steps}"
    );
    let files = files.iter().map(|path| (*path, b"".as_slice()));
    let repository = Repository::in_memory(files.chain([(".github/workflows/a.yml", workflow.as_bytes())]));
    missing_step_paths(&Documents::new(repository)).into_iter().map(|found| found.path.to_string()).collect()
}

fn run(script: &str, files: &[&str]) -> Vec<String> {
    let script: String = script.lines().map(|line| format!("          {line}\n")).collect();
    missing(&format!("      - run: |\n{script}"), files)
}

const FILES: &[&str] = &["app/main.py", "app/tests/test_x.py", "scripts/run.sh", "requirements.txt", "日本/é.py"];

#[test]
fn the_folder_is_followed() {
    for (script, expected) in [
        ("cd app && python main.py && cd .. && python app/main.py", vec![]),
        ("cd app\npytest tests\npip install -r ../requirements.txt", vec![]),
        ("(cd app && python main.py)\n(cd scripts; bash run.sh)\npython app/main.py", vec![]),
        ("(cd app)\npython main.py", vec!["main.py"]),
        ("pushd app\npython main.py\npopd\nbash scripts/run.sh", vec![]),
        ("cd $GITHUB_WORKSPACE/app && python main.py", vec![]),
        ("cd ${{ github.workspace }}/app && python none.py", vec!["app/none.py"]),
        ("cd $UNKNOWN && python none.py", vec![]),
        ("if x; then cd app; else cd scripts; fi\npython none.py", vec![]),
        ("D=app\ncd $D && python none.py", vec!["app/none.py"]),
        ("cd /tmp && python none.py\ncd ~ && python none.py", vec![]),
        ("bash -c 'cd app && python none.py'\npython app/main.py", vec!["app/none.py"]),
        ("cd 日本 && python é.py && python ö.py", vec!["日本/ö.py"]),
        ("uv run --directory app none.py\npoetry -C app run python none.py", vec![]),
        ("uv run none.py\npoetry run python no.py", vec!["no.py", "none.py"]),
    ] {
        assert_eq!(run(script, FILES), expected, "{script}");
    }
}

#[test]
fn what_commands_make_is_there() {
    for script in [
        "echo x > made.py\npython made.py",
        "pip freeze | tee made.txt\npip install -r made.txt",
        "cp app/main.py made.py && python made.py",
        "cp app/* scripts/ && python scripts/main.py",
        "mv requirements.txt new.txt; pip install -r new.txt",
        "tar xzf x.tgz && ./x/run.sh",
        "unzip -q x.zip -d tools && bash tools/x.sh",
        "curl -fsSLO https://example.com/i.sh\nchmod +x i.sh && ./i.sh",
        "wget -qO made.sh https://example.com/i.sh\nbash made.sh",
        "python -m venv venv && source venv/bin/activate && env/bin/pip list",
        "git clone --depth 1 -b main https://example.com/x/y.git\ncd y && ./z.sh",
        "git clone $URL\ncd y && ./z.sh",
        "git fetch && git checkout other && python none.py",
        "uv export -o all.txt && pip install -r all.txt",
        "uv pip compile x.in --output-file=all.txt && pip install -r all.txt",
        "bash none.sh || true\n[ -f no.sh ] && bash no.sh",
        "docker run --rm -v .:/x image bash none.sh",
        "ssh host 'cd /srv && ./none.sh'",
        "for f in a b; do python $f.py; done",
        "f() { python none.py; }",
        "cat <<'EOF'\npython none.py\nEOF",
        "# python none.py",
        "npm create vite@latest web\ncd web && npm ci",
        "pytest -k none/x -m 'a/b' --junitxml=out/x.xml\npytest 'tests/x*'",
        "source activate x\n. $HOME/x.sh\npython -c 'import x'",
    ] {
        let found = run(script, FILES);
        let expected: &[&str] = if script.contains("|| true") { &["none.sh"] } else { &[] };
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn steps_and_inputs_are_followed() {
    for (steps, expected) in [
        ("      - run: ./x.sh\n        working-directory: scripts\n", vec!["scripts/x.sh"]),
        ("      - run: ./x.sh\n        working-directory: ${{ matrix.dir }}\n", vec![]),
        ("      - run: ./x.sh\n        shell: pwsh\n", vec![]),
        ("      - run: ./x.sh\n        if: ${{ hashFiles('x.sh') != '' }}\n", vec![]),
        ("      - run: ./x.sh\n        env: {A: b}\n", vec!["x.sh"]),
        ("      - run: bash $A/x.sh\n        env: {A: scripts}\n", vec!["scripts/x.sh"]),
        ("      - uses: a/b@v1\n      - run: cd new && ./x.sh\n", vec![]),
        ("      - uses: a/b@v1\n      - run: bash scripts/x.sh\n", vec!["scripts/x.sh"]),
        ("      - uses: actions/cache@v5\n        with: {path: tools, key: a}\n      - run: bash tools/x.sh\n", vec![]),
        ("      - uses: ./app\n", vec!["app"]),
        ("      - uses: ./.github/actions/none\n", vec![".github/actions/none"]),
    ] {
        assert_eq!(missing(steps, FILES), expected, "{steps}");
    }
    let ignored = missing("      - run: python made.py\n", &[]);
    assert_eq!(ignored, ["made.py"]);
}
