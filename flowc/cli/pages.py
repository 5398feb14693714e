"""Everything that has a code to the page that explains it."""

from __future__ import annotations

from inspect import cleandoc

from flowc.cli.links import page as address
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from flowc.diagnostic import Severity

FAMILIES = {
    "SYN": "syntax",
    "REF": "names",
    "TYP": "types",
    "SAG": "compensation, unknown outcomes, the point of no return",
    "TIM": "timeouts, retries, deadlines, budgets",
    "DET": "determinism",
    "DAT": "data flow",
    "CTL": "control flow",
    "VER": "versions and running instances",
    "OPS": "ownership, runbooks, service levels",
    "PLT": "limits and gaps of a target",
    "STY": "names, documentation, size",
    "LNT": "suppressions and baselines",
    "CFG": "settings",
    "FIL": "files",
    "INT": "faults of flowc",
}


class Page(Struct):
    """A code's page. `text` opens with one sentence; `bad` shows exactly this finding and `good`
    is clean, both whole files, empty where no file can show it; `suppressible` tells whether a
    comment may allow it."""

    code: str
    name: str
    severity: Severity
    on: bool
    text: str
    bad: str
    good: str
    suppressible: bool

    @property
    def family(self) -> str:
        """`SAG` of `SAG001`."""
        return self.code.rstrip("0123456789")

    @property
    def title(self) -> str:
        """The first sentence, without its full stop."""
        return self.text.split("\n\n", 1)[0].replace("\n", " ").rstrip(".")

    @property
    def url(self) -> str:
        """Where it can be read with its pictures."""
        return address(self.name)


def pages() -> tuple[Page, ...]:
    """All pages: syntax first, then by the order of FAMILIES and by code."""
    order = list(FAMILIES)
    return tuple(sorted(_all(), key=lambda page: (order.index(page.family), page.code)))


def _all() -> Iterator[Page]:
    from flowc.cli.codes import FILES, INTERNAL
    from flowc.compiler.pages import PAGES
    from flowc.dsl.codes import SYNTAX
    from flowc.lint.codes import CODES, SETTINGS, TARGETS
    from flowc.lint.registry import rules

    for code in SYNTAX:
        text = f"{code.summary}\n\n{code.page}"
        yield Page(code.code, code.name, "error", True, text, code.bad, code.good, False)
    for entry in PAGES:
        yield _page(entry, suppressible=entry.severity != "error")
    for rule in rules():
        yield _page(rule, suppressible=True)
    for table in (CODES, SETTINGS, TARGETS, FILES, INTERNAL):
        for other in table.values():
            yield _page(other, suppressible=False)


def _page(entry: Any, suppressible: bool) -> Page:
    return Page(
        entry.code,
        entry.name,
        entry.severity,
        getattr(entry, "on", True),
        cleandoc(entry.page),
        getattr(entry, "bad", ""),
        getattr(entry, "good", ""),
        suppressible,
    )
