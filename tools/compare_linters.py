#!/usr/bin/env python3
"""Writes docs/comparison.md: what other linters say about the failures that the fixtures re-enact, beside preflight.

    python3 -m venv peers && peers/bin/pip install ruff pylint flake8-async mypy semgrep
    git clone --depth 1 https://github.com/semgrep/semgrep-rules
    cargo build
    python3 tools/compare_linters.py --peers peers/bin --semgrep-rules semgrep-rules/python

Every tool runs with all its rules on each fixture and on its corrected twin. A tool is quoted for a failure where it says
something on a line that preflight's finding or one of its labels names, and does not say the same on the corrected twin.
What stays is advice on style that happens to stand on such a line: the list `STYLE` leaves it out.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAILURES = ROOT / "tools" / "failures.toml"

# Rules on layout, naming, docstrings, annotations and the like: they say nothing of what fails.
STYLE = {
    "ruff": ("ANN", "D", "E", "W", "I0", "COM", "Q", "INP", "T20", "N", "ERA", "CPY", "PLR", "FBT", "ISC", "FURB", "UP", "DOC", "G", "LOG", "SIM", "PERF", "TRY", "EM", "TD", "FIX", "PT", "C4", "ARG", "PTH", "DTZ", "S101", "PGH", "RUF1", "TC", "FA", "B008", "BLE", "PLW0603", "PLW1514", "S104"),
    "pylint": ("C", "R", "I", "E0401", "W0603", "W0718", "W1514"),
    "flake8-async": ("E", "W", "F", "C"),
    "mypy": ("import-untyped", "import-not-found", "no-untyped-def", "no-untyped-call", "type-arg", "misc", "attr-defined-import"),
    "semgrep": (),
}

Finding = tuple[str, int, str, str]  # file, line, code, message


def run(command: list[str], folder: Path) -> str:
    """The standard output of a command, whatever its exit code: linters fail where they find something."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def python_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))


def ruff(peers: Path, folder: Path) -> list[Finding]:
    text = run([str(peers / "ruff"), "check", "--select", "ALL", "--preview", "--isolated", "--no-cache", "--output-format", "json", "."], folder)
    rows = json.loads(text or "[]")
    return [(str(Path(row["filename"]).relative_to(folder)), row["location"]["row"], row["code"] or "", row["message"]) for row in rows]


def pylint(peers: Path, folder: Path) -> list[Finding]:
    files = python_files(folder)
    text = run([str(peers / "pylint"), "--rcfile=/dev/null", "--enable=all", "--output-format=json", *files], folder) if files else "[]"
    return [(row["path"], row["line"], row["message-id"], row["message"]) for row in json.loads(text or "[]")]


def flake8_async(peers: Path, folder: Path) -> list[Finding]:
    text = run([str(peers / "flake8"), "--isolated", "--enable-extensions=ASYNC9", "--format=%(path)s\t%(row)d\t%(code)s\t%(text)s", "."], folder)
    rows = [line.split("\t", 3) for line in text.splitlines() if line.count("\t") >= 3]
    return [(path.removeprefix("./"), int(row), code, message) for path, row, code, message in rows]


def mypy(peers: Path, folder: Path) -> list[Finding]:
    found: dict[Finding, None] = {}
    # Files of one name in several folders are programs of their own.
    for sub in sorted({str(Path(file).parent) for file in python_files(folder)}):
        files = [file for file in python_files(folder) if str(Path(file).parent) == sub]
        text = run([str(peers / "mypy"), "--strict", "--ignore-missing-imports", "--config-file=", "--cache-dir=/dev/null", "--explicit-package-bases", "--output=json", *files], folder)
        for line in text.splitlines():
            if line.startswith("{"):
                row = json.loads(line)
                found[(row["file"], row["line"], row.get("code") or "", row["message"])] = None
    return list(found)


def semgrep(peers: Path, rules: Path | None, folder: Path, scans: dict[str, list[Finding]]) -> list[Finding]:
    """One scan serves all fixtures: reading the rules takes longer than using them."""
    if rules is None:
        return []
    if not scans:
        text = run([str(peers / "semgrep"), "scan", "--config", str(rules), "--metrics=off", "--disable-version-check", "--no-git-ignore", "--json", "--quiet", "."], folder.parent)
        for row in json.loads(text or '{"results": []}')["results"]:
            fixture, _, path = row["path"].removeprefix("./").partition("/")
            scans.setdefault(fixture, []).append((path, row["start"]["line"], row["check_id"].rsplit(".", 1)[-1], row["extra"]["message"].strip()))
    return scans.get(folder.name, [])


def preflight(binary: Path, folder: Path) -> list[dict]:
    text = run([str(binary), "check", ".", "--isolated", "--advice", "--format", "json"], folder)
    return json.loads(text)["diagnostics"]


def lines_of(diagnostic: dict) -> set[tuple[str, int]]:
    """The lines that a finding of preflight names."""
    return {(place["path"], place["line"]) for place in [diagnostic, *diagnostic["labels"]]}


def quoted(tool: str, findings: list[Finding], twin: list[Finding], lines: set[tuple[str, int]]) -> str:
    """What a tool says on the lines, and not of the corrected twin."""
    elsewhere = {(file, code, message) for file, _, code, message in twin}
    said = {}
    for file, line, code, message in findings:
        style = code.startswith(STYLE[tool]) if STYLE[tool] else False
        if (file, line) in lines and not style and (file, code, message) not in elsewhere:
            said[code] = message.splitlines()[0]
    return "; ".join(f"{code}: {message}" for code, message in said.items())


def version_of(text: str) -> str:
    """The version that a program prints; of flake8 that of its plug-in."""
    found = re.search(r"async: ([\d.]+)", text) or re.search(r"\d+(\.\d+)+", text)
    return found.group(1) if found and found.re.pattern.startswith("async") else found.group(0) if found else "unknown"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers", type=Path, required=True, help="the folder with the programs of the other linters")
    arguments.add_argument("--semgrep-rules", type=Path, help="a checkout of semgrep's public rules for Python")
    arguments.add_argument("--preflight", type=Path, default=ROOT / "target" / "debug" / "preflight")
    options = arguments.parse_args()
    peers = options.peers.resolve()
    rules = options.semgrep_rules.resolve() if options.semgrep_rules else None
    scans: dict[str, list[Finding]] = {}
    tools = {
        "ruff": lambda folder: ruff(peers, folder),
        "pylint": lambda folder: pylint(peers, folder),
        "flake8-async": lambda folder: flake8_async(peers, folder),
        "semgrep": lambda folder: semgrep(peers, rules, folder, scans),
        "mypy": lambda folder: mypy(peers, folder),
    }
    failures = tomllib.loads(FAILURES.read_text(encoding="utf-8"))["failure"]
    cache: dict[tuple[str, str], list[Finding]] = {}

    def of(tool: str, fixture: str) -> list[Finding]:
        if (tool, fixture) not in cache:
            cache[tool, fixture] = tools[tool](ROOT / "fixtures" / fixture)
        return cache[tool, fixture]

    rows = []
    counts = dict.fromkeys(tools, 0)
    for failure in failures:
        fixture, codes = failure["fixture"], failure["codes"]
        own = [row for row in preflight(options.preflight.resolve(), ROOT / "fixtures" / fixture) if row["code"] in codes]
        own = [row for row in own if failure.get("about", "") in row["message"] + " ".join(label["message"] for label in row["labels"])]
        if codes and not own:
            print(f"{failure['number']}: preflight itself says nothing of {codes} in {fixture}", file=sys.stderr)
            return 1
        lines: set[tuple[str, int]] = set().union(*(lines_of(row) for row in own))
        lines |= {(file, int(line)) for file, _, line in (place.rpartition(":") for place in failure.get("also", []))}
        cells = []
        for tool in tools:
            said = quoted(tool, of(tool, fixture), of(tool, f"{fixture}-fixed"), lines)
            counts[tool] += bool(said)
            cells.append(said.replace("|", "\\|") or "–")
        ours = f"{own[0]['code']} {own[0]['severity']}: {own[0]['message']}" if own else f"– ({failure['why']})"
        ours = ours.replace("|", "\\|")
        rows.append(f"| {failure['number']} | {failure['what']} | `{fixture}` | {' | '.join(cells)} | {ours} |")

    versions = {tool: version_of(run([str(peers / program), "--version"], ROOT)) for tool, program in
                {"ruff": "ruff", "pylint": "pylint", "flake8-async": "flake8", "semgrep": "semgrep", "mypy": "mypy"}.items()}
    missed = sum(not failure["codes"] for failure in failures)
    (ROOT / "docs" / "comparison.md").write_text(page(rows, counts, versions, len(failures), missed), encoding="utf-8")
    return 0


def page(rows: list[str], counts: dict[str, int], versions: dict[str, str], total: int, missed: int) -> str:
    said = ", ".join(f"{tool} {count}" for tool, count in counts.items())
    used = "; ".join(f"{tool}: {version}" for tool, version in versions.items())
    own = f"preflight reports {total - missed} of them" if missed else "preflight reports all of them"
    if missed:
        own += "; where it is silent, the last column gives the reason"
    paragraphs = [
        "Each failure that preflight was made for stands in a fixture, a small repository under `fixtures/`, with a corrected "
        "twin. This table shows what other linters say about it, run for real with all their rules: a message is quoted where it "
        "stands on a line that preflight's finding or its labels name, and goes away in the twin. Rules on style are left out. "
        f"`–` means that the tool says nothing. The table has {total} rows; in so many of them each tool has something to say: "
        f"{said}. {own}.",
        "These tools are good at what they are for, which is code. Most of these failures are not in the code of one file: they "
        "are in what surrounds it.",
        f"Written by `tools/compare_linters.py` from `tools/failures.toml`. Versions: {used}; semgrep with the public rules for "
        "Python of semgrep/semgrep-rules.",
    ]
    wrapped = "\n\n".join(textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False) for text in paragraphs)
    head = f"""# What other linters say

{wrapped}

| # | failure | fixture | ruff | pylint | flake8-async | semgrep | mypy | preflight |
|---|---|---|---|---|---|---|---|---|
"""
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
