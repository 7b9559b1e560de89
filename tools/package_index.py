"""Reads the package index through pip's own machinery: which files a project has, and what is in them.

Nothing is installed, built or imported. Of a wheel only the parts that are asked for are fetched, by range requests, so
that a look into a wheel of many hundred megabytes costs little. What was fetched is kept in a cache folder.
Needs Python 3.11 and pip, nothing else; the index is the one that pip is configured for.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tarfile
import threading
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector, parse_links
from pip._internal.models.link import Link
from pip._internal.network.lazy_wheel import HTTPRangeRequestUnsupported, LazyZipOverHTTP
from pip._vendor.packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from pip._vendor.packaging.version import InvalidVersion, Version

# The list of a project's files is asked for again after this many seconds.
LISTING_LIFETIME = 24 * 3600
# A source distribution or wheel without range requests is fetched whole, up to this many bytes.
LARGEST_DOWNLOAD = 200_000_000


class NotAvailable(Exception):
    """The index has no such project, release or file."""


@dataclass
class ProjectFile:
    """One file of a project: a wheel or a source distribution."""

    filename: str
    version: str
    url: str
    requires_python: str | None
    yanked: bool
    uploaded: str | None

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")

    def tags(self) -> list[tuple[str, str, str]]:
        """Interpreter, ABI and platform of each tag of a wheel."""
        return [(tag.interpreter, tag.abi, tag.platform) for tag in parse_wheel_filename(self.filename)[3]]


def default_cache() -> Path:
    """The user's cache folder, outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "preflight-knowledge"


class Index:
    """The index that pip is configured for, with a cache in front of it."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self._listings: dict[str, list[ProjectFile]] = {}
        self._packages: dict[tuple[str, str], Package] = {}
        self._lock = threading.Lock()
        self._local = threading.local()
        logging.getLogger("pip").setLevel(logging.ERROR)

    def _client(self) -> tuple[object, LinkCollector]:
        """One session a thread."""
        if not hasattr(self._local, "client"):
            command = create_command("download")
            options, _ = command.parse_args(["--quiet", "--no-cache-dir", "nothing"])
            session = command._build_session(options)
            self._local.client = session, LinkCollector.create(session, options=options)
        return self._local.client

    def files(self, project: str) -> list[ProjectFile]:
        """All files of `project`, in the order of the index."""
        name = canonicalize_name(project)
        with self._lock:
            if name in self._listings:
                return self._listings[name]
        cached = self.cache / "listings" / f"{name}.json"
        if cached.is_file() and time.time() - cached.stat().st_mtime < LISTING_LIFETIME:
            files = [ProjectFile(**entry) for entry in json.loads(cached.read_text())]
        else:
            files = self._fetch_listing(name)
            write(cached, json.dumps([asdict(file) for file in files]).encode())
        with self._lock:
            self._listings[name] = files
        return files

    def _fetch_listing(self, name: str) -> list[ProjectFile]:
        _, collector = self._client()
        files: list[ProjectFile] = []
        for location in collector.search_scope.get_index_urls_locations(name):
            page = collector.fetch_response(Link(location))
            if page is None:
                continue
            uploaded = {}
            if "json" in page.content_type:
                entries = json.loads(page.content)["files"]
                uploaded = {entry["filename"]: entry.get("upload-time") for entry in entries}
            for link in parse_links(page):
                version = version_of(link.filename, name)
                if version is not None:
                    files.append(
                        ProjectFile(
                            link.filename,
                            str(version),
                            link.url_without_fragment,
                            link.requires_python,
                            link.is_yanked,
                            uploaded.get(link.filename),
                        )
                    )
        if not files:
            raise NotAvailable(f"no project {name}")
        return files

    def versions(self, project: str) -> list[Version]:
        """The final releases of `project`, oldest first; yanked ones too, since an exact pin still installs them."""
        versions = {Version(file.version) for file in self.files(project)}
        return sorted(version for version in versions if not version.is_prerelease)

    def package(self, project: str, version: str) -> Package:
        """What is in a release."""
        key = canonicalize_name(project), str(Version(version))
        with self._lock:
            if key not in self._packages:
                self._packages[key] = Package(self, *key)
            return self._packages[key]


class Package:
    """The content of one release: of a wheel where there is one, else of the source distribution."""

    def __init__(self, index: Index, name: str, version: str) -> None:
        self.index = index
        self.name = name
        self.version = version
        self.folder = index.cache / "packages" / name / version
        self._names: list[str] | None = None
        self._archive: zipfile.ZipFile | None = None
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The paths in the release, as they are below the folder it is installed into."""
        with self._lock:
            return self._read_names()

    def read(self, path: str) -> str | None:
        """The text of a file, `None` where the release has none of that path. `METADATA` and `entry_points.txt` are
        those of the distribution."""
        with self._lock:
            names = self._read_names()
            if "/" not in path and path not in names:
                path = next((name for name in names if name.endswith(f".dist-info/{path}")), path)
            if path not in names:
                return None
            cached = self.folder / "files" / path
            if not cached.is_file():
                write(cached, self._open().read(path))
            return cached.read_text(encoding="utf-8", errors="replace")

    def metadata(self) -> str:
        """The METADATA of a wheel of the release, from the index where it serves that file by itself."""
        cached = self.folder / "METADATA"
        if not cached.is_file():
            files = [file for file in self.index.files(self.name) if Version(file.version) == Version(self.version)]
            wheels = [file for file in files if file.is_wheel]
            if not wheels:
                raise NotAvailable(f"{self.name} {self.version} has no wheel")
            session, _ = self.index._client()
            url = f"{min(wheels, key=preference).url}.metadata"
            response = session.get(url, headers={"Accept-Encoding": "identity"})
            if response.ok:
                write(cached, response.content)
            else:
                write(cached, (self.read("METADATA") or "").encode())
        return cached.read_text(encoding="utf-8", errors="replace")

    def _read_names(self) -> list[str]:
        if self._names is None:
            cached = self.folder / "names.json"
            if not cached.is_file():
                write(cached, json.dumps(self._open().namelist()).encode())
            self._names = json.loads(cached.read_text())
        return self._names

    def _open(self) -> zipfile.ZipFile:
        if self._archive is not None:
            return self._archive
        files = [file for file in self.index.files(self.name) if Version(file.version) == Version(self.version)]
        if not files:
            raise NotAvailable(f"{self.name} {self.version} is not in the index")
        file = min(files, key=preference)
        session, _ = self.index._client()
        if file.is_wheel:
            try:
                self._archive = zipfile.ZipFile(LazyZipOverHTTP(file.url, session))
            except HTTPRangeRequestUnsupported:
                self._archive = zipfile.ZipFile(io.BytesIO(download(session, file.url)))
        else:
            self._archive = source_as_zip(file.filename, download(session, file.url))
        return self._archive


def preference(file: ProjectFile) -> tuple[int, str]:
    """The file to look into: any wheel of pure Python, then Linux wheels, then others, then the source."""
    if not file.is_wheel:
        return (3, file.filename)
    platforms = {platform for _, _, platform in file.tags()}
    if "any" in platforms:
        return (0, file.filename)
    return (1 if any("linux" in platform and "x86_64" in platform for platform in platforms) else 2, file.filename)


def version_of(filename: str, name: str) -> Version | None:
    """The version in the name of a wheel or source distribution of project `name`."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        for suffix in (".tar.gz", ".zip", ".tar.bz2"):
            if filename.endswith(suffix):
                stem = filename[: -len(suffix)]
                for at, character in enumerate(stem):
                    if character == "-" and canonicalize_name(stem[:at]) == name:
                        return Version(stem[at + 1 :])
    except (InvalidWheelFilename, InvalidVersion):
        pass
    return None


def download(session: object, url: str) -> bytes:
    """The whole file behind `url`."""
    response = session.get(url, headers={"Accept-Encoding": "identity"}, stream=True)
    response.raise_for_status()
    if int(response.headers.get("Content-Length", 0)) > LARGEST_DOWNLOAD:
        raise NotAvailable(f"{url.rsplit('/', 1)[-1]} is too large to fetch")
    return response.raw.read()


def source_as_zip(filename: str, content: bytes) -> zipfile.ZipFile:
    """A source distribution as an archive whose paths are as installed: without the first folder and `src/`."""
    target = zipfile.ZipFile(io.BytesIO(), "w")

    def add(path: str, data: bytes) -> None:
        parts = PurePosixPath(path).parts[1:]
        parts = parts[1:] if parts[:1] == ("src",) else parts
        if parts and "/".join(parts) not in target.namelist():
            target.writestr("/".join(parts), data)

    if filename.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            for name in source.namelist():
                if name.endswith((".py", ".pyi", ".txt", ".toml", ".cfg")):
                    add(name, source.read(name))
    else:
        with tarfile.open(fileobj=io.BytesIO(content)) as source:
            for member in source:
                if member.isfile() and member.name.endswith((".py", ".pyi", ".txt", ".toml", ".cfg")):
                    add(member.name, source.extractfile(member).read())
    return target


def write(path: Path, content: bytes) -> None:
    """Writes a file of the cache whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
