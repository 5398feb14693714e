"""What a back end is: asked first what it would lose, then for its files."""

from __future__ import annotations

from flowc.compiler.flow import Flow, Program
from flowc.diagnostic import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar, Protocol
else:
    Protocol = object

Files = dict[str, str]


class Target(Protocol):
    """A back end. Both methods are pure; `emit` is only called for a program without gaps."""

    name: ClassVar[str]

    def gaps(self, flow: Flow, program: Program) -> Iterable[Finding]:
        """What the target cannot keep of a flow's meaning, each at the user's line."""

    def emit(self, program: Program) -> Files:
        """The files to write: relative path with `/` -> text, the same bytes at every build."""
