"""Names of a flow to names of states and of JSONata variables: unique, short, never one in use."""

from __future__ import annotations

import json
import re

# What JSONata and Step Functions call by `$name`, and what the machine keeps for itself ends in
# an underscore: a variable of such a name would hide it.
FUNCTIONS = frozenset(
    word
    for line in (
        "abs append assert average base64decode base64encode boolean ceil clone contains",
        "count decodeUrl decodeUrlComponent distinct each encodeUrl encodeUrlComponent error",
        "eval exists filter floor formatBase formatInteger formatNumber fromMillis hash join",
        "keys length lookup lowercase map match max merge millis min not now number pad parse",
        "parseInteger partition power random range reduce replace reverse round shuffle sift",
        "single sort split spread sqrt states string substring substringAfter substringBefore",
        "sum toMillis trim type uppercase uuid zip",
    )
    for word in line.split()
)
LONGEST_STATE = 80
LONGEST_VARIABLE = 80
LONGEST_SPOKEN = 40
_KEYWORDS = frozenset(("and", "or", "in", "true", "false", "null", "function"))
_LITERALS: dict[str, object] = {"null": None, "true": True, "false": False}
_PLAIN_TEXT = re.compile(r"'[A-Za-z0-9_][A-Za-z0-9_ .,:;/?=&()@+-]*'")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
_IN_WORDS = (
    *((">=", " at least "), ("<=", " at most "), ("==", " is "), ("!=", " is not ")),
    *((">", " above "), ("<", " below "), ("??", " or ")),
)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SAFE = _LETTERS | frozenset("0123456789_")


class StateNames:
    """Hands out each state name once in the whole machine."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """The name nearest to `wanted` that is free, at most 80 characters long."""
        shown = "".join(c if c in _SAFE or c in " ?.()-" else "-" for c in wanted)
        name, number = shown[:LONGEST_STATE], 1
        while name in self._taken:
            number += 1
            tail = f" {number}"
            name = shown[: LONGEST_STATE - len(tail)] + tail
        self._taken.add(name)
        return name


def spoken(code: str) -> str:
    """A condition as it was written, in words that a state can be called by: `risk.level is High`,
    shortened to some 40 characters."""
    for sign, word in _IN_WORDS:
        code = code.replace(sign, word)
    words = "".join(c if c in _SAFE or c in " .()-" else " " for c in code).split()
    shown = ""
    for word in words:
        if len(shown) + len(word) > LONGEST_SPOKEN:
            break
        shown = f"{shown} {word}".strip()
    return shown


class Variables:
    """Gives each name of a flow, in each scope of its own, one variable of the machine."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str], str] = {}
        self._taken: set[str] = set()

    def of(self, scope: int, name: str) -> str:
        """The variable of a name in a scope; the same one whenever it is asked for."""
        known = self._made.get((scope, name))
        if known is not None:
            return known
        shown = "".join(c if c in _SAFE else "-" for c in name).replace("-", "0")
        base = (shown if shown[:1] in _LETTERS else f"v{shown}")[: LONGEST_VARIABLE - 10]
        base = base.rstrip("_") or "v"
        base = base if base not in FUNCTIONS and base == name else f"{base}_v"
        base = base if scope == 0 else f"{base}_{scope}"
        chosen, number = base, 1
        while chosen in self._taken:
            number += 1
            chosen = f"{base}_v{number}"
        self._taken.add(chosen)
        self._made[scope, name] = chosen
        return chosen


def field(name: str) -> str:
    """A field's name as a step of a JSONata path."""
    if name in _KEYWORDS or not set(name) <= _SAFE or name[:1].isdigit():
        return f"`{name}`"
    return name


def quote(text: str) -> str:
    """Any text as a JSONata literal that no reader of the file takes for anything else: neither
    for the end of an expression nor for a substitution of CloudFormation."""
    if text.isascii() and text.isidentifier():
        return f"'{text}'"
    inner = json.dumps(text)[1:-1].replace('\\"', '"').replace("'", "\\u0027")
    inner = inner.replace("${", "\\u0024{").replace("%}", "\\u0025}").replace("{%", "{\\u0025")
    return f"'{inner}'"


def said(text: str) -> str:
    """A user's words as a comment of a state: on one line, neither a substitution nor code."""
    shown = " ".join(text.split()).replace("${", "$ {")
    return shown.replace("{%", "{ %").replace("%}", "% }")


def expression(code: str) -> object:
    """JSONata code as a value of the definition; a plain literal stands for itself."""
    if code in _LITERALS:
        return _LITERALS[code]
    if _PLAIN_TEXT.fullmatch(code):
        return code[1:-1]
    if _WHOLE.fullmatch(code):
        return int(code)
    return condition(code)


def condition(code: str) -> str:
    """JSONata code where only an expression may stand."""
    return f"{{% {code} %}}"
