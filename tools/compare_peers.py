#!/usr/bin/env python3
"""Counts what deptry and ruff find in real repositories, beside preflight's DEP004, API001 and API002.

    python3 -m venv peers && peers/bin/pip install ruff deptry
    cargo build
    python3 tools/compare_peers.py --peers peers/bin path/to/repository path/to/another …

Prints tables for `docs/peers.md`; the reasons for each difference are read from the sources and written there by hand.
With `--list` every finding of deptry and every finding that ruff and preflight share or do not share a line of is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUFF = "NPY,UP,AIR,PD,FAST"

Finding = tuple[str, int, str, str]  # file, line, code, message


def run(command: list[str], folder: Path) -> str:
    """The standard output of a command, whatever its exit code: linters fail where they find something."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def deptry(peers: Path, folder: Path) -> list[Finding]:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        run([str(peers / "deptry"), ".", "--json-output", report.name], folder)
        rows = json.loads(Path(report.name).read_text() or "[]")
    return [(row["location"]["file"], row["location"]["line"] or 1, row["error"]["code"], row["module"]) for row in rows]


def ruff(peers: Path, folder: Path) -> list[Finding]:
    text = run([str(peers / "ruff"), "check", "--isolated", "--no-cache", "--select", RUFF, "--output-format", "json", "."], folder)
    return [
        (str(Path(row["filename"]).relative_to(folder.resolve())), row["location"]["row"], row["code"] or "", row["message"])
        for row in json.loads(text or "[]")
    ]


def preflight(folder: Path) -> list[Finding]:
    command = [str(ROOT / "target/debug/preflight"), "check", ".", "--isolated", "--advice", "--format", "json"]
    rows = json.loads(run([*command, "--select", "DEP004,API001,API002"], folder))["diagnostics"]
    found = []
    for row in rows:
        for place in [row, *row["labels"]]:
            found.append((place["path"], place["line"] or 1, row["code"], row["message"]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("folders", type=Path, nargs="+")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    for folder in arguments.folders:
        own = preflight(folder)
        lines = {(path, line) for path, line, code, _ in own}
        for name, found in (("deptry", deptry(arguments.peers, folder)), ("ruff", ruff(arguments.peers, folder))):
            for path, line, code, message in found:
                shared = (path, line) in lines
                counts[f"{name} {code}"] += 1
                counts[f"{name} {code} with preflight"] += shared
                if arguments.list:
                    print(name, code, "both" if shared else "alone", folder.name, f"{path}:{line}", message)
            theirs = {(path, line) for path, line, _, _ in found}
            for code in ("DEP004",) if name == "deptry" else ("API001", "API002"):
                mine = {(path, line) for path, line, known, _ in own if known == code and path.endswith((".py", ".ipynb"))}
                counts[f"preflight {code} lines"] += len(mine)
                counts[f"preflight {code} lines with {name}"] += len(mine & theirs)
                if arguments.list:
                    for path, line in sorted(mine - theirs):
                        print("preflight", code, "alone", folder.name, f"{path}:{line}")
    for name, count in sorted(counts.items()):
        print(f"| {name} | {count} |")


if __name__ == "__main__":
    main()
