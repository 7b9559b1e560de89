#!/usr/bin/env python3.11
"""Renews `rules/needs/*.toml`: what releases of packages that programs pin ask of packages that preflight speaks about.

    tools/refresh_needs.py                     the packages that have a table
    tools/refresh_needs.py gradio pydantic     these, new ones too

Of each package a spread of releases is read, and more between two that differ, until the releases on both sides of every
change are known. Only the METADATA of wheels is fetched; nothing is installed. Needs Python 3.11 and pip, nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from email.parser import HeaderParser
from itertools import groupby
from pathlib import Path

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

from package_index import Index, default_cache
from refresh_releases import normal_specifier

RULES = Path(__file__).resolve().parent.parent / "rules"
# Releases before this year are not read.
OLDEST = "2021"
# How many releases of a package are read at first.
SPREAD = 30
# The Pythons for which markers are evaluated, on Linux.
PYTHONS = [f"3.{minor}" for minor in range(9, 15)]
# Extras that a platform or many programs ask for.
EXTRAS = {"gradio": ["mcp", "oauth"]}
# Packages that are asked about beside those with a table of releases or wheels.
ALSO = {"mcp", "python-multipart", "uvicorn"}

Needs = dict[tuple[str, str], list[tuple[str, str]]]


def asked_about() -> set[str]:
    """The packages whose versions some rule speaks about."""
    tables = {path.stem for path in (RULES / "releases").glob("*.toml")}
    wheels = tomllib.loads((RULES / "wheels.toml").read_text())["packages"]
    drifts = tomllib.loads((RULES / "packages" / "drift.toml").read_text())["drift"]
    return tables | set(wheels) | {canonicalize_name(drift["moved"]) for drift in drifts} | ALSO


def needs_of(metadata: str, extras: list[str], targets: set[str]) -> Needs:
    """What the METADATA of a release asks of `targets`: by extra and package, for which Pythons which versions."""
    needs: Needs = {}
    requirements = []
    for line in HeaderParser().parsestr(metadata).get_all("Requires-Dist") or []:
        try:
            requirements.append(Requirement(line))
        except InvalidRequirement:
            continue
    for extra in ["", *extras]:
        asked: dict[str, dict[str, list[str]]] = {}
        for requirement in requirements:
            name = canonicalize_name(requirement.name)
            specifier = in_order(str(requirement.specifier))
            if name not in targets or not specifier:
                continue
            for python in PYTHONS:
                if holds(requirement, python, extra) and (not extra or not holds(requirement, python, "")):
                    asked.setdefault(name, {}).setdefault(python, []).append(specifier)
        for name, by_python in asked.items():
            stated = [(python, in_order(",".join(by_python.get(python, [])))) for python in PYTHONS]
            rows = []
            for specifier, pythons in groupby(stated, key=lambda row: row[1]):
                if specifier:
                    rows.append((python_range([python for python, _ in pythons]), specifier))
            needs[extra, name] = rows
    return needs


def in_order(specifiers: str) -> str:
    """The parts of a list of specifiers, each once, lower bounds first; empty where one can't be read."""
    parts = set((normal_specifier(specifiers) or "").split(",")) - {""}
    if not all(re.fullmatch(r"(==|!=|~=|===|<=|>=|<|>)[^<>=!~\"]+", part) for part in parts):
        return ""
    return ",".join(sorted(parts, key=lambda part: ("=~>!<".index(part[0]), part)))


def holds(requirement: Requirement, python: str, extra: str) -> bool:
    """Whether a requirement is installed on CPython `python` on Linux with `extra`."""
    if requirement.marker is None:
        return True
    return requirement.marker.evaluate(
        {
            "extra": extra,
            "python_version": python,
            "python_full_version": f"{python}.5",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "os_name": "posix",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": "x86_64",
        }
    )


def python_range(pythons: list[str]) -> str:
    """Specifiers for a run of `PYTHONS`; the ends of the list stand for all before and behind."""
    low = f">={pythons[0]}" if pythons[0] != PYTHONS[0] else ""
    following = PYTHONS.index(pythons[-1]) + 1
    high = f"<{PYTHONS[following]}" if following < len(PYTHONS) else ""
    return ",".join(part for part in (low, high) if part)


class Reader:
    """Reads the releases of one package."""

    def __init__(self, index: Index, name: str, targets: set[str]) -> None:
        self.index = index
        self.name = name
        self.targets = targets - {name}
        self.read: dict[Version, Needs] = {}
        days: dict[Version, str] = {}
        for file in index.files(name):
            version = Version(file.version)
            if file.is_wheel and not version.is_prerelease and not file.yanked:
                days[version] = min(days.get(version, "9"), file.uploaded or "9")
        recent = sorted(version for version, day in days.items() if day >= OLDEST)
        self.versions = recent or sorted(days)[-1:]

    def at(self, position: int) -> Needs:
        version = self.versions[position]
        if version not in self.read:
            metadata = self.index.package(self.name, str(version)).metadata()
            self.read[version] = needs_of(metadata, EXTRAS.get(self.name, []), self.targets)
        return self.read[version]

    def between(self, low: int, high: int) -> None:
        """Reads on until nothing unread lies between two releases that differ."""
        if high - low > 1 and self.at(low) != self.at(high):
            middle = (low + high) // 2
            self.at(middle)
            self.between(low, middle)
            self.between(middle, high)

    def rows(self) -> list[dict[str, str]]:
        last = len(self.versions) - 1
        step = max(1, -(-last // SPREAD))
        positions = sorted({*range(0, last + 1, step), last})
        for position in positions:
            self.at(position)
        for low, high in zip(positions, positions[1:]):
            self.between(low, high)
        open_rows: dict[tuple[str, str, str, str], list[Version]] = {}
        rows = []
        for version in sorted(self.read):
            stated = {
                (extra, name, python, to)
                for (extra, name), asked in self.read[version].items()
                for python, to in asked
            }
            rows += [(key, open_rows.pop(key)) for key in list(open_rows) if key not in stated]
            for key in stated:
                open_rows.setdefault(key, []).append(version)
        rows += open_rows.items()
        return [row(key, versions) for key, versions in sorted(rows, key=lambda row: (row[0][1], row[0][0], row[1][0], row[0][2]))]


def row(key: tuple[str, str, str, str], versions: list[Version]) -> dict[str, str]:
    extra, name, python, to = key
    first, last = versions[0], versions[-1]
    entry = {"versions": f"=={first}" if first == last else f">={first},<={last}"}
    entry |= {"extra": extra} if extra else {}
    entry |= {"python": python} if python else {}
    return entry | {"needs": name, "to": to}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("packages", nargs="*", help="distributions; without any, those that have a table already")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for what is fetched")
    arguments = parser.parse_args()
    folder = RULES / "needs"
    folder.mkdir(exist_ok=True)
    names = arguments.packages or [path.stem for path in folder.glob("*.toml")]
    index, targets = Index(arguments.cache), asked_about()

    def renew(name: str) -> str:
        reader = Reader(index, name, targets)
        rows = reader.rows()
        lines = "".join(
            f"    {{ {', '.join(f'{field} = {json.dumps(value)}' for field, value in entry.items())} }},\n" for entry in rows
        )
        read = ", ".join(json.dumps(str(version)) for version in sorted(reader.read))
        text = f'package = "{name}"\n# The releases whose METADATA was read.\nread = [{read}]\nneeds = [\n{lines}]\n'
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        return f"{name}: {len(reader.read)} of {len(reader.versions)} releases read, {len(rows)} rows"

    with ThreadPoolExecutor(4) as pool:
        for line in pool.map(renew, sorted({canonicalize_name(name) for name in names})):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
