"""A finding that no flow calls a flow to whether a flow of another file of the project does."""

from __future__ import annotations

import os
import re

from flowc.cli.discover import discover
from flowc.cli.files import Refused, decode, read_bytes
from flowc.cli.options import Options
from flowc.cli.project import Projects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.diagnostic import Diagnostic

RULE = "missing-business-key"
_IMPORT = re.compile(r'^\s*import\s+"([^"\n]+)"', re.MULTILINE)


def without_called(found: tuple[Diagnostic, ...], path: str, root: str) -> tuple[Diagnostic, ...]:
    """The findings without those that no flow calls a flow which another file below `root` calls:
    that file imports the one at `path`, and has a step that calls a flow of that name."""
    texts: list[str] | None = None
    left = []
    for diagnostic in found:
        if is_uncalled(diagnostic):
            if texts is None:
                texts = list(_importers(os.path.realpath(path), root))
            span = diagnostic.finding.span
            call = re.compile(
                rf"=\s*{re.escape(diagnostic.source.text[span.start : span.end])}\s*\("
            )
            if any(call.search(text) for text in texts):
                continue
        left.append(diagnostic)
    return tuple(left)


def is_uncalled(diagnostic: Diagnostic) -> bool:
    """Whether it says that no flow calls a flow, as far as its own file tells."""
    return diagnostic.name == RULE and "no flow of this file calls it" in diagnostic.finding.message


def _importers(path: str, root: str) -> Iterator[str]:
    """The texts of the project's files that import the one at `path`."""
    others, _ = discover((root,), Projects(Options(cache=False)))
    for other in others:
        try:
            text = decode(read_bytes(other.path))
        except Refused:
            continue
        folder = os.path.dirname(other.path)
        imported = (os.path.join(folder, *match.split("/")) for match in _IMPORT.findall(text))
        if any(os.path.realpath(place) == path for place in imported if "\0" not in place):
            yield text
