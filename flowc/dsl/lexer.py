"""Text to tokens: kinds and offsets side by side, comments, and what is no token at all."""

from __future__ import annotations

from flowc.dsl.patterns import TOKEN, ready
from flowc.dsl.tables import TERMINALS, WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

KIND = {name: kind for kind, name in enumerate(TERMINALS)}
NAME = KIND["NAME"]
TEXT = KIND["TEXT"]
END = 0
ODD = len(TERMINALS)  # the kind of what is no token: no row of the tables knows it

_WORD_OR_SIGN, _COMMENT, _OTHER = 1, 3, 8  # groups of TOKEN
_MASTER = ready("TOKEN", TOKEN)
_KINDS = (0, 0, TEXT, 0, KIND["INT"], KIND["DURATION"], KIND["DECIMAL"], KIND["PERCENT"], ODD)

_ODD = (
    r'[0-9]\w*+(?:\.[0-9]\w*+)*+|\w++|"[^\r\n]*+|\'[^\'\r\n]*+\'?|/\*[^\r\n]*+'
    r"|#[^\r\n]*+|&&?|\|\||===?|!==?|=>|:=|\+\+|[^\x20-\x7e\w\s]++|(?s:(.)\1*+)"
)
_COMMENT_SIZE = 4000  # code points in which the end of a foreign comment is looked for
_odd: re.Pattern[str] | None = None


class Tokens:
    """Tokens as parallel lists, closed by one of kind END; repairs edit them in place.

    `remarks` holds own-line and trailing comments as (start, end, index of the next token).
    """

    __slots__ = ("ends", "kinds", "remarks", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.remarks: list[tuple[int, int, int]] = []

    def word(self, index: int) -> str:
        """The text of a token."""
        return self.text[self.starts[index] : self.ends[index]]

    def edit(self, at: int, removed: int, new: list[tuple[int, int, int]]) -> None:
        """Put `new` tokens, as (kind, start, end), in place of `removed` ones."""
        stop = at + removed
        self.kinds[at:stop] = [kind for kind, _, _ in new]
        self.starts[at:stop] = [start for _, start, _ in new]
        self.ends[at:stop] = [end for _, _, end in new]


def tokenize(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """Cut text[start:end] into tokens; nothing is refused, what is no token is of kind ODD."""
    if end is None:
        end = len(text)
    tokens = Tokens(text)
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    add_kind, add_start, add_end = kinds.append, starts.append, ends.append
    words = WORDS
    at = start
    # space at the end leads to no token: looked through anew from each of its characters
    stop = start + len(text[start:end].rstrip(" \t\r\n"))
    while at >= 0:
        odd = -1
        for match in _MASTER.finditer(text, at, stop):
            group = match.lastindex or 0
            if group == _WORD_OR_SIGN:
                add_kind(words.get(match[1], NAME))
            elif group == _COMMENT:
                tokens.remarks.append((*match.span(_COMMENT), len(kinds)))
                continue
            elif group == _OTHER:
                odd = match.start(_OTHER)
                break
            else:
                add_kind(_KINDS[group])
            add_start(match.start(group))
            add_end(match.end())
        at = odd
        if odd >= 0:
            at = _odd_end(text, odd, stop)
            word = text[odd:at]
            add_kind(words.get(word, NAME) if word.isascii() and word.isidentifier() else ODD)
            add_start(odd)
            add_end(at)
    add_kind(END)
    add_start(end)
    add_end(end)
    return tokens


def _odd_end(text: str, start: int, end: int) -> int:
    """Where that ends which begins at `start` and is no token: as much as is one mistake."""
    global _odd  # noqa: PLW0603 (compiled for the first broken file only)
    if _odd is None:
        import re

        _odd = re.compile(_ODD)
    if text.startswith("/*", start):
        close = text.find("*/", start + 2, min(end, start + _COMMENT_SIZE))
        if close >= 0:
            return close + 2
    match = _odd.match(text, start, end)
    return match.end() if match else start + 1


def is_doc(text: str, start: int) -> bool:
    """Whether the comment at `start` is a `///` line."""
    return text.startswith("///", start) and not text.startswith("////", start)


def doc_lines(tokens: Tokens) -> dict[int, list[tuple[int, int]]]:
    """The `///` lines that stand directly before a token, by the token's start.

    Ordinary comments may stand between them and the token; a blank line may not.
    """
    text = tokens.text
    docs: dict[int, list[tuple[int, int]]] = {}
    below = -1  # the token that the remarks seen last stand before
    edge = 0
    lines: list[tuple[int, int]] = []
    closed = False
    for start, end, index in reversed(tokens.remarks):
        if index != below:
            below, edge, closed = index, tokens.starts[index], False
            lines = []
        if closed or not own_line(text, start) or text.count("\n", end, edge) != 1:
            closed = True
            continue
        edge = start
        if is_doc(text, start):
            lines.append((start, end))
            docs[tokens.starts[index]] = lines
        elif lines:
            closed = True
    for found in docs.values():
        found.reverse()
    return docs


def own_line(text: str, start: int) -> bool:
    """Whether nothing but space stands before `start` on its line."""
    before = text[text.rfind("\n", 0, start) + 1 : start].rpartition("\r")[2]
    return not before or before.isspace() or before.strip(" \t") == "\ufeff"
