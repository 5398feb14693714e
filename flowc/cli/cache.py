"""Results of earlier runs, kept by content: one text file per project and set of options.

Line 1 is a stamp of everything that all results depend on (flowc and its version, Python,
settings) and a checksum of the rest; then `S` the settings that a cached run needs, `V` verdicts
of ignore patterns, `F` one file each: path, digest of its content, its imports with theirs, and
its findings as JSON (empty: none). A file that is damaged or of another stamp counts as empty.
"""

from __future__ import annotations

import os
import sys

from flowc.cli.files import NEW

try:
    from _blake2 import blake2b  # a tenth of the start-up cost of hashlib, which offers it too
except ImportError:  # pragma: no cover - other Pythons
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = "flowc-results-1"
SEPARATOR = "\x1f"  # between the imports of an entry
_OLD = 30 * 24 * 3600.0  # seconds after which another project's unused results are removed
_UNSEEN = 256  # entries not asked for in a run, above which they are weeded


def digest(data: bytes) -> str:
    """A content's identity: BLAKE2b with 128 bits, in hex."""
    return blake2b(data, digest_size=16).hexdigest()


def digest_text(text: str) -> str:
    """The digest of a text, which may have undecodable parts of paths in it."""
    return digest(text.encode("utf-8", "surrogateescape"))


def cache_folder() -> str | None:
    """Where results are kept: `FLOWC_CACHE_DIR`, else `flowc` in the user's cache folder."""
    environ = os.environ
    if given := environ.get("FLOWC_CACHE_DIR"):
        return os.path.abspath(given)
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        if os.name == "nt":
            base = environ.get("LOCALAPPDATA", "")
        else:
            home = os.path.expanduser("~")
            base = os.path.join(home, ".cache") if os.path.isabs(home) else ""
    return os.path.join(base, "flowc") if base else None


def tool_stamp() -> str:
    """What of flowc and Python the results depend on; of a source tree also its newest change."""
    from flowc import __version__

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    stamp = f"{FORMAT} {__version__} {sys.hexversion:x}"
    if "site-packages" in package or "dist-packages" in package:
        return stamp
    newest = count = 0
    folders = [package]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith((".py", ".json")):
                    count += 1
                    newest = max(newest, entry.stat().st_mtime_ns)
                elif "." not in name and name != "__pycache__":
                    folders.append(entry.path)
    return f"{stamp} {count} {newest}"


class Entry:
    """What is known of a file: its digest, what it imports, and its findings as JSON or ""."""

    __slots__ = ("digest", "findings", "imports")

    def __init__(self, digest: str, imports: str, findings: str) -> None:
        self.digest = digest
        self.imports = imports
        self.findings = findings


class Cache:
    """The results of one project under one set of options. Without a folder it is empty and
    forgets everything."""

    def __init__(self, folder: str | None, key: str, stamp: str) -> None:
        self._path = os.path.join(folder, digest_text(key) + ".txt") if folder else None
        self._stamp = digest_text(stamp)
        self.settings: tuple[str, ...] | None = None
        self._verdicts: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._files: dict[str, tuple[str, str, str]] = {}
        self._new: dict[str, tuple[str, str, str]] = {}
        self._seen: set[str] = set()
        self._changed = False
        self._load(self)

    def _load(self, into: Cache) -> None:
        """Read the file, if it is whole and of this stamp, into a cache's tables."""
        if self._path is None:
            return
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except OSError:
            return
        head, _, body = data.partition(b"\n")
        if head != f"{self._stamp} {digest(body)}".encode():
            return
        for line in body.decode("utf-8", "surrogateescape").split("\n"):
            kind, _, rest = line.partition("\t")
            if kind == "F":
                path, content, imports, findings = rest.split("\t", 3)
                into._files[path] = (content, imports, findings)
            elif kind == "V":
                key, _, answer = rest.partition("\t")
                into._verdicts[key] = answer
            elif kind == "S":
                into.settings = tuple(rest.split("\t"))

    def find(self, path: str, content: str) -> Entry | None:
        """What is known of a file with this content."""
        self._seen.add(path)
        entry = self._files.get(path)
        if entry is None or entry[0] != content:
            return None
        return Entry(*entry)

    def put(self, path: str, entry: Entry) -> None:
        """Remember a file's findings."""
        fields = (path, entry.digest, entry.imports, entry.findings)
        if not any("\t" in field or "\n" in field or "\r" in field for field in fields):
            self._new[path] = (entry.digest, entry.imports, entry.findings)
            self._changed = True

    def put_settings(self, fields: tuple[str, ...]) -> None:
        """Remember what a cached run needs to know of the settings."""
        if not any("\t" in field or "\n" in field for field in fields):
            self.settings = fields
            self._changed = True

    def verdict(self, question: str, decide: Callable[[], str]) -> str:
        """An answer that depends on the question alone, decided once."""
        key = digest_text(question)
        known = self._verdicts.get(key)
        if known is None:
            known = decide()
            if "\n" not in known and "\t" not in known:
                self._verdicts[key] = known
                self._changed = True
        self._asked[key] = known
        return known

    def save(self) -> None:
        """Write what is new, together with what other runs wrote meanwhile; never fails."""
        if self._path is None or not self._changed:
            return
        settings = self.settings
        files: dict[str, tuple[str, str, str]] = {}
        self._verdicts = {}
        self._files = files
        self._load(self)
        if len(self._verdicts) > _UNSEEN:
            self._verdicts = {}
        self._verdicts.update(self._asked)
        self.settings = settings
        files.update(self._new)
        unseen = files.keys() - self._seen
        if len(unseen) > _UNSEEN:
            for path in unseen:
                if not os.path.exists(path):
                    del files[path]
        lines = [] if settings is None else ["S\t" + "\t".join(settings)]
        lines += [f"V\t{key}\t{answer}" for key, answer in self._verdicts.items()]
        lines += [
            f"F\t{path}\t{c}\t{imports}\t{found}" for path, (c, imports, found) in files.items()
        ]
        body = "\n".join(lines).encode("utf-8", "surrogateescape")
        try:
            self._write(f"{self._stamp} {digest(body)}\n".encode() + body)
        except OSError:
            return
        self._changed = False

    def _write(self, data: bytes) -> None:
        assert self._path is not None
        folder = os.path.dirname(self._path)
        temporary = f"{self._path}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
        is_new = not os.path.exists(self._path)
        if is_new:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        handle = os.open(temporary, NEW, 0o600)
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, self._path)
        except BaseException:
            os.unlink(temporary)
            raise
        if is_new:
            _remove_old(folder)


def _remove_old(folder: str) -> None:
    """Drop results that no run has renewed for a month."""
    from time import time

    oldest = time() - _OLD
    for entry in os.scandir(folder):
        if entry.name.endswith((".txt", ".tmp")) and entry.stat().st_mtime < oldest:
            try:
                os.unlink(entry.path)
            except OSError:
                continue
