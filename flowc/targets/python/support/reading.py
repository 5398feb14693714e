"""JSON that somebody wrote to values, numbers exactly, or why it is none."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

_MOST_DIGITS = 1_000  # far more than any number that is kept, far fewer than Python takes
_SAID = {
    "Expecting value": "a value is missing",
    "Expecting ',' delimiter": "`,` or a closing bracket is missing",
    "Expecting ':' delimiter": "`:` is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Illegal trailing comma before end of object": "a name in double quotes is missing",
    "Illegal trailing comma before end of array": "a value is missing",
    "Unterminated string starting at": "this text is never closed",
    "Invalid control character at": "a text has no control characters",
    "Extra data": "something follows after the end",
}


class NotRead(Exception):
    """Why there is no value."""


def read_given(given: str, name: str) -> Any:
    """JSON, or that of the file after an `@`; `name` is what the user calls it. Raises NotRead."""
    if given.startswith("@"):
        name = given[1:]
        try:
            given = Path(name).read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotRead(f"cannot read `{name}`: byte {error.start} is not UTF-8") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise NotRead(f"cannot read `{name}`: {why}") from None
    return parse(given, name)


def parse(text: str, name: str) -> Any:
    """The value of a text in JSON, its decimals as Decimal. Raises NotRead."""
    try:
        return json.loads(
            text,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        said = _SAID.get(error.msg, "this cannot be read")
        why = f"line {error.lineno}, column {error.colno}: {said}"
    except RecursionError:
        why = "it is nested too deeply"
    except _Odd as odd:
        why = str(odd)
    raise NotRead(f"`{name}` is no JSON that can be used: {why}")


class _Odd(Exception):
    """A value that JSON may have and a flow may not."""


def _short(number: str) -> str:
    if len(number) > _MOST_DIGITS:
        raise _Odd(f"a number of {len(number)} digits, and at most 15 are kept")
    return number


def _whole(number: str) -> int:
    return int(_short(number))


def _decimal(number: str) -> Decimal:
    try:
        return Decimal(_short(number))
    except InvalidOperation:
        raise _Odd(f"`{number[:40]}` is beyond all numbers that are kept") from None


def _constant(word: str) -> None:
    raise _Odd(f"{word} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Odd(f"`{name[:40]}` stands twice in one object")
        found[name] = value
    return found
