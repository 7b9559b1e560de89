//! Tests of reading workflows.

use super::*;
use crate::formats::yaml;

fn node(text: &str) -> Node {
    yaml::parse(text, 0).unwrap().remove(0).root
}

const WORKFLOW: &str = r#"name: "Déploy 🚀"
on:
  push:
    branches: [main, 'release/**']
    paths:
      - src/**
  schedule:
    - cron: '0 0 * * *'
  workflow_dispatch:
env: {A: 1}
defaults: {run: {working-directory: app}}
jobs:
  test:
    runs-on: ${{ matrix.os }}
    needs: lint
    strategy:
      matrix:
        os: [ubuntu-latest, windows-latest]
        python: ["3.9", 3.10]
        include:
          - os: macos-latest
            extra: x
    steps:
      - uses: actions/checkout@v4
      - uses: "actions/cache/save@0123abc"
        with:
          path: ~/.cache
          key: ${{ runner.os }}
      - name: Install
        if: always()
        env:
          PIP: é
        run: |
          # 日本
          python -m pip install "gradio==4.0" \
            requests
          if [ -f x ]; then
            python scripts/x.py
          fi
      - run: >-
          pytest
          tests/é
          -q
      - {run: "echo \"é\" && make", working-directory: sub}
      - shell: pwsh
        run: Get-Item x
      - uses: ./.github/actions/x
      - uses: docker://alpine:3
  call:
    uses: o/r/.github/workflows/w.yml@main
  win:
    runs-on: [windows-latest]
    steps: [{run: dir}, {run: ls, shell: bash}]
"#;

#[test]
fn a_workflow_is_read_with_places() {
    for text in [WORKFLOW.to_owned(), WORKFLOW.replace('\n', "\r\n")] {
        let root = node(&text);
        assert!(looks_like_workflow(&root) && !is_composite_action(&root));
        let workflow = Workflow::from_node(&root, &text).unwrap();
        let events: Vec<_> = workflow.on.iter().map(|event| event.name.value.as_str()).collect();
        assert_eq!(events, ["push", "schedule", "workflow_dispatch"]);
        let filters: Vec<_> = workflow.on[..2]
            .iter()
            .flat_map(|event| &event.filters)
            .map(|filter| (filter.name.value.as_str(), filter.patterns.iter().map(|p| p.span.of(&text)).collect()))
            .collect::<Vec<(_, Vec<_>)>>();
        assert_eq!(
            filters,
            [("branches", vec!["main", "'release/**'"]), ("paths", vec!["src/**"]), ("cron", vec!["'0 0 * * *'"])]
        );
        assert_eq!(workflow.working_directory.as_ref().unwrap().value, "app");
        let job = &workflow.jobs[0];
        assert_eq!((job.id.value.as_str(), job.needs[0].value.as_str()), ("test", "lint"));
        let matrix: Vec<(&str, Vec<&str>)> = job
            .matrix
            .iter()
            .map(|(key, values)| (key.value.as_str(), values.iter().map(|value| value.value.as_str()).collect()))
            .collect();
        assert_eq!(
            matrix,
            [
                ("os", vec!["ubuntu-latest", "windows-latest", "macos-latest"]),
                ("python", vec!["3.9", "3.10"]),
                ("extra", vec!["x"])
            ]
        );
        let commands: Vec<Vec<Vec<&str>>> = job
            .steps
            .iter()
            .map(|step| {
                let commands = step.run.iter().flat_map(|run| &run.commands);
                commands.map(|command| command.words.iter().map(|word| word.span.of(&text)).collect()).collect()
            })
            .collect();
        assert_eq!(commands[2][0], ["python", "-m", "pip", "install", "\"gradio==4.0\"", "requests"]);
        assert_eq!(commands[2][2], ["python", "scripts/x.py"]);
        assert_eq!(commands[3], [["pytest", "tests/é", "-q"]]);
        assert_eq!(commands[4][1], ["make"]);
        assert!(commands[5].is_empty());
        assert!(workflow.jobs[2].steps[0].run.as_ref().unwrap().commands.is_empty());
        assert_eq!(workflow.jobs[2].steps[1].run.as_ref().unwrap().commands.len(), 1);
        let target = |step: usize| job.steps[step].uses.as_ref().unwrap().target.clone();
        let ActionTarget::Repository { owner, repository, path, reference } = target(1) else { panic!() };
        assert_eq!((owner.as_str(), repository.as_str(), path.as_str()), ("actions", "cache", "save"));
        assert_eq!(reference.unwrap().span.of(&text), "0123abc");
        assert_eq!(target(6), ActionTarget::Local(".github/actions/x".into()));
        assert_eq!(target(7), ActionTarget::Docker("alpine:3".into()));
        assert!(
            matches!(&workflow.jobs[1].uses.as_ref().unwrap().target, ActionTarget::Repository { path, .. } if path == ".github/workflows/w.yml")
        );
    }
}

#[test]
fn shapes() {
    for (text, workflow) in [
        ("on: push\njobs: {a: {runs-on: x}}", true),
        ("true: push\njobs: {a: {uses: x}}", true),
        ("on: push\njobs: {a: {script: x}}", false),
        ("on: push\njobs: []", false),
        ("- a", false),
        ("runs: {using: composite, steps: []}\nname: x", false),
    ] {
        assert_eq!(looks_like_workflow(&node(text)), workflow, "{text}");
    }
    let text = "name: x\nruns:\n  using: composite\n  steps:\n    - run: a b\n      shell: bash\n";
    assert_eq!(Action::from_node(&node(text), text).unwrap().steps[0].run.as_ref().unwrap().commands.len(), 1);
    let events = |text: &str| Workflow::from_node(&node(text), text).unwrap().on.len();
    assert_eq!(
        [events("on: push"), events("on: [push, pull_request]"), events("on: {push: }"), events("a: 1")],
        [1, 2, 1, 0]
    );
}
