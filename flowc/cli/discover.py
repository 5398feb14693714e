"""Paths a user gives to the files they mean: folders are searched for `*.flow`.

What `.gitignore` files and the settings' `exclude` say about a folder's entries is asked of
`pathspec` (gitignore's own matching) once and then remembered by content, because importing it
costs more than a whole cached run.
"""

from __future__ import annotations

import os

from flowc.cli.files import Refused, read_bytes, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowc.cli.project import Project, Projects

SKIPPED = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".tox",
        ".nox",
    )
)


class Found:
    """A file to look at: the name it is shown under, its absolute path, its settings."""

    __slots__ = ("name", "path", "project")

    def __init__(self, name: str, path: str, project: Project) -> None:
        self.name = name
        self.path = path
        self.project = project


class Ignores:
    """The patterns of one `.gitignore` (or of `exclude`) and the folder they are relative to."""

    __slots__ = ("base", "content", "outer", "stamp")

    def __init__(self, base: str, content: bytes, outer: Ignores | None) -> None:
        self.base = base
        self.content = content
        self.outer = outer
        above: str = outer.stamp if outer else ""
        self.stamp: str = f"{above}\0{base}\0{content.decode('utf-8', 'replace')}"


def discover(
    paths: tuple[str, ...], projects: Projects
) -> tuple[list[Found], list[tuple[str, Refused]]]:
    """All files meant by `paths`, each once, by name; and the paths that could not be read.

    A file that is named is always taken, also one that is ignored, excluded or not called
    `*.flow`; a named folder is searched also if it is itself ignored. Symbolic links to folders
    are not followed below a named folder, so there are no loops.
    """
    found: dict[str, Found] = {}
    refused: list[tuple[str, Refused]] = []
    for path in paths:
        name = os.path.normpath(path) if path else path
        full = os.path.abspath(path)
        try:
            entries = list(os.scandir(path))
        except NotADirectoryError:
            found.setdefault(full, Found(name, full, projects.of_folder(os.path.dirname(full))))
            continue
        except (OSError, ValueError) as error:
            refused.append((path, _not_searched(path, error)))
            continue
        prefix = "" if name == os.curdir else name if name.endswith(os.sep) else name + os.sep
        project = projects.of_folder(full)
        ignores = _above(full, project)
        for file in _walk(entries, prefix, full, project, projects, ignores, refused):
            found.setdefault(file.path, file)
    return sorted(found.values(), key=lambda file: file.name), refused


def _not_searched(path: str, error: OSError | ValueError) -> Refused:
    if path == "-" and isinstance(error, FileNotFoundError):
        message = "standard input can only be read alone, and no file is called `-`"
        return Refused("FIL001", message, "run the command once for it and once for the files")
    return refusal(path, error)


def _walk(
    entries: list[os.DirEntry[str]],
    prefix: str,
    full: str,
    project: Project,
    projects: Projects,
    ignores: Ignores | None,
    refused: list[tuple[str, Refused]],
) -> Iterator[Found]:
    """The files below a folder whose entries are given, in no order."""
    todo = [(entries, prefix, full, project, ignores)]
    while todo:
        entries, prefix, full, project, ignores = todo.pop()
        names = {entry.name for entry in entries}
        if ".gitignore" in names:
            ignores = _inner(full, ".gitignore", ignores)
        if "flowc.toml" in names or "pyproject.toml" in names:
            inner = projects.of_folder(full)
            if inner is not project and inner.exclude:
                ignores = Ignores(inner.root, inner.exclude, ignores)
            project = inner
        files, folders = _candidates(entries)
        if ignores is not None and (files or folders):
            kept = _kept(full, files, folders, ignores, project)
            files = [entry for entry in files if entry.name in kept]
            folders = [entry for entry in folders if entry.name + "/" in kept]
        base = full if full.endswith(os.sep) else full + os.sep
        for entry in files:
            yield Found(prefix + entry.name, base + entry.name, project)
        for entry in folders:
            path = base + entry.name
            try:
                below = list(os.scandir(path))
            except OSError as error:
                refused.append((prefix + entry.name, refusal(path, error)))
                continue
            todo.append((below, prefix + entry.name + os.sep, path, project, ignores))


def _candidates(
    entries: list[os.DirEntry[str]],
) -> tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]]:
    """The files and folders among a folder's entries that may be meant."""
    files = []
    folders = []
    for entry in entries:
        name = entry.name
        if name.endswith(".flow"):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry)
            elif not (entry.is_symlink() and os.path.isdir(entry.path)):
                files.append(entry)
        elif name not in SKIPPED and entry.is_dir(follow_symlinks=False):
            folders.append(entry)
    return files, folders


def _inner(folder: str, name: str, outer: Ignores | None) -> Ignores | None:
    try:
        content = read_bytes(os.path.join(folder, name))
    except Refused:
        return outer
    return Ignores(folder, content, outer) if _matters(content) else outer


def _matters(content: bytes) -> bool:
    """Whether there is any pattern in it."""
    return any(line.strip() and not line.startswith(b"#") for line in content.splitlines())


def _above(folder: str, project: Project) -> Ignores | None:
    """The patterns from outside a folder that hold inside it: those of the repository's
    `.git/info/exclude` and of the `.gitignore` files between its top and the folder, unless they
    ignore the folder itself, and the settings' `exclude`."""
    chain = []
    at = folder
    top = None
    while True:
        git = os.path.join(at, ".git")
        if os.path.exists(git):
            top = at
            break
        above = os.path.dirname(at)
        if above == at:
            break
        chain.append(above)
        at = above
    ignores: Ignores | None = None
    if top is not None:
        ignores = _inner(top, os.path.join(".git", "info", "exclude"), None)
        if ignores is not None:
            ignores = Ignores(top, ignores.content, None)
        for place in reversed(chain):
            ignores = _inner(place, ".gitignore", ignores)
        if ignores is not None and folder != top and _is_ignored(folder, top, ignores, project):
            ignores = None
    if project.exclude:
        ignores = Ignores(project.root, project.exclude, ignores)
    return ignores


def _is_ignored(folder: str, top: str, ignores: Ignores, project: Project) -> bool:
    """Whether the folder or one that holds it is ignored."""
    parts = os.path.relpath(folder, top).split(os.sep)

    def verdict() -> str:
        matcher = Matcher()
        at = top
        for part in parts:
            at = os.path.join(at, part)
            if matcher.ignored(at, True, ignores):
                return "ignored"
        return "kept"

    return project.verdict(f"^{folder}\0{ignores.stamp}", verdict) == "ignored"


def _kept(
    folder: str,
    files: list[os.DirEntry[str]],
    folders: list[os.DirEntry[str]],
    ignores: Ignores,
    project: Project,
) -> frozenset[str]:
    """Which entries of a folder are not ignored; folders with a slash at their end."""
    names = sorted([entry.name for entry in files] + [entry.name + "/" for entry in folders])

    def verdict() -> str:
        matcher = Matcher()
        return "/".join(
            name.replace("/", ":")
            for name in names
            if not matcher.ignored(
                os.path.join(folder, name.rstrip("/")), name.endswith("/"), ignores
            )
        )

    joined = "\0".join(names)
    answer = project.verdict(f"{folder}\0{joined}\0\0{ignores.stamp}", verdict)
    return frozenset(
        part[:-1] + "/" if part.endswith(":") else part for part in answer.split("/") if part
    )


class Matcher:
    """Asks `pathspec` about single entries; the innermost file with an opinion decides."""

    def __init__(self) -> None:
        self._check: dict[Ignores, Callable[[str], bool | None]] = {}

    def ignored(self, path: str, is_folder: bool, ignores: Ignores | None) -> bool:
        """Whether an entry is ignored (its folder is known not to be)."""
        from flowc.lint.patterns import matcher

        while ignores is not None:
            relative = os.path.relpath(path, ignores.base).replace(os.sep, "/")
            if not relative.startswith("../"):
                check = self._check.get(ignores)
                if check is None:
                    lines = ignores.content.decode("utf-8", "replace").splitlines()
                    check = self._check[ignores] = matcher(lines)
                said = check(relative + "/" if is_folder else relative)
                if said is not None:
                    return said
            ignores = ignores.outer
        return False
