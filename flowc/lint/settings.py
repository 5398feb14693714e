"""What a project wants to be told, and how seriously: settings to the rules that run on a file."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from flowc.diagnostic import Severity
    from flowc.lint.known import Catalogue

    Level = Literal["error", "warning", "advice", "off"]


class PathSettings(Struct):
    """Settings for the files that `match`, a gitignore pattern relative to the settings' folder.

    They come on top of the project's, in order.
    """

    match: str
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Level], ...] = ()


class Settings(Struct):
    """`select` None: what is on by default. Rules are given by code, name, family or `ALL`.

    `forced` is a selection for this run alone: it takes the place of `select`, `ignore` and
    `off`, but per-path settings still hold.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Level], ...] = ()
    paths: tuple[PathSettings, ...] = ()
    exclude: tuple[str, ...] = ()
    cache: bool = True
    baseline: str | None = None
    forced: tuple[str, ...] | None = None
    forced_ignore: tuple[str, ...] = ()


def enabled(settings: Settings, known: Catalogue, path: str | None) -> Mapping[str, Severity]:
    """Which codes are reported in a file, and how seriously; errors of the language always are.

    `path` is relative to the settings' folder, with `/`; None if it has no place there.
    """
    forced = settings.forced
    select = settings.select if forced is None else forced
    chosen: dict[str, Severity] = {}
    if select is None:
        chosen.update((e.code, e.severity) for e in known.entries if e.on)
    else:
        for word in select:
            chosen.update((e.code, e.severity) for e in known.expand(word))
    _set_levels(chosen, settings.severity, known, may_add=select is None, may_drop=forced is None)
    ignored = list(settings.ignore if forced is None else ())
    for part in settings.paths:
        if path is not None and _matches(part.match, path):
            _set_levels(chosen, part.severity, known, may_add=select is None, may_drop=True)
            ignored.extend(part.ignore)
    for word in (*ignored, *settings.forced_ignore):
        for entry in known.expand(word):
            chosen.pop(entry.code, None)
    chosen.update((e.code, "error") for e in known.entries if e.fixed)
    return chosen


def _set_levels(
    chosen: dict[str, Severity],
    levels: tuple[tuple[str, Level], ...],
    known: Catalogue,
    *,
    may_add: bool,
    may_drop: bool,
) -> None:
    """Apply levels; of several for a rule the narrowest counts: its own, its family's, `ALL`'s.
    Only a rule's own can turn on what is off by default."""
    narrowest: dict[str, tuple[Level, bool]] = {}
    for word, level in levels:
        if word == "ALL":
            narrowest.update((e.code, (level, False)) for e in known.entries)
    for word, level in levels:
        if word != "ALL" and known.find(word) is None:
            narrowest.update((e.code, (level, False)) for e in known.expand(word))
    for word, level in levels:
        entry = known.find(word)
        if entry is not None:
            narrowest[entry.code] = (level, True)
    for code, (level, own) in narrowest.items():
        if level == "off":
            if may_drop:
                chosen.pop(code, None)
        elif code in chosen or (own and may_add):
            chosen[code] = level


def _matches(pattern: str, path: str) -> bool:
    from flowc.lint.patterns import matcher

    return bool(matcher([pattern])(path))
