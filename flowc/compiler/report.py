"""Collects what the compiler has to say about one file, each thing once."""

from __future__ import annotations

from flowc.compiler.codes import CODES
from flowc.diagnostic import Diagnostic, Edit, Finding, Fix, Related
from flowc.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Reporter:
    """Findings of one source. The same finding, met again in another version, is dropped."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[tuple[int, int, str, str], Diagnostic] = {}

    def say(
        self,
        name: str,
        span: Span,
        message: str,
        way_out: str | None = None,
        *,
        label: str | None = None,
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
        story: tuple[str, ...] | None = None,
    ) -> None:
        """Report under the code that has this `name`. Raises KeyError for a name without one."""
        code = CODES[name]
        key = (span.start, span.end, code.code, message)
        if key not in self._found:
            finding = Finding(span, message, way_out, label, related, fix, story)
            self._found[key] = Diagnostic(self.source, code.code, name, code.severity, finding)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings in order of place."""
        return tuple(
            sorted(self._found.values(), key=lambda d: (d.finding.span.start, d.finding.span.end))
        )

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return any(d.severity == "error" for d in self._found.values())


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that the user most likely meant, if one is close."""
    if not word:
        return None
    from difflib import get_close_matches

    candidates = sorted(set(known))
    found = get_close_matches(word, candidates, 1, 0.7)
    if not found:
        lowered = {candidate.lower(): candidate for candidate in candidates}
        if word.lower() in lowered:
            return lowered[word.lower()]
    return found[0] if found else None


# What other languages call the built-in types and none.
_SAME = {
    "text": "string str varchar char",
    "int": "integer long bigint number",
    "decimal": "float double money real",
    "bool": "boolean",
    "time": "date datetime timestamp instant",
    "duration": "timedelta interval",
    "none": "null nil undefined nothing",
}
_ELSEWHERE = {word: ours for ours, words in _SAME.items() for word in words.split()}


def did_you_mean(word: str, span: Span, known: Iterable[str]) -> tuple[str | None, Fix | None]:
    """A help text and a fix that put the nearest known word in place."""
    known = tuple(known)
    near = _ELSEWHERE.get(word.lower())
    if near not in known:
        near = nearest(word, known)
    if near is None:
        return None, None
    fix = Fix(f"replace `{word}` by `{near}`", (Edit(span, near),), safe=False)
    return f"did you mean `{near}`?", fix


def listed(names: tuple[str, ...]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
