#!/usr/bin/env python3.11
"""Renews `rules/packages/distributions.tsv`: which modules distributions bring, and which others they may bring along.

    tools/refresh_distributions.py                     the distributions that the table asks for, and what they need
    tools/refresh_distributions.py --add names.txt     these too: one a line, such as `httpx` and `uvicorn[standard]`

Of each distribution a spread of releases is read: the table holds what any of them needs on Linux with some Python, so
that it errs towards "may be installed". Only lists of files, METADATA of wheels and the head of source distributions are
fetched; nothing is installed. Needs Python 3.11 and pip, nothing else.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.parser import HeaderParser
from pathlib import Path

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

from package_index import Index, NotAvailable, Package, default_cache
from refresh_needs import PYTHONS, holds

TABLE = Path(__file__).resolve().parent.parent / "rules" / "packages" / "distributions.tsv"
# How many releases of a distribution are read: of those that programs ask for, and of those that only others need.
ASKED_RELEASES, NEEDED_RELEASES = 8, 4
OF_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
ASKED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
# What stands for needs that can't be known without building.
UNKNOWN = "?"
# Folders and files of wheels that are no module to import.
NO_MODULES = {"test", "tests", "testing", "doc", "docs", "example", "examples", "scripts", "bin", "share", "benchmarks", "setup", "conftest", "build", "dist", "include", "lib"}
HEAD = """\
# A distribution, the modules that it brings, the distributions that any of its releases needs, and what its extras need more.
# Names of distributions are normal (PEP 503). One that ends in `+` is asked for by programs, the others are only needed by
# one of these; `?` stands for needs that can't be known without building the distribution. An extra stands as
# `NAME:NEED,NEED`; those that no program in sight asks for are left out.
# Source: METADATA and lists of files of the releases, read by tools/refresh_distributions.py.
"""


@dataclass
class Distribution:
    """What the releases of a distribution that were read have, taken together."""

    asked: bool
    modules: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    extras: dict[str, set[str]] = field(default_factory=dict)

    def add(self, needed: str, extras: set[str]) -> None:
        """Takes in a need, of the distribution itself where it is of no extra."""
        for needs in [self.extras.setdefault(extra, set()) for extra in extras] or [self.needs]:
            needs.add(needed)

    def row(self, name: str, extras: set[str]) -> str:
        """The line of the table, with these extras."""
        more = [f"{extra}:{','.join(sorted(self.extras.get(extra, ())))}" for extra in sorted(extras)]
        columns = [name + "+" * self.asked, " ".join(sorted(self.modules)), " ".join(sorted(self.needs)), " ".join(more)]
        return "\t".join(columns).rstrip("\t") + "\n"


def read(index: Index, name: str, asked: bool) -> Distribution | None:
    """Reads a spread of the releases; `None` where the index has no such project."""
    found = Distribution(asked)
    try:
        files = index.files(name)
        versions = spread(index, name, ASKED_RELEASES if asked else NEEDED_RELEASES)
    except NotAvailable:
        return None
    wheels = {Version(file.version) for file in files if file.is_wheel}
    for version in versions:
        package = index.package(name, str(version))
        try:
            if version in wheels:
                add_requirements(found, name, HeaderParser().parsestr(package.metadata()).get_all("Requires-Dist") or [])
            else:
                add_source(found, name, package)
        except Exception as error:  # A file that the index lacks or that is damaged says nothing.
            print(f"{name} {version}: {error}", file=sys.stderr)
            found.needs.add(UNKNOWN)
    for version in {versions[0], versions[-1]} if versions else ():
        try:
            found.modules |= modules_of(index.package(name, str(version)).names())
        except Exception as error:
            print(f"{name} {version}: {error}", file=sys.stderr)
    if not versions:
        found.needs.add(UNKNOWN)
    return found


def spread(index: Index, name: str, most: int) -> list[Version]:
    """The last release of each series, at most so many of them, spread evenly; the oldest first."""
    files = [file for file in index.files(name) if not file.yanked]
    final = [file for file in files if not Version(file.version).is_prerelease] or files
    chosen = [file for file in final if file.is_wheel] or final
    last: dict[tuple[int, ...], Version] = {}
    for version in sorted({Version(file.version) for file in chosen}):
        last[version.release[:2]] = version
    versions = sorted(last.values())
    if len(versions) <= most:
        return versions
    return sorted({versions[round(at * (len(versions) - 1) / (most - 1))] for at in range(most)})


def add_requirements(found: Distribution, name: str, lines: list[str]) -> None:
    """Takes in what a METADATA asks for."""
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        needed = canonicalize_name(requirement.name)
        extras = OF_EXTRA.findall(str(requirement.marker or ""))
        if needed != name and any(holds(requirement, python, extra) for python in PYTHONS for extra in extras or [""]):
            found.add(needed, {canonicalize_name(extra) for extra in extras})


def add_source(found: Distribution, name: str, package: Package) -> None:
    """Takes in what the `requires.txt` asks for that setuptools writes into a source distribution."""
    names = package.names()
    if not any(".egg-info/" in path for path in names):
        project = tomllib.loads(package.read("pyproject.toml") or "").get("project", {})
        if "name" in project and "dependencies" not in project.get("dynamic", []):
            add_requirements(found, name, project.get("dependencies", []))
        elif "setup.py" not in names or "install_requires" in (package.read("setup.py") or ""):
            found.needs.add(UNKNOWN)
        return
    path = next((path for path in names if path.endswith(".egg-info/requires.txt")), None)
    section = ""
    for line in (package.read(path) or "").splitlines() if path else []:
        if line.startswith("["):
            section = line.strip("[]").partition(":")[0]
        elif match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()):
            needed = canonicalize_name(match[0])
            if needed != name:
                found.add(needed, {canonicalize_name(section)} if section else set())


def modules_of(names: list[str]) -> set[str]:
    """The top-level modules among the files of a wheel or source distribution."""
    modules = set()
    for path in names:
        parts = path.split("/")
        if parts[0].endswith(".data"):
            parts = parts[2:] if parts[1:2] in (["purelib"], ["platlib"]) else []
        if not parts or not parts[-1].endswith((".py", ".pyi", ".so", ".pyd")):
            continue
        module = parts[0].split(".")[0] if len(parts) == 1 else parts[0]
        if module.isidentifier() and module.lower() not in NO_MODULES and not module.startswith("__"):
            modules.add(module)
    return modules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--add", type=Path, help="a file with further names, one a line")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where to keep what was fetched")
    arguments = parser.parse_args()
    index = Index(arguments.cache)
    asked: dict[str, set[str]] = {}
    for row in TABLE.read_text().splitlines() if TABLE.is_file() else ():
        name, *columns = row.split("\t")
        if name.endswith("+") and not row.startswith("#"):
            extras = columns[2].split() if len(columns) > 2 else []
            asked.setdefault(name.removesuffix("+"), set()).update(extra.partition(":")[0] for extra in extras)
    for line in arguments.add.read_text().splitlines() if arguments.add else ():
        if match := ASKED.match(line):
            extras = {canonicalize_name(extra.strip()) for extra in (match[2] or "").split(",") if extra.strip()}
            asked.setdefault(canonicalize_name(match[1]), set()).update(extras)
    known: dict[str, Distribution | None] = {}
    open_names = set(asked)
    while open_names:
        print(f"{len(open_names)} distributions to read, {len(known)} known", file=sys.stderr)
        with ThreadPoolExecutor(24) as pool:
            read_now = pool.map(lambda name: (name, read(index, name, name in asked)), sorted(open_names))
            known.update(read_now)
        needed = set()
        for name, one in known.items():
            if one:
                needed |= one.needs.union(*(one.extras.get(extra, set()) for extra in asked.get(name, ())))
        open_names = needed - known.keys() - {UNKNOWN}
    gone = {name for name, one in known.items() if one is None}
    with TABLE.open("w") as table:
        table.write(HEAD)
        for name, one in sorted(known.items()):
            if one:
                # What the index no longer has is never installed.
                one.needs -= gone
                table.write(one.row(name, asked.get(name, set()) & one.extras.keys()))
    print(f"{sum(one is not None for one in known.values())} distributions", file=sys.stderr)


if __name__ == "__main__":
    main()
