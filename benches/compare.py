#!/usr/bin/env python3
"""Compares preflight with ripgrep and ruff on the same trees, in one run, and prints times, ratios and peak memory.

usage: benches/compare.py [--preflight BINARY] [--rg BINARY] [--ruff BINARY] [--runs N] [--only NAME ...] [TREE ...]

Three trees are made afresh: `space` (a typical Space), `files` (100,000 files) and `python` (50 MB of Python); each TREE
given is measured too. Needs hyperfine and rg; ruff where it is at hand. Nothing of the trees is executed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

# Words of the kind that preflight looks for. The real list is longer and is matched in one pass, as ripgrep does it.
WORDS = [
    "get_event_loop", "create_task", "run_coroutine_threadsafe", "ensure_future", "torch_dtype", "from_pretrained",
    "launch", "uvicorn", "app.run", "127.0.0.1", "localhost", "os.environ", "getenv", "np.float", "hf_hub_download",
    "use_auth_token", "requests.get", "time.sleep", "hasattr", "json.loads", "distutils", "audioop", "pkg_resources",
]
RUFF = ["check", "--no-cache", "--isolated", "--quiet", "--select", "ASYNC,RUF006"]

CARD = """---
title: Speech to text
emoji: 🎤
colorFrom: indigo
colorTo: pink
sdk: gradio
sdk_version: 5.49.1
python_version: "3.11"
app_file: app.py
short_description: Write down what is said
---
# Speech to text
"""
APP = """import os

import gradio as gr
from transformers import pipeline

from parts.part_0 import tidy

recognise = pipeline("automatic-speech-recognition", model=os.environ.get("MODEL", "openai/whisper-tiny"))


def write_down(audio):
    return tidy(recognise(audio)["text"])


demo = gr.Interface(write_down, gr.Audio(type="filepath"), "text")
demo.launch()
"""
WORKFLOW = """name: Sync
on:
  push:
    branches: [main]
jobs:
  sync:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: git push https://user:${{ secrets.HF_TOKEN }}@huggingface.co/spaces/user/speech main
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_space(root: Path) -> None:
    """A Gradio Space of 60 files."""
    write(root / "README.md", CARD)
    write(root / "app.py", APP)
    write(root / "requirements.txt", "gradio==5.49.1\ntransformers==4.57.1\ntorch==2.9.0\n")
    write(root / ".github/workflows/sync.yml", WORKFLOW)
    for number in range(40):
        body = f'"""Part {number}."""\n\n\ndef tidy(text):\n    return " ".join(text.split())\n'
        body += "".join(f"\n\ndef step_{step}(value):\n    return value + {step}\n" for step in range(40))
        write(root / f"parts/part_{number}.py", body)
    for number in range(16):
        write(root / f"examples/sample_{number}.txt", "A sentence to read aloud.\n" * 20)


def make_files(root: Path) -> None:
    """100,000 small files in 1,000 folders: a fifth is Python, the rest text, JSON, Markdown and images."""
    for folder in range(1000):
        base = root / f"group_{folder // 50}/folder_{folder}"
        base.mkdir(parents=True)
        for number in range(20):
            (base / f"module_{number}.py").write_text(f"def value():\n    return {number}\n")
            (base / f"note_{number}.txt").write_text("nothing to see\n")
            (base / f"data_{number}.json").write_text('{"value": 1}\n')
            (base / f"page_{number}.md").write_text("# Page\n")
            (base / f"image_{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    write(root / "Dockerfile", 'FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nCMD ["python", "main.py"]\n')
    write(root / "main.py", "print('hello')\n")


def make_python(root: Path) -> None:
    """50 MB of real Python: the standard library's sources, as often as it takes."""
    library = Path(sysconfig.get_paths()["stdlib"])
    aside = {"test", "tests", "lib2to3", "idlelib", "site-packages", "__pycache__", "turtledemo"}
    sources = [path for path in sorted(library.rglob("*.py")) if not aside & set(path.relative_to(library).parts)]
    left, copy = 50_000_000, 0
    while left > 0:
        for source in sources:
            target = root / f"copy_{copy}" / source.relative_to(library)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            left -= target.stat().st_size
            if left <= 0:
                break
        copy += 1
    write(root / "Dockerfile", 'FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nCMD ["python", "main.py"]\n')
    write(root / "main.py", "print('hello')\n")


MAKERS = {"space": make_space, "files": make_files, "python": make_python}


def peak_memory(command: list[str]) -> str:
    """The largest resident set of one run, as GNU time sees it: a child of this process would count what it inherits."""
    if not os.access("/usr/bin/time", os.X_OK):
        return "?"
    run = subprocess.run(["/usr/bin/time", "-v", *command], capture_output=True, check=False)
    kilobytes = re.search(rb"Maximum resident set size \(kbytes\): (\d+)", run.stderr)
    return f"{int(kilobytes[1]) / 1024:.0f} MB" if kilobytes else "?"


def measure(name: str, tree: Path, tools: dict[str, list[str]], runs: int, scratch: Path) -> None:
    commands = {tool: [*command, str(tree)] for tool, command in tools.items()}
    result = scratch / "result.json"
    quoted = [" ".join(f"'{part}'" for part in command) for command in commands.values()]
    subprocess.run(
        ["hyperfine", "--shell=none", "--ignore-failure", "--warmup", "2", "--runs", str(runs), "--style", "none",
         "--export-json", str(result), *quoted],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    timed = json.loads(result.read_text())["results"]
    mine = timed[0]["median"]
    print(f"\n{name}")
    print(f"  {'':<10}{'median':>10}{'fastest':>10}{'peak memory':>14}{'preflight takes':>18}")
    for (tool, command), times in zip(commands.items(), timed):
        ratio = "" if tool == "preflight" else f"{mine / times['median']:.2f} × this"
        print(f"  {tool:<10}{times['median'] * 1000:>7.0f} ms{times['min'] * 1000:>7.0f} ms"
              f"{peak_memory(command):>14}{ratio:>18}")
    sys.stdout.flush()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    repository = Path(__file__).resolve().parent.parent
    arguments.add_argument("--preflight", default=str(repository / "target/release/preflight"))
    arguments.add_argument("--rg", default="rg")
    arguments.add_argument("--ruff", default="ruff")
    arguments.add_argument("--runs", type=int, default=10)
    arguments.add_argument("--only", action="append", choices=sorted(MAKERS), help="make only this tree")
    arguments.add_argument("trees", nargs="*", type=Path, metavar="TREE")
    given = arguments.parse_args()
    if shutil.which(given.preflight) is None:
        print("no release build: run `cargo build --release --locked` first", file=sys.stderr)
        return 2
    for needed in ["hyperfine", given.rg]:
        if shutil.which(needed) is None:
            print(f"{needed} is not installed", file=sys.stderr)
            return 2
    tools = {
        "preflight": [given.preflight, "check", "--isolated", "--quiet"],
        "rg": [given.rg, "--hidden", "--count-matches", "--fixed-strings", *[f"-e{word}" for word in WORDS], "--"],
    }
    if shutil.which(given.ruff) is not None:
        tools["ruff"] = [given.ruff, *RUFF]
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in MAKERS.items():
            if given.only and name not in given.only or given.trees and not given.only:
                continue
            tree = Path(scratch) / name
            tree.mkdir()
            make(tree)
            measure(f"{name}: {make.__doc__}", tree, tools, given.runs, Path(scratch))
            shutil.rmtree(tree)
        for tree in given.trees:
            measure(str(tree), tree.resolve(), tools, given.runs, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
