"""The Cadence target: on a server of one thread, or in the client's own test environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tests.support.cadence import OnEnvironment, OnServer

if TYPE_CHECKING:
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script
    from tests.support.agreement import Told


class OnCadence:
    """One program; `environment`: in the client's own."""

    name = "cadence"

    def __init__(self, of: Checked, *, environment: bool) -> None:
        made = OnEnvironment if environment else OnServer
        self._on: Any = made(of.source.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told | None:
        """One instance; None if the environment cannot show it."""
        if isinstance(self._on, OnServer):
            self._on.server = self._on.serve()
        told: Told | None = self._on.play(flow, script, given)
        return told
