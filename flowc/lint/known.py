"""Everything that has a code: the rules, the compiler's own checks, and what is said about
suppressions and settings."""

from __future__ import annotations

from flowc.lint.codes import CODES, TARGETS
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Severity

FAMILIES = frozenset(
    ["SYN", "REF", "TYP", "SAG", "TIM", "DET", "DAT", "CTL", "VER", "OPS", "PLT", "STY", "LNT"]
)


class Known(Struct):
    """A code with its name. `fixed`: an error of the language, which settings and suppressions
    leave alone; `on`: reported without being selected."""

    code: str
    name: str
    severity: Severity
    on: bool
    fixed: bool


class Catalogue:
    """Finds what is known by code or name, and what a prefix stands for."""

    def __init__(self, entries: tuple[Known, ...]) -> None:
        self.entries = entries
        self._by_word = {e.code: e for e in entries} | {e.name: e for e in entries}

    def find(self, word: str) -> Known | None:
        """The entry with this code or name."""
        return self._by_word.get(word)

    def expand(self, word: str) -> tuple[Known, ...]:
        """What a code, a name, a family (`SAG`) or `ALL` stands for; nothing if unknown."""
        if word == "ALL":
            return self.entries
        if found := self._by_word.get(word):
            return (found,)
        if word in FAMILIES:
            return tuple(e for e in self.entries if e.code.rstrip("0123456789") == word)
        return ()

    def nearest(self, word: str) -> str | None:
        """The code, name or family that was most likely meant."""
        from difflib import get_close_matches

        words = sorted({*self._by_word, *FAMILIES, "ALL"})
        by_folded = {w.lower(): w for w in words}
        folded = word.lower().replace("_", "-")
        if folded in by_folded:
            return by_folded[folded]
        near = get_close_matches(folded, list(by_folded), n=1, cutoff=0.65)
        return by_folded[near[0]] if near else None


def catalogue() -> Catalogue:
    """All that flowc can say."""
    from flowc.compiler.codes import CODES as COMPILER
    from flowc.dsl.codes import SYNTAX
    from flowc.lint.registry import rules

    return Catalogue(
        (
            *(Known(c.code, c.name, "error", True, True) for c in SYNTAX),
            *(
                Known(c.code, c.name, c.severity, True, c.severity == "error")
                for c in COMPILER.values()
            ),
            *(Known(c.code, c.name, c.severity, True, False) for c in CODES.values()),
            *(Known(c.code, c.name, c.severity, True, False) for c in TARGETS.values()),
            *(Known(r.code, r.name, r.severity, r.on, False) for r in rules()),
        )
    )
