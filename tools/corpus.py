#!/usr/bin/env python3
"""Checks preflight against real repositories whose findings were read by hand: tools/corpus.toml.

usage: tools/corpus.py FOLDER... [--preflight BINARY] [--show]

Each FOLDER holds repositories as `owner+name`, each at the commit of the list; those that are not there are skipped and
named. `--show` prints what is reported and not in the list, for extending it. Exit code 1 where a finding is missing or
one is there that must not be. Nothing in the repositories is executed.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def findings(binary: str, folder: Path) -> set[str]:
    """Errors and warnings as `CODE path:line`."""
    command = [binary, "check", ".", "--isolated", "--format", "json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr.strip())
    diagnostics = json.loads(run.stdout)["diagnostics"]
    return {
        f"{found['code']} {found['path']}:{found['line']}" for found in diagnostics if found["severity"] != "advice"
    }


def is_silenced(finding: str, silent: str) -> bool:
    """Whether `silent`, a code or prefix with an optional path (`NET`, `AIO app/main.py`), speaks of the finding."""
    code, place = finding.split(" ", 1)
    prefix, _, path = silent.partition(" ")
    return code.startswith(prefix) and (not path or place.rpartition(":")[0] == path)


def head(folder: Path) -> str:
    run = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return run.stdout.strip()


def check(repository: dict, folder: Path, binary: str, show: bool) -> list[str]:
    """What is wrong, in lines."""
    found = findings(binary, folder)
    expected = set(repository.get("expect", []))
    problems = [f"missing:  {finding}" for finding in sorted(expected - found)]
    for finding in sorted(found - expected):
        if repository.get("exact") or any(is_silenced(finding, silent) for silent in repository.get("silent", [])):
            problems.append(f"wrong:    {finding}")
        elif show:
            print(f"  unlisted: {finding}")
    return problems


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    arguments.add_argument("--preflight", default=str(HERE.parent / "target/release/preflight"))
    arguments.add_argument("--show", action="store_true")
    given = arguments.parse_args()
    binary = str(Path(given.preflight).resolve())
    failed = checked = 0
    for repository in tomllib.loads((HERE / "corpus.toml").read_text(encoding="utf-8"))["repository"]:
        name, commit = repository["name"], repository["commit"]
        places = [folder / name.replace("/", "+", 1) for folder in given.folders]
        folder = next((place for place in places if place.is_dir()), None)
        if folder is None:
            print(f"absent   {name}")
            continue
        if head(folder) != commit:
            print(f"skipped  {name}: not at {commit[:12]}")
            continue
        checked += 1
        problems = check(repository, folder, binary, given.show)
        failed += bool(problems)
        print(f"{'FAILED' if problems else 'ok':<9}{name}")
        for problem in problems:
            print(f"  {problem}")
    print(f"{checked} checked, {failed} failed")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
