"""What flowc has to say about a source: a finding, where it is, why, and the way out."""

from __future__ import annotations

from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Severity = Literal["error", "warning", "advice"]


class Edit(Struct):
    """Replace what `span` covers by `text`."""

    span: Span
    text: str


class Fix(Struct):
    """Edits that mend a finding, all in the finding's own file and not overlapping.

    A safe fix keeps the meaning of the flow or only states what was meant; an unsafe one
    changes what happens and wants a reader.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Related(Struct):
    """Another place that belongs to the finding. `source` is None in the finding's own file."""

    span: Span
    message: str
    source: Source | None = None


class Finding(Struct):
    """What a check found, before it is known in which file and under which rule."""

    span: Span
    message: str
    help: str | None = None
    label: str | None = None  # a word or two on the caret
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    story: tuple[str, ...] | None = None  # the shortest run in which it goes wrong


class Diagnostic(Struct):
    """A finding with its file, code and severity: what a user sees."""

    source: Source
    code: str
    name: str
    severity: Severity
    finding: Finding
