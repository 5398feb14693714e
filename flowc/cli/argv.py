"""A command line to a command's arguments, for what is plain and right.

Everything else (help, abbreviations, bundled letters, mistakes) is None, and click's to answer.
"""

from __future__ import annotations

from flowc.cli.command import Command, fill, spelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.command import Option
    from flowc.struct import Struct


def read(command: Command, words: list[str]) -> Struct | None:
    """The arguments that `words` spell out, or None where that is not certain."""
    by_flag: dict[str, tuple[str, Option]] = {}
    places: list[tuple[str, Option]] = []
    for field, option in command.options.items():
        if option.kind in ("argument", "arguments"):
            places.append((field, option))
            continue
        by_flag[spelling(field, option)] = (field, option)
        if option.short:
            by_flag[option.short] = (field, option)
    given: dict[str, Any] = {}
    plain: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            plain += words[at:]
            break
        if word == "-" or not word.startswith("-"):
            plain.append(word)
            continue
        name, equals, value = word.partition("=")
        found = by_flag.get(name)
        if found is None or (equals and not name.startswith("--")):
            return None
        field, option = found
        if option.kind == "flag":
            if equals:
                return None
            given[field] = not option.default
            continue
        if not equals:
            if at == len(words):
                return None
            value = words[at]
            at += 1
        if not _take(given, field, option, value):
            return None
    if not _place(given, places, plain):
        return None
    return fill(command, given)


def _take(given: dict[str, Any], field: str, option: Option, value: str) -> bool:
    if option.kind == "texts":
        given[field] = (*given.get(field, ()), value)
    elif option.kind == "number":
        if not (value.isascii() and value.isdigit()) or len(value) > 9:
            return False
        given[field] = int(value)
    elif option.choices and value not in option.choices:
        return False
    else:
        given[field] = value
    return True


def _place(given: dict[str, Any], places: list[tuple[str, Option]], plain: list[str]) -> bool:
    """Give the plain words to the arguments, in order; False if there are too few or many."""
    for field, option in places:
        if option.kind == "arguments":
            if len(plain) < option.least:
                return False
            given[field] = tuple(plain)
            plain = []
        elif plain:
            given[field] = plain[0]
            plain = plain[1:]
        elif option.least:
            return False
    return not plain
