"""The text of `pyproject.toml` or `flowc.toml` to Settings, with what is wrong at its line."""

from __future__ import annotations

import re

from flowc.diagnostic import Diagnostic, Finding
from flowc.lint.codes import SETTINGS
from flowc.lint.known import FAMILIES
from flowc.lint.settings import PathSettings, Settings
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.lint.known import Catalogue
    from flowc.lint.settings import Level

_MOST_WRONG = 20  # words of one list that are reported: more are all of one kind
_NOWHERE = Span(0, 0)
KEYS = ("select", "ignore", "severity", "exclude", "cache", "baseline", "paths", "asl")
PATH_KEYS = ("match", "ignore", "severity")
LEVELS = ("error", "warning", "advice", "off")
Path = tuple["str | int", ...]


class Configured(Struct):
    """Settings and what is wrong with them; with problems the settings are incomplete."""

    settings: Settings
    problems: tuple[Diagnostic, ...]


def configure(source: Source, known: Callable[[], Catalogue], *, nested: bool) -> Configured | None:
    """Settings from the text of a TOML file; None if it has none for flowc.

    `nested`: they stand under `[tool.flowc]`, as in `pyproject.toml`. `known` is asked only
    if rules are mentioned.
    """
    import tomllib

    try:
        document: object = tomllib.loads(source.text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        return Configured(Settings(), (_toml_error(source, error),))
    except RecursionError:
        finding = Finding(Span(0, 0), "the settings are nested too deeply to be read")
        return Configured(Settings(), (_diagnostic(source, "invalid-toml", finding),))
    prefix: Path = ()
    if nested:
        for part in ("tool", "flowc"):
            if not isinstance(document, dict) or part not in document:
                return None
            document = document[part]
            prefix = (*prefix, part)
    return _Reader(source, known, prefix).settings(document)


def check_words(words: tuple[str, ...], option: str, known: Catalogue) -> tuple[Diagnostic, ...]:
    """What is wrong with rules given after an option on the command line."""
    source = Source("command line", " ".join((option, ",".join(words))))
    found = []
    for word in words:
        at = source.text.index(word, len(option))
        span = Span(at, at + len(word))
        fault = _word_fault(word, span, known, may_be_fixed=option == "--select")
        if fault is not None:
            found.append(_diagnostic(source, *fault))
    return tuple(found)


def check_target(name: str, known: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """What is wrong with the name of a target on the command line."""
    if name in known:
        return ()
    source = Source("command line", f"--target {name}")
    span = Span(len("--target "), len(source.text))
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=1)
    offered = f"there are {', '.join(f'`{k}`' for k in known)}"
    finding = Finding(
        span, f"there is no target `{name}`", f"did you mean `{near[0]}`?" if near else offered
    )
    return (_diagnostic(source, "unknown-target", finding),)


def _diagnostic(source: Source, name: str, finding: Finding) -> Diagnostic:
    return Diagnostic(source, SETTINGS[name].code, name, "error", finding)


def _toml_error(source: Source, error: Exception) -> Diagnostic:
    """A TOML error at its place; Python says it in the text of the exception."""
    message = str(error)
    place = re.search(r" ?\(at line (\d+), column (\d+)\)$", message)
    at = len(source.text)
    if place:
        message = message[: place.start()]
        at = source.line_starts[int(place[1]) - 1] + int(place[2]) - 1
    message = message.removesuffix(" (at end of document)")
    finding = Finding(Span(at, min(at + 1, len(source.text))), f"not TOML: {_lower(message)}")
    return _diagnostic(source, "invalid-toml", finding)


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _word_fault(
    word: str, span: Span, known: Catalogue, *, may_be_fixed: bool
) -> tuple[str, Finding] | None:
    """Why a word cannot stand for rules here."""
    entries = known.expand(word)
    if not entries and word not in FAMILIES:
        near = known.nearest(word[:100])
        return "unknown-rule-in-settings", Finding(
            span,
            f"no rule has the code, name or family `{word}`",
            f"did you mean `{near}`?" if near else "`flowc explain` lists all rules",
        )
    if not may_be_fixed and entries and all(entry.fixed for entry in entries):
        return "invalid-setting", Finding(
            span,
            f"`{word}` is an error of the language and stays one",
            "mend the file, or `exclude` it",
        )
    return None


class _Reader:
    """Reads one table, noting every fault."""

    def __init__(self, source: Source, known: Callable[[], Catalogue], prefix: Path) -> None:
        self.source = source
        self.known = known
        self.prefix = prefix
        self.problems: list[Diagnostic] = []

    def settings(self, table: object) -> Configured:
        if not isinstance(table, dict):
            self._wrong((), "a table", table)
            return Configured(Settings(), tuple(self.problems))
        self._keys(table, KEYS, ())
        select = self._words(table, ("select",), may_be_fixed=True) if "select" in table else None
        settings = Settings(
            select=select,
            ignore=self._words(table, ("ignore",)),
            severity=self._severity(table, ("severity",)),
            paths=self._paths(table),
            exclude=self._texts(table, ("exclude",)),
            cache=self._cache(table),
            baseline=self._baseline(table),
        )
        return Configured(settings, tuple(self.problems))

    def _say(self, name: str, finding: Finding) -> None:
        self.problems.append(_diagnostic(self.source, name, finding))

    def _wrong(self, path: Path, wanted: str, got: object) -> None:
        shown = ".".join(str(part) for part in path if isinstance(part, str)) or "`[tool.flowc]`"
        name = shown if shown.startswith("`") else f"`{shown}`"
        text = f"{name} must be {wanted}, not {_kind(got)}"
        self._say("invalid-setting", Finding(locate(self.source, (*self.prefix, *path)), text))

    def _keys(self, table: dict[str, object], allowed: tuple[str, ...], path: Path) -> None:
        for key in table:
            if key not in allowed:
                from difflib import get_close_matches

                near = get_close_matches(key.lower().replace("-", ""), allowed, n=1)
                span = locate(self.source, (*self.prefix, *path, key))
                offered = f"known are {', '.join(f'`{k}`' for k in allowed)}"
                help = f"did you mean `{near[0]}`?" if near else offered
                self._say("unknown-setting", Finding(span, f"unknown setting `{key}`", help))

    def _texts(self, table: dict[str, object], path: Path) -> tuple[str, ...]:
        key = path[-1]
        assert isinstance(key, str)
        value = table.get(key, [])
        if not isinstance(value, list):
            self._wrong(path, "a list of texts", value)
            return ()
        for item in value:
            if not isinstance(item, str) or not item:
                self._wrong(path, "a list of texts", [item] if item != "" else "an empty text")
                return ()
            if "\n" in item:
                self._wrong(path, "a list of single lines", item)
                return ()
        return tuple(value)

    def _words(
        self, table: dict[str, object], path: Path, *, may_be_fixed: bool = False
    ) -> tuple[str, ...]:
        words = self._texts(table, path)
        wrong = 0
        for word in dict.fromkeys(words):
            wrong += self._word(word, path, may_be_fixed=may_be_fixed)
            if wrong == _MOST_WRONG:
                break
        return words

    def _word(self, word: str, path: Path, *, may_be_fixed: bool = False) -> bool:
        """Report a word that cannot stand for rules here; whether it was one."""
        known = self.known()
        if _word_fault(word, _NOWHERE, known, may_be_fixed=may_be_fixed) is None:
            return False
        span = locate(self.source, (*self.prefix, *path, word))
        fault = _word_fault(word, span, known, may_be_fixed=may_be_fixed)
        if fault is not None:
            self._say(*fault)
        return True

    def _severity(self, table: dict[str, object], path: Path) -> tuple[tuple[str, Level], ...]:
        value = table.get("severity", {})
        if not isinstance(value, dict):
            self._wrong(path, "a table of rules and levels", value)
            return ()
        found: list[tuple[str, Level]] = []
        for word, level in value.items():
            self._word(word, path)
            if level in LEVELS:
                found.append((word, level))
                continue
            from difflib import get_close_matches

            near = get_close_matches(str(level), LEVELS, n=1)
            self._say(
                "invalid-setting",
                Finding(
                    locate(self.source, (*self.prefix, *path, word)),
                    f"the severity of `{word}` must be `error`, `warning`, `advice` or `off`",
                    f"did you mean `{near[0]}`?" if near else None,
                ),
            )
        return tuple(found)

    def _paths(self, table: dict[str, object]) -> tuple[PathSettings, ...]:
        value = table.get("paths", [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(("paths",), "given as `[[paths]]` tables", value)
            return ()
        found = []
        for n, item in enumerate(value):
            path: Path = ("paths", n)
            self._keys(item, PATH_KEYS, path)
            match = item.get("match")
            if not isinstance(match, str) or not match:
                self._wrong(
                    (*path, "match"), "a pattern of paths", "nothing" if match is None else match
                )
                continue
            found.append(
                PathSettings(
                    match,
                    self._words(item, (*path, "ignore")),
                    self._severity(item, (*path, "severity")),
                )
            )
        return tuple(found)

    def _cache(self, table: dict[str, object]) -> bool:
        value = table.get("cache", True)
        if not isinstance(value, bool):
            self._wrong(("cache",), "true or false", value)
            return True
        return value

    def _baseline(self, table: dict[str, object]) -> str | None:
        value = table.get("baseline")
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            self._wrong(("baseline",), "the path of a file", value)
            return None
        return value


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str() if value in ("nothing", "an empty text"):
            return value
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case [inner]:
            return f"a list with {_kind(inner)}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


# -- places in TOML ------------------------------------------------------------------------

_HEADER = re.compile(r"[ \t]*(\[\[?)[ \t]*([^\]\n#]+?)[ \t]*\]\]?")
_KEY_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*({_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*)[ \t]*=")
_PART = re.compile(_KEY_PART)


def locate(source: Source, path: Path) -> Span:
    """Where a key, or a text in its value, stands in a valid TOML file.

    `path` goes down by keys and, in an array of tables, positions; what no line says by itself
    (keys in inline tables, texts in lists) is searched behind the key that holds it. Ends at the
    nearest thing above that can be found, at worst the start of the file.
    """
    places, ends = _places(source.text)
    for length in range(len(path), 0, -1):
        span = places.get(path[:length])
        if span is None:
            continue
        at, end = span.end, ends[path[:length]]
        found = span
        for word in path[length:]:
            if isinstance(word, int):
                continue
            hit = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(source.text, at, end)
            if hit is None:
                break
            found = Span(hit.start(), hit.end())
            at = hit.end()
        return found
    return Span(0, 0)


def _places(text: str) -> tuple[dict[Path, Span], dict[Path, int]]:
    """Where each key and header stands, and where what belongs to it ends."""
    places: dict[Path, Span] = {}
    ends: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    last: list[Path] = []
    at = 0
    for line in text.splitlines(keepends=True):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            for path in last:
                ends[path] = at
            prefix = _resolve(_parts(header[2]), counts)
            if header[1] == "[[":
                counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, counts[prefix])
            last = [prefix]
            places[prefix] = Span(at + header.start(2), at + header.end(2))
        elif key:
            for path in last:
                if path != prefix:
                    ends[path] = at
            full = (*prefix, *_parts(key[1]))
            last = [prefix, full]
            places.setdefault(full, Span(at + key.start(1), at + key.end(1)))
        at += len(line)
        for path in last:
            ends[path] = at
    return places, ends


def _resolve(parts: Path, counts: dict[Path, int]) -> Path:
    """A header's path with the position of the newest element put after each array of tables."""
    found: Path = ()
    for n, part in enumerate(parts):
        found = (*found, part)
        if found in counts and n < len(parts) - 1:
            found = (*found, counts[found])
    return found


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
