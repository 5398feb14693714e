"""Tokens become a text that no formatter has seen: odd spaces, line ends, comments, docs."""

from __future__ import annotations

from random import Random

DOC = "<doc>"  # where the next token may be documented
SEPARATOR = "<separator>"  # a comma, or nothing but a new line

_COMMENTS = (
    "// note",
    "//tight",
    "//",
    "// spaces behind   ",
    "/// not a doc?",
    "//// rule",
    "//\t-",
)
_BREAKS = ("\n", "\n\n", "\n \n\n", "\n\t", "\n      ")


class _Text:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.parts: list[str] = []
        self.comments = 0
        # In percent of the gaps between tokens: comments, line ends, other odd spaces.
        self.noise = random.choice(((0, 0, 0), (0, 4, 10), (2, 6, 20), (10, 20, 20), (40, 20, 0)))

    def comment(self) -> str:
        self.comments += 1
        text = self.random.choice(_COMMENTS)
        return f"{text} {self.comments}" if text.startswith("// n") else text

    def gap(self, tight: bool, line: bool) -> str:
        """Space between two tokens; `tight`: none is needed, `line`: a new line is."""
        comments, breaks, odd = self.noise
        at = self.random.randrange(100)
        if at < comments:
            pieces = [self.random.choice((" ", "\n", "\n\n  ")), self.comment()]
            while self.random.randrange(4) == 0:
                pieces += (self.random.choice(("\n", "\n\n  ", "\n\t")), self.comment())
            return "".join(pieces) + self.random.choice(_BREAKS)
        if line:
            return self.random.choice(_BREAKS)
        at -= comments
        if at < breaks:
            return self.random.choice(_BREAKS)
        at -= breaks
        if at < odd:
            return "" if tight else self.random.choice(("  ", "\t", "   "))
        return " "


def _word(char: str) -> bool:
    return char.isalnum() or char in '_%"'


def _tight(left: str, right: str) -> bool:
    """Whether two tokens may touch."""
    brackets = "()[]{},"
    if left[-1] in brackets or right[0] in brackets:
        return True
    return _word(left[-1]) != _word(right[0]) and not left[-1].isdigit()


def scatter(tokens: list[str], random: Random) -> str:
    """A text of exactly these tokens; markers become documentation, commas or line ends."""
    text = _Text(random)
    parts = text.parts
    if random.randrange(100) < 5:
        parts.append("\ufeff")
    last = ""
    line = False
    documented = False
    for marked in tokens:
        if marked == DOC:
            documented = random.randrange(100) < 25
            continue
        if marked == SEPARATOR and random.randrange(2):
            line = True
            continue
        token = "," if marked == SEPARATOR else marked
        if last or text.noise[0]:
            parts.append(text.gap(not last or _tight(last, token), line))
        if documented:
            parts.append("\n" + random.choice(("", "  ", "\t")) + "/// What this is.\n")
            if random.randrange(3) == 0:
                parts.append("///   More of it, {braced}.  \n")
            if random.randrange(6) == 0:
                parts.append("// an ordinary one between\n")
            documented = False
        parts.append(token)
        last, line = token, False
    parts.append(random.choice(("", "\n", "\n\n \n", " // the end", "\n// the end\n")))
    whole = "".join(parts)
    return whole.replace("\n", "\r\n") if random.randrange(100) < 5 else whole
