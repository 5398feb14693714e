"""Fixes that write line feeds to fixes that write the line ends of their file."""

from __future__ import annotations

from flowc.diagnostic import Edit
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Diagnostic


def with_line_ends(text: str, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The same findings in a text most of whose lines end in `\\r\\n`: no edit parts a line end,
    and what is put in ends its lines like the rest."""
    if 2 * text.count("\r\n") <= text.count("\n"):
        return found
    return tuple(_adapted(text, diagnostic) for diagnostic in found)


def _adapted(text: str, diagnostic: Diagnostic) -> Diagnostic:
    fix = diagnostic.finding.fix
    if fix is None:
        return diagnostic
    edits = tuple(
        Edit(
            Span(_whole(text, edit.span.start), _whole(text, edit.span.end)),
            edit.text.replace("\r\n", "\n").replace("\n", "\r\n"),
        )
        for edit in fix.edits
    )
    return diagnostic.replace(finding=diagnostic.finding.replace(fix=fix.replace(edits=edits)))


def _whole(text: str, at: int) -> int:
    """The offset, or the one before the line end that it would part."""
    return at - 1 if text.startswith("\r\n", at - 1) and at else at
