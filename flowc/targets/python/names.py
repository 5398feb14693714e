"""Names of a flow to Python identifiers: never a keyword, never one that is taken."""

from __future__ import annotations

import builtins
import keyword

KEYWORDS = frozenset((*keyword.kwlist, *keyword.softkwlist)) - {"type", "match", "case"}
BUILTINS = frozenset(dir(builtins))
# What the annotations of a class body refer to, and what classes and enums give a meaning of
# their own.
ANNOTATIONS = frozenset(
    ("str", "int", "bool", "tuple", "Sequence", "Awaitable", "Decimal", "datetime", "timedelta")
) | {"self", "field"}
ENUM_OWN = frozenset(("name", "value", "mro", "_"))
ERROR_OWN = frozenset(
    ("args", "add_note", "with_traceback", "name", "message", "transient", "declared")
) | {"error_name", "to_json", "from_fields"}


class Names:
    """Hands out each identifier at most once."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """The identifier nearest to `wanted` that is free."""
        base = wanted.lstrip("_") or "unnamed"
        if base != wanted:
            base = f"u_{base}"
        if base in KEYWORDS or base in self._taken:
            spare = f"{base}_"
            number = 2
            while spare in self._taken or spare in KEYWORDS:
                spare = f"{base}_{number}"
                number += 1
            base = spare
        self._taken.add(base)
        return base


def all_of(wanted: tuple[str, ...], taken: frozenset[str]) -> dict[str, str]:
    """Identifiers for names that stand side by side, such as the fields of a record."""
    names = Names(taken)
    return {name: names.take(name) for name in wanted}


def pascal(name: str) -> str:
    """`order_items` as `OrderItems`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) or "Unnamed"


def quote(text: str) -> str:
    """Any text as a Python literal, in double quotes where that needs no escape."""
    shown = ascii(text) if not text.isprintable() else repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in text else shown


def in_f_string(text: str) -> str:
    """Any text as the literal part of an f-string in double quotes."""
    shown = ascii(text) if not text.isprintable() else repr(text)
    inner = shown[1:-1].replace("\\'", "'") if shown[0] == "'" else shown[1:-1]
    if shown[0] == "'":
        inner = inner.replace('"', '\\"')
    return inner.replace("{", "{{").replace("}", "}}")


def docstring(text: str) -> tuple[str, ...]:
    """The lines of a docstring that says `text`."""
    shown = [_harmless(line) for line in text.strip().splitlines()] or [""]
    if len(shown) == 1:
        return (f'"""{_ending(shown[0])}"""',)
    return (f'"""{shown[0]}', *(line.rstrip() for line in shown[1:]), '"""')


def _harmless(line: str) -> str:
    line = line.rstrip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _ending(line: str) -> str:
    before = line[:-1]
    slashes = len(before) - len(before.rstrip("\\"))
    # an odd number of them: the quote is escaped already
    return before + '\\"' if line.endswith('"') and slashes % 2 == 0 else line
