#!/usr/bin/env python3.11
"""Renews `rules/releases/*.toml` and `rules/wheels.toml` from the package index that pip is configured for.

    tools/refresh_releases.py                 the packages that have a table, and those of `rules/api`
    tools/refresh_releases.py gradio numpy    these, new ones too

One page of the index is read for each package, through pip's own machinery, and kept for a day. Needs Python 3.11 and
pip, nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path

from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

from package_index import Index, ProjectFile, default_cache

RULES = Path(__file__).resolve().parent.parent / "rules"
# Releases before this year are left out, unless there is no younger one.
OLDEST = "2019"
# The interpreters for which the releases without wheels are noted.
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
# The C libraries of Linux, by how the platform tags of wheels for them begin: glibc, and the musl of Alpine.
GLIBC = ("manylinux", "linux")
MUSL = ("musllinux",)
# Binary packages whose source distribution installs without a compiler too: their extensions are optional.
COMPILES_OPTIONALLY = [
    "charset-normalizer", "markupsafe", "msgpack", "protobuf", "pymongo", "pyyaml", "simplejson", "sqlalchemy", "tornado",
    "websockets", "wrapt",
]
# Those whose build needs the compiler of Rust.
NEEDS_RUST = [
    "bcrypt", "cryptography", "hf-xet", "jiter", "orjson", "polars", "pydantic-core", "rpds-py", "safetensors", "tiktoken",
    "tokenizers", "watchfiles",
]
# Those that have no wheel for Linux in any release, and whose build needs a compiler: what else stands in for them.
FROM_SOURCE = {
    "dlib": "",
    "fasttext": "",
    "hnswlib": "",
    "llama-cpp-python": "",
    "mysqlclient": "PyMySQL",
    "psycopg2": "psycopg2-binary",
    "pyaudio": "",
    "pycairo": "",
    "python-ldap": "",
    "uwsgi": "pyuwsgi",
    "webrtcvad": "webrtcvad-wheels",
}


def release_lines(files: list[ProjectFile]) -> list[str]:
    """One line a final release, oldest first: version, day of the first upload, `requires-python`, `yanked`."""
    releases: dict[Version, list[ProjectFile]] = {}
    for file in files:
        releases.setdefault(Version(file.version), []).append(file)
    lines = {}
    for version in sorted(version for version in releases if not version.is_prerelease):
        of_release = releases[version]
        days = sorted(file.uploaded[:10] for file in of_release if file.uploaded)
        python = next((file.requires_python for file in of_release if file.requires_python), None)
        words = [str(version), days[0] if days else "-", normal_specifier(python) or "-"]
        while words[-1] == "-":
            words.pop()
        if all(file.yanked for file in of_release):
            words.append("yanked")
        lines[version] = " ".join(words), days[0] if days else ""
    recent = [line for line, day in lines.values() if day >= OLDEST]
    return recent or [line for line, _ in lines.values()]


def normal_specifier(text: str | None) -> str | None:
    """`requires-python` without blanks and in today's grammar (`>=3.5.*` is `>=3.5`); `None` where installers can't read
    it and ignore it."""
    if not text:
        return None
    text = re.sub(r"([<>]=?\s*[\d.]+?)\.\*", r"\1", text)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return None
    # `!=3.0*`, which old releases of pip still read.
    if re.search(r"\d\*", text):
        return None
    return ",".join(part.strip().replace(" ", "") for part in text.split(",") if part.strip())


def serves(file: ProjectFile, python: str, library: tuple[str, ...] = GLIBC) -> bool:
    """Whether a wheel installs on CPython `python` on Linux x86_64 with a C library."""
    number = int(python.removeprefix("3."))
    for interpreter, abi, platform in file.tags():
        if platform != "any" and not (platform.endswith("x86_64") and platform.startswith(library)):
            continue
        if abi == "none" and interpreter in ("py3", "py2.py3"):
            return True
        if interpreter == f"cp3{number}" and abi in (interpreter, "none"):
            return True
        if abi == "abi3" and interpreter.startswith("cp3") and int(interpreter[3:] or 0) <= number:
            return True
    return False


def admits(files: list[ProjectFile], python: str) -> bool:
    """Whether the `requires-python` of a release lets `python` in."""
    stated = {normal_specifier(file.requires_python) for file in files} - {None}
    return all(Version(f"{python}.99") in SpecifierSet(specifier) for specifier in stated)


def without_wheels(files: list[ProjectFile], library: tuple[str, ...]) -> dict[str, str]:
    """The releases that have no wheel for an interpreter and a C library, as specifiers, by interpreter. One or two
    releases without, between others with a wheel, are not counted: what is said has to hold for the whole range."""
    releases: dict[Version, list[ProjectFile]] = {}
    for file in files:
        if not Version(file.version).is_prerelease:
            releases.setdefault(Version(file.version), []).append(file)
    lacking = {}
    for python in PYTHONS:
        ranges: list[str] = []
        newer, without = None, 0
        for version in sorted(releases, reverse=True):
            of_release = releases[version]
            if any(file.is_wheel and serves(file, python, library) for file in of_release):
                if without >= 3:
                    ranges.append(f">{version}" + (f",<{newer}" if newer else ""))
                newer, without = version, 0
            elif admits(of_release, python) and not all(file.yanked for file in of_release):
                without += 1
        if without or newer != min(releases):
            ranges.append(f"<{newer}" if newer else ">=0")
        if ranges:
            lacking[python] = " or ".join(reversed(ranges))
    return lacking


def has_source(files: list[ProjectFile]) -> bool:
    """Whether any release that is counted has a source distribution."""
    return any(not file.is_wheel and (file.uploaded or "9") >= OLDEST for file in files)


def check_from_source(name: str, files: list[ProjectFile]) -> None:
    """Fails where a package that is said to have no wheel for Linux has one."""
    wheels = [file for file in files if file.is_wheel and any(serves(file, python) for python in PYTHONS)]
    if name in FROM_SOURCE and wheels:
        raise SystemExit(f"{name} has a wheel for Linux: {wheels[-1].filename}")


def is_binary(files: list[ProjectFile]) -> bool:
    """Whether the newest releases are built for a platform."""
    wheels = [file for file in files if file.is_wheel and not Version(file.version).is_prerelease]
    newest = max((Version(file.version) for file in wheels), default=None)
    return any(platform != "any" for file in wheels if Version(file.version) == newest for _, _, platform in file.tags())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("packages", nargs="*", help="distributions; without any, those that have a table already")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for what is fetched")
    arguments = parser.parse_args()
    index = Index(arguments.cache)
    folder = RULES / "releases"
    folder.mkdir(exist_ok=True)
    wheels_file = RULES / "wheels.toml"
    known = tomllib.loads(wheels_file.read_text()) if wheels_file.is_file() else {}
    wheels, musl, wheels_only = known.get("packages", {}), known.get("musl", {}), set(known.get("wheels-only", []))

    names = arguments.packages
    if not names:
        libraries = [tomllib.loads(path.read_text())["library"] for path in (RULES / "api").glob("*.toml")]
        names = [path.stem for path in folder.glob("*.toml")] + [name for name in libraries if name != "python"]
    for name in sorted({canonicalize_name(name) for name in names}):
        files = index.files(name)
        lines = "".join(f"    {json.dumps(line)},\n" for line in release_lines(files))
        (folder / f"{name}.toml").write_text(f'package = "{name}"\nreleases = [\n{lines}]\n', encoding="utf-8")
        check_from_source(name, files)
        if name not in FROM_SOURCE and is_binary(files):
            wheels[name] = without_wheels(files, GLIBC)
            musl[name] = without_wheels(files, MUSL)
            wheels_only = wheels_only - {name} if has_source(files) else wheels_only | {name}
        print(f"{name}: {lines.count(chr(10))} releases{', binary' if name in wheels else ''}")

    def rows(table: dict[str, dict[str, str]]) -> str:
        def cells(row: dict[str, str]) -> str:
            return ", ".join(f"{json.dumps(python)} = {json.dumps(versions)}" for python, versions in row.items())

        return "".join(f"{name} = {{ {cells(row)} }}\n" for name, row in sorted(table.items()))

    instead = "".join(f"{name} = {json.dumps(other)}\n" for name, other in sorted(FROM_SOURCE.items()))
    wheels_file.write_text(
        "# The releases of binary packages that have no wheel for CPython 3.10 and later on Linux x86_64 with glibc: what is\n"
        "# pinned to one of them is built from source there. Wheels of the stable ABI (abi3) and of pure Python count for\n"
        f"# each later Python. Read from the package index on {date.today()} and written by tools/refresh_releases.py.\n"
        "#\n# Extensions of these are optional, so that a build from source needs no compiler.\n"
        f"compiles-optionally = {json.dumps(COMPILES_OPTIONALLY)}\n"
        "# The build of these needs the compiler of Rust, which the images of Python do not bring.\n"
        f"needs-rust = {json.dumps(NEEDS_RUST)}\n"
        "# These have no source distribution: where there is no wheel, nothing can be installed.\n"
        f"wheels-only = {json.dumps(sorted(wheels_only))}\n\n[packages]\n{rows(wheels)}\n"
        "# The same for the musl of Alpine, on Linux x86_64.\n"
        f"[musl]\n{rows(musl)}\n"
        "# No release of these has a wheel for Linux; the build needs a C compiler. What stands in for them, if anything.\n"
        f"[from-source]\n{instead}",
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
