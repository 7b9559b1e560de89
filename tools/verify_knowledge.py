#!/usr/bin/env python3.11
"""Checks the rows of `rules/api/*.toml` against the released packages, and writes `rules/api/VERIFIED.md`.

    tools/verify_knowledge.py                      every table
    tools/verify_knowledge.py --library gradio     one of them
    tools/verify_knowledge.py --library gradio --trace "gradio/blocks.py has parameter Blocks:theme"
                                                   where a sentence begins or ceases to hold, over all releases

The packages are read, never imported. Rows of the standard library are checked against the library folders of the
interpreters on this machine. Fails where a sentence does not hold, and where a boundary that is said to be checked has
no evidence in the releases on both sides of it. Needs Python 3.11 and pip, nothing else.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.version import Version

from evidence import Sentence, Unreadable
from package_index import Index, NotAvailable, default_cache

RULES = Path(__file__).resolve().parent.parent / "rules" / "api"


class Interpreters:
    """The standard libraries of the interpreters on this machine, in the place of an index."""

    def __init__(self, folder: Path) -> None:
        self.folders = {
            Version(library.parent.parent.name): library
            for library in folder.glob("*/lib/python3.*")
            if re.fullmatch(r"3\.\d+\.\d+", library.parent.parent.name)
        }

    def versions(self, _project: str) -> list[Version]:
        return sorted(self.folders)

    def package(self, _project: str, version: str) -> Interpreter:
        if Version(version) not in self.folders:
            raise NotAvailable(f"no interpreter {version} on this machine")
        return Interpreter(version, self.folders[Version(version)])


@dataclass
class Interpreter:
    """One of them. The platform part of the names of compiled modules is left out: `lib-dynload/audioop.so`."""

    version: str
    folder: Path
    name: str = "python"

    def names(self) -> list[str]:
        paths = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        kept = (path for path in paths if not path.startswith("site-packages/") and "__pycache__" not in path)
        return [re.sub(r"\.cpython-[^/]*\.so$", ".so", path) for path in kept]

    def read(self, path: str) -> str | None:
        file = self.folder / path
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None


@dataclass
class Outcome:
    """What became of one row."""

    library: str
    change: str
    checked: str
    versions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        if self.problems:
            return "; ".join(self.problems)
        return {"wheel": "holds", "run": "executed", "documentation": "documentation"}[self.checked]


class Verifier:
    """Evaluates rows."""

    def __init__(self, index: Index, interpreters: Interpreters) -> None:
        self.index = index
        self.interpreters = interpreters

    def source(self, library: str):
        return self.interpreters if library == "python" else self.index

    def row(self, library: str, row: dict) -> Outcome:
        outcome = Outcome(library, title(row), row["checked"])
        read: dict[Version, None] = {}
        for text in row["evidence"]:
            if text.startswith(("docs: ", "run: ")):
                continue
            sentence = Sentence.parse(text)
            if sentence is None:
                outcome.problems.append(f"not a sentence of evidence: {text}")
                continue
            project, _, version = sentence.version.rpartition("==")
            outcome.versions.append(sentence.version)
            if not project:
                read[Version(version)] = None
            try:
                if not sentence.holds(self.source(project or library).package(project or library, version)):
                    outcome.problems.append(f"does not hold: {text}")
            except (NotAvailable, Unreadable) as error:
                outcome.problems.append(f"{text}: {error}")
        outcome.versions = list(dict.fromkeys(outcome.versions))
        if row["checked"] == "wheel":
            outcome.problems += self.unchecked_boundaries(library, row, set(read))
        return outcome

    def unchecked_boundaries(self, library: str, row: dict, read: set[Version]) -> Iterator[str]:
        """The boundaries of the sets of a row that the evidence does not enclose in neighbouring releases. One that a
        sentence for people names is taken as checked by them."""
        releases = self.source(library).versions(library)
        words = " ".join(text for text in row["evidence"] if text.startswith(("docs: ", "run: ")))
        for key in ("deprecated", "breaks", "works"):
            for specifier in SpecifierSet(row.get(key, "")):
                boundary = Version(specifier.version.removesuffix(".*"))
                if re.search(rf"(?<![\d.]){re.escape(specifier.version)}(?![\d]|\.\d)", words):
                    continue
                below = [version for version in releases if version < boundary]
                above = [version for version in releases if version >= boundary]
                if specifier.operator in ("<=", ">"):
                    yield f"{key}: write {specifier} with < or >="
                if not above:
                    yield f"{key}: no release at {specifier}"
                elif (below and below[-1] not in read) or above[0] not in read:
                    neighbours = [str(version) for version in (*below[-1:], above[0])]
                    yield f"{key}: {specifier} is not enclosed: read {' and '.join(neighbours)}"


def title(row: dict) -> str:
    """The change in a few words."""
    symbols = row["symbols"]
    words = symbols[0] + (f" and {len(symbols) - 1} more" if len(symbols) > 1 else "")
    if "parameter" in row:
        values = f"{'/'.join(row['values'])}" if row.get("values") else ""
        words += f" ({row['parameter']}={values})"
    sets = [f"{key} {row[key]}" for key in ("deprecated", "breaks") if key in row]
    return f"{words}: {', '.join(sets)}"


def trace(verifier: Verifier, library: str, text: str) -> None:
    """Prints where a sentence begins or ceases to hold."""
    source = verifier.source(library)

    def evaluate(version: Version) -> object:
        try:
            return Sentence.parse(f"{version} {text}").holds(source.package(library, str(version)))
        except (NotAvailable, Unreadable) as error:
            return re.sub(r"\S*\d\.\d\S*", "…", str(error))

    versions = source.versions(library)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(evaluate, versions))
    previous = None
    for version, result in zip(versions, results):
        if result != previous:
            print(f"{version}: {result}")
        previous = result


def report(outcomes: list[Outcome]) -> str:
    """The text of `VERIFIED.md`."""
    lines = [
        "# What the verifier found",
        "",
        "Written by `tools/verify_knowledge.py`. `holds`: each sentence of evidence was evaluated on the files of the",
        "releases named, and they are the neighbours of the row's boundaries. Other rows say how they were checked.",
        "",
        "| library | rows | read in packages | executed | documentation |",
        "|---|---|---|---|---|",
    ]
    for library in dict.fromkeys(outcome.library for outcome in outcomes):
        rows = [outcome for outcome in outcomes if outcome.library == library]
        count = {kind: sum(row.checked == kind for row in rows) for kind in ("wheel", "run", "documentation")}
        lines.append(f"| {library} | {len(rows)} | {count['wheel']} | {count['run']} | {count['documentation']} |")
    lines += ["", "| library | change | versions read | result |", "|---|---|---|---|"]
    for outcome in outcomes:
        change = outcome.change.replace("|", "\\|")
        lines.append(f"| {outcome.library} | {change} | {', '.join(outcome.versions)} | {outcome.result} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--library", action="append", help="check this table only; may be repeated")
    parser.add_argument("--trace", metavar="SENTENCE", help="evaluate a sentence without its version on all releases")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for what is fetched")
    parser.add_argument("--interpreters", type=Path, default=Path.home() / ".pyenv" / "versions", help="pyenv's folder")
    arguments = parser.parse_args()
    verifier = Verifier(Index(arguments.cache), Interpreters(arguments.interpreters))

    if arguments.trace:
        for library in arguments.library or []:
            trace(verifier, library, arguments.trace)
        return 0

    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(RULES.glob("*.toml"))]
    rows = [
        (table["library"], row)
        for table in tables
        if not arguments.library or table["library"] in arguments.library
        for row in table["change"]
    ]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda entry: verifier.row(*entry), rows))
    for outcome in outcomes:
        mark = "FAIL" if outcome.problems else "ok  "
        print(f"{mark} {outcome.library}: {outcome.change} [{', '.join(outcome.versions)}] {outcome.result}")
    if not arguments.library:
        (RULES / "VERIFIED.md").write_text(report(outcomes), encoding="utf-8")
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes)} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
