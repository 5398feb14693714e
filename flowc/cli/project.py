"""Folders to the settings that hold in them, each with its cache of results."""

from __future__ import annotations

import os

from flowc.cli.cache import Cache, cache_folder, tool_stamp
from flowc.cli.files import Refused, decode, problem, read_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.cli.options import Options
    from flowc.diagnostic import Diagnostic
    from flowc.lint.settings import Settings

ROOT_MARKS = ("flowc.toml", "pyproject.toml", ".git")


class Project:
    """What holds for the files below a settings file, or below a repository without one.

    `root` is the folder that patterns are relative to, `file` the settings file (None: there is
    none), `exclude` the patterns of files to leave out, a line each; `speaks` is False for a
    `pyproject.toml` that mentions flowc elsewhere than in settings.
    """

    def __init__(
        self,
        root: str,
        file: str | None,
        content: bytes,
        options: Options,
        folder: str | None,
        stamp: str,
    ) -> None:
        self.root = root
        self.file = file
        self.problems: tuple[Diagnostic, ...] = ()
        self._content = content
        self._options = options
        self._settings: Settings | None = None
        self._speaks = True
        key = "\0".join(
            (
                root,
                file or "",
                "-" if options.select is None else ",".join(options.select),
                ",".join(options.ignore),
                options.target or "",
            )
        )
        stamp = f"{stamp}\0{content.decode('utf-8', 'replace')}"
        self.cache = Cache(folder if options.cache else None, key, stamp)
        if self.cache.settings is None:
            settings = self.settings
            self.problems += self._check_options()
            if self.problems or not settings.cache:
                self.cache = Cache(None, key, stamp)
            self.cache.put_settings(
                (
                    "\0".join(settings.exclude),
                    settings.baseline or "",
                    "here" if self._speaks else "elsewhere",
                )
            )
        patterns, baseline, place = self.cache.settings or ("", "", "here")
        self.exclude = patterns.replace("\0", "\n").encode()
        self.baseline = os.path.join(root, baseline) if baseline else None
        self.speaks = place == "here"

    @property
    def settings(self) -> Settings:
        """The settings with the command line's put over them; read when first needed."""
        if self._settings is None:
            from flowc.lint.settings import Settings

            settings = Settings()
            if self.file is not None and self._content.strip():
                settings = self._read()
            if self._options.select is not None:
                settings = settings.replace(forced=self._options.select)
            if self._options.ignore:
                settings = settings.replace(forced_ignore=self._options.ignore)
            self._settings = settings
        return self._settings

    def _read(self) -> Settings:
        from flowc.lint.config import configure
        from flowc.lint.engine import catalogue
        from flowc.lint.settings import Settings
        from flowc.source import Source

        assert self.file is not None
        name = display(self.file)
        try:
            source = Source(name, decode(self._content))
        except Refused as refused:
            self.problems = (problem(name, refused),)
            return Settings()
        nested = os.path.basename(self.file) == "pyproject.toml"
        configured = configure(source, catalogue, nested=nested)
        if configured is None:
            self._speaks = False
            return Settings()
        self.problems = configured.problems
        return configured.settings

    def _check_options(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the rules that the command line names."""
        options = self._options
        if not options.select and not options.ignore and options.target is None:
            return ()
        from flowc.lint.config import check_words
        from flowc.lint.engine import catalogue

        return (
            *check_words(options.select or (), "--select", catalogue()),
            *check_words(options.ignore, "--ignore", catalogue()),
            *(() if options.target is None else _check_target(options.target)),
        )

    def verdict(self, question: str, decide: Callable[[], str]) -> str:
        """An answer that depends on the question alone, remembered between runs."""
        return self.cache.verdict(question, decide)

    def relative(self, path: str) -> str | None:
        """Where a file stands below the root, with `/`; None if it stands elsewhere."""
        prefix = self.root if self.root.endswith(os.sep) else self.root + os.sep
        if not path.startswith(prefix):
            return None
        return path[len(prefix) :].replace(os.sep, "/")


class Projects:
    """Finds the project of each folder: that of the nearest settings file upwards."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder = cache_folder() if options.cache else None
        self._stamp = tool_stamp() if self._folder else ""
        self._by_folder: dict[str, Project] = {}
        self._by_file: dict[str, Project] = {}
        self.fixed: Project | None = None
        self.problems: list[Diagnostic] = []
        if options.config is not None:
            try:
                content = read_bytes(options.config)
            except Refused as refused:
                self.problems.append(problem(options.config, refused))
                content = b""
            file = os.path.abspath(options.config)
            self.fixed = self._make(os.path.dirname(file), file, content)

    @property
    def all(self) -> tuple[Project, ...]:
        """Every project that a file was found in."""
        return tuple(self._by_file.values())

    def of_folder(self, folder: str) -> Project:
        """The project that holds in a folder, given by its absolute path."""
        if self.fixed is not None:
            return self.fixed
        known = self._by_folder.get(folder)
        if known is not None:
            return known
        way = []
        top = None
        at = folder
        while True:
            known = self._by_folder.get(at)
            if known is not None:
                break
            way.append(at)
            names = _marks(at)
            for name in ("flowc.toml", "pyproject.toml"):
                if name in names:
                    file = os.path.join(at, name)
                    try:
                        content = read_bytes(file)
                    except Refused as refused:
                        self.problems.append(problem(display(file), refused))
                        continue
                    if name == "flowc.toml" or _may_set(content):
                        made = self._make(at, file, content)
                        if made.speaks:
                            known = made
                            break
            if known is not None:
                break
            if top is None and ".git" in names:
                top = at
            above = os.path.dirname(at)
            if above == at:
                known = self._make(top or folder, None, b"")
                break
            at = above
        for place in way:
            self._by_folder[place] = known
        return known

    def _make(self, root: str, file: str | None, content: bytes) -> Project:
        key = file or root
        if key not in self._by_file:
            project = Project(root, file, content, self._options, self._folder, self._stamp)
            self._by_file[key] = project
        return self._by_file[key]


def _check_target(name: str) -> tuple[Diagnostic, ...]:
    from flowc.lint.config import check_target
    from flowc.targets.registry import NAMES

    return check_target(name, NAMES)


def _may_set(content: bytes) -> bool:
    """Whether a `pyproject.toml` may have a table `tool.flowc`, in whichever of TOML's spellings:
    to look is much cheaper than to read it all, and most only depend on flowc."""
    close = content.translate(None, b" \t\"'")
    above = b"[tool]" in close or b"tool={" in close
    return b"tool.flowc" in close or (above and b"flowc" in close)


def _marks(folder: str) -> tuple[str, ...]:
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return tuple(name for name in ROOT_MARKS if os.path.exists(prefix + name))


def project_root(folder: str) -> str:
    """The folder that imports may not leave: the nearest one upwards with a settings file, a
    `pyproject.toml` or a repository; without any, the folder itself."""
    at = folder
    while not _marks(at):
        above = os.path.dirname(at)
        if above == at:
            return folder
        at = above
    return at


def display(path: str) -> str:
    """A path as a user would write it: relative where that is shorter than going up."""
    here = os.getcwd()
    prefix = here if here.endswith(os.sep) else here + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else path
